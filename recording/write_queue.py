"""What one recording has to tell, on its way to disk: journal entries and events, in order, none lost in
silence.

The disk may refuse at any time. Entries and events then wait in bounded queues, and the disk is tried again
each second; ``trouble`` says so meanwhile. Media does not wait: ``append_fragment_entry`` raises while there
is trouble. A ledger that refuses on its own (locked, say) holds up events only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path

from recording import event_kinds
from recording.book import RecordingBook
from recording.clock import Clock
from recording.errors import LedgerUnavailable
from recording.event_chain import NewEvent
from recording.files import AppendFile
from recording.journal import JOURNAL_FILE, Alive, Entry, entry_line
from recording.ledger import Ledger
from recording.manifest import EVENTS_FILE
from recording.summary import JsonValue, LoggedEvent

NS_PER_MS = 1_000_000

RETRY_NS = 1_000 * NS_PER_MS
"""A disk or ledger that refused is tried again after this long."""

MAX_WAITING = 10_000
"""Entries, and events, that wait for the disk: about an hour of a busy room. Beyond, the newest are dropped
and counted, and the chain says so."""

DISK_FULL = "disk_full"
LEDGER_UNAVAILABLE = "ledger_unavailable"


class WriteQueue:
    """Belongs to the recorder's thread; ``zero_ns`` is the recording's beginning on the monotonic clock."""

    def __init__(
        self, folder: Path, *, book: RecordingBook, zero_ns: int, ledger: Ledger, clock: Clock
    ) -> None:
        """Makes the journal with the recording's beginning as its first line. Raises OSError."""
        self.book = book
        self.events: list[LoggedEvent] = []
        self._stream = book.begun.recording
        self._zero_ns = zero_ns
        self._ledger = ledger
        self._clock = clock
        self._entries: deque[Entry] = deque()
        self._new_events: deque[NewEvent] = deque()
        self._lines: deque[bytes] = deque()
        self._dropped = 0
        self._disk_retry_at_ns: int | None = None
        self._ledger_retry_at_ns: int | None = None
        self._journal = AppendFile.create(folder / JOURNAL_FILE, entry_line(book.begun))
        self._events_file = AppendFile.reopen(folder / EVENTS_FILE)

    @property
    def trouble(self) -> str | None:
        """What refuses at present: "disk_full", "ledger_unavailable" or nothing."""
        if self._disk_retry_at_ns is not None:
            return DISK_FULL
        return LEDGER_UNAVAILABLE if self._ledger_retry_at_ns is not None else None

    @property
    def is_disk_refusing(self) -> bool:
        """Whether the disk refused and has not been tried with success since."""
        return self._disk_retry_at_ns is not None

    def now_ms(self) -> int:
        """The present on the recording's time line."""
        return (self._clock.monotonic_ns() - self._zero_ns) // NS_PER_MS

    def note(self, entry: Entry) -> None:
        """Takes an entry into the book and on its way to the journal."""
        self.book.apply(entry)
        if len(self._entries) < MAX_WAITING:
            self._entries.append(entry)
        else:
            self._dropped += 1

    def tell(self, event: NewEvent) -> None:
        """Puts an event on its way into the chain."""
        if len(self._new_events) < MAX_WAITING:
            self._new_events.append(event)
        else:
            self._dropped += 1

    def tell_own(
        self, kind: str, detail: Mapping[str, JsonValue], *, actor: str = event_kinds.ACTOR_RECORDER
    ) -> None:
        """Puts an event of the present moment on its way."""
        self.tell(self._event(kind, detail, actor))

    def append_entry_at_once(self, *entries: Entry) -> None:
        """Writes entries to the journal after all that wait, and leaves the book to the
        caller. Raises OSError.
        """
        if self._disk_retry_at_ns is not None:
            raise OSError("the disk refused less than a second ago")
        try:
            self._flush_entries()
            self._journal.append(b"".join(map(entry_line, entries)))
        except OSError as error:
            self.receive_refusal(error)
            raise

    def receive_refusal(self, error: OSError) -> None:
        """The disk refused something of this recording: nothing is written for a second."""
        if self._disk_retry_at_ns is None:
            self.tell_own(event_kinds.RECORDING_TROUBLE, {"cause": DISK_FULL, "errno": error.errno})
        self._disk_retry_at_ns = self._clock.monotonic_ns() + RETRY_NS

    def is_due(self, now_ns: int) -> bool:
        """Whether to try the disk now: always, but for the second after it refused."""
        return self._disk_retry_at_ns is None or now_ns >= self._disk_retry_at_ns

    def flush_entries(self) -> None:
        """Writes the entries that wait; ends the disk's trouble where that goes well. Raises OSError."""
        try:
            self._flush_entries()
            if self._disk_retry_at_ns is not None:
                self._journal.append(entry_line(Alive(self.now_ms())))
                self._disk_retry_at_ns = None
                self._tell_trouble_is_over()
        except OSError as error:
            self.receive_refusal(error)
            raise

    def flush_events(self) -> None:
        """Chains the events that wait and writes their lines. Raises OSError, LedgerUnavailable."""
        try:
            if self._new_events:
                chained = self._ledger.append(self._stream, list(self._new_events))
                self._new_events.clear()
                self.events += [event.event for event in chained]
                self._lines.extend(event.line + b"\n" for event in chained)
            self._ledger_retry_at_ns = None
        except LedgerUnavailable:
            self._ledger_retry_at_ns = self._clock.monotonic_ns() + RETRY_NS
            raise
        try:
            while self._lines:
                self._events_file.append(self._lines[0])
                self._lines.popleft()
        except OSError as error:
            self.receive_refusal(error)
            raise

    def may_chain(self, now_ns: int) -> bool:
        """Whether to try the ledger now: always, but for the second after it refused."""
        return self._ledger_retry_at_ns is None or now_ns >= self._ledger_retry_at_ns

    def sync(self) -> None:
        """Returns when journal and events file are on disk. Raises OSError."""
        self._journal.sync()
        self._events_file.sync()

    def close(self) -> None:
        """Closes both files; what waits is lost. Closing twice is harmless."""
        self._journal.close()
        self._events_file.close()

    def _flush_entries(self) -> None:
        if self._entries:
            self._journal.append(b"".join(map(entry_line, self._entries)))
            self._entries.clear()

    def _tell_trouble_is_over(self) -> None:
        # Past the bound of the queue: these two must not be dropped.
        self._new_events.append(
            self._event(event_kinds.RECORDING_TROUBLE_OVER, {"cause": DISK_FULL}, event_kinds.ACTOR_RECORDER)
        )
        if self._dropped:
            facts: dict[str, JsonValue] = {"count": self._dropped}
            self._new_events.append(
                self._event(event_kinds.EVENTS_DROPPED, facts, event_kinds.ACTOR_RECORDER)
            )
            self._dropped = 0

    def _event(self, kind: str, detail: Mapping[str, JsonValue], actor: str) -> NewEvent:
        return NewEvent(kind, actor, self.now_ms(), self._clock.wall_ns() // NS_PER_MS, detail)
