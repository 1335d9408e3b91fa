"""A link's packets come out at the other side, as they went in, when they are due."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load_tests.netem import emulation
from load_tests.netem.conditions import NS_PER_MS, Conditions, Loss
from load_tests.netem.emulation import OTHER_SIDE, Emulation, Side
from load_tests.netem.profiles import CLEAN, CUT, ROUND_TRIP_80_MS, Profile, Schedule, Step, both_ways

ASYMMETRIC = Profile(up=Conditions(delay_ms=30), down=Conditions(delay_ms=10))
SIDES = st.sampled_from(Side)


def test_up_is_from_the_right_and_down_from_the_left() -> None:
    link = Emulation(ASYMMETRIC, seed=1, now_ns=0)
    link.receive(Side.RIGHT, b"up", 0)
    link.receive(Side.LEFT, b"down", 0)
    assert link.next_ns == 10 * NS_PER_MS
    assert link.deliveries(10 * NS_PER_MS) == [(Side.RIGHT, b"down")]
    assert link.next_ns == 30 * NS_PER_MS
    assert link.deliveries(30 * NS_PER_MS) == [(Side.LEFT, b"up")]
    assert link.next_ns is None


def test_nothing_leaves_before_it_is_due() -> None:
    link = Emulation(ROUND_TRIP_80_MS, seed=1, now_ns=0)
    link.receive(Side.LEFT, b"one", 5)
    assert link.deliveries(40 * NS_PER_MS + 4) == []
    assert link.deliveries(40 * NS_PER_MS + 5) == [(Side.RIGHT, b"one")]


@given(st.lists(st.tuples(SIDES, st.integers(0, 100 * NS_PER_MS), st.binary(max_size=9)), max_size=50))
def test_each_packet_leaves_once_in_order_at_the_other_side(entries: list[tuple[Side, int, bytes]]) -> None:
    link = Emulation(both_ways(Conditions(delay_ms=50, jitter_ms=50)), seed=1, now_ns=0)
    left: list[tuple[Side, bytes]] = []
    now_ns = 0
    for side, after_ns, content in entries:
        now_ns += after_ns
        left += link.deliveries(now_ns)
        link.receive(side, content, now_ns)
    left += link.deliveries(now_ns + 1000 * NS_PER_MS)
    for side in Side:
        entered = [content for at, _, content in entries if at is side]
        assert [content for at, content in left if at is OTHER_SIDE[side]] == entered
    assert link.next_ns is None


def test_what_is_due_together_leaves_in_the_order_of_entry() -> None:
    link = Emulation(CLEAN, seed=1, now_ns=0)
    for number in range(20):
        link.receive(Side.LEFT, bytes([19 - number]), 0)
    assert [content for _, content in link.deliveries(0)] == [bytes([19 - number]) for number in range(20)]


def test_a_schedule_goes_by_the_time_since_it_was_set() -> None:
    start_ns = 7_000 * NS_PER_MS
    schedule = Schedule((Step(CLEAN, 10), Step(CUT, 5), Step(CLEAN)))
    link = Emulation(schedule, seed=1, now_ns=start_ns)
    for after_ms in (0, 9, 10, 14, 15):
        link.receive(Side.LEFT, bytes([after_ms]), start_ns + after_ms * NS_PER_MS)
    assert [content[0] for _, content in link.deliveries(start_ns + 99 * NS_PER_MS)] == [0, 9, 15]
    assert link.counts(Side.LEFT).cut == 2

    again_ns = start_ns + 100 * NS_PER_MS
    link.set(schedule, again_ns)
    link.receive(Side.LEFT, b"first again", again_ns)
    link.receive(Side.LEFT, b"cut again", again_ns + 12 * NS_PER_MS)
    assert [content for _, content in link.deliveries(again_ns + 99 * NS_PER_MS)] == [b"first again"]


def test_what_is_on_the_way_arrives_though_the_link_is_cut() -> None:
    link = Emulation(ROUND_TRIP_80_MS, seed=1, now_ns=0)
    link.receive(Side.LEFT, b"on the way", 0)
    link.set(CUT, 1)
    link.receive(Side.LEFT, b"too late", 1)
    assert link.deliveries(10**12) == [(Side.RIGHT, b"on the way")]


def test_the_directions_lose_different_packets() -> None:
    lossy = both_ways(Conditions(loss=Loss(in_good=0.5)))
    link = Emulation(lossy, seed=1, now_ns=0)
    for number in range(64):
        for side in Side:
            link.receive(side, bytes([number]), 0)
    left = link.deliveries(0)
    numbers = [[content for at, content in left if at is side] for side in Side]
    assert numbers[0] != numbers[1]
    again = Emulation(lossy, seed=1, now_ns=0)
    other = Emulation(lossy, seed=2, now_ns=0)
    for number in range(64):
        for one in (again, other):
            one.receive(Side.LEFT, bytes([number]), 0)
    assert [content for _, content in again.deliveries(0)] == numbers[1]
    assert [content for _, content in other.deliveries(0)] != numbers[1]


def test_what_is_on_the_way_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulation, "MAX_ON_THE_WAY_BYTES", 10)
    link = Emulation(replace(ROUND_TRIP_80_MS), seed=1, now_ns=0)
    for content in (b"123456", b"1234", b"1"):
        link.receive(Side.LEFT, content, 0)
    counts = link.counts(Side.LEFT)
    assert (counts.passed, counts.passed_bytes, counts.overflowed) == (2, 10, 1)
    assert len(link.deliveries(40 * NS_PER_MS)) == 2
    link.receive(Side.LEFT, b"room again", 40 * NS_PER_MS)
    assert len(link.deliveries(80 * NS_PER_MS)) == 1
