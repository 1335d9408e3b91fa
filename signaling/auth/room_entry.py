"""Lets somebody into a room: what the store knows of them, the decision, and a token of that room alone.

The token lasts minutes and is bound to the session it was made for; whoever is inside gets fresh ones, and
whoever was shut out does not (revocation.py).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from media_server.ids import ParticipantIdentity, RoomName
from recording.clock import Clock
from signaling.api.invitation_models import RoomEntry
from signaling.api.route import Call, Found, Refusal
from signaling.auth.rights import Caller
from signaling.auth.room_rights import (
    Entry,
    Licence,
    Place,
    Visitor,
    decide_entry,
    licence_of,
    subject_of,
)
from signaling.standing_rooms import StandingRooms
from signaling.store import tables as t
from signaling.store.store import Store
from signaling.tokens import REFRESH_TTL_S, ApiRights, Binding, Claims, TokenDesk

_MS_PER_S: Final = 1_000
_NS_PER_MS: Final = 1_000_000


class RoomEntries:
    """The way into rooms for people and devices of this service, and for its guests."""

    def __init__(self, *, store: Store, standing: StandingRooms, tokens: TokenDesk, clock: Clock) -> None:
        self._store = store
        self._standing = standing
        self._tokens = tokens
        self._clock = clock

    def place(self, room: str) -> Place | None:
        """Returns the room of that name as rights see it; None where there is none."""
        standing = self._standing.find(RoomName(room))
        return None if standing is None else Place(standing.room, standing.institutions, standing.admitted)

    async def visitor(self, caller: Caller, room: str) -> Visitor:
        """Returns the caller with what the store knows of them. Raises StoreUnavailable."""
        now_ms = self._now_ms()
        return await self._store.read(lambda connection: visitor_of(connection, caller, room, now_ms))

    async def find(self, call: Call) -> Found | None:
        """For routes of /rooms/{room}: the room as a subject, and its visitor as what was found."""
        place = self.place(call.path["room"])
        if place is None:
            return None
        visitor = await self.visitor(call.caller, place.room)
        subject = subject_of(place, visitor)
        return None if subject is None else Found(subject, visitor)

    async def enter(
        self, caller: Caller, room: str, visitor: Visitor | None = None, *, asked_at_ms: int
    ) -> RoomEntry:
        """Returns what opens the room to the caller, whose rights were looked up at ``asked_at_ms`` or later:
        a revocation since then also ends the token.

        Raises Refusal (not_found, room_no_place, room_waiting, licence_expired), StoreUnavailable.
        """
        visitor = await self.visitor(caller, room) if visitor is None else visitor
        place = self.place(room)
        entry = decide_entry(place, visitor)
        if isinstance(entry, str):
            raise Refusal(entry)
        attributes = {"role": entry.role.value if entry.role is not None else ""}
        attributes["place"] = await self._store.read(lambda connection: _place_name(connection, caller))
        if visitor.breakglass:
            # Everyone in the room sees by which door this one came.
            attributes["breakglass"] = visitor.breakglass
        return self._issue(
            room,
            entry,
            identity=caller.login or caller.actor,
            name=caller.name,
            attributes=attributes,
            binding=Binding(
                session=caller.session,
                person=caller.person,
                device=caller.device,
                breakglass=visitor.breakglass,
                role=attributes["role"],
                admission=admission_of(room, caller.actor) if place and place.admitted is not None else "",
                issued_at_ms=asked_at_ms,
            ),
        )

    def admit_guest(self, room: str, entry: Entry, *, invitation: str, name: str) -> RoomEntry:
        """Returns what opens the room to the guest of an invitation."""
        return self._issue(
            room,
            entry,
            identity=guest_identity(invitation),
            name=name,
            attributes={"role": "guest"},
            binding=Binding(invitation=invitation, role="guest"),
        )

    def _issue(
        self,
        room: str,
        entry: Entry,
        *,
        identity: str,
        name: str,
        attributes: dict[str, str],
        binding: Binding,
    ) -> RoomEntry:
        claims = Claims(
            identity=ParticipantIdentity(identity),
            name=name,
            attributes=attributes,
            room=RoomName(room),
            may_join=True,
            grant=entry.grant,
            api=ApiRights(may_record=entry.may_record),
            binding=binding,
        )
        now_ms = self._now_ms()
        token = self._tokens.issue(claims, now_s=now_ms / _MS_PER_S, ttl_s=REFRESH_TTL_S)
        return RoomEntry(
            token=token,
            room=room,
            identity=identity,
            name=name,
            expires_at_ms=now_ms + REFRESH_TTL_S * _MS_PER_S,
        )

    def _now_ms(self) -> int:
        return self._clock.wall_ns() // _NS_PER_MS


def admission_of(case: str, person: str) -> str:
    """Returns the word for somebody's seat in a case's room."""
    return f"{case}/{person}"


def guest_identity(invitation: str) -> str:
    """Returns who the guest of an invitation is in the room."""
    return f"guest_{invitation.removeprefix('iv_')}"


async def visitor_of(connection: AsyncConnection, caller: Caller, room: str, now_ms: int) -> Visitor:
    """Returns what the store knows of the caller with regard to a room."""
    if caller.device:
        kinds = await connection.execute(select(t.device.c.kind).where(t.device.c.id == caller.device))
        return Visitor(caller, device_kind=kinds.scalar_one_or_none() or "")
    licences = (
        await connection.execute(
            select(t.licence.c.valid_until_ms, t.licence.c.ended_at_ms).where(
                t.licence.c.person == caller.person
            )
        )
    ).all()
    standing = [row.valid_until_ms for row in licences if row.ended_at_ms is None]
    return Visitor(
        caller,
        licence=licence_of(standing, has_ended=len(licences) - len(standing), now_ms=now_ms)
        if caller.person
        else Licence.UNKNOWN,
        breakglass=await breakglass_of(connection, caller, now_ms, room=room),
    )


async def breakglass_of(
    connection: AsyncConnection, caller: Caller, now_ms: int, *, room: str = "", patient: str = ""
) -> str:
    """Returns the caller's use of break-glass that opens this room or patient now, "" for none."""
    b = t.breakglass.c
    if not caller.person or not (room or patient):
        return ""
    found = await connection.execute(
        select(b.id)
        .where(b.person == caller.person, b.room == room, b.patient == patient, b.ends_at_ms > now_ms)
        .order_by(b.ends_at_ms.desc())
        .limit(1)
    )
    return found.scalar_one_or_none() or ""


async def _place_name(connection: AsyncConnection, caller: Caller) -> str:
    rows = await connection.execute(
        select(t.institution.c.name, t.person.c.specialty)
        .select_from(t.institution.outerjoin(t.person, t.person.c.id == caller.person))
        .where(t.institution.c.id == caller.institution)
    )
    row = rows.one_or_none()
    return "" if row is None else " ".join(word for word in (row.name, row.specialty) if word)
