"""What readings of virtual peers and of a real client come to."""

from __future__ import annotations

import pytest

from load_tests.crowd.reading import PeerReading, Reading, Stream
from load_tests.load.figures import (
    Use,
    centile,
    connect_times_ms,
    figures_of,
    freezes,
    join_times_ms,
    loss_of,
    probe_figures,
)
from load_tests.load.scenario import read_scenario

MS = 1_000_000
TWO = read_scenario(
    "duration_s = 5\nrooms = [{ people = [{ count = 2, voice = true, picture = '64x64@5:50' }] }]"
)


def stream(
    kind: str, *, packets: int = 100, spanned: int = 100, first_ns: int = 0, stills: int = 0
) -> Stream:
    delays = (90, 10) if kind == "audio" else ()
    return Stream("1", kind, packets, spanned, 8_000, first_ns, 9_000 * MS, 20.0, stills, delays)


def peer(*received: Stream, connected_ms: int = 0, is_lost: bool = False, wanted: int = 0) -> PeerReading:
    return PeerReading(connected_ms * MS, is_lost, wanted, 0, 0, {}, received)


def reading(**peers: PeerReading) -> Reading:
    named = {name.replace("_in", "<"): value for name, value in peers.items()}
    return Reading(0, 0, (1_000.0,), named)


def test_a_run_comes_to_all_its_figures() -> None:
    told = reading(
        r1p1=peer(connected_ms=100, wanted=20),
        r1p1_in=peer(stream("audio", packets=99), stream("video", stills=2), is_lost=True),
        r1p2=peer(connected_ms=2_100),
        r1p2_in=peer(
            stream("audio", first_ns=2_300 * MS, stills=1), stream("video", packets=90, first_ns=2_400 * MS)
        ),
    )
    began_ns = {"r1p1": 0, "r1p2": 2_000 * MS}
    found = figures_of(TWO, began_ns, 1, told, Use(cpu_s=5.0, seconds=10.0, peak_bytes=250_000_000))
    assert found == {
        "joins_failed": 1,
        "connect_p50_ms": 100.0,
        "connect_p95_ms": 100.0,
        "join_p50_ms": 300.0,
        "join_p95_ms": 300.0,
        "streams_missing": 0,
        "peers_lost": 1,
        "voice_loss": 0.005,
        "voice_delay_p50_ms": 1.0,
        "voice_delay_p99_ms": float("inf"),
        "voice_stills": 1,
        "picture_loss": 0.05,
        "picture_stills": 2,
        "key_frames_per_s": 2.0,
        "server_cores": 0.5,
        "server_mb": 250.0,
    }


def test_where_nothing_came_only_that_is_told() -> None:
    found = figures_of(TWO, {}, 2, reading(), Use(1.0, 10.0, 1_000_000))
    assert set(found) == {
        "joins_failed",
        "streams_missing",
        "peers_lost",
        "key_frames_per_s",
        "server_cores",
        "server_mb",
    }
    assert found["streams_missing"] == 4


def test_who_had_nobody_to_receive_yet_is_left_out() -> None:
    told = reading(
        r1p1=peer(connected_ms=500),
        r1p1_in=peer(stream("audio", first_ns=1_500 * MS)),
        r1p2=peer(),
        r1p2_in=peer(stream("audio", first_ns=1_400 * MS)),
    )
    assert join_times_ms(TWO.people, {"r1p1": 0, "r1p2": 1_499 * MS}, told) == []
    assert join_times_ms(TWO.people, {"r1p1": 0, "r1p2": 1_500 * MS}, told) == [-100.0]


def test_who_never_joined_or_received_has_no_time() -> None:
    told = reading(r1p1=peer(connected_ms=1), r1p2_in=peer())
    assert join_times_ms(TWO.people, {"r1p2": 9_000 * MS}, told) == []
    told = reading(r1p1=peer(connected_ms=1), r1p2_in=peer(stream("audio")))
    assert join_times_ms(TWO.people, {}, told) == []


def test_who_got_no_connection_has_no_time_for_it() -> None:
    told = reading(r1p1=peer(connected_ms=900), r1p1_in=peer(connected_ms=800), r1p2=peer())
    began_ns = {"r1p1": 500 * MS, "r1p2": 0, "r1p3": 0}
    assert connect_times_ms(began_ns, told) == [300.0]


def test_loss_is_of_all_streams_together() -> None:
    assert loss_of([]) is None
    assert loss_of([stream("audio", packets=50), stream("audio", packets=300, spanned=300)]) == 0.125


def test_centiles_need_no_minimum_of_values() -> None:
    assert centile([], 0.5) is None
    assert centile([7.0], 0.95) == 7.0
    assert centile([0.0, 100.0], 0.95) == pytest.approx(95.0)


def test_a_picture_that_stays_three_times_as_long_and_150_ms_more_is_frozen() -> None:
    steady = [number * 40 * MS for number in range(100)]
    assert freezes(steady) == 0
    late = [*steady, steady[-1] + 191 * MS, steady[-1] + 800 * MS]
    assert freezes(late) == 1
    assert freezes(steady[:1]) == 0
    slow = [0, 500 * MS, 1_000 * MS, 1_500 * MS, 2_900 * MS]
    assert freezes(slow) == 0


def test_a_real_client_that_saw_nothing_says_only_that() -> None:
    assert probe_figures([], [], 10.0) == {"probe_frames_per_s": 0.0}
    shown = [number * 100 * MS for number in range(101)]
    found = probe_figures(shown, [50.0] * 101, 10.0)
    assert found["probe_freezes"] == 0
    assert found["probe_frames_per_s"] == pytest.approx(10.1)
    assert (found["probe_delay_p50_ms"], found["probe_delay_p95_ms"]) == (50.0, 50.0)
