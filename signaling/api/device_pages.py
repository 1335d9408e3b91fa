"""Devices as their administrators see them: created, listed, revoked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import DeviceId, InstitutionId
from signaling.api.cursors import next_of, page_of
from signaling.api.device_models import (
    DeviceCode,
    DeviceLine,
    DeviceLines,
    NewDevice,
    PageQuery,
)
from signaling.api.route import Call, Found, Route
from signaling.auth import devices
from signaling.auth.rights import Action, State, Subject
from signaling.store import tables
from signaling.store.store import Store, Unit

_SUBJECT_STATES: Final = {"waiting": State.ACTIVE, "active": State.ACTIVE, "ended": State.ENDED}


class DevicePages:
    """The routes of /devices."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Returns what is served."""
        return [
            Route(
                "GET",
                "/devices",
                Action.DEVICE_LIST,
                "Lists the institution's devices, newest first.",
                self.list,
                query=PageQuery,
                answer=DeviceLines,
            ),
            Route(
                "POST",
                "/devices",
                Action.DEVICE_CREATE,
                "Creates a device and its one-time enrolment code, shown this once.",
                self.create,
                body=NewDevice,
                answer=DeviceCode,
                status=201,
            ),
            Route(
                "GET",
                "/devices/{id}",
                Action.DEVICE_READ,
                "Shows a device.",
                self.read,
                answer=DeviceLine,
                find=self._find,
            ),
            Route(
                "POST",
                "/devices/{id}/code",
                Action.DEVICE_REVOKE,
                "Makes another code for a device that has not enrolled; the one before is dead.",
                self.renew_code,
                answer=DeviceCode,
                status=201,
                find=self._find,
                refusals=("device_state",),
            ),
            Route(
                "DELETE",
                "/devices/{id}",
                Action.DEVICE_REVOKE,
                "Revokes a device: its sessions and its seats in rooms end at once.",
                self.revoke,
                answer=DeviceLine,
                find=self._find,
                refusals=("device_state",),
            ),
        ]

    # ---- for administrators -----------------------------------------------------------------------------

    async def list(self, call: Call) -> DeviceLines:
        """Lists the devices of the caller's institution."""
        table, limit = tables.device, call.query.limit
        query = page_of(
            select(table).where(table.c.institution == call.caller.institution),
            at_ms=table.c.created_at_ms,
            name=table.c.id,
            cursor=call.query.cursor,
            limit=limit,
        )

        async def work(connection: AsyncConnection) -> list[Mapping[str, Any]]:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

        rows = await self._store.read(work)
        return DeviceLines(
            devices=[line_of(row) for row in rows[:limit]],
            next=next_of(rows, limit, at_ms="created_at_ms"),
        )

    async def create(self, call: Call) -> DeviceCode:
        """Creates a waiting device."""

        async def work(unit: Unit) -> DeviceCode:
            device, code = await devices.create(unit, call.caller, name=call.body.name, kind=call.body.kind)
            return await _with_code(unit.connection, device, code, unit.now_ms)

        return await self._store.write(work)

    async def read(self, call: Call) -> DeviceLine:
        """Shows a device."""
        return line_of(call.found)

    async def renew_code(self, call: Call) -> DeviceCode:
        """Makes another code."""
        device = DeviceId(call.path["id"])

        async def work(unit: Unit) -> DeviceCode:
            code = await devices.renew_code(unit, call.caller, device)
            return await _with_code(unit.connection, device, code, unit.now_ms)

        return await self._store.write(work)

    async def revoke(self, call: Call) -> DeviceLine:
        """Revokes a device. Its media is cut by whoever follows the acts (auth/revocation.py)."""
        device = DeviceId(call.path["id"])

        async def work(unit: Unit) -> DeviceLine:
            await devices.revoke(unit, call.caller, device)
            return line_of(await row_of(unit.connection, device))

        return await self._store.write(work)

    # ---- inside -----------------------------------------------------------------------------------------

    async def _find(self, call: Call) -> Found | None:
        table = tables.device
        query = select(table).where(
            table.c.id == call.path["id"], table.c.institution == call.caller.institution
        )

        async def work(connection: AsyncConnection) -> Mapping[str, Any] | None:
            row = (await connection.execute(query)).mappings().one_or_none()
            return None if row is None else dict(row)

        row = await self._store.read(work)
        if row is None:
            return None
        subject = Subject(
            InstitutionId(row["institution"]), DeviceId(row["id"]), state=_SUBJECT_STATES[row["state"]]
        )
        return Found(subject, row)


def line_of(row: Mapping[str, Any]) -> DeviceLine:
    """Returns a row of the table as the API shows it."""
    key = row["public_key"]
    names = (
        "id",
        "name",
        "kind",
        "state",
        "created_at_ms",
        "enrolled_at_ms",
        "seen_at_ms",
        "clock_offset_ms",
        "clock_error_ms",
        "key_algorithm",
    )
    fingerprint = "" if key is None else hashlib.sha256(key).hexdigest()
    return DeviceLine(**{name: row[name] for name in names}, key_sha256=fingerprint)


async def _with_code(connection: AsyncConnection, device: str, code: str, now_ms: int) -> DeviceCode:
    row = await row_of(connection, device)
    return DeviceCode(device=line_of(row), code=code, code_expires_at_ms=now_ms + devices.CODE_TTL_MS)


async def row_of(connection: AsyncConnection, device: str) -> Mapping[str, Any]:
    """Returns the row of a device that is there."""
    rows = await connection.execute(select(tables.device).where(tables.device.c.id == device))
    return dict(rows.mappings().one())
