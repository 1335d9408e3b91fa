"""Invitations over the API: made and revoked by clinicians, accepted by guests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId, InvitationId, PersonId
from recording.clock import Clock
from signaling.api.cursors import next_of, page_of
from signaling.api.invitation_models import (
    Acceptance,
    InvitationLine,
    InvitationLines,
    InvitationMade,
    InvitationQuery,
    NewInvitation,
    RoomEntry,
)
from signaling.api.route import Call, Found, Pace, Refusal, Route
from signaling.auth import invitations
from signaling.auth.rights import Action, State, Subject
from signaling.auth.room_entry import RoomEntries
from signaling.auth.room_rights import decide_entry, guest_entry
from signaling.pacing import Pacer, remote_host
from signaling.store import tables as t
from signaling.store.store import Store, Unit

LINK: Final = "/#/invited?code="
"""What follows ``#`` stays in the browser."""
_SUBJECT_STATES: Final = {"active": State.ACTIVE, "used": State.ACTIVE, "ended": State.ENDED}


class InvitationPages:
    """The routes of /invitations."""

    def __init__(self, *, store: Store, entries: RoomEntries, clock: Clock, pacer: Pacer) -> None:
        self._store = store
        self._entries = entries
        self._clock = clock
        self._pacer = pacer

    def routes(self) -> list[Route]:
        """Returns what is served."""
        return [
            Route(
                "GET",
                "/invitations",
                Action.INVITATION_CREATE,
                "Lists the institution's invitations, newest first.",
                self.list,
                query=InvitationQuery,
                answer=InvitationLines,
            ),
            Route(
                "POST",
                "/invitations",
                Action.INVITATION_CREATE,
                "Makes a link that lets one guest into one room, once.",
                self.create,
                body=NewInvitation,
                answer=InvitationMade,
                status=201,
                refusals=("room_no_place", "licence_expired"),
            ),
            Route(
                "DELETE",
                "/invitations/{id}",
                Action.INVITATION_REVOKE,
                "Revokes an invitation; the guest who came in by it leaves at once.",
                self.revoke,
                answer=InvitationLine,
                find=self._find,
            ),
            Route(
                "POST",
                "/invitations/accept",
                Action.INVITATION_ACCEPT,
                "Uses an invitation up and gives the guest the token of its room.",
                self.accept,
                body=Acceptance,
                answer=RoomEntry,
                refusals=(
                    "invitation_unknown",
                    "invitation_used",
                    "invitation_expired",
                    "invitation_revoked",
                ),
                pace=Pace.LOGIN,
            ),
        ]

    async def list(self, call: Call) -> InvitationLines:
        """Lists invitations of the caller's institution."""
        i, limit = t.invitation.c, call.query.limit
        query = invitations.with_inviter().where(i.institution == call.caller.institution)
        if call.query.room:
            query = query.where(i.room == call.query.room)
        query = page_of(query, at_ms=i.expires_at_ms, name=i.id, cursor=call.query.cursor, limit=limit)

        async def work(connection: AsyncConnection) -> list[Mapping[str, Any]]:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

        rows = await self._store.read(work)
        return InvitationLines(
            invitations=[_line(row, call.now_ms) for row in rows[:limit]],
            next=next_of(rows, limit, at_ms="expires_at_ms"),
        )

    async def create(self, call: Call) -> InvitationMade:
        """Makes an invitation to a room that the caller may enter."""
        body: NewInvitation = call.body
        place = self._entries.place(body.room)
        decision = decide_entry(place, await self._entries.visitor(call.caller, body.room))
        if isinstance(decision, str):
            raise Refusal(decision)

        async def work(unit: Unit) -> tuple[str, InvitationLine]:
            invitation, code = await invitations.create(
                unit,
                call.caller,
                room=body.room,
                guest_name=body.guest_name,
                may_publish=body.may_publish,
                minutes=body.minutes,
                case_id=body.case_id,
            )
            row = await _row(unit.connection, invitation)
            assert row is not None
            return code, _line(row, unit.now_ms)

        code, line = await self._store.write(work)
        return InvitationMade(invitation=line, code=code, link=LINK + code)

    async def revoke(self, call: Call) -> InvitationLine:
        """Revokes an invitation. Who follows the acts (auth/revocation.py) cuts the guest's media."""
        invitation = InvitationId(call.path["id"])

        async def work(unit: Unit) -> InvitationLine:
            await invitations.revoke(unit, call.caller, invitation)
            row = await _row(unit.connection, invitation)
            assert row is not None
            return _line(row, unit.now_ms)

        return await self._store.write(work)

    async def accept(self, call: Call) -> RoomEntry:
        """Lets a guest in, once."""
        peer, now_ns = remote_host(call.request), self._clock.monotonic_ns()
        if not self._pacer.allows(peer, now_ns):
            raise Refusal("too_many")
        try:
            row = await self._store.write(lambda unit: invitations.accept(unit, call.body.code))
        except Refusal:
            self._pacer.charge(peer, now_ns)
            raise
        return self._entries.admit_guest(
            row["room"],
            guest_entry(may_publish=row["may_publish"]),
            invitation=row["id"],
            name=row["guest_name"],
        )

    async def _find(self, call: Call) -> Found | None:
        row = await self._store.read(lambda connection: _row(connection, call.path["id"]))
        if row is None or row["institution"] != call.caller.institution:
            return None
        return Found(
            Subject(
                InstitutionId(row["institution"]),
                PersonId(row["inviter"]),
                state=_SUBJECT_STATES[row["state"]],
            ),
            row,
        )


async def _row(connection: AsyncConnection, invitation: str) -> Mapping[str, Any] | None:
    rows = await connection.execute(invitations.with_inviter().where(t.invitation.c.id == invitation))
    row = rows.mappings().one_or_none()
    return None if row is None else dict(row)


def _line(row: Mapping[str, Any], now_ms: int) -> InvitationLine:
    names = ("id", "room", "case_id", "guest_name", "may_publish", "inviter", "inviter_name")
    return InvitationLine(
        **{name: row[name] for name in (*names, "expires_at_ms", "used_at_ms")},
        state=invitations.shown_state(row["state"], row["expires_at_ms"], now_ms),
    )
