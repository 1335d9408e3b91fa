"""No search walks or sorts the ledger: SQLite's plan for each shape names one index of the event table."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.dialects import sqlite

from signaling.store.database_url import database_url
from signaling.store.migrate import bring_up_to_date
from signaling.trace.reading import page_query
from signaling.trace.search import Place, Wanted

ALL = Wanted("in_a")
DEEP = Place(5, 6)
KINDS = ("a.b", "c.d")


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (ALL, "ix_event_newest"),
        (replace(ALL, after=DEEP, from_ms=1), "ix_event_newest"),
        (replace(ALL, patients=("pt_1",)), "ix_event_patient"),
        (replace(ALL, patients=("pt_1",), kinds=KINDS, actors=("pe_1",), to_ms=9), "ix_event_patient"),
        (replace(ALL, actors=("pe_1",), after=DEEP), "ix_event_actor"),
        (replace(ALL, actors=("pe_1",), kinds=("a.b",), after=DEEP), "ix_event_actor_kind"),
        (replace(ALL, kinds=("a.b",), from_ms=1, to_ms=9), "ix_event_kind"),
        (replace(ALL, case="ca_1", kinds=KINDS), "ix_event_case"),
    ],
)
def test_one_stretch_is_one_walk_without_a_sort(database: Path, wanted: Wanted, index: str) -> None:
    plan = plan_of(database, wanted)
    assert len(plan) == 1
    assert f"INDEX {index} (" in plan[0]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (replace(ALL, patients=("pt_1", "pt_2"), actors=("pe_1",)), "ix_event_patient"),
        (replace(ALL, actors=("pe_1", "pe_2"), kinds=KINDS, from_ms=1), "ix_event_actor_kind"),
        (replace(ALL, actors=("pe_1", "pe_2")), "ix_event_actor"),
        (replace(ALL, kinds=KINDS, after=DEEP), "ix_event_kind"),
    ],
)
def test_several_stretches_are_as_many_walks(database: Path, wanted: Wanted, index: str) -> None:
    searches = [line for line in plan_of(database, wanted) if "event" in line]
    assert len(searches) >= 2
    assert all(f"INDEX {index} (" in line for line in searches)


def plan_of(database: Path, wanted: Wanted) -> list[str]:
    query = page_query(wanted)
    assert query is not None
    compiled = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled}")]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the migrations make it: where two indexes would do, SQLite goes by their order."""
    url = database_url("", tmp_path_factory.mktemp("data"))
    asyncio.run(bring_up_to_date(url))
    assert url.database is not None
    return Path(url.database)
