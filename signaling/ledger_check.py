"""Checks the ledger of one institution in a process of its own: a million events take ten seconds of a core,
and no live call waits for them.

    python -m signaling.ledger_check < request.json > verdict.json
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from recording.audit.data_folder import CHECKPOINTS_FOLDER, DATABASE_FILE, DamagedDatabase, DataFolder
from recording.audit.ledger_source import InstitutionLedger, LedgerSource, UnreadableRow
from recording.audit.notes_check import Trust
from recording.audit.suites import SuiteMissing
from recording.audit.verdict import InstitutionVerdict, LedgerFault, ProvenCheckpoint
from recording.audit.verify import read_anchors, verify_source
from signaling.auth.public_keys import trusted_keys
from signaling.errors import Unavailable
from signaling.store.database_url import database_url
from signaling.store.engines import is_sqlite
from signaling.store.snapshot import LEDGER_TABLES, take_snapshot

CHECK_LIMIT_S: Final = 120.0
"""Ten times what a million events take."""
NICE: Final = 10
"""Whoever is in a call comes first."""
_DAMAGED: Final = "database_damaged"


class CheckBusy(Unavailable):
    """A check is under way: one at a time."""

    def __init__(self) -> None:
        super().__init__("ledger_check_busy")


class LedgerChecker:
    """Starts checks, one at a time. ``url`` as in LIANZHEN_DATABASE_URL."""

    def __init__(self, url: str, data_dir: Path) -> None:
        self._url = url
        self._data_dir = data_dir
        self._busy = asyncio.Lock()

    async def check(self, institution: str) -> InstitutionVerdict:
        """Returns the verdicts on one institution's ledger. Raises CheckBusy, Unavailable."""
        if self._busy.locked():
            raise CheckBusy
        async with self._busy:
            request = {"url": self._url, "data_dir": str(self._data_dir), "institution": institution}
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "signaling.ledger_check",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                async with asyncio.timeout(CHECK_LIMIT_S):
                    answer, _ = await process.communicate(json.dumps(request).encode())
            except TimeoutError:
                raise Unavailable("unavailable") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            if process.returncode != 0:
                raise Unavailable("unavailable")
            return _verdict_of(json.loads(answer))


class _OneInstitution(LedgerSource):
    """A source that knows of one institution only."""

    def __init__(self, source: LedgerSource, institution: str) -> None:
        self._source, self._institution = source, institution

    def institutions(self) -> Sequence[str]:
        return [self._institution] if self._institution in self._source.institutions() else []

    def ledger(self, institution: str, *, in_order: bool = False) -> InstitutionLedger:
        return self._source.ledger(institution, in_order=in_order)


def check_institution(url: str, data_dir: Path, institution: str) -> InstitutionVerdict:
    """Returns the verdicts, in this process. Raises SuiteMissing, OSError, StoreUnavailable's causes."""
    keys = trusted_keys(data_dir)
    trust = Trust(
        tuple(key.key for key in keys if key.purpose == "signing"),
        tuple(key.key for key in keys if key.purpose == "cosigning"),
    )
    with _database(url, data_dir) as database:
        try:
            with DataFolder(database, data_dir / CHECKPOINTS_FOLDER) as source:
                anchors, _ = read_anchors(source.kept_notes())
                ours = [anchor for anchor in anchors if anchor.note.checkpoint.institution == institution]
                verdicts = verify_source(_OneInstitution(source, institution), trust, ours)
        except (DamagedDatabase, UnreadableRow, sqlite3.Error):
            return _unchecked(institution, LedgerFault(database.name, None, None, _DAMAGED))
    # Nothing was ever written: nothing is altered, and nothing that was signed is missing.
    return (
        verdicts[0]
        if verdicts
        else dataclasses.replace(
            _unchecked(institution, None), integrity="unaltered", completeness="nothing_missing"
        )
    )


@contextlib.contextmanager
def _database(url: str, data_dir: Path) -> Iterator[Path]:
    found = database_url(url, data_dir)
    if is_sqlite(found):
        yield Path(found.database or "")
        return
    with tempfile.TemporaryDirectory(prefix="lianzhen-check-") as scratch:
        path = Path(scratch) / DATABASE_FILE
        asyncio.run(take_snapshot(found, path, LEDGER_TABLES))
        yield path


def _unchecked(institution: str, fault: LedgerFault | None) -> InstitutionVerdict:
    return InstitutionVerdict(institution, "unchecked", fault, "unchecked", fault, 0, 0, 0, 0, 0, 0, 0, None)


def _verdict_of(fields: dict[str, Any]) -> InstitutionVerdict:
    def part(kind: type[Any], name: str) -> Any:
        found = fields[name]
        return None if found is None else kind(**found)

    return InstitutionVerdict(
        **{
            **fields,
            "integrity_fault": part(LedgerFault, "integrity_fault"),
            "completeness_fault": part(LedgerFault, "completeness_fault"),
            "proven": part(ProvenCheckpoint, "proven"),
        }
    )


def _main() -> int:
    os.nice(NICE)
    request = json.load(sys.stdin)
    try:
        verdict = check_institution(request["url"], Path(request["data_dir"]), request["institution"])
    except (OSError, SQLAlchemyError, sqlite3.Error, SuiteMissing):
        return 1
    json.dump(dataclasses.asdict(verdict), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
