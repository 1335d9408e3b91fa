"""The rooms of one node by name, bounded in number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from media_server.ids import RoomName, RoomSid
from media_server.rooms.effects import Effect, RoomOpened
from media_server.rooms.errors import LimitExceeded, NotFound
from media_server.rooms.participants import check_name
from media_server.rooms.room import Room, RoomOptions, RoomState

MAX_ROOMS: Final = 1_000
"""On one node: ten times what its media can carry with two participants each; bounds what a token can make
us keep."""


class Rooms:
    """All open rooms. Closed ones are forgotten by ``forget_closed``."""

    def __init__(self) -> None:
        self._rooms: dict[RoomName, Room] = {}

    def __iter__(self) -> Iterator[Room]:
        return iter(list(self._rooms.values()))

    def __len__(self) -> int:
        return len(self._rooms)

    def find(self, name: RoomName) -> Room | None:
        """Returns the open room of that name."""
        return self._rooms.get(name)

    def get(self, name: RoomName) -> Room:
        """Returns the open room of that name; NotFound."""
        room = self._rooms.get(name)
        if room is None:
            raise NotFound("room_not_found")
        return room

    def open(
        self, name: RoomName, *, sid: RoomSid, options: RoomOptions, now_ns: int, wall_ms: int
    ) -> tuple[Room, list[Effect]]:
        """Returns the room of that name, a new one where there is none, and what follows. LimitExceeded."""
        room = self._rooms.get(name)
        if room is not None:
            return room, []
        check_name(name)
        if len(self._rooms) >= MAX_ROOMS:
            raise LimitExceeded("too_many_rooms", limit=MAX_ROOMS)
        room = Room(name, sid, options, now_ns=now_ns, wall_ms=wall_ms)
        self._rooms[name] = room
        return room, [RoomOpened(room.view())]

    def forget_closed(self) -> None:
        """Drops rooms whose life is over."""
        self._rooms = {name: room for name, room in self._rooms.items() if room.state is not RoomState.CLOSED}
