"""What devices say of themselves: taken as it is, or refused by the field that cannot be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from media_server.ecg.descriptor import STANDARD_LEADS, Source, parse_descriptor
from media_server.ecg.errors import MalformedDescriptor

SAID: dict[str, Any] = {
    "rate_hz": 500,
    "resolution_nv": 2_500,
    "leads": list(STANDARD_LEADS),
    "band_low_mhz": 50,
    "band_high_hz": 150,
    "notch_hz": 0,
    "model": "PTB s0010",
    "source": "replay",
    "latency_ms": 12,
}


def test_what_is_said_is_taken_and_said_again() -> None:
    descriptor = parse_descriptor(SAID)
    assert (descriptor.leads, descriptor.source) == (STANDARD_LEADS, Source.REPLAY)
    assert json.loads(json.dumps(descriptor.as_json())) == SAID


@pytest.mark.parametrize(
    ("fields", "is_diagnostic"),
    [
        ({}, True),
        ({"rate_hz": 1_000, "resolution_nv": 5_000}, True),
        ({"rate_hz": 499}, False),
        ({"resolution_nv": 5_001}, False),
    ],
)
def test_below_500_hz_or_above_5_uv_it_is_for_monitoring_only(
    fields: dict[str, Any], is_diagnostic: bool
) -> None:
    assert parse_descriptor({**SAID, **fields}).is_diagnostic is is_diagnostic


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate_hz", 24),
        ("rate_hz", 32_001),
        ("rate_hz", 500.0),
        ("rate_hz", True),
        ("rate_hz", None),
        ("resolution_nv", 0),
        ("leads", "I"),
        ("leads", []),
        ("leads", ["I"] * 2),
        ("leads", [1]),
        ("leads", ["a lead"]),
        ("leads", [f"L{number}" for number in range(17)]),
        ("band_low_mhz", -1),
        ("band_high_hz", 501),
        ("notch_hz", 55),
        ("notch_hz", False),
        ("notch_hz", []),
        ("model", "姓名"),
        ("model", 7),
        ("source", "guess"),
        ("latency_ms", 5_001),
        ("patient", "x"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(name: str, value: object) -> None:
    with pytest.raises(MalformedDescriptor) as refusal:
        parse_descriptor({**SAID, name: value})
    assert refusal.value.field == name
