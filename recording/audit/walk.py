"""The walk along one institution's events: each in its place, the tree as the signed notes say it was.

It stops at the first event that is not as it was chained: what comes after is bound to it and proves nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from recording.audit.commitments import first_previous
from recording.audit.ledger_source import ChainRow, EventRow, InstitutionLedger, UnreadableRow
from recording.audit.lines import SORTED_KEYS, parsed, written
from recording.audit.merkle import frontier_root
from recording.audit.notes_check import CheckedNotes, Expected
from recording.audit.personal_check import ERASED, Erasures, PersonalCheck
from recording.audit.verdict import InstitutionVerdict, LedgerFault, ProvenCheckpoint

_VERSION: Final = 1
_NOWHERE: Final = 2**63
"""A size that no tree reaches."""


class _Broken(Exception):  # noqa: N818  (ends the walk)
    def __init__(self, code: str) -> None:
        self.code = code


class Walk:
    """Checks one ledger: ``walk`` once, then ``verdict``."""

    def __init__(self, ledger: InstitutionLedger, notes: CheckedNotes) -> None:
        self._ledger = ledger
        self._notes = notes
        self._personal = PersonalCheck(ledger)
        self._size = 0
        self._head = first_previous(ledger.institution)
        self._frontier: list[bytes] = []
        self._altered: LedgerFault | None = None
        self._missing: LedgerFault | None = None
        self._proven: Expected | None = None
        self._is_whole = False

    @property
    def erasures(self) -> Erasures:
        """Returns which patients' fields the events say were erased; complete after ``walk``."""
        return self._personal.erasures

    @property
    def is_clean(self) -> bool:
        """Whether the walk came to the end and found nothing."""
        return self._is_whole and self._altered is None and self._missing is None

    def walk(self) -> None:
        """Goes to the end or to the first fault."""
        self._is_whole = self._walk(iter(self._ledger.events))
        if self._is_whole:
            self._check_end()

    def verdict(self, erasures: Erasures) -> InstitutionVerdict:
        """Returns the verdicts, once ``walk`` was called; ``erasures`` are those of all institutions."""
        self._personal.judge(erasures)
        self._altered = self._altered or self._notes.altered or self._personal.altered
        self._missing = self._missing or self._personal.missing or self._notes.missing
        notes = self._notes
        return InstitutionVerdict(
            self._ledger.institution,
            self._integrity(),
            self._altered or self._uncovered(),
            self._completeness(),
            self._missing,
            self._size,
            notes.valid,
            self._personal.values,
            self._personal.tombstones,
            notes.cosignatures,
            notes.unchecked_cosignatures,
            notes.unchecked_stamps,
            _proven(self._proven),
        )

    def _integrity(self) -> Literal["unaltered", "altered", "unchecked"]:
        if self._altered is not None:
            return "altered"
        return "unaltered" if self._uncovered() is None else "unchecked"

    def _completeness(self) -> Literal["nothing_missing", "something_missing", "unchecked"]:
        if self._missing is not None:
            return "something_missing"
        return "nothing_missing" if self._is_whole and self._uncovered() is None else "unchecked"

    def _uncovered(self) -> LedgerFault | None:
        """The first event after the last checkpoint, where one must cover it: a chain alone binds nobody."""
        must_cover = self._size if self._ledger.must_cover is None else self._ledger.must_cover
        covered = 0 if self._proven is None else self._proven.note.checkpoint.size
        if covered >= must_cover:
            return None
        return LedgerFault(self._ledger.place.events, covered + 1, covered + 1, "no_checkpoint_covers")

    def _walk(self, events: Iterator[EventRow]) -> bool:
        """Whether all events are in their place and as the notes say. The hot loop: microseconds an event."""
        place = self._ledger.place.events
        institution = self._ledger.institution
        sha256, sorted_keys = hashlib.sha256, SORTED_KEYS
        frontier = self._frontier
        personal = self._personal
        size, head = 0, self._head
        expected_sizes = iter([*sorted(self._notes.expected), _NOWHERE])
        next_expected = next(expected_sizes)
        fields: Any = None
        try:
            for row in events:
                line, fields = row[0], None
                if type(line) is not bytes:
                    raise _Broken("event_malformed")
                fields = parsed(line)
                sequence = fields["sequence"]
                if (
                    written(fields, None, sorted_keys) != line
                    or type(sequence) is not int
                    or fields["v"] != _VERSION
                ):
                    raise _Broken("event_malformed")
                if sequence != size + 1:
                    raise _Broken("event_out_of_place")
                if fields["previous"] != head.hex() or fields["institution"] != institution:
                    raise _Broken("chain_broken")
                head = sha256(line).digest()
                subject = fields["subject"]
                if len(row) > 1 and row[1:] != (
                    sequence,
                    fields["at_ms"],
                    fields["kind"],
                    fields["actor"],
                    subject.get("patient", ""),
                    subject.get("case", ""),
                    head,
                ):
                    raise _Broken("columns_altered")
                if fields["personal"] or sequence == personal.next_sequence or fields["kind"] == ERASED:
                    personal.compare(fields)
                node = sha256(b"\x00" + head).digest()
                full = size
                while full & 1:
                    node = sha256(b"\x01" + frontier.pop() + node).digest()
                    full >>= 1
                frontier.append(node)
                size = self._size = sequence
                if size == next_expected:
                    self._head = head
                    self._compare(size)
                    next_expected = next(expected_sizes)
        except _Broken as broken:
            self._blame_event(place, size, broken.code, fields)
            return False
        except UnreadableRow:
            self._blame_event(place, size, "row_unreadable", None)
            return False
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            # Bytes that are no JSON, or no event's: whatever they are, not what was chained.
            self._blame_event(place, size, "event_malformed", fields)
            return False
        self._head = head
        return True

    def _blame_event(self, place: str, size: int, code: str, fields: object) -> None:
        found = fields.get("sequence") if isinstance(fields, Mapping) else None
        if code == "event_out_of_place" and isinstance(found, int) and found > size + 1:
            self._missing = LedgerFault(place, size + 1, size + 1, "event_missing")
        if code == "contradicts_checkpoint":
            # The events up to here are bound to each other, but are not those that were signed.
            self._altered = LedgerFault(place, size, size, code)
        else:
            self._altered = LedgerFault(place, size + 1, size + 1, code)

    def _compare(self, size: int) -> None:
        root = frontier_root(self._frontier)
        for expected in self._notes.expected[size]:
            checkpoint = expected.note.checkpoint
            if checkpoint.root != root or checkpoint.head != self._head:
                raise _Broken("contradicts_checkpoint")
        # What was signed first under this size, with whoever else signed it.
        self._proven = max(self._notes.expected[size], key=lambda each: len(each.cosigners))

    def _check_end(self) -> None:
        last = max(self._notes.expected, default=0)
        if last > self._size:
            holder = self._notes.expected[last][0]
            self._missing = LedgerFault(holder.source, holder.row, self._size + 1, "events_cut_off")
        self._check_chain_row()
        self._personal.finish(is_cut_off=self._missing is not None)

    def _check_chain_row(self) -> None:
        row, place = self._ledger.chain, self._ledger.place.chain
        if row is None:
            if self._ledger.has_chain and self._size:
                self._missing = self._missing or LedgerFault(place, None, None, "chain_row_missing")
        elif isinstance(row.size, int) and row.size > self._size:
            fault = LedgerFault(place, None, self._size + 1, "events_cut_off")
            self._missing = self._missing or fault
        elif row != ChainRow(self._size, self._head, b"".join(self._frontier)):
            self._altered = LedgerFault(place, None, self._size, "chain_row_altered")


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
