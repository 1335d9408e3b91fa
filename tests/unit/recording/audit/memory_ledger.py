"""A small ledger in memory that the verifier reads as it reads a folder, with every row open to a forger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recording.audit.act import Act
from recording.audit.chain import ChainedAct, ChainHead, chain, genesis
from recording.audit.checkpoint import parse_note, signed_note
from recording.audit.ledger_source import (
    ChainRow,
    CheckpointRow,
    CosignatureRow,
    InstitutionLedger,
    Parts,
    PersonalRow,
    Place,
    StampRow,
)
from recording.audit.merkle import grown, leaf_hash
from recording.audit.notes_check import Anchor, Trust
from recording.audit.stretches import Found, Split, Task, walked
from recording.audit.suites import ED25519, PublicKey
from recording.audit.verdict import InstitutionVerdict
from recording.audit.verify import verify_source
from recording.signing import Ed25519Signer
from tests.unit.recording.audit.acts import INSTITUTION, counted_salts

SIGNER: Final = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
TRUST: Final = Trust((PublicKey(ED25519, SIGNER.public_key),))
FIRST_MS: Final = 1_800_000_000_000
PLACE: Final = Place("event", "personal", "checkpoint", "cosignature", "stamp", "chain", "latest")
ERASED_AT: Final = 9
"""The event that erases patient pt_1; what was personal of pt_1 before it is a tombstone."""


@dataclass(frozen=True)
class Ledger:
    """Rows as a data folder has them, each a tuple of its table's columns; ``has_columns`` False: as in a
    package, where there are only lines."""

    events: tuple[tuple[Any, ...], ...]
    personal: tuple[tuple[Any, ...], ...]
    checkpoints: tuple[tuple[Any, ...], ...]
    chain: tuple[Any, ...] | None
    latest: bytes | None
    cosignatures: tuple[tuple[Any, ...], ...] = ()
    stamps: tuple[tuple[Any, ...], ...] = ()
    has_columns: bool = True

    def institutions(self) -> Sequence[str]:
        return [INSTITUTION]

    def ledger(self, institution: str, *, in_order: bool = False) -> InstitutionLedger:
        assert institution == INSTITUTION
        return InstitutionLedger(
            institution,
            PLACE,
            self.events,
            [PersonalRow(*row) for row in self.personal],
            [CheckpointRow(*row) for row in self.checkpoints],
            [CosignatureRow(*row) for row in self.cosignatures],
            [StampRow(*row) for row in self.stamps],
            None if self.chain is None else ChainRow(*self.chain),
            has_chain=self.has_columns,
            latest_note=self.latest,
            has_latest=self.has_columns,
            parts=self.parts if self.has_columns and not in_order else None,
        )

    def parts(self) -> Parts:
        return Parts(MemoryReader(self), len(self.events), len(self.personal))

    def as_package(self) -> Ledger:
        return replace(
            self,
            events=tuple(row[:1] for row in self.events),
            chain=None,
            latest=None,
            has_columns=False,
        )


@dataclass(frozen=True)
class MemoryReader:
    """Takes rows from where it finds one number to where it finds the other, as a database does: what is not
    between them it leaves out."""

    ledger: Ledger

    @contextmanager
    def part(self, after: int, to: int) -> Iterator[InstitutionLedger]:
        events, personal = self.ledger.events, self.ledger.personal
        numbers = [0, *(row[1] for row in events)]
        begin, end = (numbers.index(number) if number in numbers else 0 for number in (after, to))
        yield InstitutionLedger(
            INSTITUTION,
            PLACE,
            events[begin:end],
            [
                PersonalRow(*row)
                for row in personal[_first_after(personal, after) : _first_after(personal, to)]
            ],
            (),
            after=after,
            previous=next((row[-1] for row in events if row[1] == after), None),
        )


def _first_after(personal: Sequence[tuple[Any, ...]], sequence: int) -> int:
    after = (at for at, row in enumerate(personal) if not isinstance(row[0], int) or row[0] > sequence)
    return next(after, len(personal))


def in_this_process(tasks: Sequence[Task]) -> Generator[Found | None, None, None]:
    """Walks stretches here: small ledgers by the thousand need no processes."""
    yield from map(walked, tasks)


def verified(
    ledger: Ledger,
    anchors: Sequence[Anchor] = (),
    trust: Trust = TRUST,
    *,
    stretch_events: int | None = None,
) -> InstitutionVerdict:
    """The verdict; with ``stretch_events`` by a walk that is split into stretches so long."""
    split = None if stretch_events is None else Split(in_this_process, stretch_events)
    (verdict,) = verify_source(ledger, trust, anchors, split=split)
    return verdict


def anchor_of(ledger: Ledger, size: int) -> Anchor:
    note = next(row[0] for row in ledger.checkpoints if row[1] == size)
    return Anchor("older.note", parse_note(note.encode()))


def act_of(number: int) -> Act:
    patient = f"pt_{number % 2}"
    subject = {"patient": patient, "case": f"ca_{number % 3}"} if number % 4 else {}
    personal = {"note": f"备注 {number}", "reason": "复查"} if number % 2 else {}
    kind, after = "mark.added", {"number": number, "is_new": True}
    if number == ERASED_AT:
        kind, subject, personal = "patient.erased", {"patient": "pt_1"}, {}
    return Act(
        INSTITUTION,
        kind,
        "pe_1",
        FIRST_MS + number,
        "specialist",
        "",
        None,
        subject,
        {},
        after,
        None,
        personal,
    )


def row_of(event: ChainedAct) -> tuple[Any, ...]:
    return columns_of(event.line)


def columns_of(line: bytes) -> tuple[Any, ...]:
    """The whole row of an event whose line this is."""
    fields = json.loads(line)
    subject = fields["subject"]
    return (
        line,
        fields["sequence"],
        fields["at_ms"],
        fields["kind"],
        fields["actor"],
        subject.get("patient", ""),
        subject.get("case", ""),
        hashlib.sha256(line).digest(),
    )


def made(count: int, sizes: Sequence[int]) -> Ledger:
    """A sound ledger of ``count`` events with checkpoints of these sizes; the last covers all."""
    salts, head = counted_salts(), genesis(INSTITUTION)
    events: list[ChainedAct] = []
    for number in range(1, count + 1):
        events.append(chain(head, act_of(number), new_salt=salts))
        head = events[-1].head
    personal: list[tuple[Any, ...]] = []
    for event in events:
        patient = event.act.subject.get("patient", "")
        for field in sorted(event.personal, key=lambda field: field.name):
            row = (event.sequence, field.name, patient, field.salt, field.value, None)
            if patient == "pt_1" and event.sequence < ERASED_AT <= count:
                row = (*row[:3], None, None, FIRST_MS + ERASED_AT)
            personal.append(row)
    heads = {event.sequence: event.head for event in events}
    return signed(
        Ledger(tuple(row_of(event) for event in events), tuple(personal), (), chain_row(head), None),
        sizes,
        heads,
    )


def chain_row(head: ChainHead) -> tuple[Any, ...]:
    return (head.size, head.head, b"".join(head.frontier))


def signed(ledger: Ledger, sizes: Sequence[int], heads: dict[int, ChainHead]) -> Ledger:
    """The ledger with checkpoints of these sizes signed anew: what only the key's holder can do."""
    checkpoints: list[tuple[Any, ...]] = []
    previous = 0
    for size in sizes:
        at_ms = FIRST_MS + size
        note = signed_note(INSTITUTION, heads[size], at_ms=at_ms, previous_size=previous, signer=SIGNER)
        checkpoints.append((note, size, at_ms))
        previous = size
    latest = checkpoints[-1][0].encode() if checkpoints else None
    return replace(ledger, checkpoints=tuple(checkpoints), latest=latest)


def rechained(lines: Sequence[bytes]) -> tuple[tuple[tuple[Any, ...], ...], dict[int, ChainHead]]:
    """Rows and heads of a chain of these events in this order, renumbered and hashed anew: anybody can."""
    head = genesis(INSTITUTION)
    rows, heads = [], {0: head}
    for sequence, line in enumerate(lines, 1):
        fields = json.loads(line) | {"sequence": sequence, "previous": head.head.hex()}
        row = columns_of(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS))
        frontier = grown(head.frontier, head.size, leaf_hash(row[-1]))
        head = ChainHead(sequence, row[-1], frontier)
        rows.append(row)
        heads[sequence] = head
    return tuple(rows), heads
