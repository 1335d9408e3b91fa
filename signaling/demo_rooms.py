"""Whose the demo's rooms are: one belongs to two institutions, so that there is a closed door to show.

The demo's institutions get their ids when they are first seeded, so this is done at every start.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId
from media_server.ids import RoomName
from signaling.auth.demo_people import HOSPITAL, SHIQIAO
from signaling.standing_rooms import StandingRooms
from signaling.store import tables as t
from signaling.store.store import Store

_OWNERS: Final = {"shiqiao-cardiology": (HOSPITAL.code, SHIQIAO.code)}
"""First whose it is. The other rooms are everybody's."""


async def settle_demo_rooms(store: Store, standing: StandingRooms) -> None:
    """Gives the demo's rooms to the institutions in the store. Raises StoreUnavailable."""
    ids = await store.read(_ids)
    for room, codes in _OWNERS.items():
        if all(code in ids for code in codes):
            standing.give(RoomName(room), tuple(ids[code] for code in codes))


async def _ids(connection: AsyncConnection) -> dict[str, InstitutionId]:
    rows = await connection.execute(select(t.institution.c.code, t.institution.c.id))
    return {row.code: InstitutionId(row.id) for row in rows}
