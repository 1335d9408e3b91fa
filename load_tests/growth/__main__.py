"""CPU and memory of the whole service from 10 to 1,000 streams to subscribers; the last line is one JSON
object. ``make bench-growth``.

Rooms are added to a running service: in each one shows a picture, up to 25 receive it. Both grow along a
line: its slope is what one more costs, and R² how well it is one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics

from load_tests.crowd.crowd import Played
from load_tests.growth.hall import Moment, hall
from load_tests.login_storm.precedence import precedence

LEGS = (10, 50, 100, 200, 400, 700, 1_000)
ROOM_LEGS = 25
PICTURE: Played = {"kind": "bursts", "packets_per_s": 50, "burst_packets": 5, "payload_bytes": 1_060}
"""A small picture: 10 frames a second, 440 kbit/s."""
MIN_R_SQUARED = 0.99
MAX_PEER_KB = 250.0


def main() -> int:
    """Grows once. 1 where CPU is no line, or a peer takes more memory than it may."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.growth", description=__doc__)
    parser.add_argument("--legs", type=int, nargs="+", default=list(LEGS))
    parser.add_argument("--seconds", type=float, default=5.0)
    arguments = parser.parse_args()
    with precedence():
        moments = asyncio.run(_grow(sorted(arguments.legs), arguments.seconds))
    report = figures(moments)
    print(json.dumps(report))
    return 0 if report["r_squared"] >= MIN_R_SQUARED and report["peer_kb"] <= MAX_PEER_KB else 1


async def _grow(legs: list[int], seconds: float) -> list[Moment]:
    moments = []
    async with hall(PICTURE, {}, apart=True) as rooms:
        for wanted in legs:
            await rooms.open_rooms(rooms_of(wanted - rooms.legs))
            moments.append(await rooms.watch(seconds))
            print(_sentence(moments[-1]), flush=True)
    return moments


def rooms_of(legs: int) -> list[int]:
    """Returns how many receive in each of the rooms that hold so many."""
    full, rest = divmod(legs, ROOM_LEGS)
    return [ROOM_LEGS] * full + [rest] * (rest > 0)


def figures(moments: list[Moment]) -> dict[str, float]:
    """Returns slopes and how straight the line of CPU is (the square of the correlation)."""
    legs = [moment.legs for moment in moments]
    cpu = [moment.cpu_share for moment in moments]
    memory = statistics.linear_regression(
        [moment.peers for moment in moments], [moment.resident_bytes for moment in moments]
    )
    return {
        "r_squared": round(statistics.correlation(legs, cpu) ** 2, 4),
        "cpu_percent_per_leg": round(statistics.linear_regression(legs, cpu).slope * 100, 4),
        "cpu_us_per_packet": round(moments[-1].cpu_us_per_packet, 3),
        "peer_kb": round(memory.slope / 1_000, 1),
        "resident_mb": round(moments[-1].resident_bytes / 1e6, 1),
    }


def _sentence(moment: Moment) -> str:
    return (
        f"{moment.legs:5d} legs, {moment.peers:5d} people: {moment.cpu_share:.1%} of a processor, "
        f"{moment.cpu_us_per_packet:.2f} us a packet received "
        f"({moment.packets / moment.seconds:.0f} of them a second), {moment.resident_bytes / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    raise SystemExit(main())
