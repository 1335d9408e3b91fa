"""Measures and prints; the last line is one JSON object. The whole process runs on one core."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
from pathlib import Path

import uvloop

from load_tests.ledger.offered import Measured, offer, record_one, write_one
from recording.clock import SystemClock
from recording.keys import load_or_create_signer
from signaling.store.database_url import database_url
from signaling.store.sql_store import SqlStore

_CALLS = {"record": record_one, "write": write_one}


def main() -> None:
    """Runs every kind of call several times, each on an empty database."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.ledger", description=__doc__)
    parser.add_argument("--calls", choices=sorted(_CALLS), nargs="+", default=["record", "write"])
    parser.add_argument("--callers", type=int, default=512, help="at a time; each waits for its answer")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--core", type=int, help="default: the last one of this process")
    parser.add_argument("--folder", help="where the database lies; its disk is what is measured")
    parser.add_argument("--database", default="", help="as LIANZHEN_DATABASE_URL; default: SQLite")
    arguments = parser.parse_args()
    core = max(os.sched_getaffinity(0)) if arguments.core is None else arguments.core
    os.sched_setaffinity(0, {core})
    report: dict[str, object] = {}
    for name in arguments.calls:
        results = [_run(name, arguments) for _ in range(arguments.runs)]
        report[f"{name}_per_s"] = round(statistics.median(result.acts_per_s for result in results))
        report[f"{name}_cpu_us"] = round(statistics.median(r.cpu_s / r.acts * 1e6 for r in results), 1)
        report[f"{name}_checkpoint_lag_max_ms"] = max(max(result.lags_ms) for result in results)
    print(json.dumps(report))


def _run(name: str, arguments: argparse.Namespace) -> Measured:
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        measured = uvloop.run(_measure(name, arguments, Path(folder)))
    waits, lags = measured.waits_ms, measured.lags_ms
    print(
        f"{name}: {measured.acts_per_s:.0f} acts/s of {arguments.callers} callers,"
        f" {measured.cpu_s / measured.acts * 1e6:.0f} us CPU each"
        f" ({measured.cpu_s / measured.elapsed_s:.0%} of a core),"
        f" answer p50 {measured.percentile_ms(waits, 0.5):.0f}"
        f" p99 {measured.percentile_ms(waits, 0.99):.0f} ms,"
        f" checkpoint behind by p50 {measured.percentile_ms(lags, 0.5):.0f} ms max {max(lags):.0f} ms",
        flush=True,
    )
    return measured


async def _measure(name: str, arguments: argparse.Namespace, folder: Path) -> Measured:
    store = SqlStore(
        database_url(arguments.database, folder),
        signer=load_or_create_signer(folder),
        clock=SystemClock(),
        data_dir=folder,
    )
    await store.open()
    signing = asyncio.create_task(store.run())
    try:
        return await offer(store, _CALLS[name], callers=arguments.callers, seconds=arguments.seconds)
    finally:
        signing.cancel()
        await store.close()


if __name__ == "__main__":
    main()
