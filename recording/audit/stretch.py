"""A stretch of one institution's events, walked: each in its place, and the tree that grows over them.

A whole ledger is one stretch. Part of one begins with what its rows say of the event before, and whoever
joins the parts must compare that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from typing import Any, Final, NamedTuple

from recording.audit.commitments import first_previous
from recording.audit.ledger_source import InstitutionLedger, UnreadableRow
from recording.audit.lines import SORTED_KEYS, parsed, written
from recording.audit.merkle import frontier_root
from recording.audit.personal_check import ERASED, PersonalCheck, PersonalFindings

_VERSION: Final = 1
_NOWHERE: Final = 2**63
"""A size that no tree reaches."""


class Head(NamedTuple):
    """The chain and the tree at a size that was asked for."""

    size: int
    head: bytes
    """Hash of the event with this number."""
    root: bytes
    """Over the events of the walk: of a stretch, over its own alone."""


class Broken(Exception):  # noqa: N818  (ends a walk)
    """The next event is not as it was chained: ``code`` says why, ``found`` is the number that it bears where
    that is another one."""

    def __init__(self, code: str, found: int | None = None) -> None:
        super().__init__(code)
        self.code, self.found = code, found


class Stretch:
    """Walks a ledger's events from its ``after`` on: ``heads`` to the end, then ``finish``."""

    def __init__(self, ledger: InstitutionLedger) -> None:
        self._ledger = ledger
        self._personal = PersonalCheck(ledger)
        self.is_in_order = not ledger.is_as_stored
        self.size = ledger.after
        """Events found to be in their place, those before the stretch included; exact whenever ``heads``
        pauses or has ended."""
        self.head: Any = ledger.previous if ledger.after else first_previous(ledger.institution)
        self.frontier: list[bytes] = []
        """Of the tree over the stretch alone."""

    @property
    def personal(self) -> PersonalFindings:
        """Returns what the personal fields are found to be so far."""
        return self._personal.findings

    def finish(self, *, is_cut_off: bool) -> None:
        """Takes the personal fields that are left; they belong to nothing, unless events are cut off."""
        self._personal.finish(is_cut_off=is_cut_off)

    def heads(self, sizes: Sequence[int]) -> Generator[Head, None, None]:
        """Yields what the ledger is at each of these sizes, which rise. Raises Broken at the first event that
        is not in its place: what comes after is bound to it and proves nothing.

        The hot loop: microseconds an event.
        """
        institution, after = self._ledger.institution, self._ledger.after
        sha256, sorted_keys = hashlib.sha256, SORTED_KEYS
        frontier, personal = self.frontier, self._personal
        size, head = self.size, self.head
        wanted = iter([*sizes, _NOWHERE])
        next_wanted = next(wanted)
        fields: Any = None
        try:
            for row in self._ledger.events:
                line, fields = row[0], None
                if type(line) is not bytes:
                    raise Broken("event_malformed")
                fields = parsed(line)
                sequence = fields["sequence"]
                if (
                    written(fields, None, sorted_keys) != line
                    or type(sequence) is not int
                    or fields["v"] != _VERSION
                ):
                    raise Broken("event_malformed")
                if sequence != size + 1:
                    raise Broken("event_out_of_place", sequence)
                if fields["previous"] != head.hex() or fields["institution"] != institution:
                    raise Broken("chain_broken")
                this = sha256(line).digest()
                subject = fields["subject"]
                if len(row) > 1 and row != (
                    line,
                    sequence,
                    fields["at_ms"],
                    fields["kind"],
                    fields["actor"],
                    subject.get("patient", ""),
                    subject.get("case", ""),
                    this,
                ):
                    raise Broken("columns_altered")
                if fields["personal"] or sequence == personal.next_sequence or fields["kind"] == ERASED:
                    personal.compare(fields)
                node = sha256(b"\x00" + this).digest()
                full = size - after
                while full & 1:
                    node = sha256(b"\x01" + frontier.pop() + node).digest()
                    full >>= 1
                frontier.append(node)
                size, head = sequence, this
                if size == next_wanted:
                    self.size, self.head = size, head
                    yield Head(size, head, frontier_root(frontier))
                    next_wanted = next(wanted)
        except UnreadableRow:
            raise Broken("row_unreadable") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            # Bytes that are no JSON, or no event's: whatever they are, not what was chained.
            raise Broken("event_malformed") from None
        finally:
            self.size, self.head = size, head
