"""What checking a ledger finds: for each institution two verdicts, each with its first fault, and what the
last good checkpoint proves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

KeyOrigin: TypeAlias = Literal["given", "folder", "package"]
"""Where the trusted key came from: named by the auditor, beside the data, or inside the package itself."""


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """What is wrong first: a stable code, the file or table, and where in it.

    ``row`` counts the rows of the table in order, or the lines of the file, from 1. ``sequence`` is that of
    the event, or a checkpoint's size. None where there is no such place.
    """

    file: str
    row: int | None
    sequence: int | None
    code: str


@dataclass(frozen=True, slots=True)
class ProvenCheckpoint:
    """The last checkpoint that is signed and agrees with the events: events 1 to ``size`` were so at
    ``at_ms``.
    """

    size: int
    at_ms: int
    root: str
    """Base64, as the note has it."""
    source: str
    """File or table that holds it."""
    cosigners: tuple[str, ...]
    stamped_at_ms: int | None


@dataclass(frozen=True, slots=True)
class InstitutionVerdict:
    """Both verdicts on one institution's ledger."""

    institution: str
    integrity: Literal["unaltered", "altered", "unchecked"]
    integrity_fault: LedgerFault | None
    completeness: Literal["nothing_missing", "something_missing", "unchecked"]
    completeness_fault: LedgerFault | None
    events: int
    """Events found to be in their place, from 1."""
    checkpoints: int
    """Checkpoints whose signature is valid."""
    personal: int
    """Personal fields that agree with their commitment."""
    tombstones: int
    """Personal fields erased, with the event that tells it."""
    cosignatures: int
    unchecked_cosignatures: int
    """For want of the cosigners' keys."""
    unchecked_stamps: int
    proven: ProvenCheckpoint | None

    @property
    def is_sound(self) -> bool:
        """Unaltered and nothing missing."""
        return self.integrity == "unaltered" and self.completeness == "nothing_missing"


@dataclass(frozen=True, slots=True)
class LedgerVerdict:
    """The verdicts on all institutions, and on the files that belong to none."""

    institutions: tuple[InstitutionVerdict, ...]
    fault: LedgerFault | None = None
    """Of the folder as a whole: nothing could be read, or a file is not as the package's list says."""
    key_origin: KeyOrigin = "given"
    key_fingerprints: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Every institution is sound, and the key is not only the package's own word."""
        is_trusted = self.key_origin != "package"
        return self.fault is None and is_trusted and all(each.is_sound for each in self.institutions)
