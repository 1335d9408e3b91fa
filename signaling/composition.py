"""Builds the object graph of a server. No decisions here: who gets whom, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from media_server.sfu import Sfu, start_native_core
from recording.clock import SystemClock
from signaling.addresses import media_addresses
from signaling.api_keys import ApiKey
from signaling.http_shell import add_security_headers, guard
from signaling.livekit.endpoint import SignalEndpoint
from signaling.livekit.signal_desk import SignalDesk
from signaling.metrics import MetricsPages
from signaling.pacing import Pacer
from signaling.room_host import RoomHost
from signaling.settings import Settings
from signaling.tokens import TokenDesk
from signaling.traffic import Traffic
from signaling.web_pages import WebPages

MAX_BODY_BYTES = 1024 * 1024
"""Of one HTTP request: a data packet of 64 kB in base64 and a participant's metadata fit many times."""


@dataclass(frozen=True)
class Service:
    """What a server runs."""

    app: web.Application
    sfu: Sfu
    host: RoomHost
    media_port: int

    async def start(self) -> None:
        """Starts the parts that run by themselves."""
        await self.sfu.start()

    async def close(self) -> None:
        """Ends rooms, then media. Twice is harmless."""
        await self.host.close()
        await self.sfu.close()


def build_service(settings: Settings, key: ApiKey, *, is_demo: bool) -> Service:
    """Returns the built server, nothing of it started but the packet core's socket. Raises Unavailable
    shapes."""
    clock = SystemClock()
    traffic = Traffic()
    pacer = Pacer()
    tokens = TokenDesk(api_key=key.name, api_secret=key.secret)
    core = start_native_core(settings.media_bind, settings.media_port)
    sfu = Sfu(core, addresses=media_addresses(settings))
    host = RoomHost(media=sfu, clock=clock, tokens=tokens, traffic=traffic)
    desk = SignalDesk(host)
    endpoint = SignalEndpoint(host=host, desk=desk, tokens=tokens, pacer=pacer)
    metrics = MetricsPages(host, {})
    app = web.Application(middlewares=[guard], client_max_size=MAX_BODY_BYTES)
    app.on_response_prepare.append(add_security_headers)
    for pages in (endpoint, metrics, WebPages(settings.web_dir)):
        app.add_routes(pages.routes())
    return Service(app=app, sfu=sfu, host=host, media_port=core.port)
