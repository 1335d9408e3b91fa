"""Personal fields beside the chain: each agrees with its commitment, or is a tombstone that an event tells
of.

Rows come in the order of the events, so that both are read side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from recording.audit.commitments import commitment
from recording.audit.ledger_source import InstitutionLedger, PersonalRow, UnreadableRow
from recording.audit.verdict import LedgerFault

ERASED: Final = "patient.erased"
"""The event of an erasure; its subject names the patient, its time is that of the tombstones."""

Erasure: TypeAlias = "tuple[str, object]"
"""Patient, and when: ms since the Unix epoch."""
Erasures: TypeAlias = "Mapping[Erasure, set[tuple[str, int]]]"
"""The events that tell of it: institution and sequence."""


@dataclass(slots=True)
class PersonalFindings:
    """What is found in a ledger's personal fields: the first fault of either kind, and what was sound."""

    rows: int = 0
    """Compared with their events."""
    values: int = 0
    tombstones: int = 0
    erased: dict[Erasure, tuple[int, int]] = field(default_factory=dict)
    """The last tombstone of each erasure, by row and sequence: where that is older than its event, all are.
    """
    erasures: dict[Erasure, set[tuple[str, int]]] = field(default_factory=dict)
    altered: LedgerFault | None = None
    missing: LedgerFault | None = None

    def append(self, later: PersonalFindings) -> None:
        """Adds what was found, without a fault, in the rows that follow."""
        for erasure, (row, sequence) in later.erased.items():
            self.erased[erasure] = (self.rows + row, sequence)
        for erasure, told in later.erasures.items():
            self.erasures.setdefault(erasure, set()).update(told)
        self.rows += later.rows
        self.values += later.values
        self.tombstones += later.tombstones

    def untold(self, ledger: InstitutionLedger, erasures: Erasures) -> LedgerFault | None:
        """Returns the first tombstone of which no later event tells; ``erasures`` are those of all
        institutions.
        """
        for erasure, (row, sequence) in self.erased.items():
            told = erasures.get(erasure, ())
            if not any(where != ledger.institution or at > sequence for where, at in told):
                return LedgerFault(ledger.place.personal, row, sequence, "erased_without_event")
        return None


class PersonalCheck:
    """Compares with events in turn (``compare``), and after the last ``finish``; ``findings`` grow."""

    def __init__(self, ledger: InstitutionLedger) -> None:
        self._file = ledger.place.personal
        self._is_here = ledger.personal is not None
        self._rows = iter(ledger.personal or ())
        self._number = 0
        self._row: PersonalRow | None = None
        self.next_sequence: object = None
        """Of the event that the next row belongs to."""
        self._institution = ledger.institution
        self.findings = PersonalFindings()
        self._step()

    def compare(self, fields: Mapping[str, Any]) -> None:
        """Takes an event that commits to something, erases, or has the number ``next_sequence``.

        Raises ValueError: its commitments are none.
        """
        commitments: dict[str, Any] = fields["personal"]
        if not isinstance(commitments, dict):
            raise ValueError
        if fields["kind"] == ERASED:
            erasure = str(fields["subject"].get("patient", "")), fields["at_ms"]
            self.findings.erasures.setdefault(erasure, set()).add((self._institution, fields["sequence"]))
        if self._is_here:
            self._compare(fields, commitments)

    def finish(self, *, is_cut_off: bool) -> None:
        """Takes what is left: rows without an event, unless the events themselves are cut off."""
        if self._row is not None and not is_cut_off:
            sequence = self._row.sequence
            self._blame(sequence if isinstance(sequence, int) else None, "personal_added")

    def _compare(self, fields: Mapping[str, Any], commitments: Mapping[str, Any]) -> None:
        sequence: int = fields["sequence"]
        patient = fields["subject"].get("patient", "")
        unseen = dict(commitments)
        before = ""
        while self._row is not None and self._row.sequence == sequence:
            row = self._row
            committed = unseen.pop(row.name, None) if isinstance(row.name, str) else None
            if committed is None:
                self._blame(sequence, "personal_added")
            elif str(row.name) < before:
                self._blame(sequence, "personal_out_of_order")
            elif row.patient != patient:
                self._blame(sequence, "personal_altered")
            else:
                self._judge(row, sequence, committed)
            before = str(row.name)
            self._step()
        if unseen and self.findings.missing is None:
            self.findings.missing = LedgerFault(self._file, self._number, sequence, "personal_missing")

    def _step(self) -> None:
        self.findings.rows = self._number
        self._number += 1
        try:
            self._row = next(self._rows, None)
        except UnreadableRow:
            self._row = None
            self._blame(None, "row_unreadable")
        self.next_sequence = None if self._row is None else self._row.sequence

    def _judge(self, row: PersonalRow, sequence: int, committed: object) -> None:
        if row.salt is None and row.value is None:
            self.findings.tombstones += 1
            self.findings.erased[str(row.patient), row.erased_at_ms] = (self._number, sequence)
        elif not _is_value(row, committed):
            self._blame(sequence, "personal_altered")
        else:
            self.findings.values += 1

    def _blame(self, sequence: int | None, code: str) -> None:
        if self.findings.altered is None:
            self.findings.altered = LedgerFault(self._file, self._number, sequence, code)


def _is_value(row: PersonalRow, committed: object) -> bool:
    if not isinstance(row.salt, bytes) or not isinstance(row.value, str) or row.erased_at_ms is not None:
        return False
    return commitment(row.salt, row.value) == committed
