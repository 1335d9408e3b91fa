"""Makes a chain of many events by the real code, searches it as the pages do, and prints how long that took;
the last line is a JSON object.

    python -m load_tests.trace_search --events 1000000

A search is the whole of it but HTTP: who is meant, the page, the names, and its own event committed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from aiohttp.test_utils import make_mocked_request
from sqlalchemy import URL, insert

from clinical.ids import InstitutionId, PersonId
from load_tests.trace_search.county import (
    FIRST_MS,
    INSTITUTION,
    acts,
    patient_rows,
    people_rows,
    person_id,
    searches,
)
from recording.audit.chain import SALT_BYTES, ChainHead, chain, genesis
from recording.clock import SystemClock
from recording.keys import load_or_create_signer
from signaling.api.route import Call
from signaling.api.trace_models import TraceSearch
from signaling.api.trace_pages import TracePages
from signaling.auth.rights import Assurance, Caller, Role
from signaling.store import tables as t
from signaling.store.database_url import database_url
from signaling.store.ledger_rows import UPSERT_CHAIN, chain_rows, event_row, personal_rows
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit
from tests.support.postgres import running_cluster

P95_TARGET_MS = 200.0
ROWS_AT_A_TIME = 20_000
WARM_UP = 34
"""Two of each shape: what is measured is a service that has been running."""
QIAN = Caller(
    institution=InstitutionId(INSTITUTION),
    person=PersonId(person_id(1)),
    roles=frozenset({Role.SUPERVISOR}),
    assurance=Assurance.TWO_FACTORS,
)
Rows = list[dict[str, Any]]


def batches(count: int) -> Iterator[tuple[Rows, Rows, ChainHead]]:
    """Yields the chain's rows of event and personal_field, and its end after them."""
    head = genesis(INSTITUTION)
    following = acts(count)
    while batch := list(islice(following, ROWS_AT_A_TIME)):
        events: Rows = []
        personal: Rows = []
        for act in batch:
            chained = chain(head, act, new_salt=lambda: os.urandom(SALT_BYTES))
            head = chained.head
            events.append(event_row(chained))
            personal += [{**row, "erased_at_ms": None} for row in personal_rows(chained)]
        yield events, personal, head


async def fill_sqlite(url: URL, count: int) -> ChainHead:
    """Fills the tables in bulk; nothing here needs to outlive a power cut."""
    assert url.database is not None
    database = sqlite3.connect(url.database)
    database.execute("PRAGMA synchronous = OFF")
    end = genesis(INSTITUTION)
    for events, personal, head in batches(count):
        end = head
        for table, rows in ((t.event, events), (t.personal_field, personal)):
            columns = list(rows[0])
            marks = ", ".join(f":{column}" for column in columns)
            database.executemany(f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})", rows)
        database.commit()
    database.close()
    return end


async def fill_postgresql(url: URL, count: int) -> ChainHead:
    """Fills the tables in bulk."""
    import asyncpg  # type: ignore[import-untyped]

    connection = await asyncpg.connect(
        host=url.query["host"], database=url.database, user=url.username, password=url.password
    )
    end = genesis(INSTITUTION)
    for events, personal, head in batches(count):
        end = head
        for table, rows in ((t.event, events), (t.personal_field, personal)):
            records = [tuple(row.values()) for row in rows]
            await connection.copy_records_to_table(table.name, records=records, columns=list(rows[0]))
    # As autovacuum does by itself within a minute.
    await connection.execute("ANALYZE")
    await connection.close()
    return end


@contextlib.asynccontextmanager
async def open_store(url: URL, folder: Path) -> AsyncIterator[SqlStore]:
    """An open store."""
    store = SqlStore(url, signer=load_or_create_signer(folder), clock=SystemClock(), data_dir=folder)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def measure(url: URL, folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Fills one database and searches it."""
    async with open_store(url, folder) as store:
        await store.write(_institution)
        for table, rows in ((t.person, people_rows()), (t.patient, patient_rows())):
            for start in range(0, len(rows), 1000):
                await store.write(_inserting(table, rows[start : start + 1000]))
    began = time.perf_counter()
    fill = fill_sqlite if url.get_backend_name() == "sqlite" else fill_postgresql
    head = await fill(url, args.events)
    print(f"{url.get_backend_name()}: {args.events} events in {time.perf_counter() - began:.0f} s")
    async with open_store(url, folder) as store:
        await store.write(_chain_end(head))
        return await _search_all(store, args.searches)


async def _search_all(store: SqlStore, count: int) -> dict[str, Any]:
    pages = TracePages(store)
    took_ms: dict[str, list[float]] = defaultdict(list)
    found: dict[str, int] = defaultdict(int)
    wanted = searches(WARM_UP + count)
    for number, (shape, body) in enumerate(wanted):
        call = _call(body)
        began = time.perf_counter()
        answer = await pages.search(call)
        if number >= WARM_UP:
            took_ms[shape].append((time.perf_counter() - began) * 1000)
            found[shape] += len(answer.events)
    for shape, times in took_ms.items():
        line = f"p50 {_at(times, 0.5):7.1f} ms, p95 {_at(times, 0.95):7.1f} ms, worst {max(times):7.1f} ms"
        print(f"  {shape:28} {line}  ({found[shape] / len(times):.0f} events a page)")
    every = [each for times in took_ms.values() for each in times]
    worst = max(took_ms, key=lambda shape: _at(took_ms[shape], 0.95))
    return {
        "p50_ms": round(_at(every, 0.5), 1),
        "p95_ms": round(_at(every, 0.95), 1),
        "worst_ms": round(max(every), 1),
        "slowest_shape": worst,
        "slowest_shape_p95_ms": round(_at(took_ms[worst], 0.95), 1),
    }


def _call(body: dict[str, Any]) -> Call:
    return Call(
        request=make_mocked_request("POST", "/api/v1/trace/searches"),
        caller=QIAN,
        path={},
        body=TraceSearch.model_validate(body),
        query=None,
        now_ms=FIRST_MS * 2,
        language="zh",
    )


async def _institution(unit: Unit) -> None:
    values = {"code": "bench", "name": "青山县人民医院", "kind": "hospital", "state": "active"}
    await unit.connection.execute(
        insert(t.institution).values(id=INSTITUTION, created_at_ms=FIRST_MS, **values)
    )


def _inserting(table: Any, rows: Sequence[dict[str, Any]]) -> Any:
    async def work(unit: Unit) -> None:
        await unit.connection.execute(insert(table), list(rows))

    return work


def _chain_end(head: ChainHead) -> Any:
    async def work(unit: Unit) -> None:
        await unit.connection.execute(UPSERT_CHAIN, chain_rows({INSTITUTION: head}, [INSTITUTION]))

    return work


def _at(times: Sequence[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(part * len(times)))]


async def main() -> int:
    """Prints the measurement; returns 1 where a store misses the target."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.trace_search", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--searches", type=int, default=1_020)
    parser.add_argument("--store", choices=["sqlite", "postgresql", "both"], default="both")
    args = parser.parse_args()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="trace-search-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        if args.store != "postgresql":
            results["sqlite"] = await measure(database_url("", folder), folder, args)
        if args.store != "sqlite":
            cluster = stack.enter_context(running_cluster())
            other = folder / "postgresql"
            other.mkdir()
            results["postgresql"] = await measure(cluster.url(cluster.new_database()), other, args)
    missed = [store for store, result in results.items() if result["p95_ms"] > P95_TARGET_MS]
    print(json.dumps({"events": args.events, "target_p95_ms": P95_TARGET_MS, **results, "missed": missed}))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
