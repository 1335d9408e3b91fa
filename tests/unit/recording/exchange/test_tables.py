"""Leads put together: what a descriptor is told of the device."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from media_server.ecg.descriptor import Source, parse_descriptor
from recording.exchange import tables
from recording.exchange.errors import UnreadableFile
from recording.exchange.recorded import Annotation, Recorded
from recording.exchange.tables import Band, Lead, build_recorded


def one_lead(rate: int = 500, band: Band = tables.UNKNOWN_BAND, model: str = "") -> Recorded:
    lead = Lead("II", Fraction(2_500), np.array([1, 2]), np.zeros(2, np.bool_))
    notes = (Annotation(1, "N", "", "x"), Annotation(2, "N", "", "x"), Annotation(None, "", "all", "x"))
    return build_recorded(
        [lead],
        rate=Fraction(rate),
        model=model,
        source=Source.REPLAY,
        started_us=None,
        band=band,
        annotations=notes,
    )


def test_the_descriptor_is_one_that_is_accepted_on_the_wire() -> None:
    wild = Band(Fraction(10**9), Fraction(10**9), 16)
    for found in (one_lead(), one_lead(band=wild, model="心电仪 Box\x1b" + "x" * 99), one_lead(rate=25)):
        assert parse_descriptor(json.loads(json.dumps(found.descriptor.as_json()))) == found.descriptor
    assert one_lead(band=Band(Fraction(1, 20), Fraction(1, 3), 60)).descriptor.band_high_hz == 1


def test_annotations_after_the_end_are_left_out() -> None:
    assert [note.at for note in one_lead().annotations] == [1, None]


def test_a_table_larger_than_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_VALUES", 1)
    with pytest.raises(UnreadableFile, match="too_large"):
        one_lead()
