"""A process that writes units and acts into a store and prints the number of each that was acknowledged.

``python -m tests.support.ledger_process DATABASE FOLDER FIRST COUNT``: numbers from FIRST on, COUNT of them,
or without end where COUNT is 0. A number's act has it as ``at_ms``; an even number's unit also makes a row.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from pathlib import Path

from sqlalchemy import insert

from signaling.store.database_url import database_url
from signaling.store.store import Store, StoreUnavailable, Unit
from signaling.store.tables import institution
from tests.support.ledgers import act
from tests.support.patient_databases import patient_databases
from tests.support.stores import open_test_store

CALLERS = 24
NOT_ENDED = 1_000_000_000


async def write_one(store: Store, number: int) -> None:
    """Writes one number."""
    if number % 2:
        await store.record([act(at_ms=number)])
        return

    async def work(unit: Unit) -> None:
        name = str(number)
        await unit.connection.execute(
            insert(institution).values(
                id=name, code=name, name=name, kind="hospital", state="active", created_at_ms=0
            )
        )
        unit.record(act(at_ms=number))

    await store.write(work)


async def main(database: str, folder: Path, first: int, count: int) -> None:
    """Writes until all are acknowledged."""
    numbers = iter(range(first, first + (count or NOT_ENDED)))

    async def caller(store: Store) -> None:
        for number in numbers:
            for _ in itertools.count():
                try:
                    await write_one(store, number)
                except StoreUnavailable as refusal:
                    # Uncertain is not asked again: it may be there already.
                    if refusal.code == "store_uncertain":
                        break
                    continue
                os.write(1, f"{number}\n".encode())
                break

    async with open_test_store(folder, url=database_url(database, folder)) as store:
        signing = asyncio.create_task(store.run())
        await asyncio.gather(*(caller(store) for _ in range(CALLERS)))
        signing.cancel()


if __name__ == "__main__":
    with patient_databases():
        asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
