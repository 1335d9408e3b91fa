"""A report's content and seal as text, and back: the draft as the store keeps it, the form that was signed.

What is printed and what is checked comes from the signed form, not from what the store says beside it.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from clinical.ecg_report import FORM, ReportContent, ReportSeal, SealedStrip, Strip, signed_form
from clinical.ids import CaseId, EcgId, InstitutionId, PatientId, PersonId
from clinical.opinion import SealedLedger


def content_to_json(content: ReportContent) -> str:
    """Returns a content as the store keeps it; equal contents give equal texts."""
    return json.dumps(asdict(content), ensure_ascii=False, separators=(",", ":"))


def content_from_json(text: str) -> ReportContent:
    """Returns what ``content_to_json`` kept. Raises ValueError, KeyError or TypeError for anything else."""
    kept: dict[str, Any] = json.loads(text)
    strips = tuple(Strip(**strip) for strip in kept["strips"])
    return ReportContent(**{**kept, "strips": strips, "statements": tuple(kept["statements"])})


def read_signed_form(form: bytes) -> ReportSeal:
    """Returns what was signed. Raises ValueError, KeyError or TypeError where it is no form of a report, or
    says something besides.
    """
    value: dict[str, Any] = json.loads(form)
    if value["form"] != FORM:
        raise ValueError("another form")
    report, signer = value["report"], value["signer"]
    strips = tuple(_sealed_strip(one) for one in value["strips"])
    seal = ReportSeal(
        step=value["step"],
        version=value["version"],
        ecg=EcgId(value["ecg"]),
        serial=value["serial"],
        case=CaseId(value["case"]),
        patient=PatientId(value["patient"]),
        institution=InstitutionId(value["institution"]),
        signer=PersonId(signer["person"]),
        licence=signer["licence"],
        factor=signer["factor"],
        content=ReportContent(
            strips=tuple(one.strip for one in strips),
            statements=tuple(report["statements"]),
            findings=report["findings"],
            conclusion=report["conclusion"],
            critical_value=report["critical_value"],
            template=report["template"],
        ),
        strips=strips,
        ledgers=tuple(SealedLedger(**one) for one in value["ledgers"]),
        signed_at_ms=value["signed_at_ms"],
        reported_sha256=value["reported_sha256"],
        replaces_sha256=value["replaces_sha256"],
        reason=value["reason"],
    )
    if signed_form(seal) != form:
        raise ValueError("the form says more than a report's")
    return seal


def _sealed_strip(value: dict[str, Any]) -> SealedStrip:
    strip = Strip(value["epoch"], value["first_sample"], value["end_sample"], value["rate_hz"])
    return SealedStrip(
        strip, tuple(value["leads"]), value["resolution_nv"], value["is_diagnostic"], value["sha256"]
    )
