"""GET /ecg/uplink, a gateway's WebSocket: what it measures comes in here (signaling/ecg/uplink_messages.py).

Text is JSON, binary is one or more whole frames (docs/ECG_FORMAT.md). One message is taken after the other,
so that a gateway that sends faster than the disk writes waits at its own end.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from aiohttp import WSMsgType, web
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.api.route import Call, Pace, Refusal, Route
from signaling.auth.rights import Action
from signaling.ecg.ecg_acts import GATEWAY
from signaling.ecg.ecg_desk import EcgDesk
from signaling.ecg.gateways import Gateway
from signaling.ecg.uplink import MAX_MESSAGE_BYTES
from signaling.store import tables as t
from signaling.store.store import Store
from signaling.tokens import Binding

_TEXT_BYTES: Final = 4 * MAX_MESSAGE_BYTES
"""A text's characters may take four bytes each."""


class EcgUplink:
    """The handler."""

    def __init__(self, store: Store, desk: EcgDesk) -> None:
        self._store = store
        self._desk = desk

    def routes(self) -> list[Route]:
        """Returns the route."""
        return [
            Route(
                "GET",
                "/ecg/uplink",
                Action.ECG_SEND,
                "A gateway's WebSocket: frames come in, acknowledgements go back.",
                self.connect,
                status=101,
                refusals=("upgrade_needed", "ecg_not_a_gateway", "connections_full"),
                pace=Pace.ROOM,
            )
        ]

    async def connect(self, call: Call) -> web.StreamResponse:
        """Serves one connection from its upgrade to its end."""
        websocket = web.WebSocketResponse(max_msg_size=_TEXT_BYTES, compress=False, timeout=2.0)
        if not websocket.can_prepare(call.request):
            raise Refusal("upgrade_needed")
        if not await self._is_gateway(call.caller.device):
            raise Refusal("ecg_not_a_gateway")
        if self._desk.is_closed:
            raise Refusal("unavailable")
        if not self._desk.intake.may_connect():
            raise Refusal("connections_full")
        await websocket.prepare(call.request)
        caller = call.caller
        binding = Binding(session=caller.session, device=caller.device, issued_at_ms=call.now_ms)
        gateway = Gateway(caller, binding)
        self._desk.intake.connect(gateway)
        writer = asyncio.create_task(gateway.outbox.run(websocket), name="uplink-writer")
        try:
            await self._read(websocket, gateway)
        finally:
            self._desk.intake.disconnect(gateway)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return websocket

    async def _read(self, websocket: web.WebSocketResponse, gateway: Gateway) -> None:
        async for message in websocket:
            if message.type is WSMsgType.BINARY:
                await self._desk.intake.receive_frames(gateway, message.data)
            elif message.type is WSMsgType.TEXT:
                await self._desk.intake.receive_text(gateway, message.data)
            else:
                break
            if gateway.outbox.close_code:
                break

    async def _is_gateway(self, device: str) -> bool:
        query = t.device.select().where(t.device.c.id == device, t.device.c.kind == GATEWAY)

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(query)).first() is not None

        return await self._store.read(work)
