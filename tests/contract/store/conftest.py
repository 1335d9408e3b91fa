"""Both databases for every test of this folder; PostgreSQL runs in a cluster of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from signaling.store.database_url import database_url
from signaling.store.migrate import bring_up_to_date
from signaling.store.sql_store import SqlStore
from tests.support.postgres import PostgresCluster
from tests.support.stores import open_test_store


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """An empty database."""
    if request.param == "sqlite":
        return database_url("", tmp_path)
    cluster: PostgresCluster = request.getfixturevalue("cluster")
    return cluster.url(cluster.new_database())


@pytest.fixture
async def store(url: URL, tmp_path: Path) -> AsyncIterator[SqlStore]:
    await bring_up_to_date(url)
    async with open_test_store(tmp_path, url=url) as opened:
        yield opened
