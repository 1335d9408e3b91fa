"""Break-glass over the API: used by clinicians, listed and reviewed by those who look into other people's
care."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId, PersonId
from media_server.ids import RoomName
from signaling.api.breakglass_models import (
    BreakglassLine,
    BreakglassLines,
    BreakglassQuery,
    BreakglassUse,
    BreakglassUsed,
    Review,
)
from signaling.api.cursors import next_of, page_of
from signaling.api.route import Call, Found, Refusal, Route
from signaling.auth import breakglass
from signaling.auth.rights import Action, Caller, State, Subject
from signaling.auth.room_entry import RoomEntries
from signaling.auth.room_rights import Licence, Visitor, decide_entry
from signaling.room_journal import RoomJournal
from signaling.store import tables as t
from signaling.store.store import Store, Unit

JOURNAL_KIND: Final = "breakglass_used"


class BreakglassPages:
    """The routes of /breakglass."""

    def __init__(self, *, store: Store, entries: RoomEntries, journal: RoomJournal) -> None:
        self._store = store
        self._entries = entries
        self._journal = journal

    def routes(self) -> list[Route]:
        """Returns what is served."""
        return [
            Route(
                "GET",
                "/breakglass",
                Action.BREAKGLASS_LIST,
                "Lists uses of break-glass that wait for their review, or have had it.",
                self.list,
                query=BreakglassQuery,
                answer=BreakglassLines,
            ),
            Route(
                "POST",
                "/breakglass",
                Action.BREAKGLASS_USE,
                "Opens a room or a patient's record in an emergency, with a reason, for an hour.",
                self.use,
                body=BreakglassUse,
                answer=BreakglassUsed,
                status=201,
                refusals=(
                    "breakglass_reason_short",
                    "breakglass_unneeded",
                    "room_no_place",
                    "licence_expired",
                ),
            ),
            Route(
                "POST",
                "/breakglass/{id}/review",
                Action.BREAKGLASS_REVIEW,
                "Keeps the finding of somebody else than who used it.",
                self.review,
                body=Review,
                answer=BreakglassLine,
                find=self._find,
                refusals=("breakglass_own", "breakglass_reviewed"),
            ),
        ]

    async def list(self, call: Call) -> BreakglassLines:
        """Lists uses at the caller's institution, newest first."""
        query: BreakglassQuery = call.query
        b = t.breakglass.c
        wanted = breakglass.with_names().where(b.institution == call.caller.institution)
        if query.state == "open":
            wanted = wanted.where(b.reviewed_at_ms.is_(None))
        elif query.state == "reviewed":
            wanted = wanted.where(b.reviewed_at_ms.is_not(None))
        wanted = page_of(wanted, at_ms=b.at_ms, name=b.id, cursor=query.cursor, limit=query.limit)

        async def work(connection: AsyncConnection) -> list[Mapping[str, Any]]:
            return [dict(row) for row in (await connection.execute(wanted)).mappings()]

        rows = await self._store.read(work)
        return BreakglassLines(
            breakglass=[_line(row, call.now_ms) for row in rows[: query.limit]],
            next=next_of(rows, query.limit, at_ms="at_ms"),
        )

    async def use(self, call: Call) -> BreakglassUsed:
        """Opens a room or a patient's record at once, and says so to everyone concerned."""
        body: BreakglassUse = call.body
        if not breakglass.is_reason(body.reason):
            raise Refusal("breakglass_reason_short")
        visitor = await self._entries.visitor(call.caller, body.room)
        if body.room:
            institution, others = self._closed_room(call.caller, body.room, visitor)
        else:
            institution, others = await self._closed_patient(call.caller, body.patient, visitor), ()
        row = await self._store.write(
            lambda unit: breakglass.use(
                unit,
                call.caller,
                institution=institution,
                others=others,
                room=body.room,
                patient=body.patient,
                reason=body.reason,
            )
        )
        entry = None
        if body.room:
            self._journal.note(RoomName(body.room), JOURNAL_KIND, actor_name=call.caller.name)
            visitor = replace(visitor, breakglass=row["id"])
            entry = await self._entries.enter(call.caller, body.room, visitor, asked_at_ms=call.now_ms)
        return BreakglassUsed(
            id=row["id"],
            ends_at_ms=row["ends_at_ms"],
            due_at_ms=breakglass.due_at_ms(row["at_ms"]),
            entry=entry,
        )

    async def review(self, call: Call) -> BreakglassLine:
        """Keeps a finding."""
        body: Review = call.body
        name = call.path["id"]

        async def work(unit: Unit) -> BreakglassLine:
            await breakglass.review(unit, call.caller, name, finding=body.finding, note=body.note)
            row = await _row(unit.connection, name)
            assert row is not None
            return _line(row, unit.now_ms)

        return await self._store.write(work)

    # ---- inside -----------------------------------------------------------------------------------------

    def _closed_room(self, caller: Caller, room: str, visitor: Visitor) -> tuple[str, tuple[str, ...]]:
        """Returns whose room it is, and for whom else. Refusal where there is no glass to break."""
        place = self._entries.place(room)
        if place is None:
            raise Refusal("not_found")
        if not isinstance(decide_entry(place, visitor), str):
            raise Refusal("breakglass_unneeded")
        # What stays closed to them also behind the glass stays closed.
        behind = decide_entry(place, replace(visitor, breakglass="tried"))
        if isinstance(behind, str):
            raise Refusal(behind)
        return place.institutions[0], place.institutions[1:]

    async def _closed_patient(self, caller: Caller, patient: str, visitor: Visitor) -> str:
        """Returns whose patient it is. Refusal where there is no glass to break."""
        if visitor.licence is Licence.EXPIRED:
            raise Refusal("licence_expired")
        query = select(t.patient.c.institution).where(
            t.patient.c.id == patient, t.patient.c.state == "active"
        )
        institution = await self._store.read(lambda connection: _scalar(connection, query))
        if institution is None:
            raise Refusal("not_found")
        if institution == caller.institution:
            raise Refusal("breakglass_unneeded")
        return str(institution)

    async def _find(self, call: Call) -> Found | None:
        row = await self._store.read(lambda connection: _row(connection, call.path["id"]))
        if row is None or row["institution"] != call.caller.institution:
            return None
        state = State.ACTIVE if row["reviewed_at_ms"] is None else State.ENDED
        return Found(Subject(InstitutionId(row["institution"]), PersonId(row["person"]), state=state), row)


async def _scalar(connection: AsyncConnection, query: Any) -> Any:
    return (await connection.execute(query)).scalar_one_or_none()


async def _row(connection: AsyncConnection, name: str) -> Mapping[str, Any] | None:
    rows = await connection.execute(breakglass.with_names().where(t.breakglass.c.id == name))
    row = rows.mappings().one_or_none()
    return None if row is None else dict(row)


def _line(row: Mapping[str, Any], now_ms: int) -> BreakglassLine:
    due_at_ms = breakglass.due_at_ms(row["at_ms"])
    kept = ("id", "person", "person_name", "room", "patient", "reason", "at_ms", "ends_at_ms")
    words = ("reviewer", "reviewer_name", "finding", "review_note")
    return BreakglassLine(
        **{name: row[name] for name in kept},
        **{name: row[name] or "" for name in words},
        reviewed_at_ms=row["reviewed_at_ms"],
        due_at_ms=due_at_ms,
        is_overdue=row["reviewed_at_ms"] is None and now_ms > due_at_ms,
    )
