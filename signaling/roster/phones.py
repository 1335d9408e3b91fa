"""The duty phone of each specialty of a hospital: what is shown when nobody answers a ring."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.errors import RosterRefused
from clinical.specialties import is_specialty
from recording.summary import JsonValue
from signaling.auth.acts import act_of
from signaling.auth.rights import Caller
from signaling.store import tables as t
from signaling.store.store import Unit

_PHONE: Final = re.compile(r"\+?[0-9][0-9 \-]{1,28}[0-9](?:(?: ?转 ?| ?x ?|,)[0-9]{1,6})?")
"""Digits as people group them, with an extension: 0571-8800 1234 转 602. From 120 up."""


async def phones_of(connection: AsyncConnection, institution: str) -> dict[str, str]:
    """Returns the phones of a hospital, by specialty."""
    query = select(_P.specialty, _P.phone).where(_P.institution == institution).order_by(_P.specialty)
    return {row.specialty: row.phone for row in await connection.execute(query)}


async def set_phones(unit: Unit, caller: Caller, phones: Mapping[str, str]) -> dict[str, str]:
    """Makes these the phones of the caller's hospital; what is not named has none from now on. Returns them.

    Raises RosterRefused: shift_specialty_unknown, phone_unreadable.
    """
    for specialty, phone in phones.items():
        if not is_specialty(specialty):
            raise RosterRefused("shift_specialty_unknown")
        if not _PHONE.fullmatch(phone):
            raise RosterRefused("phone_unreadable")
    before = await phones_of(unit.connection, caller.institution)
    changed = sorted(code for code in {*before, *phones} if before.get(code) != phones.get(code))
    if not changed:
        return before
    await unit.connection.execute(delete(t.duty_phone).where(_P.institution == caller.institution))
    rows = [
        {"institution": caller.institution, "specialty": specialty, "phone": phone}
        for specialty, phone in phones.items()
    ]
    if rows:
        await unit.connection.execute(insert(t.duty_phone), rows)
    # The number of a ward, not of a person: it may stand in the chain, and whoever was sent to a wrong one
    # can be told when it was written.
    after: dict[str, JsonValue] = {
        "change": "phones",
        "specialties": [*changed],
        "phones": [phones.get(code, "") for code in changed],
    }
    unit.record(act_of(caller, "roster.changed", unit.now_ms, subject={}, after=after))
    return await phones_of(unit.connection, caller.institution)


_P: Final = t.duty_phone.c
