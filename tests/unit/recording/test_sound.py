"""Sound without holes: end to end, and never far from its time."""

from __future__ import annotations

from recording.opus import packet_duration_ns
from recording.sound import DROP_NS, FILL_NS, Packet, without_holes

MS = 1_000_000
TALK = b"\xfc\x01\x02"


def at(*times_ms: float, data: bytes = TALK) -> list[Packet]:
    return [Packet(round(time * MS), 20 * MS, True, data) for time in times_ms]


def laid(packets: list[Packet]) -> list[tuple[float, float, bool]]:
    """(time ms, duration ms, is silence put in)."""
    out = list(without_holes(packets))
    position = out[0].time_ns if out else 0
    for packet in out:
        assert packet.time_ns == position
        assert packet.duration_ns == packet_duration_ns(packet.data)
        position += packet.duration_ns
    return [(packet.time_ns / MS, packet.duration_ns / MS, packet.data != TALK) for packet in out]


def test_packets_end_to_end_stay_as_they_are() -> None:
    assert laid(at(100, 120, 140)) == [(100, 20, False), (120, 20, False), (140, 20, False)]


def test_a_hole_is_filled_with_silence() -> None:
    assert laid(at(0, 75)) == [
        (0, 20, False),
        (20, 20, True),
        (40, 20, True),
        (60, 10, True),
        (70, 5, True),
        (75, 20, False),
    ]


def test_a_hole_below_the_limit_is_left_for_later() -> None:
    assert laid(at(0, 29, 49)) == [(0, 20, False), (20, 20, False), (40, 20, False)]
    assert laid(at(0, 30)) == [(0, 20, False), (20, 10, True), (30, 20, False)]


def test_a_packet_too_early_is_left_out() -> None:
    assert laid(at(0, 5, 25)) == [(0, 20, False), (20, 20, False)]
    assert laid(at(0, 6, 26)) == [(0, 20, False), (20, 20, False), (40, 20, False)]


def test_what_is_no_opus_is_left_out() -> None:
    assert laid([*at(0, data=b""), *at(20)]) == [(20, 20, False)]
    assert laid([]) == []


def test_a_drift_of_100_ppm_over_ten_minutes_stays_within_its_bounds() -> None:
    for ppm in (100, -100):
        packets = at(*(index * 20 * (1 + ppm / 1e6) for index in range(30_000)))
        talk = [packet for packet in without_holes(packets) if packet.data == TALK]
        assert abs(len(talk) - len(packets)) <= 5
        last_ns, true_ns = talk[-1].time_ns, packets[-1].time_ns
        assert -DROP_NS - 20 * MS <= last_ns - true_ns <= FILL_NS + DROP_NS
