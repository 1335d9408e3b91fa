"""The routes of a case's room: come in or wait, ask in, admit, put out, hand over the host."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from clinical.ids import CaseId
from signaling.api.case_desk import CaseDesk
from signaling.api.consultation_models import ConsultationView, PersonNamed
from signaling.api.invitation_models import RoomEntry
from signaling.api.route import Call, Pace, Route
from signaling.auth.rights import Action, Caller
from signaling.consult.case_doors import (
    admit,
    ask_in,
    hand_over,
    may_walk_in,
    put_out,
    wait_at_door,
)
from signaling.consult.cases import Case
from signaling.store.store import Unit

_STATE: Final = ("not_permitted", "consultation_state", "consultation_offline")


class RoomEntrance(Protocol):
    """Lets people into rooms (signaling/auth/room_entry.py)."""

    async def enter(self, caller: Caller, room: str, *, asked_at_ms: int) -> RoomEntry:
        """Returns what opens the room. Refusal: not_found, room_no_place, room_waiting, licence_expired."""


class CaseRoomPages:
    """The handlers. ``refresh`` has a case's room known as the store says, before anybody enters."""

    def __init__(
        self,
        cases: CaseDesk,
        *,
        entrance: RoomEntrance,
        refresh: Callable[[CaseId], Awaitable[None]],
    ) -> None:
        self._cases = cases
        self._entrance = entrance
        self._refresh = refresh

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "POST",
                "/consultations/{id}/room",
                Action.CASE_JOIN,
                "Give the caller the token of the case's room, or have them wait at its door.",
                self.enter,
                answer=RoomEntry,
                find=self._cases.find,
                refusals=(
                    "consultation_state",
                    "consultation_offline",
                    "room_waiting",
                    "room_full",
                    "room_no_place",
                    "licence_expired",
                ),
                pace=Pace.ROOM,
            ),
            Route(
                "POST",
                "/consultations/{id}/parties",
                Action.CASE_ADMIT,
                "Ask somebody into the case, of whatever institution.",
                self.ask_in,
                body=PersonNamed,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(*_STATE, "party_unfit", "party_known", "room_full"),
            ),
            Route(
                "POST",
                "/consultations/{id}/parties/{person}/admit",
                Action.CASE_ADMIT,
                "Let in somebody who waits at the door.",
                self.admit,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(*_STATE, "party_not_waiting", "room_full"),
            ),
            Route(
                "DELETE",
                "/consultations/{id}/parties/{person}",
                Action.CASE_ADMIT,
                "Put somebody out, or turn away who waits; they leave the room at once.",
                self.put_out,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(*_STATE, "party_unknown", "party_is_host"),
            ),
            Route(
                "POST",
                "/consultations/{id}/host",
                Action.CASE_ADMIT,
                "Make somebody else in the case its host.",
                self.hand_over,
                body=PersonNamed,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(*_STATE, "party_unknown", "host_unfit"),
            ),
        ]

    async def enter(self, call: Call) -> RoomEntry:
        """Opens the door, or notes who stands before it."""
        case: Case = call.found
        # Whoever belongs inside changes nothing by coming, and waits for no commit.
        if not await self._cases.store.read(lambda connection: may_walk_in(connection, call.caller, case)):
            case = await self._cases.write(lambda unit: wait_at_door(unit, call.caller, call.path["id"]))
        await self._refresh(case.id)
        return await self._entrance.enter(call.caller, case.id, asked_at_ms=call.now_ms)

    async def ask_in(self, call: Call) -> ConsultationView:
        """Asks in."""
        return await self._act(
            call, lambda unit: ask_in(unit, call.caller, call.path["id"], call.body.person)
        )

    async def admit(self, call: Call) -> ConsultationView:
        """Lets in."""
        return await self._act(
            call, lambda unit: admit(unit, call.caller, call.path["id"], call.path["person"])
        )

    async def put_out(self, call: Call) -> ConsultationView:
        """Puts out."""
        return await self._act(
            call, lambda unit: put_out(unit, call.caller, call.path["id"], call.path["person"])
        )

    async def hand_over(self, call: Call) -> ConsultationView:
        """Changes the host."""
        return await self._act(
            call, lambda unit: hand_over(unit, call.caller, call.path["id"], call.body.person)
        )

    async def _act(self, call: Call, work: Callable[[Unit], Awaitable[Case]]) -> ConsultationView:
        case = await self._cases.write(work)
        await self._refresh(case.id)
        return await self._cases.view(call, case)
