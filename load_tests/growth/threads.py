"""What a second media thread costs a packet; the last line is one JSON object. ``make bench-threads``.

The same rooms in a service with one media thread and in one with two, in turn. What is counted is the CPU
time of the whole process for each packet that was received.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics

from load_tests.crowd.crowd import Played
from load_tests.growth.hall import Moment, hall
from load_tests.login_storm.precedence import precedence

ROOMS = 60
ROOM_LEGS = 10
"""As many people as two threads are used for (``media_server.placement``), half of them on each."""
PICTURE: Played = {"kind": "bursts", "packets_per_s": 300, "burst_packets": 10, "payload_bytes": 1_060}
"""A camera at 720p: 2.6 Mbit/s."""
MAX_RISE = 0.10


def main() -> int:
    """Runs both several times. 1 where the second thread costs more than it may."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.growth.threads", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    arguments = parser.parse_args()
    pairs = []
    with precedence():
        for turn in range(arguments.runs):
            order = (1, 2) if turn % 2 == 0 else (2, 1)
            moments = {threads: asyncio.run(_run(threads, arguments.seconds)) for threads in order}
            pairs.append((moments[1], moments[2]))
            print(_sentence(*pairs[-1]), flush=True)
    report = figures(pairs)
    print(json.dumps(report))
    return 0 if report["rise"] <= MAX_RISE else 1


async def _run(threads: int, seconds: float) -> Moment:
    settings = {"LIANZHEN_MEDIA_THREADS": str(threads)}
    async with hall(PICTURE, settings, apart=False) as rooms:
        await rooms.open_rooms([ROOM_LEGS] * ROOMS)
        return await rooms.watch(seconds)


def figures(pairs: list[tuple[Moment, Moment]]) -> dict[str, float]:
    """Returns the medians of both, and that of the rises of neighbouring runs: machines get slower and
    faster."""
    ones, twos = ([moment.cpu_us_per_packet for moment in moments] for moments in zip(*pairs, strict=True))
    return {
        "one_thread_us": round(statistics.median(ones), 3),
        "two_threads_us": round(statistics.median(twos), 3),
        "rise": round(statistics.median(two / one - 1 for one, two in zip(ones, twos, strict=True)), 3),
    }


def _sentence(one: Moment, two: Moment) -> str:
    return (
        f"{one.legs} legs: {one.cpu_us_per_packet:.3f} us a packet received with one media thread "
        f"({one.packets / one.seconds:.0f} a second), {two.cpu_us_per_packet:.3f} with two "
        f"({two.packets / two.seconds:.0f})"
    )


if __name__ == "__main__":
    raise SystemExit(main())
