"""The walk along one institution's events: the tree as the signed notes say it was, to the end that the chain
has."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Generator, Sequence
from typing import Literal, Protocol

from recording.audit.ledger_source import ChainRow, InstitutionLedger
from recording.audit.notes_check import CheckedNotes, Expected
from recording.audit.personal_check import Erasures, PersonalFindings
from recording.audit.stretch import Broken, Head
from recording.audit.verdict import InstitutionVerdict, LedgerFault, ProvenCheckpoint


class Way(Protocol):
    """How the events are gone through: one after the other (stretch.py), or in parts (stretches.py)."""

    @property
    def is_in_order(self) -> bool:
        """Whether the fault it finds is the first in the order of events."""

    @property
    def size(self) -> int:
        """Returns how many events are found to be in their place."""

    @property
    def head(self) -> bytes:
        """Returns the hash of the last of them."""

    @property
    def frontier(self) -> Sequence[bytes]:
        """Returns the frontier of the tree over them."""

    @property
    def personal(self) -> PersonalFindings:
        """Returns what their personal fields are found to be."""

    def heads(self, sizes: Sequence[int]) -> Generator[Head, None, None]:
        """Yields what the ledger is at each of these sizes, which rise. Raises Broken."""

    def finish(self, *, is_cut_off: bool) -> None:
        """Takes the personal fields that are left."""


class Walk:
    """Checks one ledger: ``walk`` once, then ``verdict``."""

    def __init__(self, ledger: InstitutionLedger, notes: CheckedNotes, way: Way) -> None:
        self._ledger = ledger
        self._notes = notes
        self._way = way
        self._altered: LedgerFault | None = None
        self._missing: LedgerFault | None = None
        self._proven: Expected | None = None
        self._is_whole = False

    @property
    def erasures(self) -> Erasures:
        """Returns which patients' fields the events say were erased; complete after ``walk``."""
        return self._way.personal.erasures

    def walk(self) -> None:
        """Goes to the end or to the first fault."""
        sizes = sorted(size for size in self._notes.expected if size)
        try:
            with contextlib.closing(self._way.heads(sizes)) as heads:
                for head in heads:
                    self._compare(head)
        except Broken as broken:
            self._blame_event(broken.code, broken.found)
        else:
            self._is_whole = True
            self._check_end()

    @property
    def is_clean(self) -> bool:
        """Whether the walk came to the end and found nothing but, perhaps, tombstones to be explained."""
        personal = self._way.personal
        return self._is_whole and not any((self._altered, self._missing, personal.altered, personal.missing))

    def is_final(self, erasures: Erasures) -> bool:
        """Whether the verdict can be said: nothing was found, or the events were gone through in order, so
        that the fault that was found is the first. ``erasures`` are those of all institutions.
        """
        return self._way.is_in_order or (self.is_clean and self._untold(erasures) is None)

    def verdict(self, erasures: Erasures) -> InstitutionVerdict:
        """Returns the verdicts, once ``walk`` was called; ``erasures`` are those of all institutions."""
        notes, personal = self._notes, self._way.personal
        altered = self._altered or notes.altered or personal.altered or self._untold(erasures)
        missing = self._missing or personal.missing or notes.missing
        uncovered = self._uncovered()
        return InstitutionVerdict(
            self._ledger.institution,
            _integrity(altered, uncovered),
            altered or uncovered,
            _completeness(missing, uncovered, is_whole=self._is_whole),
            missing,
            self._way.size,
            notes.valid,
            personal.values,
            personal.tombstones,
            notes.cosignatures,
            notes.unchecked_cosignatures,
            notes.unchecked_stamps,
            _proven(self._proven),
        )

    def _untold(self, erasures: Erasures) -> LedgerFault | None:
        return self._way.personal.untold(self._ledger, erasures)

    def _uncovered(self) -> LedgerFault | None:
        """The first event after the last checkpoint, where one must cover it: a chain alone binds nobody."""
        must_cover = self._way.size if self._ledger.must_cover is None else self._ledger.must_cover
        covered = 0 if self._proven is None else self._proven.note.checkpoint.size
        if covered >= must_cover:
            return None
        return LedgerFault(self._ledger.place.events, covered + 1, covered + 1, "no_checkpoint_covers")

    def _blame_event(self, code: str, found: int | None) -> None:
        place, size = self._ledger.place.events, self._way.size
        if code == "event_out_of_place" and found is not None and found > size + 1:
            self._missing = LedgerFault(place, size + 1, size + 1, "event_missing")
        if code == "contradicts_checkpoint":
            # The events up to here are bound to each other, but are not those that were signed.
            self._altered = LedgerFault(place, size, size, code)
        else:
            self._altered = LedgerFault(place, size + 1, size + 1, code)

    def _compare(self, head: Head) -> None:
        expected_here = self._notes.expected[head.size]
        for expected in expected_here:
            checkpoint = expected.note.checkpoint
            if checkpoint.root != head.root or checkpoint.head != head.head:
                raise Broken("contradicts_checkpoint")
        # What was signed first under this size, with whoever else signed it.
        self._proven = max(expected_here, key=lambda each: len(each.cosigners))

    def _check_end(self) -> None:
        last, size = max(self._notes.expected, default=0), self._way.size
        if last > size:
            holder = self._notes.expected[last][0]
            self._missing = LedgerFault(holder.source, holder.row, size + 1, "events_cut_off")
        self._check_chain_row()
        self._way.finish(is_cut_off=self._missing is not None)

    def _check_chain_row(self) -> None:
        row, place, size = self._ledger.chain, self._ledger.place.chain, self._way.size
        if row is None:
            if self._ledger.has_chain and size:
                self._missing = self._missing or LedgerFault(place, None, None, "chain_row_missing")
        elif isinstance(row.size, int) and row.size > size:
            fault = LedgerFault(place, None, size + 1, "events_cut_off")
            self._missing = self._missing or fault
        elif row != ChainRow(size, self._way.head, b"".join(self._way.frontier)):
            self._altered = LedgerFault(place, None, size, "chain_row_altered")


def _integrity(
    altered: LedgerFault | None, uncovered: LedgerFault | None
) -> Literal["unaltered", "altered", "unchecked"]:
    if altered is not None:
        return "altered"
    return "unaltered" if uncovered is None else "unchecked"


def _completeness(
    missing: LedgerFault | None, uncovered: LedgerFault | None, *, is_whole: bool
) -> Literal["nothing_missing", "something_missing", "unchecked"]:
    if missing is not None:
        return "something_missing"
    return "nothing_missing" if is_whole and uncovered is None else "unchecked"


def _proven(expected: Expected | None) -> ProvenCheckpoint | None:
    if expected is None:
        return None
    checkpoint = expected.note.checkpoint
    return ProvenCheckpoint(
        checkpoint.size,
        checkpoint.at_ms,
        base64.b64encode(checkpoint.root).decode(),
        expected.source,
        tuple(expected.cosigners),
        expected.stamped_at_ms,
    )
