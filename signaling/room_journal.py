"""What happened in each room, as people read it beside the picture: the last few hundred events, in memory.

The recording's own ledger is the proof (recording/); this is the notice board. Hidden participants do not
appear.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from media_server.ids import RoomName
from media_server.rooms.effects import (
    Fact,
    LinkBack,
    LinkLost,
    ParticipantCame,
    ParticipantWent,
    RoomOpened,
)
from recording.clock import Clock

MAX_EVENTS: Final = 500
"""In one room: an afternoon of comings, goings and marks; a page shows the last few dozen."""
MAX_ROOMS: Final = 1_000
_KINDS: Final = {
    ParticipantCame: "joined",
    ParticipantWent: "left",
    LinkLost: "link_lost",
    LinkBack: "link_back",
}


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """One line of a room's journal; ``at_ms`` is the time of day."""

    sequence: int
    at_ms: int
    kind: str
    actor_name: str
    text: str


@dataclass(slots=True)
class _Page:
    next_sequence: int = 1
    events: deque[RoomEvent] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))


class RoomJournal:
    """The journals of all rooms. An observer of the room host."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pages: OrderedDict[RoomName, _Page] = OrderedDict()
        self._readers: list[Callable[[RoomName, RoomEvent], None]] = []

    def follow(self, reader: Callable[[RoomName, RoomEvent], None]) -> None:
        """Adds someone who hears of every event as it is noted."""
        self._readers.append(reader)

    def receive_fact(self, room: RoomName, fact: Fact) -> None:
        """See RoomObserver."""
        if isinstance(fact, RoomOpened):
            self.note(room, "room_opened")
        kind = _KINDS.get(type(fact))
        if kind is None or not isinstance(fact, ParticipantCame | ParticipantWent | LinkLost | LinkBack):
            return
        if not fact.participant.grant.hidden:
            self.note(room, kind, actor_name=fact.participant.name or fact.participant.identity)

    def note(self, room: RoomName, kind: str, *, actor_name: str = "", text: str = "") -> RoomEvent:
        """Writes one event down and returns it."""
        page = self._pages.setdefault(room, _Page())
        self._pages.move_to_end(room)
        if len(self._pages) > MAX_ROOMS:
            self._pages.popitem(last=False)
        event = RoomEvent(page.next_sequence, self._clock.wall_ns() // 1_000_000, kind, actor_name, text)
        page.next_sequence += 1
        page.events.append(event)
        for reader in self._readers:
            reader(room, event)
        return event

    def after(self, room: RoomName, sequence: int) -> list[RoomEvent]:
        """Returns the events of a room that come after a sequence number, oldest first."""
        page = self._pages.get(room)
        return [] if page is None else [event for event in page.events if event.sequence > sequence]
