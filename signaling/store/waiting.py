"""What waits to be written: one entry a caller, its answer, and how far it has come."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from recording.audit.act import Act
from signaling.store.store import Unit

MAX_WAITING: Final = 4_096
"""Callers. About what a writer does within the limit of a write; more would only wait to be refused."""
MAX_BATCH: Final = 128
"""Callers of one commit: it is shared by enough, and the last still waits for milliseconds only."""
MAX_BATCH_ACTS: Final = 256
"""Acts of one commit, where several callers bring many."""


class Stage(Enum):
    """How far an entry has come."""

    WAITING = auto()
    """No transaction has seen it: it can be taken back."""
    RUNNING = auto()
    """It is in a transaction that can still be undone."""
    COMMITTING = auto()
    """The database was told to commit: only its answer says whether it did."""
    WITHDRAWN = auto()
    """Its caller has been told that nothing was stored; nothing of it may be."""


@dataclass(slots=True, eq=False)
class Entry:
    """One caller's unit, or acts without one."""

    work: Callable[[Unit], Awaitable[Any]] | None
    acts: Sequence[Act]
    answer: asyncio.Future[Any]
    stage: Stage = Stage.WAITING
    result: Any = None
    fault: Exception | None = None
    """What its own work raised; raised at its caller once the others' commit is done."""

    def withdraw(self) -> bool:
        """Takes the entry back; False where it is too late to promise that nothing is stored."""
        if self.stage is Stage.COMMITTING:
            return False
        self.stage = Stage.WITHDRAWN
        return True


@dataclass(slots=True)
class Waiting:
    """The bounded queue. Called on the loop thread."""

    entries: deque[Entry] = field(default_factory=deque)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, entry: Entry, *, is_urgent: bool = False) -> bool:
        """Lets ``entry`` wait, at the front if urgent; False, and it is not added, where the queue is full.

        Urgent is only what the store itself adds, one at a time, so that needs no room.
        """
        if is_urgent:
            self.entries.appendleft(entry)
        elif len(self.entries) >= MAX_WAITING:
            return False
        else:
            self.entries.append(entry)
        self.arrived.set()
        return True

    def give_back(self, entries: Sequence[Entry]) -> None:
        """Puts entries that were taken, and that nothing was done for yet, back to the front."""
        for entry in reversed(entries):
            if entry.stage is Stage.RUNNING:
                entry.stage = Stage.WAITING
            self.entries.appendleft(entry)
            self.arrived.set()

    def take(self) -> list[Entry]:
        """Returns the next entries for one commit; they are RUNNING now. Empty where nothing waits."""
        batch: list[Entry] = []
        acts = 0
        while self.entries and len(batch) < MAX_BATCH and acts < MAX_BATCH_ACTS:
            entry = self.entries.popleft()
            if entry.stage is Stage.WITHDRAWN or entry.answer.done():
                continue
            entry.stage = Stage.RUNNING
            batch.append(entry)
            acts += len(entry.acts)
        if not self.entries:
            self.arrived.clear()
        return batch
