"""The heart rate is told once a second, as counted, and not where it cannot be."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from clients.gateway.heart_count import HeartCount
from clients.gateway.simulated_heart import DESCRIPTOR, simulated
from clients.gateway.taking import Taken
from clients.gateway.vital_signs import Origin, VitalSign
from media_server.ecg.descriptor import Descriptor
from media_server.ecg.frame import NO_FLAGS

T = 1_800_000_000_000_000
ONE_LEAD = replace(DESCRIPTOR, leads=("V5",))


def count(
    heart: HeartCount, seconds: int, *, start: int = 0, run: str = "a", lead_off: int = 0, leads: int = 12
) -> list[VitalSign]:
    frames = (
        Taken(run, at, T + at * 2_000, simulated(at, 20)[:, -leads:], lead_off, NO_FLAGS)
        for at in range(start, start + seconds * 500, 20)
    )
    return [value for frame in frames if (value := heart.receive(frame)) is not None]


def heart(descriptor: Descriptor = DESCRIPTOR) -> HeartCount:
    return HeartCount(descriptor)


def test_seventy_five_a_minute_are_told_once_a_second() -> None:
    values = count(heart(), 20)
    assert {(value.value, value.source, value.unit) for value in values} == {(75, Origin.COUNTED, "/min")}
    assert 12 <= len(values) <= 18
    assert min(b.t_us - a.t_us for a, b in pairwise(values)) >= 1_000_000


def test_another_run_is_counted_from_its_beginning() -> None:
    one = heart()
    count(one, 10)
    assert count(one, 2, run="b") == []


def test_without_the_rhythm_lead_the_first_is_counted() -> None:
    assert count(heart(ONE_LEAD), 10, leads=1) != []


def test_another_lead_is_counted_where_the_rhythm_lead_is_off() -> None:
    one = heart()
    assert count(one, 10) != []
    values = count(one, 10, start=5_000, lead_off=0b10)
    assert {value.value for value in values} == {75}
    assert values[0].t_us > T + 12_000_000
    # Lead II is back: what is being counted goes on without a break.
    values = count(one, 3, start=10_000)
    assert len(values) == 3


def test_nothing_is_counted_while_all_leads_are_off() -> None:
    one = heart()
    assert count(one, 10) != []
    assert count(one, 10, start=5_000, lead_off=0xFFF)[-1].t_us < T + 14_000_000
    assert count(one, 10, start=10_000) != []
    assert count(heart(ONE_LEAD), 10, lead_off=1, leads=1) == []


def test_a_device_with_too_few_samples_has_no_counted_rate() -> None:
    assert count(heart(replace(DESCRIPTOR, rate_hz=100)), 10) == []
