"""Measures and prints; the last line is one JSON object with the medians."""

from __future__ import annotations

import argparse
import json
import statistics

from load_tests.forwarding.core_process import CoreProcess
from load_tests.forwarding.measure import Load, Result, measure
from load_tests.forwarding.plain_loop import REFERENCE_US, PlainLoop
from load_tests.login_storm.precedence import precedence

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
    "delay_ms_median",
    "delay_ms_p99",
    "loss",
    "packets_per_s",
)
"""times_plain is the median of the ratios of neighbouring runs. cpu_us_per_packet_on_reference is that times
the plain loop's figure on the machine of performance.md: machines differ, what counts is the ratio within one
run. The delay is that of a burst's first packet, from the generator's send call until it left for the first
subscriber."""


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
    with precedence():
        for subscribers in arguments.subscribers:
            load = Load(
                subscribers=subscribers,
                packets_per_s=arguments.packets_per_s or max(PUBLISHED_PER_S, FORWARDED_PER_S // subscribers),
                seconds=arguments.seconds,
                is_segmented=not arguments.single,
            )
            _add(report, load, _pairs(load, arguments.runs))
    print(json.dumps(report))


def _pairs(load: Load, runs: int) -> list[tuple[Result, Result]]:
    """The core and the plain loop in turn, each first as often as the other: a machine that gets slower or
    faster meanwhile favours neither."""
    pairs = []
    for run in range(runs):
        if run % 2 == 0:
            core, plain = measure(CoreProcess, load), measure(PlainLoop, load)
        else:
            plain, core = measure(PlainLoop, load), measure(CoreProcess, load)
        pairs.append((core, plain))
        print(_sentence(load.subscribers, core, plain), flush=True)
    return pairs


def _add(report: dict[str, dict[str, float]], load: Load, pairs: list[tuple[Result, Result]]) -> None:
    """Puts the medians of one number of subscribers into the report."""
    number = str(load.subscribers)
    times_plain = statistics.median(core.cpu_us_per_packet / plain.cpu_us_per_packet for core, plain in pairs)
    figures = {
        "cpu_us_per_packet": statistics.median(core.cpu_us_per_packet for core, _ in pairs),
        "plain_us_per_packet": statistics.median(plain.cpu_us_per_packet for _, plain in pairs),
        "times_plain": times_plain,
        "delay_ms_median": statistics.median(core.delay.median_ms for core, _ in pairs),
        "delay_ms_p99": statistics.median(core.delay.p99_ms for core, _ in pairs),
        "loss": statistics.median(core.loss for core, _ in pairs),
        "packets_per_s": load.packets_per_s,
    }
    if load.subscribers in REFERENCE_US:
        figures["cpu_us_per_packet_on_reference"] = times_plain * REFERENCE_US[load.subscribers]
    for name, value in figures.items():
        report[name][number] = round(value, 6 if name == "loss" else 3)


def _sentence(subscribers: int, result: Result, plain: Result) -> str:
    return (
        f"{subscribers:3d} subscribers: {result.cpu_us_per_packet:.3f} us of CPU a forwarded packet, "
        f"a plain loop takes {plain.cpu_us_per_packet:.3f} us "
        f"({result.cpu_us_per_packet / plain.cpu_us_per_packet:.2f} times); "
        f"{result.delay.median_ms:.2f} ms on the way, p99 {result.delay.p99_ms:.2f} "
        f"({plain.delay.median_ms:.2f}, {plain.delay.p99_ms:.2f}); "
        f"{result.datagrams_per_send:.1f} datagrams a send, {result.forwarded} forwarded, "
        f"{result.loss:.4%} ({plain.loss:.4%}) lost on the way to the sinks"
    )


if __name__ == "__main__":
    main()
