"""Measures and prints; the last line is one JSON object with the medians."""

from __future__ import annotations

import argparse
import json
import statistics

from load_tests.forwarding.measure import Load, Result, measure
from load_tests.forwarding.yardstick import REFERENCE_SEND_US, send_us

FORWARDED_PER_S = 20_000
"""At least so many leave: a load at which CPU per packet decides how many machines are needed. Far below it
each burst finds the thread asleep and the caches cold, and a wake-up costs more than its packets; see
--packets-per-s 4000."""
PUBLISHED_PER_S = 4_000
"""At least so many come in: some eight cameras at 720p."""


def main() -> None:
    """Runs every number of subscribers several times."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.forwarding", description=__doc__)
    parser.add_argument("--subscribers", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--packets-per-s", type=int, help="from the publisher; default: by subscribers")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--single", action="store_true", help="hand packets to the kernel one by one")
    arguments = parser.parse_args()
    medians: dict[str, float] = {}
    losses: dict[str, float] = {}
    rates: dict[str, int] = {}
    for subscribers in arguments.subscribers:
        load = Load(
            subscribers=subscribers,
            packets_per_s=arguments.packets_per_s or max(PUBLISHED_PER_S, FORWARDED_PER_S // subscribers),
            seconds=arguments.seconds,
            is_segmented=not arguments.single,
        )
        rates[str(subscribers)] = load.packets_per_s
        results = [measure(load) for _ in range(arguments.runs)]
        for result in results:
            print(_sentence(subscribers, result), flush=True)
        medians[str(subscribers)] = round(
            statistics.median(result.cpu_us_per_packet for result in results), 3
        )
        losses[str(subscribers)] = round(statistics.median(result.loss for result in results), 6)
    yardstick_us = round(send_us(), 3)
    print(
        f"one plain send costs {yardstick_us} us of CPU on this machine, "
        f"{REFERENCE_SEND_US} us on the one on which the targets were set"
    )
    print(
        json.dumps(
            {
                "cpu_us_per_packet": medians,
                "loss": losses,
                "packets_per_s": rates,
                "plain_send_us": yardstick_us,
            }
        )
    )


def _sentence(subscribers: int, result: Result) -> str:
    return (
        f"{subscribers:3d} subscribers: {result.cpu_us_per_packet:.3f} us of CPU a forwarded packet, "
        f"{result.datagrams_per_send:.1f} datagrams a send, {result.forwarded} forwarded, "
        f"{result.loss:.4%} lost on the way to the sinks"
    )


if __name__ == "__main__":
    main()
