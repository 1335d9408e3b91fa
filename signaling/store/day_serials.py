"""Serials that people read out: a letter, the day in China, and a number that begins anew each day."""

from __future__ import annotations

from sqlalchemy import Column, func, select

from signaling.roster.hospital_time import HOSPITAL_ZONE, moment_of
from signaling.store.store import Unit


async def next_serial(unit: Unit, serials: Column[str], letter: str) -> str:
    """Returns the serial after the newest of today in that column: ``S-20261122-0001``."""
    day = moment_of(unit.now_ms).astimezone(HOSPITAL_ZONE).strftime("%Y%m%d")
    prefix = f"{letter}-{day}-"
    newest = await unit.connection.scalar(
        select(serials)
        .where(serials.startswith(prefix))
        # By length first: after 9999 comes 10000.
        .order_by(func.length(serials).desc(), serials.desc())
        .limit(1)
    )
    number = 1 if newest is None else int(newest.removeprefix(prefix)) + 1
    return f"{prefix}{number:04d}"
