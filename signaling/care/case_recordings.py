"""Which room a case's call is in, for as long as the service runs, so that a withdrawn consent ends its
recording at once.

A room is bound to a case where the answers are given, before the call. Cases with rooms of their own come
with the consultation itself; until then this book is in memory, bounded, and forgets the oldest.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from clinical.ids import CaseId, PatientId
from media_server.ids import RoomName
from signaling.auth.rights import Caller
from signaling.errors import Unavailable
from signaling.recording_desk import DeskRefusal, RecordingDesk

MAX_BOUND: Final = 1_000
"""Calls of one service at a time are tens; those long over may go."""


class RecordingStopper(Protocol):
    """Ends the recording of a case's call."""

    def bind(self, patient: PatientId, case: CaseId, room: RoomName) -> None:
        """Notes in which room the call of a patient's case is."""

    async def stop(self, patient: PatientId, case: CaseId, caller: Caller) -> bool:
        """Ends the recording that is going on there; returns whether there was one."""


class CaseRecordings:
    """A RecordingStopper over a function that stops the recording of a room and says whether one was."""

    def __init__(self, stop_room: Callable[[RoomName, Caller], Awaitable[bool]]) -> None:
        self._stop_room = stop_room
        self._rooms: OrderedDict[tuple[PatientId, CaseId], RoomName] = OrderedDict()

    def bind(self, patient: PatientId, case: CaseId, room: RoomName) -> None:
        """See RecordingStopper."""
        self._rooms[patient, case] = room
        self._rooms.move_to_end((patient, case))
        if len(self._rooms) > MAX_BOUND:
            self._rooms.popitem(last=False)

    async def stop(self, patient: PatientId, case: CaseId, caller: Caller) -> bool:
        """See RecordingStopper."""
        room = self._rooms.get((patient, case))
        return room is not None and await self._stop_room(room, caller)


def stopping(desk: RecordingDesk) -> Callable[[RoomName, Caller], Awaitable[bool]]:
    """Returns the function that ends a room's recording at the desk."""

    async def stop_room(room: RoomName, caller: Caller) -> bool:
        try:
            await desk.stop(room, _Stopper(caller.login or caller.actor, caller.name))
        except DeskRefusal:
            return False
        except Unavailable:
            # It has ended; only its seal waits for the disk.
            return True
        return True

    return stop_room


@dataclass(frozen=True, slots=True)
class _Stopper:
    identity: str
    name: str
