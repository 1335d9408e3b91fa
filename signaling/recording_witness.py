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

from media_server.ids import RoomName
from recording.audit.act import SYSTEM_ACTOR, Act
from recording.errors import RecordingError
from recording.event_chain import BrokenEvent
from recording.event_kinds import MANIFEST_SEALED, RECORDING_STARTED
from recording.ledger import NODE_STREAM, Ledger
from recording.summary import LoggedEvent
from signaling.standing_rooms import StandingRooms
from signaling.store.spool import NODE
from signaling.store.store import Store, StoreUnavailable, Unit
from signaling.store.tables import account, chain, event

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
        acts = [act for one in events if (act := self._act_of(one.event, people)) is not None]
        if acts:

            async def work(unit: Unit) -> None:
                for act in acts:
                    unit.record(act)

            await self._store.write(work)
        return events[-1].event.sequence if events else told

    async def _learn_rooms(self, told: int) -> None:
        for one in await asyncio.to_thread(self._ledger.read, NODE_STREAM):
            if one.event.sequence <= told:
                self._act_of(one.event, {})

    def _act_of(self, logged: LoggedEvent, people: Mapping[str, str]) -> Act | None:
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
            return None
        standing = self._standing.find(RoomName(room))
        institutions = () if standing is None else standing.institutions
        return Act(
            institution=institutions[0] if institutions else NODE,
            kind=logged.kind,
            actor=people.get(logged.actor, SYSTEM_ACTOR),
            at_ms=logged.at_ms,
            subject={"recording": recording} | ({} if standing is None else {"room": room}),
            after={**facts, "recorder_sequence": logged.sequence},
        )


async def _people_of(connection: AsyncConnection, events: Sequence[LoggedEvent]) -> dict[str, str]:
    """Ids of the people who began recordings: in rooms they go by their logins."""
    logins = {logged.actor for logged in events if logged.kind == RECORDING_STARTED}
    rows = await connection.execute(
        select(account.c.login, account.c.person).where(account.c.login.in_(logins))
    )
    return {row.login: row.person for row in rows}


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
