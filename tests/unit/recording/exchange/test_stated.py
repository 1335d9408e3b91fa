"""What a file said, kept and read again."""

from __future__ import annotations

from recording.exchange.reading import read_recording
from recording.exchange.stated import stated_from_json, stated_to_json
from tests.support.ecg_files import MORTARA, one_file


def test_what_a_cart_said_comes_back_with_its_source() -> None:
    recorded = read_recording(one_file(MORTARA))
    again = stated_from_json(stated_to_json(recorded), 10_000)
    assert (again.measurements, again.annotations) == (recorded.measurements, recorded.annotations)
    assert len(stated_from_json(stated_to_json(recorded), 3).annotations) == 3
