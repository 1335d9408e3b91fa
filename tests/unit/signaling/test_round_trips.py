"""What pings say of the way to a client."""

from signaling.livekit.round_trips import KEPT, MAX_MS, RoundTrips

MS = 1_000_000


def test_nothing_is_known_before_a_ping_was_answered() -> None:
    trips = RoundTrips()
    trips.receive_ms(0)
    assert trips.shortest_ns == 0


def test_the_shortest_of_the_last_ones_counts() -> None:
    trips = RoundTrips()
    for ms in (80, 31.5, 44):
        trips.receive_ms(ms)
    assert trips.shortest_ns == 31.5 * MS
    for _ in range(KEPT):
        trips.receive_ms(50)
    assert trips.shortest_ns == 50 * MS


def test_what_cannot_be_is_passed_over() -> None:
    trips = RoundTrips()
    for ms in (40, -1, MAX_MS + 1, -(2**40)):
        trips.receive_ms(ms)
    assert trips.shortest_ns == 40 * MS
