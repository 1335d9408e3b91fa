"""Fills a store with the demo, step by step: each step is one unit of work, and the store says how many are
done.

Everything happens in the past and in order, by the code that serves the pages, so the chains verify like any
others. Where a chain has gone on beyond a step's time, the step is left out: nothing can have happened before
what is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from recording.signing import Signer
from signaling.auth.demo_people import DEMO_PLACES, HOSPITAL, holds_demo, seed_people
from signaling.demo.opening import opening, people_at_ms
from signaling.demo.past import PastStore, PastUnit
from signaling.demo.stage import set_stage
from signaling.demo.story import Moment, first_day_ms, half_days
from signaling.store import tables as t
from signaling.store.store import Store, Unit

_STEPS_SETTING: Final = "demo_steps_done"
"""Of the hospital."""


async def seed_demo(store: Store, password_hash: str, now_ms: int, signer: Signer) -> None:
    """Seeds what is missing; does nothing beside real institutions. ``signer`` is the service's own: what the
    demo's experts have signed is checked like any other opinion. Raises StoreUnavailable; what was done until
    then stays done.
    """
    first_ms = first_day_ms(now_ms)
    await seed_people(PastStore(store, people_at_ms(first_ms)), password_hash)
    if not await store.read(holds_demo):
        return
    done = await store.read(_steps_done)
    for number, moments in enumerate([opening(first_ms), *half_days(first_ms)], 1):
        if number > done:
            await store.write(partial(_play, number=number, moments=moments, signer=signer))


async def _play(unit: Unit, number: int, moments: Sequence[Moment], signer: Signer) -> None:
    if await _newest_ms(unit.connection) <= moments[0].at_ms:
        past = PastUnit(unit, unit.now_ms)
        stage = await set_stage(past, signer)
        for moment in moments:
            past.now_ms = moment.at_ms
            await moment.deed(stage)
    await _note_done(unit, number)


async def _newest_ms(connection: AsyncConnection) -> int:
    """Returns the time of the newest event in the demo's chains."""
    codes = [place.code for place in DEMO_PLACES]
    demo = select(t.institution.c.id).where(t.institution.c.code.in_(codes))
    newest = []
    for institution in (await connection.execute(demo)).scalars().all():
        query = select(func.max(t.event.c.at_ms)).where(t.event.c.institution == institution)
        newest.append(await connection.scalar(query) or 0)
    return max(newest)


async def _steps_done(connection: AsyncConnection) -> int:
    c = t.institution_setting.c
    query = select(c.value).where(c.institution == _hospital().scalar_subquery(), c.name == _STEPS_SETTING)
    return int(await connection.scalar(query) or 0)


async def _note_done(unit: Unit, number: int) -> None:
    c = t.institution_setting.c
    hospital = await unit.connection.scalar(_hospital())
    await unit.connection.execute(
        delete(t.institution_setting).where(c.institution == hospital, c.name == _STEPS_SETTING)
    )
    await unit.connection.execute(
        insert(t.institution_setting).values(institution=hospital, name=_STEPS_SETTING, value=str(number))
    )


def _hospital() -> Select[tuple[str]]:
    return select(t.institution.c.id).where(t.institution.c.code == HOSPITAL.code)
