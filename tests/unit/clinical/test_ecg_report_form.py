"""What the store keeps of a report, and what is read back from what was signed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import rfc8785

from clinical.ecg_report import ReportContent, ReportSeal, SealedStrip, Strip, signed_form
from clinical.ecg_report_form import content_from_json, content_to_json, read_signed_form
from clinical.ids import CaseId, EcgId, InstitutionId, PatientId, PersonId
from clinical.opinion import SealedLedger

STRIP = Strip(epoch=1, first_sample=500, end_sample=5_500, rate_hz=500)
CONTENT = ReportContent((STRIP,), ("SR", "STE"), "所见", "结论", critical_value=True, template="st_change")
SEAL = ReportSeal(
    step="report",
    version=1,
    ecg=EcgId("ec_1"),
    serial="E-1",
    case=CaseId(""),
    patient=PatientId("pt_1"),
    institution=InstitutionId("in_b"),
    signer=PersonId("pe_wang"),
    licence="110",
    factor="totp",
    content=CONTENT,
    strips=(SealedStrip(STRIP, ("I", "II"), 2_500, is_diagnostic=True, sha256="ab" * 32),),
    ledgers=(SealedLedger(InstitutionId("in_a"), 7, "cd" * 32),),
    signed_at_ms=1_800_000_000_000,
)


@pytest.mark.parametrize("content", [ReportContent(), CONTENT, replace(CONTENT, critical_value=None)])
def test_a_content_comes_back_as_it_was(content: ReportContent) -> None:
    assert content_from_json(content_to_json(content)) == content


def test_a_form_is_read_as_it_was_signed() -> None:
    review = replace(SEAL, step="review", version=2, reported_sha256="1", replaces_sha256="", reason="why")
    for seal in (SEAL, review):
        assert read_signed_form(signed_form(seal)) == seal


@pytest.mark.parametrize(
    "change",
    [{"form": "lianzhen-opinion/1"}, {"more": 1}, {"strips": [{}]}, {"report": None}],
)
def test_what_is_no_form_of_a_report_is_refused(change: dict[str, Any]) -> None:
    form = json.loads(signed_form(SEAL)) | change
    altered = rfc8785.dumps(form)
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_signed_form(altered)
