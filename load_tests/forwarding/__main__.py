"""Measures and prints; the last line is one JSON object with the medians."""

from __future__ import annotations

import argparse
import json
import statistics

from load_tests.forwarding.core_process import CoreProcess
from load_tests.forwarding.measure import Load, Result, measure
from load_tests.forwarding.plain_loop import REFERENCE_US, PlainLoop

FORWARDED_PER_S = 20_000
"""At least so many leave: a load at which CPU per packet decides how many machines are needed. Far below it
each burst finds the thread asleep and the caches cold, and a wake-up costs more than its packets; see
--packets-per-s 4000."""
PUBLISHED_PER_S = 4_000
"""At least so many come in: some eight cameras at 720p."""
REPORTED = (
    "cpu_us_per_packet",
    "plain_us_per_packet",
    "times_plain",
    "cpu_us_per_packet_on_reference",
    "loss",
    "packets_per_s",
)
"""cpu_us_per_packet_on_reference is the ratio to the plain loop times that loop's figure on the machine of
performance.md: machines differ, and what counts is the ratio within one run."""


def main() -> None:
    """Runs every number of subscribers several times."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.forwarding", description=__doc__)
    parser.add_argument("--subscribers", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--packets-per-s", type=int, help="from the publisher; default: by subscribers")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--single", action="store_true", help="hand packets to the kernel one by one")
    arguments = parser.parse_args()
    report: dict[str, dict[str, float]] = {name: {} for name in REPORTED}
    for subscribers in arguments.subscribers:
        load = Load(
            subscribers=subscribers,
            packets_per_s=arguments.packets_per_s or max(PUBLISHED_PER_S, FORWARDED_PER_S // subscribers),
            seconds=arguments.seconds,
            is_segmented=not arguments.single,
        )
        results, plain = [], []
        for _ in range(arguments.runs):
            results.append(measure(CoreProcess, load))
            plain.append(measure(PlainLoop, load))
            print(_sentence(subscribers, results[-1], plain[-1]), flush=True)
        cpu_us, plain_us = _median_us(results), _median_us(plain)
        number = str(subscribers)
        report["cpu_us_per_packet"][number] = round(cpu_us, 3)
        report["plain_us_per_packet"][number] = round(plain_us, 3)
        report["times_plain"][number] = round(cpu_us / plain_us, 3)
        if subscribers in REFERENCE_US:
            scaled_us = cpu_us / plain_us * REFERENCE_US[subscribers]
            report["cpu_us_per_packet_on_reference"][number] = round(scaled_us, 3)
        report["loss"][number] = round(statistics.median(result.loss for result in results), 6)
        report["packets_per_s"][number] = load.packets_per_s
    print(json.dumps(report))


def _median_us(results: list[Result]) -> float:
    return statistics.median(result.cpu_us_per_packet for result in results)


def _sentence(subscribers: int, result: Result, plain: Result) -> str:
    return (
        f"{subscribers:3d} subscribers: {result.cpu_us_per_packet:.3f} us of CPU a forwarded packet, "
        f"a plain loop takes {plain.cpu_us_per_packet:.3f} us; "
        f"{result.datagrams_per_send:.1f} datagrams a send, {result.forwarded} forwarded, "
        f"{result.loss:.4%} ({plain.loss:.4%}) lost on the way to the sinks"
    )


if __name__ == "__main__":
    main()
