"""The signed half of a ledger: checkpoints with their signatures, one following the other, and who else
signed.

What they say of the events is compared where the events are walked (walk.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from recording.audit.checkpoint import (
    BadNote,
    SignedNote,
    cosigned_at_s,
    is_signed_by,
    parse_note,
    parse_signature,
)
from recording.audit.ledger_source import InstitutionLedger
from recording.audit.suites import PublicKey
from recording.audit.verdict import LedgerFault

StampCheck: TypeAlias = Callable[[bytes, bytes], "int | None"]
"""(token, note's text) → ms since the epoch, or None where the token does not stand for the text."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What the auditor believes: public keys only."""

    log_keys: tuple[PublicKey, ...]
    cosigners: tuple[PublicKey, ...] = ()
    check_stamp: StampCheck | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint that was kept elsewhere: a file the auditor brings, or the latest note beside the data."""

    source: str
    note: SignedNote


@dataclass(slots=True)
class Expected:
    """What a signed note says the tree is at its size."""

    source: str
    row: int | None
    note: SignedNote
    cosigners: list[str] = field(default_factory=list)
    stamped_at_ms: int | None = None


@dataclass(slots=True)
class CheckedNotes:
    """The notes whose signature is valid, by size, and what is wrong with the others."""

    expected: dict[int, list[Expected]] = field(default_factory=dict)
    altered: LedgerFault | None = None
    missing: LedgerFault | None = None
    valid: int = 0
    cosignatures: int = 0
    unchecked_cosignatures: int = 0
    unchecked_stamps: int = 0

    def blame(self, file: str, row: int | None, size: object, code: str) -> None:
        """Keeps the first thing that is not as it was."""
        if self.altered is None:
            self.altered = LedgerFault(file, row, size if isinstance(size, int) else None, code)

    def miss(self, file: str, row: int | None, size: object, code: str) -> None:
        """Keeps the first thing that is not there."""
        if self.missing is None:
            self.missing = LedgerFault(file, row, size if isinstance(size, int) else None, code)

    def expect(self, expected: Expected) -> None:
        """Adds a valid note to what the events are compared with."""
        self.expected.setdefault(expected.note.checkpoint.size, []).append(expected)


def check_notes(ledger: InstitutionLedger, trust: Trust, anchors: Iterable[Anchor]) -> CheckedNotes:
    """Returns what is signed about the ledger. Raises SuiteMissing."""
    checked = CheckedNotes()
    _check_checkpoints(ledger, trust, checked)
    _check_cosignatures(ledger, trust, checked)
    _check_stamps(ledger, trust, checked)
    _check_latest(ledger, trust, checked)
    for anchor in anchors:
        if is_trusted(anchor.note, trust):
            checked.expect(Expected(anchor.source, None, anchor.note, _cosigners_of(anchor.note, trust)))
        else:
            checked.blame(anchor.source, None, anchor.note.checkpoint.size, "checkpoint_unsigned")
    return checked


def is_trusted(note: SignedNote, trust: Trust) -> bool:
    """Whether the log's key or a cosigner's signed the note. Raises SuiteMissing."""
    return _is_logs_own(note, trust) or bool(_cosigners_of(note, trust))


def _check_checkpoints(ledger: InstitutionLedger, trust: Trust, checked: CheckedNotes) -> None:
    file = ledger.place.checkpoints
    previous_size = 0
    for row, (content, size, at_ms) in enumerate(ledger.checkpoints, 1):
        note = _parsed(content)
        if note is None or len(note.signatures) != 1:
            checked.blame(file, row, size, "checkpoint_malformed")
            continue
        checkpoint = note.checkpoint
        is_own = checkpoint.institution == ledger.institution
        if not is_own or (size, at_ms) != (checkpoint.size, checkpoint.at_ms):
            checked.blame(file, row, size, "checkpoint_altered")
        elif not _is_logs_own(note, trust):
            checked.blame(file, row, checkpoint.size, "checkpoint_unsigned")
        elif checkpoint.size <= previous_size:
            checked.blame(file, row, checkpoint.size, "checkpoint_out_of_order")
        else:
            if checkpoint.previous_size > previous_size:
                checked.miss(file, row, checkpoint.previous_size, "checkpoint_missing")
            elif checkpoint.previous_size < previous_size:
                checked.blame(file, row, checkpoint.size, "checkpoint_forked")
            checked.valid += 1
            checked.expect(Expected(file, row, note))
            previous_size = checkpoint.size


def _check_cosignatures(ledger: InstitutionLedger, trust: Trust, checked: CheckedNotes) -> None:
    file = ledger.place.cosignatures
    for row, (size, key_name, line) in enumerate(ledger.cosignatures, 1):
        expected = _of_size(checked, size)
        try:
            signature = parse_signature(line) if isinstance(line, str) else None
        except BadNote:
            signature = None
        if signature is None or key_name not in (None, signature.name):
            checked.blame(file, row, size, "cosignature_malformed")
        elif expected is None:
            checked.miss(file, row, size, "cosigned_checkpoint_missing")
        elif not trust.cosigners:
            checked.unchecked_cosignatures += 1
        elif cosigned_at_s(expected.note.checkpoint, signature, trust.cosigners) is None:
            checked.blame(file, row, size, "cosignature_invalid")
        else:
            checked.cosignatures += 1
            expected.cosigners.append(signature.name)


def _check_stamps(ledger: InstitutionLedger, trust: Trust, checked: CheckedNotes) -> None:
    file = ledger.place.stamps
    for row, (size, token) in enumerate(ledger.stamps, 1):
        expected = _of_size(checked, size)
        if expected is None:
            checked.miss(file, row, size, "stamped_checkpoint_missing")
        elif trust.check_stamp is None:
            checked.unchecked_stamps += 1
        else:
            body = expected.note.checkpoint.body()
            stamped_at_ms = trust.check_stamp(token, body) if isinstance(token, bytes) else None
            if stamped_at_ms is None:
                checked.blame(file, row, size, "stamp_invalid")
            expected.stamped_at_ms = stamped_at_ms


def _check_latest(ledger: InstitutionLedger, trust: Trust, checked: CheckedNotes) -> None:
    file = ledger.place.latest
    if ledger.latest_note is None:
        if ledger.has_latest and ledger.checkpoints:
            checked.miss(file, None, None, "latest_checkpoint_missing")
        return
    note = _parsed(ledger.latest_note)
    if note is None or note.checkpoint.institution != ledger.institution:
        checked.blame(file, None, None, "checkpoint_malformed")
    elif not _is_logs_own(note, trust):
        checked.blame(file, None, note.checkpoint.size, "checkpoint_unsigned")
    else:
        checked.expect(Expected(file, None, note, _cosigners_of(note, trust)))
        if _of_size(checked, note.checkpoint.size, file=ledger.place.checkpoints) is None:
            checked.miss(file, None, note.checkpoint.size, "checkpoint_missing")


def _of_size(checked: CheckedNotes, size: object, *, file: str = "") -> Expected | None:
    found = checked.expected.get(size, ()) if isinstance(size, int) else ()
    return next((each for each in found if not file or each.source == file), None)


def _parsed(content: object) -> SignedNote | None:
    if isinstance(content, str):
        content = content.encode("utf-8", "replace")
    try:
        return parse_note(content) if isinstance(content, bytes) else None
    except BadNote:
        return None


def _is_logs_own(note: SignedNote, trust: Trust) -> bool:
    return any(is_signed_by(note, key) for key in trust.log_keys)


def _cosigners_of(note: SignedNote, trust: Trust) -> list[str]:
    return [
        signature.name
        for signature in note.signatures[1:]
        if cosigned_at_s(note.checkpoint, signature, trust.cosigners) is not None
    ]
