"""Writes a strip as FHIR R4: a DiagnosticReport and its Observation, each lead SampledData, in a Bundle.

Some seconds of signal: JSON takes four times what the samples take, it is a report's format and no stream.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from fractions import Fraction
from html import escape
from typing import Any, Final

from media_server.ecg.descriptor import Source
from recording.exchange.civil_time import from_unix_us
from recording.exchange.edf_texts import decimal
from recording.exchange.errors import Unwritable
from recording.exchange.lead_names import SCP_NUMBERS
from recording.exchange.recorded import Recorded
from recording.exchange.session import absent_of
from recording.exchange.subject import Subject

MAX_STRIP_S: Final = 60
"""Of 12 leads at 500 Hz a minute is 1.3 MB of JSON."""
ERROR: Final = "E"
"""What stands for a sample that is not there (SampledData.data)."""
_SIMULATED: Final = "模拟数据，并非测量所得 · simulated, not measured"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_NAMESPACE: Final = uuid.UUID("4f1a9d6c-2b7e-5e0a-8a33-6c69616e7a68")
_MDC_LEAD: Final = 131_328
"""MDC_ECG_ELEC_POTL: the leads follow it in the order of SCP-ECG's numbers (ISO 11073-10101)."""


@dataclass(frozen=True, slots=True)
class FhirReport:
    """What a person signed, as far as the caller gives it."""

    conclusion: str = ""
    author: str = ""
    signed_us: int | None = None


@dataclass(frozen=True, slots=True)
class FhirContext:
    """What the resources say beside the samples."""

    ecg: str
    subject: Subject
    zone: tzinfo
    report: FhirReport = FhirReport()
    warning: str = ""
    """What whoever reads the samples or the report must know."""


def write_fhir(recorded: Recorded, context: FhirContext) -> bytes:
    """Returns the Bundle as JSON. Raises Unwritable: more than a minute."""
    if len(recorded.samples) > MAX_STRIP_S * recorded.descriptor.rate_hz:
        raise Unwritable("ecg_export_too_long")
    observation, report = _urn(context.ecg, "observation"), _urn(context.ecg, "report")
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": report, "resource": _report(recorded, context, observation)},
            {"fullUrl": observation, "resource": _observation(recorded, context)},
        ],
    }
    return json.dumps(bundle, ensure_ascii=False, separators=(",", ":"), default=_number).encode()


def _report(recorded: Recorded, context: FhirContext, observation: str) -> dict[str, Any]:
    signed = context.report
    found: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "status": "preliminary" if signed.signed_us is None else "final",
        "category": [
            _concept(
                "http://terminology.hl7.org/CodeSystem/v2-0074",
                "EC",
                "Electrocardiac (e.g., EKG, EEC, Holter)",
            )
        ],
        "code": _concept("http://loinc.org", "11524-6", "EKG study"),
        "subject": _subject(context.subject),
        "result": [{"reference": observation}],
    }
    if recorded.started_us is not None:
        found["effectiveDateTime"] = _moment(recorded.started_us, context.zone)
    if signed.signed_us is not None:
        found["issued"] = _moment(signed.signed_us, context.zone)
    if signed.author:
        found["performer"] = [{"display": signed.author}]
    if signed.conclusion:
        found["conclusion"] = signed.conclusion
    if context.warning:
        # R4 gives a report no notes, and what was signed is not added to: text for people (§2.4.1).
        inside = escape(context.warning, quote=False)
        found["text"] = {"status": "additional", "div": f'<div xmlns="{_XHTML}"><p>{inside}</p></div>'}
    return found


def _observation(recorded: Recorded, context: FhirContext) -> dict[str, Any]:
    described = recorded.descriptor
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            _concept("http://terminology.hl7.org/CodeSystem/observation-category", "procedure", "Procedure")
        ],
        "code": _concept("urn:iso:std:iso:11073:10101", str(_MDC_LEAD), "MDC_ECG_ELEC_POTL"),
        "subject": _subject(context.subject),
        "component": _components(recorded),
    }
    if recorded.started_us is not None:
        end_us = recorded.started_us + len(recorded.samples) * 1_000_000 // described.rate_hz
        found["effectivePeriod"] = {
            "start": _moment(recorded.started_us, context.zone),
            "end": _moment(end_us, context.zone),
        }
    if described.model:
        found["device"] = {"display": described.model}
    is_simulated = described.source is Source.SIMULATOR
    notes = [_SIMULATED if is_simulated else "", context.warning]
    if any(notes):
        found["note"] = [{"text": note} for note in notes if note]
    return found


def _components(recorded: Recorded) -> list[dict[str, Any]]:
    described = recorded.descriptor
    absent = absent_of(recorded)
    sampled = {
        "origin": {"value": 0, "unit": "uV", "system": "http://unitsofmeasure.org", "code": "uV"},
        "period": Fraction(1_000, described.rate_hz),
        "factor": Fraction(described.resolution_nv, 1_000),
        "dimensions": 1,
    }
    return [
        {
            "code": _lead(lead),
            "valueSampledData": {
                **sampled,
                "data": " ".join(
                    ERROR if is_absent else str(value)
                    for value, is_absent in zip(column.tolist(), gone.tolist(), strict=True)
                ),
            },
        }
        for lead, column, gone in zip(described.leads, recorded.samples.T, absent.T, strict=True)
    ]


def _lead(lead: str) -> dict[str, Any]:
    if lead not in SCP_NUMBERS:
        return {"text": lead}
    code = str(_MDC_LEAD + SCP_NUMBERS[lead])
    return _concept("urn:iso:std:iso:11073:10101", code, f"MDC_ECG_LEAD_{lead.upper()}")


def _subject(subject: Subject) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if subject.identifier:
        found["identifier"] = {"value": subject.identifier}
    found["display"] = subject.name or "-"
    return found


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def _moment(since_us: int, zone: tzinfo) -> str:
    return from_unix_us(since_us, zone).isoformat(timespec="milliseconds")


def _number(value: Fraction) -> float | int:
    """A decimal as JSON: exact, for steps and periods have few digits."""
    text = Decimal(decimal(value).decode())
    return int(text) if text == int(text) else float(text)


def _urn(*names: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, '/'.join(names))}"
