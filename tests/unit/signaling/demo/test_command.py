"""``lianzhen demo --seed-only``: fills the data folder, exits, and what it made checks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import insert

from signaling.command_line import EXIT_OK, EXIT_REFUSED, main
from signaling.store import tables
from signaling.store.store import Unit
from tests.support.stores import open_test_store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    data = tmp_path / "data"
    monkeypatch.setenv("LIANZHEN_DATA_DIR", str(data))
    monkeypatch.setenv("LIANZHEN_LANGUAGE", "zh")
    return data


def test_it_fills_the_folder_and_the_auditor_finds_nothing_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--seed-only"]) == EXIT_OK
    assert str(folder) in capsys.readouterr().out
    assert main(["audit", "verify", str(folder)]) == EXIT_OK
    assert capsys.readouterr().out.count("齐全性：无遗漏") == 4


def test_beside_real_institutions_it_writes_nothing_and_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def add_one() -> None:
        async def work(unit: Unit) -> None:
            values = {"code": "H1", "name": "某医院", "kind": "hospital", "state": "active"}
            await unit.connection.execute(
                insert(tables.institution).values(id="in_real", created_at_ms=0, **values)
            )

        async with open_test_store(folder) as store:
            await store.write(work)

    folder.mkdir()
    asyncio.run(add_one())
    assert main(["demo", "--seed-only"]) == EXIT_REFUSED
    assert "没有写入演示数据" in capsys.readouterr().out
