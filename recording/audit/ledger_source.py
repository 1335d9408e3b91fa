"""What the verifier reads of a ledger, wherever that lies: in a database, in a package, in a test's memory.

Nothing in it is trusted, not even its types: a database row can hold anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

EventRow: TypeAlias = "tuple[object, ...]"
"""An event's line; from a table followed by what that repeats of it: sequence, at_ms, kind, actor, patient,
case, hash."""


class UnreadableRow(Exception):  # noqa: N818  (a fact about a file)
    """The next row cannot be read: the file is damaged there."""


class PersonalRow(NamedTuple):
    """A personal field, or the tombstone of one."""

    sequence: object
    name: object
    patient: object
    salt: object
    value: object
    erased_at_ms: object


class CheckpointRow(NamedTuple):
    """A signed note; ``size`` and ``at_ms`` are what the row repeats of it."""

    note: object
    size: object
    at_ms: object


class CosignatureRow(NamedTuple):
    """A cosignature line for the checkpoint of a size; ``key_name`` is what a table repeats of it."""

    size: object
    key_name: object
    line: object


class StampRow(NamedTuple):
    """An RFC 3161 token over the text of the checkpoint of a size."""

    size: object
    token: object


class ChainRow(NamedTuple):
    """What the next event would be chained to."""

    size: object
    head: object
    frontier: object


class Place(NamedTuple):
    """How files or tables are named in faults."""

    events: str
    personal: str
    checkpoints: str
    cosignatures: str
    stamps: str
    chain: str
    latest: str


@dataclass(frozen=True, slots=True)
class InstitutionLedger:
    """One institution's rows, each kind in order: of sequence, then name; of size, then key name."""

    institution: str
    place: Place
    events: Iterable[EventRow]
    """Raises UnreadableRow."""
    personal: Iterable[PersonalRow] | None
    """None: not part of what is checked."""
    checkpoints: Sequence[CheckpointRow]
    cosignatures: Sequence[CosignatureRow] = ()
    stamps: Sequence[StampRow] = ()
    chain: ChainRow | None = None
    has_chain: bool = False
    """Whether there must be a chain row."""
    latest_note: bytes | None = None
    has_latest: bool = False
    """Whether there must be a file with the latest note, once there is a checkpoint."""
    is_as_stored: bool = False
    """Events come as they lie on the disk, which is faster and is their order unless somebody was at it."""
    must_cover: int | None = None
    """Events that a checkpoint must cover; None: all. A running service adds some while it is looked at."""
    after: int = 0
    """Events before those that are here, where this is a part of a ledger."""
    previous: object = None
    """What the row of the event before says that its hash is; nobody has checked it."""
    parts: Callable[[], Parts] | None = None
    """Returns how other processes read the same rows; None: they cannot. Raises UnreadableRow."""


class PartReader(Protocol):
    """Reads the rows of one ledger in another process: it can be pickled."""

    def part(self, after: int, to: int) -> AbstractContextManager[InstitutionLedger]:
        """Returns the events after number ``after`` up to number ``to`` with their personal fields, nothing
        else. Raises UnreadableRow, OSError.
        """


class Parts(NamedTuple):
    """A ledger as parts. Whatever rows the reader leaves out: so many there are in all."""

    reader: PartReader
    events: int
    personal: int


class LedgerSource(Protocol):
    """A place with the ledgers of some institutions."""

    def institutions(self) -> Sequence[str]:
        """Returns the names of all that have a row or file here."""

    def ledger(self, institution: str, *, in_order: bool = False) -> InstitutionLedger:
        """Returns the ledger of one; with ``in_order`` never one that ``is_as_stored`` or has ``parts``."""
