"""The ledger in SQLite: events are appended to hash chains, one chain a recording, each append one transaction."""

from __future__ import annotations

from pathlib import Path


class Ledger:
    """The ledger's database file; opened by its path, closed by ``close``."""

    def __init__(self, path: Path) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Closes the database. Closing twice is harmless."""
        raise NotImplementedError
