"""The routes of self-tests. They are kept as events of the ledger and nowhere else: the last one is read back
from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from sqlalchemy import Select, desc, select
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.api.route import Call, Route
from signaling.api.selftest_models import LastSelfTest, NewSelfTest, SelfTestView
from signaling.auth.acts import act_of
from signaling.auth.rights import Action, Caller
from signaling.store import tables
from signaling.store.store import Store, Unit

PASSED: Final = "device.selftest.ok"
FAILED: Final = "device.selftest.failed"
_PARTS: Final = ("camera", "microphone", "speaker", "network", "clock")


class SelfTestPages:
    """The handlers of /devices/selftest."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "POST",
                "/devices/selftest",
                Action.DEVICE_SELFTEST,
                "Note how a kiosk's self-test went.",
                self.create,
                body=NewSelfTest,
                answer=LastSelfTest,
                status=201,
            ),
            Route(
                "GET",
                "/devices/selftest",
                Action.DEVICE_SELFTEST,
                "The last self-test of the device that asks, or else of the institution.",
                self.last,
                answer=LastSelfTest,
            ),
        ]

    async def create(self, call: Call) -> LastSelfTest:
        """Notes a self-test."""
        done: NewSelfTest = call.body
        is_ok = all(getattr(done, part) == "ok" for part in _PARTS)
        subject = {"device": call.caller.device} if call.caller.device else {}

        async def work(unit: Unit) -> int:
            kind = PASSED if is_ok else FAILED
            after = done.model_dump(exclude_none=True)
            unit.record(act_of(call.caller, kind, unit.now_ms, subject=subject, after=after))
            return unit.now_ms

        at_ms = await self._store.write(work)
        view = _view(done.model_dump(), at_ms, call.caller.device, is_ok=is_ok)
        return LastSelfTest(selftest=view, server_now_ms=at_ms)

    async def last(self, call: Call) -> LastSelfTest:
        """Reads the last one back."""

        async def work(connection: AsyncConnection) -> Mapping[str, Any] | None:
            row = (await connection.execute(_last_of(call.caller))).first()
            return None if row is None else orjson.loads(row.line)

        event = await self._store.read(work)
        if event is None:
            return LastSelfTest(selftest=None, server_now_ms=call.now_ms)
        view = _view(event["after"], event["at_ms"], event.get("device", ""), is_ok=event["kind"] == PASSED)
        return LastSelfTest(selftest=view, server_now_ms=call.now_ms)


def _last_of(caller: Caller) -> Select[Any]:
    event = tables.event
    query = select(event.c.line).where(
        event.c.institution == caller.institution, event.c.kind.in_((PASSED, FAILED))
    )
    if caller.device:
        query = query.where(event.c.actor == caller.device)
    return query.order_by(desc(event.c.at_ms), desc(event.c.sequence)).limit(1)


def _view(after: Mapping[str, Any], at_ms: int, device: str, *, is_ok: bool) -> SelfTestView:
    # A device of another make tests other things: what it does not tell of is missing, and more is left out.
    parts = {part: after.get(part, "missing") for part in _PARTS}
    return SelfTestView.model_validate(
        {
            **parts,
            "clock_offset_ms": after.get("clock_offset_ms"),
            "is_ok": is_ok,
            "at_ms": at_ms,
            "device": device,
        }
    )
