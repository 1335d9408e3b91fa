"""One direction of a link: what its conditions say happens to packets, and nothing else does."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load_tests.netem.conditions import NS_PER_MS, NS_PER_S, Conditions, Loss, bursts
from load_tests.netem.flow import Flow, Losing

MANY = 20_000
PROBABILITIES = st.floats(0, 0.9)
CONDITIONS = st.builds(
    lambda delay_ms, jitter, **rest: Conditions(delay_ms=delay_ms, jitter_ms=delay_ms * jitter, **rest),
    delay_ms=st.floats(0, 200),
    jitter=st.floats(0, 1),
    is_reordering=st.booleans(),
    loss=st.builds(Loss, PROBABILITIES, PROBABILITIES, st.floats(0.1, 1), PROBABILITIES),
    duplicated=PROBABILITIES,
    rate_bps=st.none() | st.integers(1_000, 10_000_000),
    queue_bytes=st.integers(0, 100_000),
    is_cut=st.booleans(),
)
PACKETS = st.lists(st.tuples(st.integers(0, 50 * NS_PER_MS), st.integers(20, 1500)), max_size=60)
"""How long after the one before, and the size."""


def times_of(flow: Flow, packets: list[tuple[int, int]]) -> list[tuple[int, tuple[int, ...]]]:
    """When each entered and when it leaves."""
    now_ns, times = 0, []
    for after_ns, size_bytes in packets:
        now_ns += after_ns
        times.append((now_ns, flow.receive(now_ns, size_bytes)))
    return times


def passing(conditions: Conditions, count: int = MANY, seed: str = "1") -> list[tuple[int, ...]]:
    """When each of many packets leaves that enter at time 0."""
    flow = Flow(conditions, seed)
    return [flow.receive(0, 100) for _ in range(count)]


# ---- what is true of all conditions ------------------------------------------------------------------------


@given(CONDITIONS, PACKETS)
def test_every_packet_is_counted_once(conditions: Conditions, packets: list[tuple[int, int]]) -> None:
    flow = Flow(conditions, "1")
    times = times_of(flow, packets)
    counts = flow.counts
    assert counts.entered == len(packets)
    assert counts.passed == sum(len(leaves) for _, leaves in times)
    assert counts.passed_bytes == sum(
        size * len(leaves) for (_, size), (_, leaves) in zip(packets, times, strict=True)
    )
    assert counts.entered + counts.duplicated == (
        counts.passed + counts.lost + counts.overflowed + counts.cut
    )


@given(CONDITIONS, PACKETS)
def test_no_packet_is_early_or_later_than_queue_and_delay_allow(
    conditions: Conditions, packets: list[tuple[int, int]]
) -> None:
    latest_ms = conditions.delay_ms + conditions.jitter_ms
    if conditions.rate_bps is not None:
        # The queue, the packet being sent when it was entered, and the packet itself.
        latest_ms += (conditions.queue_bytes + 2 * 1500) * 8_000 / conditions.rate_bps
    for entered_ns, leaves in times_of(Flow(conditions, "1"), packets):
        assert len(leaves) <= 2
        for at_ns in leaves:
            took_ms = (at_ns - entered_ns) / NS_PER_MS
            assert conditions.delay_ms - conditions.jitter_ms - 1e-6 <= took_ms <= latest_ms + 1e-3


@given(CONDITIONS, PACKETS)
def test_without_reordering_packets_leave_as_they_came(
    conditions: Conditions, packets: list[tuple[int, int]]
) -> None:
    flow = Flow(replace(conditions, is_reordering=False), "1")
    leaving = [at_ns for _, leaves in times_of(flow, packets) for at_ns in leaves]
    assert leaving == sorted(leaving)


@given(CONDITIONS, PACKETS)
def test_no_stretch_of_time_carries_more_than_the_rate(
    conditions: Conditions, packets: list[tuple[int, int]]
) -> None:
    rate_bps = conditions.rate_bps or 64_000
    flow = Flow(replace(conditions, rate_bps=rate_bps, jitter_ms=0, duplicated=0), "1")
    left = [
        (leaves[0], size)
        for (_, size), (_, leaves) in zip(packets, times_of(flow, packets), strict=True)
        if leaves
    ]
    for first, last in itertools.combinations(range(len(left)), 2):
        took_ns = left[last][0] - left[first][0]
        carried_bits = 8 * sum(size for _, size in left[first + 1 : last + 1])
        assert carried_bits <= took_ns * rate_bps / NS_PER_S + (last - first)  # a rounded nanosecond each


@given(CONDITIONS, PACKETS, st.text())
def test_the_same_seed_decides_the_same(
    conditions: Conditions, packets: list[tuple[int, int]], seed: str
) -> None:
    assert times_of(Flow(conditions, seed), packets) == times_of(Flow(conditions, seed), packets)


@given(CONDITIONS, PACKETS)
def test_who_is_lost_does_not_depend_on_delay_rate_or_duplicates(
    conditions: Conditions, packets: list[tuple[int, int]]
) -> None:
    plain = Conditions(loss=conditions.loss)
    slow = replace(conditions, is_cut=False, queue_bytes=10**9)
    whether = [[bool(leaves) for _, leaves in times_of(Flow(one, "1"), packets)] for one in (plain, slow)]
    assert whether[0] == whether[1]


@given(CONDITIONS, PACKETS)
def test_nothing_passes_a_cut(conditions: Conditions, packets: list[tuple[int, int]]) -> None:
    flow = Flow(replace(conditions, is_cut=True), "1")
    assert not any(leaves for _, leaves in times_of(flow, packets))
    assert flow.counts.cut == len(packets)


# ---- delay and order ---------------------------------------------------------------------------------------


def test_without_conditions_a_packet_leaves_when_it_enters() -> None:
    assert Flow(Conditions(), "1").receive(17, 1500) == (17,)


def test_jitter_is_spread_evenly_around_the_delay() -> None:
    delays_ms = [
        leaves[0] / NS_PER_MS for leaves in passing(Conditions(delay_ms=50, jitter_ms=20, is_reordering=True))
    ]
    assert min(delays_ms) == pytest.approx(30, abs=0.1)
    assert max(delays_ms) == pytest.approx(70, abs=0.1)
    quartiles = statistics.quantiles(delays_ms, n=4)
    assert quartiles == pytest.approx([40, 50, 60], abs=0.5)


def test_with_reordering_a_lucky_packet_overtakes() -> None:
    flow = Flow(Conditions(delay_ms=50, jitter_ms=20, is_reordering=True), "1")
    leaving = [flow.receive(number * NS_PER_MS, 100)[0] for number in range(100)]
    assert leaving != sorted(leaving)


def test_order_holds_when_the_delay_falls() -> None:
    flow = Flow(Conditions(delay_ms=100), "1")
    assert flow.receive(0, 100) == (100 * NS_PER_MS,)
    flow.conditions = Conditions(delay_ms=10)
    assert flow.receive(1, 100) == (100 * NS_PER_MS,)
    assert flow.receive(200 * NS_PER_MS, 100) == (210 * NS_PER_MS,)


# ---- loss --------------------------------------------------------------------------------------------------


def lost_of(loss: Loss, count: int = MANY) -> list[bool]:
    """Which of many packets are lost."""
    losing = Losing(Random(7))
    return [losing.is_lost(loss) for _ in range(count)]


def burst_lengths(lost: list[bool]) -> list[int]:
    """How long the rows of lost packets are."""
    return [len(list(row)) for is_lost, row in itertools.groupby(lost) if is_lost]


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.3])
def test_even_loss_loses_its_part_without_memory(rate: float) -> None:
    lost = lost_of(Loss(in_good=rate))
    assert statistics.mean(lost) == pytest.approx(rate, rel=0.1)
    assert statistics.mean(burst_lengths(lost)) == pytest.approx(1 / (1 - rate), rel=0.05)


@pytest.mark.parametrize(("mean", "packets"), [(0.05, 5), (0.03, 4), (0.2, 10)])
def test_bursts_lose_their_part_in_bursts(mean: float, packets: float) -> None:
    lost = lost_of(bursts(mean, packets), 4 * MANY)
    assert statistics.mean(lost) == pytest.approx(mean, rel=0.1)
    assert statistics.mean(burst_lengths(lost)) == pytest.approx(packets, rel=0.1)


def test_both_states_lose_their_own_part() -> None:
    loss = Loss(in_good=0.01, to_bad=0.02, to_good=0.2, in_bad=0.5)
    assert statistics.mean(lost_of(loss, 4 * MANY)) == pytest.approx(loss.mean, rel=0.1)


def test_a_flow_loses_and_counts() -> None:
    flow = Flow(Conditions(loss=Loss(in_good=1)), "1")
    assert flow.receive(0, 100) == ()
    assert flow.counts.lost == 1


def test_seeds_differ() -> None:
    conditions = Conditions(loss=Loss(in_good=0.5))
    assert passing(conditions, 100, "1") != passing(conditions, 100, "2")


# ---- duplicates --------------------------------------------------------------------------------------------


def test_duplicates_are_their_part() -> None:
    twice = [len(leaves) == 2 for leaves in passing(Conditions(duplicated=0.1))]
    assert statistics.mean(twice) == pytest.approx(0.1, rel=0.1)


def test_a_copy_has_a_delay_of_its_own() -> None:
    flow = Flow(Conditions(delay_ms=50, jitter_ms=20, is_reordering=True, duplicated=1), "1")
    first, second = flow.receive(0, 100)
    assert first != second
    assert (flow.counts.entered, flow.counts.passed, flow.counts.duplicated) == (1, 2, 1)


# ---- rate and queue ----------------------------------------------------------------------------------------

SLOW = Conditions(rate_bps=80_000, queue_bytes=300)
"""A packet of 100 bytes takes 10 ms."""


def test_packets_follow_one_another_at_the_rate() -> None:
    flow = Flow(SLOW, "1")
    assert [flow.receive(0, 100) for _ in range(3)] == [
        (10 * NS_PER_MS,),
        (20 * NS_PER_MS,),
        (30 * NS_PER_MS,),
    ]
    assert flow.receive(100 * NS_PER_MS, 100) == (110 * NS_PER_MS,)


def test_what_finds_no_room_in_the_queue_is_dropped() -> None:
    flow = Flow(SLOW, "1")
    leaves = [flow.receive(0, 100) for _ in range(6)]
    assert [bool(one) for one in leaves] == [True, True, True, False, False, False]
    assert flow.counts.overflowed == 3
    assert flow.receive(10 * NS_PER_MS, 100) == (40 * NS_PER_MS,)


def test_a_free_link_takes_a_packet_larger_than_its_queue() -> None:
    flow = Flow(replace(SLOW, queue_bytes=0), "1")
    assert flow.receive(0, 1500) == (150 * NS_PER_MS,)
    assert flow.receive(1, 20) == ()


def test_the_delay_comes_after_the_queue() -> None:
    flow = Flow(replace(SLOW, delay_ms=40), "1")
    assert flow.receive(0, 100) == (50 * NS_PER_MS,)


def test_what_is_lost_on_the_way_has_used_the_link() -> None:
    flow = Flow(replace(SLOW, loss=Loss(in_good=1)), "1")
    assert flow.receive(0, 100) == ()
    flow.conditions = SLOW
    assert flow.receive(0, 100) == (20 * NS_PER_MS,)


def test_another_rate_holds_for_what_enters_from_then_on() -> None:
    flow = Flow(SLOW, "1")
    flow.receive(0, 100)
    flow.conditions = replace(SLOW, rate_bps=160_000)
    assert flow.receive(0, 100) == (15 * NS_PER_MS,)
