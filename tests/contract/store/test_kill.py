"""kill -9 while writing: whatever was acknowledged is there, whole, and the chain verifies; and two processes
that write at once make one chain.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import URL, select
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.store.sql_store import SqlStore
from signaling.store.tables import event, institution
from tests.support.ledger_process import NOT_ENDED
from tests.support.ledgers import checked_ledger
from tests.support.stores import open_test_store
from tests.support.waiting import HANG_S

REPOSITORY = Path(__file__).parents[3]
KILLS = int(os.environ.get("LIANZHEN_LEDGER_KILLS", "3"))
WHOLE_EVERY = 20
SEED = int(os.environ.get("LIANZHEN_KILL_SEED", "20261122"))


class Writer:
    """A process that writes; ``acknowledged`` are the numbers it has printed."""

    def __init__(self, database: URL, folder: Path, *, first: int, count: int = 0) -> None:
        self.acknowledged: list[int] = []
        self._began = threading.Event()
        name = (
            database.render_as_string(hide_password=False).replace("+aiosqlite", "").replace("+asyncpg", "")
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.ledger_process", name, folder, str(first), str(count)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
        )
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            # What the kill cut off was not said.
            if line.endswith(b"\n"):
                self.acknowledged.append(int(line))
                self._began.set()

    def wait_for_first(self) -> None:
        assert self._began.wait(HANG_S), "nothing was acknowledged"

    def wait(self) -> int:
        code = self.process.wait(HANG_S)
        self._reading.join(HANG_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def kill_after(self, seconds: float) -> None:
        self.wait_for_first()
        with pytest.raises(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.process.kill()
        self.wait()


async def seen_numbers(store: SqlStore) -> tuple[list[int], set[int]]:
    """The numbers whose acts are in the ledger, and those that have a row."""

    async def read(connection: AsyncConnection) -> tuple[list[int], set[int]]:
        acts = await connection.execute(select(event.c.at_ms))
        rows = await connection.execute(select(institution.c.id))
        return list(acts.scalars()), {int(name) for name in rows.scalars()}

    return await store.read(read)


async def kept_numbers(store: SqlStore) -> tuple[list[int], set[int]]:
    """The same, of a chain that verifies."""
    _, rows = await seen_numbers(store)
    return [line["at_ms"] for line in (await checked_ledger(store)).lines], rows


@pytest.mark.timeout(60 + 20 * KILLS)
async def test_what_was_acknowledged_survives_kills(url: URL, tmp_path: Path) -> None:
    moments = random.Random(SEED)
    known: set[int] = set()
    for number in range(KILLS):
        writer = Writer(url, tmp_path, first=number * NOT_ENDED)
        writer.kill_after(moments.uniform(0.0, 0.4))
        known.update(writer.acknowledged)
        async with open_test_store(tmp_path, url=url) as store:
            # What was acknowledged is looked for after each kill, the whole chain now and then.
            is_whole = number % WHOLE_EVERY == 0 or number == KILLS - 1
            acts, rows = await (kept_numbers(store) if is_whole else seen_numbers(store))
        assert len(acts) == len(set(acts))
        assert known <= set(acts)
        assert rows == {each for each in acts if each % 2 == 0}


async def test_two_processes_never_fork_a_chain(url: URL, tmp_path: Path) -> None:
    count = 400
    writers = [Writer(url, tmp_path, first=number * count, count=count) for number in range(2)]
    assert [writer.wait() for writer in writers] == [0, 0]
    async with open_test_store(tmp_path, url=url) as store:
        acts, rows = await kept_numbers(store)
    assert (
        sorted(acts) == sorted(n for writer in writers for n in writer.acknowledged) == list(range(2 * count))
    )
    assert rows == set(range(0, 2 * count, 2))
