"""The checkpointer: while a chain grows, a signed checkpoint follows its end within a second.

It signs beside the writer, not inside a commit: a slow or broken signer delays checkpoints and no act. Each
checkpoint names the one before; that it still is the one before is looked at in the transaction that stores
it, so that two processes cannot both follow the same one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import and_, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from recording.audit.chain import ChainHead
from recording.audit.checkpoint import signed_note
from recording.clock import Clock
from recording.signing import Signer
from signaling.store.ledger_rows import head_of
from signaling.store.note_files import NoteFiles
from signaling.store.store import StoreUnavailable, Unit
from signaling.store.tables import chain, checkpoint

CHECKPOINT_EVERY_S: Final = 0.25
"""The promise is one second: this, a signature, a commit at the front of the queue, and room for a busy
moment."""
RESCAN_EVERY_S: Final = 30.0
"""Chains whose own process died before it signed their end."""
LATE_MS: Final = 1_000

_Stored = tuple[int, str]
"""Size and note of a checkpoint in the table."""


@dataclass(slots=True)
class CheckpointCounts:
    """What the checkpointer has done since the start."""

    signed: int = 0
    late: int = 0
    """Covered an act that had waited for longer than the promise."""
    worst_lag_ms: int = 0
    failed_files: int = 0


@dataclass(slots=True)
class _Unsigned:
    head: ChainHead
    since_ns: int
    """When the first act was committed that no checkpoint covers."""


@dataclass(frozen=True, slots=True)
class _Note:
    institution: str
    head: ChainHead
    previous_size: int
    at_ms: int
    text: str


@dataclass(slots=True)
class Checkpointer:
    """Signs the ends of grown chains. Called on the loop thread; ``turn`` is called by one task at a time."""

    read: Callable[[Callable[[AsyncConnection], Awaitable[Any]]], Awaitable[Any]]
    write_first: Callable[[Callable[[Unit], Awaitable[Any]]], Awaitable[Any]]
    """Writes ahead of everybody who waits."""
    signer: Signer
    clock: Clock
    files: NoteFiles
    counts: CheckpointCounts = field(default_factory=CheckpointCounts)
    _unsigned: dict[str, _Unsigned] = field(default_factory=dict)
    _signed_sizes: dict[str, int] = field(default_factory=dict)

    def receive_heads(self, heads: Mapping[str, ChainHead]) -> None:
        """Takes the new ends of chains that grew."""
        now_ns = self.clock.monotonic_ns()
        for institution, head in heads.items():
            if head.size <= self._signed_sizes.get(institution, 0):
                continue
            waiting = self._unsigned.get(institution)
            if waiting is None:
                self._unsigned[institution] = _Unsigned(head, now_ns)
            elif head.size > waiting.head.size:
                waiting.head = head

    def lag_ms(self) -> int:
        """Returns for how long the oldest act without a checkpoint has waited; 0 where there is none."""
        oldest_ns = min((waiting.since_ns for waiting in self._unsigned.values()), default=None)
        return 0 if oldest_ns is None else (self.clock.monotonic_ns() - oldest_ns) // 1_000_000

    async def run(self) -> None:
        """Signs as chains grow, until it is cancelled."""
        rescan_at_ns = 0
        while True:
            try:
                if self.clock.monotonic_ns() >= rescan_at_ns:
                    await self.scan()
                    rescan_at_ns = self.clock.monotonic_ns() + round(RESCAN_EVERY_S * 1e9)
                await self.turn()
            except StoreUnavailable:
                # What is unsigned stays so until the database is back; the lag tells of it.
                pass
            await asyncio.sleep(CHECKPOINT_EVERY_S)

    async def scan(self) -> None:
        """Looks for chains that end beyond their last checkpoint. Raises StoreUnavailable."""

        async def work(connection: AsyncConnection) -> list[tuple[str, ChainHead, int]]:
            signed = select(func.max(checkpoint.c.size)).where(
                checkpoint.c.institution == chain.c.institution
            )
            found = await connection.execute(
                select(chain, func.coalesce(signed.scalar_subquery(), 0).label("signed"))
            )
            return [(row["institution"], head_of(row), int(row["signed"])) for row in found.mappings()]

        for institution, head, signed_size in await self.read(work):
            self._signed_sizes[institution] = max(signed_size, self._signed_sizes.get(institution, 0))
            self.receive_heads({institution: head})

    async def turn(self) -> None:
        """Signs and stores what is unsigned now. Raises StoreUnavailable; it stays unsigned then."""
        if self._unsigned:
            ends = {institution: waiting.head for institution, waiting in self._unsigned.items()}
            covered_ns = self.clock.monotonic_ns()
            notes = await asyncio.to_thread(self._sign, ends, dict(self._signed_sizes))
            stored = await self.write_first(lambda unit: _store_notes(unit, notes))
            self._settle(notes, stored, covered_ns)
        self.counts.failed_files += await asyncio.to_thread(self.files.write_waiting)

    def _sign(self, ends: Mapping[str, ChainHead], previous: Mapping[str, int]) -> list[_Note]:
        at_ms = self.clock.wall_ns() // 1_000_000
        notes = []
        for institution, head in ends.items():
            before = previous.get(institution, 0)
            text = signed_note(institution, head, at_ms=at_ms, previous_size=before, signer=self.signer)
            notes.append(_Note(institution, head, before, at_ms, text))
        return notes

    def _settle(self, notes: list[_Note], stored: Mapping[str, _Stored], covered_ns: int) -> None:
        now_ns = self.clock.monotonic_ns()
        for note in notes:
            institution = note.institution
            size, text = stored[institution]
            self._signed_sizes[institution] = size
            self.counts.signed += text == note.text
            self.files.add(institution, size, text)
            waiting = self._unsigned[institution]
            if size >= note.head.size:
                lag_ms = (now_ns - waiting.since_ns) // 1_000_000
                self.counts.worst_lag_ms = max(self.counts.worst_lag_ms, lag_ms)
                self.counts.late += lag_ms > LATE_MS
                waiting.since_ns = covered_ns
            if waiting.head.size <= size:
                del self._unsigned[institution]


async def _store_notes(unit: Unit, notes: list[_Note]) -> dict[str, _Stored]:
    """Returns each institution's newest checkpoint, once those notes are stored that follow it."""
    names = [note.institution for note in notes]
    newest = select(checkpoint.c.institution, func.max(checkpoint.c.size).label("size"))
    ends = newest.where(checkpoint.c.institution.in_(names)).group_by(checkpoint.c.institution).subquery()
    found = await unit.connection.execute(
        select(checkpoint).join(
            ends, and_(checkpoint.c.institution == ends.c.institution, checkpoint.c.size == ends.c.size)
        )
    )
    stored = {row["institution"]: (int(row["size"]), str(row["note"])) for row in found.mappings()}
    following = [note for note in notes if stored.get(note.institution, (0, ""))[0] == note.previous_size]
    if following:
        await unit.connection.execute(insert(checkpoint), [_row(note) for note in following])
    return stored | {note.institution: (note.head.size, note.text) for note in following}


def _row(note: _Note) -> dict[str, object]:
    return {
        "institution": note.institution,
        "size": note.head.size,
        "at_ms": note.at_ms,
        "note": note.text,
    }
