"""Runs a call on a server of its own, peace and storms of logins in turns; prints both, JSON last."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from load_tests.login_storm import idle_timer, listener, speaker, storm
from load_tests.login_storm.part import Part
from load_tests.login_storm.people import demo_people, room_token
from load_tests.login_storm.precedence import precedence
from load_tests.login_storm.windows import LATE_MS, Figures, Sample, Weather, Window, figures_of, transits
from load_tests.started_service import OWN_PORTS, started

LOGINS_PER_S = 20.0
ROOM = "clinic-discussion"
SPEAKER, LISTENER = "zhoulan", "wangmin"
ALLOWED_PING_MS = 5.0
"""What p99 of a ping may grow by, and what the machine's own noise should be below."""
SETTLE_S = 8.0
"""A server that has just started still describes its API and warms up."""
REST_S = 1.0
"""Between the last answer of a storm and the next window, so that peace is not charged with what a storm
leaves; and at the end, for packets and pongs under way."""
ALLOWED_CLOCK_STEP_MS = 1.0
"""Delays of media are differences of CLOCK_REALTIME: a run during which it was set is no measurement."""
_NS_PER_MS = 1_000_000
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Measured:
    """One run."""

    windows: Sequence[Window]
    pings: Sequence[Sample]
    packets: Sequence[Sample]
    wakes: Sequence[Sample]
    answers: Counter[int]

    def windows_of(self, weather: Weather) -> list[Window]:
        """Returns the windows of peace, or of storm."""
        return [window for window in self.windows if window.weather is weather]


def main() -> None:
    """Prints the measurement."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.login_storm", description=__doc__)
    parser.add_argument("--rounds", type=int, default=6, help="of one window of peace and one of storm")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each window")
    parser.add_argument(
        "--logins-per-s", type=float, default=LOGINS_PER_S, help="in a storm; 0 shows how far chance goes"
    )
    arguments = parser.parse_args()
    with precedence() as is_first:
        measured = _measure(arguments.rounds, arguments.seconds, arguments.logins_per_s)
    _print(measured, is_first=is_first)


def _measure(rounds: int, seconds: float, per_s: float) -> Measured:
    with started("demo", settings=OWN_PORTS) as server, contextlib.ExitStack() as stack:
        url = server.url

        def part(*what: object, niceness: int = 0) -> Part:
            playing = Part(*what, niceness=niceness)  # type: ignore[arg-type]
            stack.callback(playing.close)
            return playing

        people, password = asyncio.run(demo_people(url))
        others = sorted(set(people) - {SPEAKER, LISTENER})
        tokens = [asyncio.run(room_token(url, ROOM, login, password)) for login in (SPEAKER, LISTENER)]
        storming = part(storm.main, url, others, password, niceness=storm.NICENESS)
        sleeping = part(idle_timer.main)
        listening = part(listener.main, url, tokens[1])
        for one in (storming, sleeping, listening):
            one.hear()
        speaking = part(speaker.main, url, tokens[0])
        speaking.hear()
        listening.hear()
        clocks_apart_ns = time.time_ns() - time.monotonic_ns()
        time.sleep(SETTLE_S)
        windows: list[Window] = []
        answers: Counter[int] = Counter()
        for _ in range(rounds):
            windows.append(_window(Weather.PEACE, seconds))
            storming.tell(storm.Gust(round(seconds * per_s), per_s))
            windows.append(_window(Weather.STORM, seconds))
            answers += storming.hear()
            time.sleep(REST_S)
        for one in (listening, speaking, sleeping, storming):
            one.tell(None)
        heard: listener.Heard = listening.hear()
        sent = dict(speaking.hear())
        wakes = sleeping.hear()
    if abs(time.time_ns() - time.monotonic_ns() - clocks_apart_ns) > ALLOWED_CLOCK_STEP_MS * _NS_PER_MS:
        raise SystemExit("the clock was set during the run: measure again")
    return Measured(
        windows,
        [Sample(*ping) for ping in heard.pings],
        transits(sent, heard.arrived_ns),
        [Sample(*wake) for wake in wakes],
        answers,
    )


def _window(weather: Weather, seconds: float) -> Window:
    begin_ns = time.time_ns()
    time.sleep(seconds)
    return Window(weather, begin_ns, begin_ns + round(seconds * _NS_PER_S))


def _print(measured: Measured, *, is_first: bool) -> None:
    if not is_first:
        print("what else this machine does has an equal share of its processors (only root can change that)")
    report: dict[str, object] = {}
    pings, packets, wakes = {}, {}, {}
    for number, window in enumerate(measured.windows, start=1):
        one = figures_of(measured.pings, [window])
        print(f"window {number:2d}, {window.weather.value}: ping {_sentence(one)}")
    for weather in Weather:
        windows = measured.windows_of(weather)
        pings[weather] = figures_of(measured.pings, windows)
        packets[weather] = figures_of(measured.packets, windows)
        wakes[weather] = figures_of(measured.wakes, windows)
        name = weather.value
        print(f"{name}: ping {_sentence(pings[weather])}")
        late = packets[weather].late
        print(f"{name}: media {_sentence(packets[weather])}; {late} late: took over {LATE_MS:g} ms")
        print(f"{name}: a timer that does nothing is late by {_sentence(wakes[weather])}")
        report[f"ping_p50_ms_{name}"] = round(pings[weather].p50_ms, 2)
        report[f"ping_p99_ms_{name}"] = round(pings[weather].p99_ms, 2)
        report[f"media_p99_ms_{name}"] = round(packets[weather].p99_ms, 2)
        report[f"timer_p99_ms_{name}"] = round(wakes[weather].p99_ms, 2)
    peace, stormy = Weather.PEACE, Weather.STORM
    grown_ms = pings[stormy].p99_ms - pings[peace].p99_ms
    floor_ms = wakes[peace].p99_ms
    logins = dict(sorted(measured.answers.items()))
    print(f"p99 of a ping grew by {grown_ms:.2f} ms; logins answered: {logins}")
    if floor_ms > ALLOWED_PING_MS:
        print(f"this machine's own noise is above {ALLOWED_PING_MS:g} ms (p99 {floor_ms:.2f} ms in peace)")
    report |= {
        "ping_p99_grown_ms": round(grown_ms, 2),
        "is_ping_within_limit": grown_ms <= ALLOWED_PING_MS,
        "unanswered_pings": pings[stormy].lost,
        "late_media_packets": packets[stormy].late,
        "lost_media_packets": packets[stormy].lost,
        "late_media_packets_in_peace": packets[peace].late,
        "lost_media_packets_in_peace": packets[peace].lost,
        "is_before_neighbours": is_first,
        "is_noise_within_limit": floor_ms <= ALLOWED_PING_MS,
        "logins": logins,
    }
    print(json.dumps(report))


def _sentence(figures: Figures) -> str:
    return (
        f"p50 {figures.p50_ms:.2f} ms, p99 {figures.p99_ms:.2f} ms, slowest {figures.slowest_ms:.2f} ms "
        f"({len(figures.took_ms)}, {figures.lost} lost)"
    )


if __name__ == "__main__":
    main()
