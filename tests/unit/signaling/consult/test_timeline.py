"""Places in a recording."""

from __future__ import annotations

from typing import Any

import pytest

from recording.summary import RecordingId, RecordingSummary
from signaling.consult.timeline import position_ms, recording_of


def summary(
    name: str, *, room: str = "ca_1", started_at_ms: int = 1_000, duration_ms: int = 500
) -> RecordingSummary:
    return RecordingSummary(
        RecordingId(name), room, "t", "sealed", "x", started_at_ms, duration_ms, (), (), 0, None
    )


def test_the_longest_recording_of_the_room_is_shown_and_of_equal_ones_the_first() -> None:
    long, short = summary("long"), summary("short", duration_ms=1)
    later, elsewhere = summary("later", started_at_ms=9_000), summary("else", room="ca_2", duration_ms=9_999)
    assert recording_of([short, later, long, elsewhere], "ca_1") is long
    assert recording_of([elsewhere], "ca_1") is None


@pytest.mark.parametrize(
    ("at_ms", "place"), [(999, None), (1_000, 0), (1_250, 250), (1_500, 500), (1_501, None)]
)
def test_by_the_clock(at_ms: int, place: int | None) -> None:
    assert position_ms({"at_ms": at_ms}, summary("RC_1")) == place


def test_what_an_event_says_itself_goes_before_the_clock() -> None:
    fields: dict[str, Any] = {"at_ms": 1_250, "media": {"recording": "RC_1", "position_ms": 7}}
    assert position_ms(fields, summary("RC_1")) == 7
    assert position_ms(fields, summary("RC_2")) is None
    assert position_ms(fields, None) is None
