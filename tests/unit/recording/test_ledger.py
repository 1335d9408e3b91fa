"""The ledger: chains that survive reopening, transactions that are whole or absent, a disk that refuses."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from pathlib import Path

import pytest

from recording.errors import LedgerUnavailable, MisuseError
from recording.event_chain import BrokenEvent, NewEvent, genesis
from recording.ledger import Ledger


def event(number: int) -> NewEvent:
    return NewEvent("mark.added", "li", number, 1_800_000_000_000 + number, {"number": number})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger.sqlite3"


def test_events_are_numbered_and_chained_within_their_stream(path: Path) -> None:
    ledger = Ledger(path)
    first, second = ledger.append("a", [event(1), event(2)])
    [other] = ledger.append("b", [event(3)])
    [third] = ledger.append("a", [event(4)])
    assert [one.event.sequence for one in (first, second, third, other)] == [1, 2, 3, 1]
    assert first.previous == genesis("a").hash
    assert (second.previous, third.previous) == (first.hash, second.hash)
    assert ledger.head("a") == third.head
    assert ledger.read("a") == [first, second, third]
    assert ledger.read("a", after=2) == [third]
    assert ledger.read("nothing") == []
    assert ledger.head("nothing") == genesis("nothing")
    ledger.close()


def test_the_chain_goes_on_after_reopening(path: Path) -> None:
    ledger = Ledger(path)
    [first] = ledger.append("a", [event(1)])
    ledger.close()
    ledger.close()
    ledger = Ledger(path)
    [second] = ledger.append("a", [event(2)])
    assert second.previous == first.hash
    ledger.close()


def test_the_file_is_private_and_every_commit_is_synchronous(path: Path) -> None:
    ledger = Ledger(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert ledger._database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert ledger._database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    ledger.close()


def test_a_batch_with_a_bad_event_is_refused_as_a_whole(path: Path) -> None:
    ledger = Ledger(path)
    with pytest.raises(MisuseError):
        ledger.append("a", [event(1), NewEvent("k", "a", 0, 0, {"x": "\ud800"})])
    assert ledger.read("a") == []
    ledger.append("a", [event(1)])
    ledger.close()


def test_threads_do_not_fork_a_chain(path: Path) -> None:
    ledger = Ledger(path)
    threads = [
        threading.Thread(target=lambda: [ledger.append("a", [event(1)]) for _ in range(20)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = ledger.read("a")
    assert [one.event.sequence for one in events] == list(range(1, 81))
    assert all(after.previous == before.hash for before, after in itertools.pairwise(events))
    ledger.close()


def test_events_that_are_chained_already_are_adopted(path: Path, tmp_path: Path) -> None:
    source = Ledger(tmp_path / "other.sqlite3")
    chained = source.append("a", [event(1), event(2)])
    ledger = Ledger(path)
    ledger.adopt(chained)
    assert ledger.head("a") == chained[-1].head
    with pytest.raises(LedgerUnavailable):
        ledger.adopt(chained)
    source.close()
    ledger.close()


def test_a_row_that_was_changed_in_the_database_is_seen_when_read(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append("a", [event(1)])
    ledger._database.execute("UPDATE event SET line = CAST(replace(line, 'li', 'xi') AS BLOB)")
    with pytest.raises(BrokenEvent):
        ledger.read("a")
    ledger._database.execute("UPDATE event SET line = 5")
    with pytest.raises(BrokenEvent):
        ledger.read("a")
    ledger.close()


def test_a_path_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LedgerUnavailable) as refused:
        Ledger(tmp_path / "file" / "ledger.sqlite3")
    assert refused.value.code == "ledger_unavailable"
    (tmp_path / "garbage").write_bytes(b"not a database" * 100)
    with pytest.raises(LedgerUnavailable):
        Ledger(tmp_path / "garbage")


def test_a_database_that_is_held_by_another_is_unavailable_and_works_again_after(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recording.ledger._BUSY_TIMEOUT_S", 0.05)
    ledger = Ledger(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LedgerUnavailable):
        ledger.append("a", [event(1)])
    other.execute("ROLLBACK")
    assert len(ledger.append("a", [event(1)])) == 1
    other.close()
    ledger.close()


def test_a_full_database_refuses_the_batch_and_takes_it_later(path: Path) -> None:
    ledger = Ledger(path)
    ledger.append("a", [event(1)])
    [(pages,)] = ledger._database.execute("PRAGMA page_count")
    ledger._database.execute(f"PRAGMA max_page_count = {pages}")
    many = [NewEvent("mark.added", "li", 0, 0, {"text": "x" * 500})] * 100
    with pytest.raises(LedgerUnavailable):
        ledger.append("a", many)
    assert ledger.head("a").sequence == 1
    ledger._database.execute("PRAGMA max_page_count = 1000000")
    assert len(ledger.append("a", many)) == 100
    ledger.close()


def test_a_commit_that_the_disk_refuses_stores_nothing(path: Path) -> None:
    ledger = Ledger(path)
    ledger._database.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    ledger._database.execute(
        "CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    ledger._database.execute("PRAGMA foreign_keys = ON")
    # A deferred constraint fails at COMMIT, as a disk that is full can.
    ledger._database.execute(
        "CREATE TRIGGER fail AFTER INSERT ON event BEGIN INSERT INTO child VALUES (1); END"
    )
    with pytest.raises(LedgerUnavailable):
        ledger.append("a", [event(1)])
    ledger._database.execute("DROP TRIGGER fail")
    assert ledger.head("a").sequence == 0
    assert len(ledger.append("a", [event(1)])) == 1
    ledger.close()


def test_a_closed_ledger_is_unavailable(path: Path) -> None:
    ledger = Ledger(path)
    ledger.close()
    with pytest.raises(LedgerUnavailable):
        ledger.append("a", [event(1)])
    with pytest.raises(LedgerUnavailable):
        ledger.read("a")
    with pytest.raises(LedgerUnavailable):
        ledger.head("a")
