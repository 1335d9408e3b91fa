"""The rooms of a node."""

from __future__ import annotations

import pytest

from media_server.ids import RoomName, RoomSid
from media_server.rooms import LeaveCause, LimitExceeded, NotFound, RoomOptions, Rooms
from media_server.rooms.effects import RoomOpened
from media_server.rooms.registry import MAX_ROOMS


def _open(rooms: Rooms, name: str) -> list:
    return rooms.open(RoomName(name), sid=RoomSid("RM_" + name), options=RoomOptions(), now_ns=0, wall_ms=0)[
        1
    ]


def test_a_room_opens_once_and_closes_for_good() -> None:
    rooms = Rooms()
    (opened,) = _open(rooms, "ward")
    assert isinstance(opened, RoomOpened)
    assert _open(rooms, "ward") == []
    room = rooms.get(RoomName("ward"))
    assert rooms.find(RoomName("ward")) is room and list(rooms) == [room] and len(rooms) == 1
    room.close(LeaveCause.ROOM_DELETED, now_ns=0)
    rooms.forget_closed()
    assert rooms.find(RoomName("ward")) is None
    with pytest.raises(NotFound):
        rooms.get(RoomName("ward"))


def test_names_and_numbers_are_bounded() -> None:
    rooms = Rooms()
    with pytest.raises(LimitExceeded) as refused:
        _open(rooms, "r" * 257)
    assert refused.value.code == "name_too_long"
    for number in range(MAX_ROOMS):
        _open(rooms, str(number))
    with pytest.raises(LimitExceeded) as refused:
        _open(rooms, "one more")
    assert refused.value.code == "too_many_rooms"
