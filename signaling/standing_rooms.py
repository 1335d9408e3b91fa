"""The rooms that are known by name, with their titles and whether they may be recorded: those that are always
there, and those of cases while people may enter them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from clinical.ids import InstitutionId
from media_server.ids import RoomName

RecordingPolicy: TypeAlias = Literal["on_request", "never", "by_case"]
"""``by_case``: as the consultation and the patient's consent say; nobody starts or stops it by hand."""


@dataclass(frozen=True, slots=True)
class StandingRoom:
    """A room that people find in their list also while nobody is in it."""

    room: RoomName
    title_zh: str
    title_en: str
    recording_policy: RecordingPolicy
    institutions: tuple[InstitutionId, ...] = ()
    """Whose people it is for, first whose it is; none: everybody's."""
    case: str = ""
    """The case whose room it is, "" for a room that is always there."""
    patient: str = ""
    admitted: frozenset[str] | None = None
    """Of a case's room: the people who may enter."""

    def titles(self) -> Mapping[str, str]:
        """Returns the title by language."""
        return {"zh": self.title_zh, "en": self.title_en}


class StandingRooms:
    """All standing rooms of this server, in the order people see them."""

    def __init__(self, rooms: Iterable[StandingRoom]) -> None:
        self._rooms = {room.room: room for room in rooms}
        self._of_cases: dict[RoomName, StandingRoom] = {}

    def all(self) -> tuple[StandingRoom, ...]:
        """Returns every standing room."""
        return tuple(self._rooms.values())

    def of(self, institution: str) -> tuple[StandingRoom, ...]:
        """Returns the rooms that people of an institution find in their list."""
        return tuple(
            room for room in self._rooms.values() if not room.institutions or institution in room.institutions
        )

    def give(self, name: RoomName, institutions: tuple[InstitutionId, ...]) -> None:
        """Says whose people a room is for, first whose it is; nothing where there is no such room."""
        if name in self._rooms:
            self._rooms[name] = replace(self._rooms[name], institutions=institutions)

    def keep_case(self, room: StandingRoom) -> None:
        """Knows the room of a case from now on, as it is now. It stands in nobody's list."""
        self._of_cases[room.room] = room

    def forget_case(self, name: RoomName) -> None:
        """Knows the room of a case no longer; harmless where it was not known."""
        self._of_cases.pop(name, None)

    def find(self, name: RoomName) -> StandingRoom | None:
        """Returns the room of that name."""
        return self._rooms.get(name) or self._of_cases.get(name)

    def describe(self, name: RoomName) -> StandingRoom:
        """Returns the standing room of that name, or what a room opened by a token alone is called and may
        do."""
        return self.find(name) or StandingRoom(name, name, name, "on_request")


def demo_rooms() -> tuple[StandingRoom, ...]:
    """Returns the demo's rooms (design/mockups, M2)."""
    rows: tuple[tuple[str, str, str, RecordingPolicy], ...] = (
        ("clinic-discussion", "门诊讨论室", "Clinic discussion room", "on_request"),
        ("shiqiao-cardiology", "石桥—县医院 心内", "Shiqiao – county hospital, cardiology", "on_request"),
        ("nursing-handover", "护理交班", "Nursing handover", "on_request"),
        ("equipment-trial", "设备试机", "Equipment trial", "never"),
    )
    return tuple(StandingRoom(RoomName(room), zh, en, policy) for room, zh, en, policy in rows)
