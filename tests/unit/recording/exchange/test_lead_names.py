"""Leads under the names that files give them."""

from __future__ import annotations

import pytest

from recording.exchange.lead_names import distinct, is_ecg_lead, lead_name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("i", "I"),
        ("avr", "aVR"),
        ("ECG I", "I"),
        ("EKG V6", "V6"),
        ("Lead aVL", "aVL"),
        ("Lead II (Einthoven)", "IIEintho"),
        ("MDC_ECG_LEAD_V1", "V1"),
        ("vx", "X"),
        ("MLII", "MLII"),
        ("ECG", "ECG"),
        ("V3R", "V3R"),
        ("胸前", ""),
    ],
)
def test_a_lead_is_known_by_its_names(written: str, meant: str) -> None:
    assert lead_name(written) == meant


@pytest.mark.parametrize("name", ["RESP", "PLETH", "EEG Fpz-Cz", "ABP", "SpO2", "Resp thorax", " EMG chin"])
def test_other_signals_are_no_leads(name: str) -> None:
    assert not is_ecg_lead(name)


@pytest.mark.parametrize("name", ["I", "ECG", "", "V1", "MCL1", "artifact-free V1", "Event-free"])
def test_leads_and_what_is_unknown_are_leads(name: str) -> None:
    assert is_ecg_lead(name) is (name != "Event-free")


def test_each_name_is_given_once() -> None:
    assert distinct(["II", "II", "", "ABCDEFGH", "ABCDEFGH"]) == (
        "II",
        "II-2",
        "ECG-3",
        "ABCDEFGH",
        "ABCDEF-5",
    )
