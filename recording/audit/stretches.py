"""A long ledger, walked in stretches by several processes at once: what they find is joined to one walk.

All stretches but the last have the same number of events, a power of two. So each is a full subtree of the
ledger's tree, and the tree over the stretches' roots is the ledger's.

A stretch trusts the hash that its rows name for the event before, and takes its rows from a look of its own
at the database. Joined, they prove what one walk proves: each goes on where the one before ended, in number
and hash, and together they had as many rows as there are, each in a place of its own. What does not join is
no verdict, but a reason to walk the ledger once more, in one process (verify.py).
"""

from __future__ import annotations

import bisect
import contextlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from recording.audit.commitments import first_previous
from recording.audit.ledger_source import InstitutionLedger, PartReader, Parts, UnreadableRow
from recording.audit.merkle import frontier_root, grown
from recording.audit.personal_check import PersonalFindings
from recording.audit.stretch import Broken, Head, Stretch
from recording.audit.verdict import LedgerFault

STRETCH_EVENTS: Final = 2**14
"""A quarter of a second: as long as it takes to start a process, and short enough that all end together."""


class Task(NamedTuple):
    """A stretch that is to be walked, and the sizes at which somebody signed what the ledger is."""

    reader: PartReader
    after: int
    to: int
    sizes: tuple[int, ...]


class Found(NamedTuple):
    """A stretch in which everything is in its place."""

    previous: object
    heads: tuple[Head, ...]
    head: bytes
    frontier: tuple[bytes, ...]
    personal: PersonalFindings


Work: TypeAlias = "Callable[[Sequence[Task]], Generator[Found | None, None, None]]"
"""Has the stretches walked, wherever; yields what ``walked`` returns of each, in their order."""


@dataclass(frozen=True, slots=True)
class Split:
    """Who walks stretches, and how long they are."""

    work: Work
    stretch_events: int = STRETCH_EVENTS
    """A power of two."""


def is_worth_it(ledger: InstitutionLedger, split: Split) -> bool:
    """Whether there is more than one stretch to walk."""
    size = 0 if ledger.chain is None else ledger.chain.size
    return isinstance(size, int) and size > split.stretch_events


def walked(task: Task) -> Found | None:
    """Returns what a stretch is; None where anything is not as it must be."""
    try:
        with task.reader.part(task.after, task.to) as part:
            stretch = Stretch(part)
            heads = tuple(stretch.heads(task.sizes))
            stretch.finish(is_cut_off=False)
    except (Broken, UnreadableRow, OSError):
        return None
    personal = stretch.personal
    if stretch.size != task.to or personal.altered is not None or personal.missing is not None:
        return None
    return Found(part.previous, heads, stretch.head, tuple(stretch.frontier), personal)


class Stretches:
    """Walks a ledger as ``Stretch`` does, in parts. That it finds a fault says that something is not as it
    must be, but not what.
    """

    is_in_order: Final = False

    def __init__(self, ledger: InstitutionLedger, parts: Callable[[], Parts], split: Split) -> None:
        self._ledger = ledger
        self._parts = parts
        self._split = split
        self._personal_rows = 0
        self.size = 0
        self.head = first_previous(ledger.institution)
        self.frontier: Sequence[bytes] = ()
        self.personal = PersonalFindings()

    def heads(self, sizes: Sequence[int]) -> Generator[Head, None, None]:
        """Yields what the ledger is at each of these sizes, which rise. Raises Broken."""
        try:
            reader, events, self._personal_rows = self._parts()
        except UnreadableRow:
            raise Broken("row_unreadable") from None
        length = self._split.stretch_events
        tasks = _tasks(reader, events, length, sizes)
        with contextlib.closing(self._split.work(tasks)) as answers:
            for number, (task, found) in enumerate(zip(tasks, answers, strict=True)):
                if found is None or (number and found.previous != self.head):
                    raise Broken("chain_broken")
                for size, head, root in found.heads:
                    self.size = size
                    yield Head(size, head, frontier_root((*self.frontier, root)))
                self.size, self.head = task.to, found.head
                if task.to - task.after == length:
                    self.frontier = grown(self.frontier, number, found.frontier[0])
                else:
                    self.frontier = (*self.frontier, *found.frontier)
                self.personal.append(found.personal)

    def finish(self, *, is_cut_off: bool) -> None:
        """Looks for personal fields that no stretch had."""
        if self.personal.rows != self._personal_rows and not is_cut_off:
            self.personal.altered = LedgerFault(self._ledger.place.personal, None, None, "personal_added")


def _tasks(reader: PartReader, events: int, length: int, sizes: Sequence[int]) -> list[Task]:
    tasks = []
    for after in range(0, events, length):
        to = min(after + length, events)
        inside = sizes[bisect.bisect_right(sizes, after) : bisect.bisect_right(sizes, to)]
        tasks.append(Task(reader, after, to, tuple(inside)))
    return tasks
