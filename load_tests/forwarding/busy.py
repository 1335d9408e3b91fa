"""Forwarding delay while Python is kept busy on the media thread's own processor; the last line is one JSON
object.
"""

from __future__ import annotations

import argparse
import json
import statistics

from load_tests.forwarding.core_process import CoreProcess, PeerSecrets
from load_tests.forwarding.measure import Load, Result, measure
from load_tests.login_storm.precedence import precedence

LOADS = ((1, 1_000), (5, 1_000), (20, 1_000), (1, 20_000))
"""Subscribers, and packets a second from the publisher, in bursts of ten: some cameras in calls of that many
people; and so many that the core takes them in rounds (ADR 0016)."""
TARGET_P99_MS = 2.0


def main() -> None:
    """Runs every number of subscribers several times, idle and busy in turn."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.forwarding.busy", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    arguments = parser.parse_args()
    report: dict[str, dict[str, float | str]] = {}
    with precedence():
        for subscribers, packets_per_s in LOADS:
            load = Load(subscribers, packets_per_s, arguments.seconds, is_segmented=True)
            pairs = [_pair(load) for _ in range(arguments.runs)]
            report[f"{subscribers} x {packets_per_s}"] = _figures(pairs)
    print(json.dumps(report))


def _pair(load: Load) -> tuple[Result, Result]:
    idle = measure(CoreProcess, load)
    busy = measure(_busy_core, load)
    print(
        f"{load.subscribers:3d} subscribers, {load.packets_per_s} packets/s in: "
        f"{idle.delay.median_ms:.2f} ms on the way, p99 {idle.delay.p99_ms:.2f}; "
        f"with Python busy {busy.delay.median_ms:.2f}, p99 {busy.delay.p99_ms:.2f}",
        flush=True,
    )
    return idle, busy


def _busy_core(cpu: int | None, peers: list[PeerSecrets]) -> CoreProcess:
    return CoreProcess(cpu, peers, is_busy=True)


def _figures(pairs: list[tuple[Result, Result]]) -> dict[str, float | str]:
    """Medians of the runs, and the worst of them."""
    (idle, busy) = ([result.delay for result in results] for results in zip(*pairs, strict=True))
    return {
        "idle_median_ms": _median([delay.median_ms for delay in idle]),
        "idle_p99_ms": _median([delay.p99_ms for delay in idle]),
        "busy_median_ms": _median([delay.median_ms for delay in busy]),
        "busy_p99_ms": _median([delay.p99_ms for delay in busy]),
        "busy_p99_ms_worst": round(max(delay.p99_ms for delay in busy), 3),
        "target_p99_ms": TARGET_P99_MS,
    }


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 3)


if __name__ == "__main__":
    main()
