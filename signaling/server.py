"""Runs a built server: starts its parts in order, says when it is ready, and stops it within ten seconds."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiohttp import web

from media_server.errors import BindRefused, PortTaken
from signaling.composition import Service
from signaling.errors import Unavailable
from signaling.lasting_objects import settle_lasting_objects
from signaling.log import log_loop_errors, place_of
from signaling.messages import Language, say_to
from signaling.secure_site import SecureSite, TlsFiles
from signaling.settings import variable_of

STOP_TIMEOUT_S: Final = 9.0
"""Service managers kill after ten seconds by the contract; recordings are sealed first."""
HTTP_DRAIN_S: Final = 1.0
"""For requests under way; WebSockets have been closed by then."""
KEEP_ALIVE_S: Final = 75.0
_ANY_IPV6: Final = "::"
_BACKLOG: Final = 128
"""As aiohttp's own sites have."""
_OPEN_TO_ALL: Final = ("", "0.0.0.0", "::")  # noqa: S104 - what settings may say, not what is bound here

_log = structlog.get_logger("server")


@dataclass(frozen=True, slots=True)
class Listening:
    """One address to accept HTTP on; ``setting`` names the setting that chose the port."""

    host: str
    port: int
    setting: str
    tls: TlsFiles | None = None


async def run_server(
    service: Service,
    doors: list[Listening],
    *,
    language: Language | None,
    media_port: int,
    announce: Callable[[], None],
    beside: Callable[[str], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT; ``announce`` is called when it accepts connections, and ``beside`` is
    what runs for as long as it does, given the address at which this machine reaches it.

    Raises Unavailable where it cannot start.
    """
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(log_loop_errors)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(
        service.app,
        access_log=None,
        handle_signals=False,
        keepalive_timeout=KEEP_ALIVE_S,
        shutdown_timeout=HTTP_DRAIN_S,
    )
    await service.start()
    try:
        await runner.setup()
        sites, ports = await _open_all(runner, doors, service, language)
        running = [*service.watches(), *(site.watch() for site in sites if isinstance(site, SecureSite))]
        if beside is not None:
            running.append(beside(_address_here(doors[0], ports[0])))
        watches = [asyncio.create_task(watch) for watch in running]
        for watch in watches:
            watch.add_done_callback(lambda task: _end_of_watch(task, stop))
        settle_lasting_objects()
        _say_ready(doors, ports, media_port)
        announce()
        await stop.wait()
        _log.info("stopping")
        for site in sites:
            await site.stop()
        for watch in watches:
            watch.cancel()
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await service.close()
                await runner.cleanup()
    _log.info("stopped")


async def _open_all(
    runner: web.AppRunner, doors: list[Listening], service: Service, language: Language | None
) -> tuple[list[web.BaseSite | SecureSite], list[int]]:
    sites: list[web.BaseSite | SecureSite] = []
    ports = []
    for door in doors:
        site, port = await _open(runner, door, service, language)
        sites.append(site)
        ports.append(port)
    return sites, ports


async def _open(
    runner: web.AppRunner, door: Listening, service: Service, language: Language | None
) -> tuple[web.BaseSite | SecureSite, int]:
    try:
        if door.tls is not None:
            secure = SecureSite(runner, service.media, service.turn)
            return secure, await secure.start(door.host, door.port, door.tls)
        site = _plain_site(runner, door)
        await site.start()
    except OSError as error:
        variable = variable_of(door.setting)
        if error.errno == errno.EADDRINUSE:
            sentence = say_to("start.http_port_taken", language, port=door.port, variable=variable)
            raise Unavailable("http_port_taken", sentence) from None
        reason = errno.errorcode.get(error.errno or 0, "unknown")
        sentence = say_to("start.http_refused", language, port=door.port, variable=variable, reason=reason)
        raise Unavailable("http_refused", sentence) from None
    return site, runner.addresses[-1][1]


def _plain_site(runner: web.AppRunner, door: Listening) -> web.BaseSite:
    if door.host != _ANY_IPV6:
        return web.TCPSite(runner, door.host, door.port)
    # Event loops make sockets that take IPv6 alone, unlike the core's ports at the same address.
    both = socket.create_server(
        (door.host, door.port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG
    )
    return web.SockSite(runner, both)


def media_refusal(error: PortTaken | BindRefused, language: Language | None) -> Unavailable:
    """Returns the sentence for a media port that cannot be had."""
    if isinstance(error, PortTaken):
        return Unavailable(error.code, say_to("start.media_port_taken", language, port=error.port))
    sentence = say_to("start.media_refused", language, port=error.port, reason=error.reason)
    return Unavailable(error.code, sentence)


def ecg_refusal(error: OSError, port: int, language: Language | None) -> Unavailable:
    """Returns the sentence for a port of gateways' datagrams that cannot be had."""
    if error.errno == errno.EADDRINUSE:
        return Unavailable("ecg_port_taken", say_to("start.ecg_port_taken", language, port=port))
    reason = errno.errorcode.get(error.errno or 0, "unknown")
    sentence = say_to("start.ecg_port_refused", language, port=port, reason=reason)
    return Unavailable("ecg_port_refused", sentence)


def _address_here(door: Listening, port: int) -> str:
    # The first door speaks plain HTTP; one that is open to all is reached from inside.
    host = "127.0.0.1" if door.host in _OPEN_TO_ALL else door.host
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}"


def _say_ready(doors: list[Listening], ports: list[int], media_port: int) -> None:
    urls = []
    for door, port in zip(doors, ports, strict=True):
        scheme = "http" if door.tls is None else "https"
        host = f"[{door.host}]" if ":" in door.host else door.host
        urls.append(f"{scheme}://{host}:{port}")
    sys.stdout.write(f"ready {' '.join(urls)} media udp {media_port}\n")
    sys.stdout.flush()


def _end_of_watch(task: asyncio.Task[None], stop: asyncio.Event) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        # Seats and rooms without their clock would stay for ever: better to stop and be started again.
        _log.error("watch_stopped", error=type(error).__name__, where=place_of(error))
        stop.set()
