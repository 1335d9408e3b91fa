"""Tells the ledger which recordings began and how they were sealed, each with the hash of its manifest.

The recorder keeps a chain of its own, written whatever the database does (docs/adr/0009). This follows its
node's stream, and what it has told stands in the institutions' chains: after a restart it goes on behind
the last recording event that is there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId
from media_server.ids import RoomName
from recording.audit.act import SYSTEM_ACTOR, Act
from recording.errors import RecordingError
from recording.event_chain import BrokenEvent, ChainedEvent
from recording.event_kinds import MANIFEST_SEALED, RECORDING_STARTED
from recording.ledger import NODE_STREAM, Ledger
from recording.summary import LoggedEvent
from signaling.room_witness import chains_of, subject_of_room
from signaling.standing_rooms import StandingRoom, StandingRooms
from signaling.store.store import Store, StoreUnavailable, Unit
from signaling.store.tables import account, chain, consultation, event

LOOK_INTERVAL_S: Final = 1.0
"""A recording's seal stands in the other chain about a second later."""
MAX_KEPT_ROOMS: Final = 10_000
"""Recordings that have begun and are not sealed, by their rooms; far more than rooms."""
_log = structlog.get_logger("ledger")


class RecordingWitness:
    """Follows the recorder's node stream."""

    def __init__(self, *, ledger: Ledger, store: Store, standing: StandingRooms) -> None:
        self._ledger = ledger
        self._store = store
        self._standing = standing
        self._rooms: dict[str, str] = {}

    async def run(self) -> None:
        """Follows as long as the task lives."""
        told: int | None = None
        while True:
            try:
                if told is None:
                    told = await self._store.read(_last_told)
                    await self._learn_rooms(told)
                told = await self.tell_new(told)
            except StoreUnavailable:
                # What was under way may be stored or not: the ledger says.
                told = None
            except (RecordingError, BrokenEvent) as error:
                _log.error("recordings_untold", error=type(error).__name__)
            await asyncio.sleep(LOOK_INTERVAL_S)

    async def tell_new(self, told: int) -> int:
        """Tells what came after ``told`` and returns the number of the last.

        Raises StoreUnavailable, RecordingError, BrokenEvent.
        """
        events = await asyncio.to_thread(self._ledger.read, NODE_STREAM, after=told)
        people = await self._store.read(lambda connection: _people_of(connection, [e.event for e in events]))
        cases = await self._store.read(lambda connection: _cases_of(connection, self._rooms_in(events)))
        acts = [act for one in events for act in self._acts_of(one.event, people, cases)]
        if acts:

            async def work(unit: Unit) -> None:
                for act in acts:
                    unit.record(act)

            await self._store.write(work)
        return events[-1].event.sequence if events else told

    async def _learn_rooms(self, told: int) -> None:
        for one in await asyncio.to_thread(self._ledger.read, NODE_STREAM):
            if one.event.sequence <= told:
                self._acts_of(one.event, {}, {})

    def _rooms_in(self, events: Sequence[ChainedEvent]) -> set[str]:
        begun = {str(one.event.detail.get("room", "")) for one in events}
        return begun | {self._rooms.get(str(one.event.detail.get("recording", "")), "") for one in events}

    def _acts_of(
        self, logged: LoggedEvent, people: Mapping[str, str], cases: Mapping[str, StandingRoom]
    ) -> list[Act]:
        recording = str(logged.detail.get("recording", ""))
        facts: Mapping[str, Any]
        if logged.kind == RECORDING_STARTED:
            if len(self._rooms) >= MAX_KEPT_ROOMS:
                self._rooms.pop(next(iter(self._rooms)))
            room = self._rooms[recording] = str(logged.detail.get("room", ""))
            facts = {}
        elif logged.kind == MANIFEST_SEALED:
            room = self._rooms.pop(recording, "")
            facts = {name: logged.detail[name] for name in ("state", "manifest_sha256")}
        else:
            return []
        standing = cases.get(room) or self._standing.find(RoomName(room))
        return [
            Act(
                institution=institution,
                kind=logged.kind,
                actor=people.get(logged.actor, SYSTEM_ACTOR),
                at_ms=logged.at_ms,
                subject={"recording": recording} | ({} if standing is None else subject_of_room(standing)),
                after={**facts, "recorder_sequence": logged.sequence},
            )
            for institution in chains_of(standing)
        ]


async def _people_of(connection: AsyncConnection, events: Sequence[LoggedEvent]) -> dict[str, str]:
    """Ids of the people who began recordings: in rooms they go by their logins."""
    logins = {logged.actor for logged in events if logged.kind == RECORDING_STARTED}
    rows = await connection.execute(
        select(account.c.login, account.c.person).where(account.c.login.in_(logins))
    )
    return {row.login: row.person for row in rows}


async def _cases_of(connection: AsyncConnection, rooms: set[str]) -> dict[str, StandingRoom]:
    """The rooms that are cases', also where the case has ended meanwhile: the store knows whose they are."""
    c = consultation.c
    query = select(c.id, c.institution, c.invited_institution, c.patient).where(c.id.in_(rooms))
    return {
        row.id: StandingRoom(
            RoomName(row.id),
            row.id,
            row.id,
            "by_case",
            tuple(dict.fromkeys((InstitutionId(row.institution), InstitutionId(row.invited_institution)))),
            case=row.id,
            patient=row.patient,
        )
        for row in await connection.execute(query)
    }


async def _last_told(connection: AsyncConnection) -> int:
    last = 0
    for (institution,) in await connection.execute(select(chain.c.institution)):
        for kind in (RECORDING_STARTED, MANIFEST_SEALED):
            newest = (
                select(func.max(event.c.sequence))
                .where(event.c.institution == institution, event.c.kind == kind)
                .scalar_subquery()
            )
            rows = await connection.execute(
                select(event.c.line).where(event.c.institution == institution, event.c.sequence == newest)
            )
            last = max([last, *(json.loads(line)["after"]["recorder_sequence"] for (line,) in rows)])
    return last
