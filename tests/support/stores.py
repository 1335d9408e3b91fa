"""A store in a test's own folder: a real SQLite database with a signer of its own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import URL

from recording.clock import Clock, SystemClock
from recording.keys import load_or_create_signer
from signaling.store.database_url import database_url
from signaling.store.sql_store import SqlStore


@contextlib.asynccontextmanager
async def open_test_store(
    folder: Path, *, url: URL | None = None, clock: Clock | None = None
) -> AsyncIterator[SqlStore]:
    """An open store in ``folder`` (``tmp_path``); with ``url`` in that database."""
    store = SqlStore(
        url if url is not None else database_url("", folder),
        signer=load_or_create_signer(folder),
        clock=clock if clock is not None else SystemClock(),
        data_dir=folder,
    )
    await store.open()
    try:
        yield store
    finally:
        await store.close()
