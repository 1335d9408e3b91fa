"""Proves a ledger offline from its rows or files and public keys alone.

Two verdicts for each institution:

* Integrity: what is here is what was chained and signed. Every event in its place and bound to the one
  before, every note signed and in agreement with the tree, every personal field as committed or erased by an
  event.
* Completeness: all that was signed is here. No event and no checkpoint missing, no tail cut off that a
  checkpoint, wherever it was kept, still tells of.

Reads only, trusts nothing it reads, raises nothing of the data's making.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from recording.audit.checkpoint import BadNote, parse_note
from recording.audit.ledger_source import InstitutionLedger, LedgerSource, Place
from recording.audit.notes_check import Anchor, CheckedNotes, Trust, check_notes
from recording.audit.personal_check import Erasure, Erasures
from recording.audit.stretch import Stretch
from recording.audit.stretches import Split, Stretches, is_worth_it
from recording.audit.verdict import InstitutionVerdict, LedgerFault
from recording.audit.walk import Walk


def verify_source(
    source: LedgerSource, trust: Trust, anchors: Sequence[Anchor] = (), *, split: Split | None = None
) -> tuple[InstitutionVerdict, ...]:
    """Returns the verdicts on every institution that the source or an anchor names.

    ``anchors`` are checkpoints that were kept elsewhere; ``split`` says who else walks long ledgers, where
    the source can be read by others. Raises SuiteMissing.
    """
    by_institution = _by_institution(anchors)
    present = set(source.institutions())
    notes: dict[str, CheckedNotes] = {}
    walks: dict[str, Walk] = {}
    for name in sorted({*present, *by_institution}):
        ledger = source.ledger(name) if name in present else _absent(name)
        notes[name] = check_notes(ledger, trust, by_institution.get(name, ()))
        walks[name] = _walked(ledger, notes[name], split)
    erasures = _erasures(walks.values())
    for name in [name for name, walk in walks.items() if not walk.is_final(erasures)]:
        walks[name] = _walked(source.ledger(name, in_order=True), notes[name], None)
    erasures = _erasures(walks.values())
    return tuple(walk.verdict(erasures) for walk in walks.values())


def read_anchors(notes: Mapping[str, bytes]) -> tuple[list[Anchor], LedgerFault | None]:
    """Returns the checkpoints in files, by name, and the first that is none."""
    anchors, fault = [], None
    for name, content in notes.items():
        try:
            anchors.append(Anchor(name, parse_note(content)))
        except BadNote:
            fault = fault or LedgerFault(name, None, None, "checkpoint_malformed")
    return anchors, fault


def _walked(ledger: InstitutionLedger, notes: CheckedNotes, split: Split | None) -> Walk:
    if split is not None and ledger.parts is not None and is_worth_it(ledger, split):
        walk = Walk(ledger, notes, Stretches(ledger, ledger.parts, split))
        walk.walk()
        if walk.is_clean:
            return walk
    # Short, or with a fault somewhere: which is the first, one walk says.
    walk = Walk(ledger, notes, Stretch(ledger))
    walk.walk()
    return walk


def _erasures(walks: Iterable[Walk]) -> Erasures:
    erasures: dict[Erasure, set[tuple[str, int]]] = {}
    for walk in walks:
        for erasure, told in walk.erasures.items():
            erasures.setdefault(erasure, set()).update(told)
    return erasures


def _by_institution(anchors: Iterable[Anchor]) -> dict[str, list[Anchor]]:
    found: dict[str, list[Anchor]] = {}
    for anchor in anchors:
        found.setdefault(anchor.note.checkpoint.institution, []).append(anchor)
    return found


def _absent(institution: str) -> InstitutionLedger:
    """An institution that only an anchor knows: all of it is missing."""
    return InstitutionLedger(institution, Place("", "", "", "", "", "", ""), (), None, ())
