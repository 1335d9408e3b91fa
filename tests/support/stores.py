"""A store in a test's own folder: a real SQLite database with a signer of its own."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import URL, create_engine

from recording.clock import Clock, SystemClock
from recording.keys import load_or_create_signer
from signaling.store.call_limits import PATIENT, CallLimits
from signaling.store.database_url import SQLITE_FILE, database_url
from signaling.store.migrate import upgrade
from signaling.store.sql_store import SqlStore
from signaling.store.store import StoreUnavailable
from tests.support.patient_databases import databases_as_served

_TRIES = 3


@contextlib.asynccontextmanager
async def open_test_store(
    folder: Path, *, url: URL | None = None, clock: Clock | None = None, limits: CallLimits = PATIENT
) -> AsyncIterator[SqlStore]:
    """An open store in ``folder`` (``tmp_path``); with ``url`` in that database.

    Its callers wait for a disk that stands still, as virtual ones do, unless ``limits`` are what is tested.
    """
    file = folder / SQLITE_FILE
    if url is None and not file.exists():
        file.write_bytes(_empty_database())
    store = SqlStore(
        url if url is not None else database_url("", folder),
        signer=load_or_create_signer(folder),
        clock=clock if clock is not None else SystemClock(),
        data_dir=folder,
        limits=limits,
    )
    with contextlib.nullcontext() if limits is PATIENT else databases_as_served():
        await _open(store)
    try:
        yield store
    finally:
        await store.close()


async def _open(store: SqlStore) -> None:
    """As a service starts: a database that is slow just then is asked again, up to three times."""
    for _ in range(_TRIES - 1):
        with contextlib.suppress(StoreUnavailable):
            return await store.open()
    await store.open()


@functools.cache
def _empty_database() -> bytes:
    """A database with all tables, made once a process: the steps take longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / SQLITE_FILE
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()
        return path.read_bytes()
