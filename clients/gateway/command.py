"""``lianzhen gateway enrol|run|selftest``: enrols this machine, runs the gateway, tests the device.

Exit codes: 0 fine, 1 refused or failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import ssl
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import aiohttp

from clients.gateway.chunk import Source
from clients.gateway.doors import enrol
from clients.gateway.errors import DoorRefused, GatewayError, GatewayUnfit
from clients.gateway.gateway_clock import GatewayClock
from clients.gateway.identity import IDENTITY_FILE, new_key, read_identity, write_identity
from clients.gateway.intake import tell_of_device
from clients.gateway.keeping import Shelf
from clients.gateway.messages import Language, say
from clients.gateway.running import CONNECT_TIMEOUT_S, Running, Server
from clients.gateway.self_test import measure_pulse
from clients.gateway.source_names import source_of
from recording.clock import SystemClock

EXIT_OK: Final = 0
EXIT_REFUSED: Final = 1
EXIT_WRONG: Final = 2
RETOLD_S: Final = 10.0
"""The same sentence again no sooner: a link that is gone is one piece of news, not sixty a minute."""
_USAGE: Final = frozenset({"source_unknown", "baud_unknown", "server_address", "ca_unusable"})


def gateway(options: argparse.Namespace, language: Language | None) -> int:
    """Runs one of the three and returns the exit code; every refusal is one sentence on stderr."""
    commands: dict[str, Callable[[argparse.Namespace, Teller], Coroutine[Any, Any, int]]] = {
        "enrol": _enrol,
        "run": _run,
        "selftest": _selftest,
    }
    teller = Teller(language)
    try:
        return asyncio.run(commands[options.gateway_command](options, teller))
    except DoorRefused as refused:
        teller("door_refused", code=refused.code, sentence=refused.sentence)
    except GatewayError as fault:
        teller(fault.code, **fault.facts)
        if fault.code in _USAGE:
            return EXIT_WRONG
    return EXIT_REFUSED


class Teller:
    """Sentences on stderr, each no more than once in ten seconds."""

    def __init__(self, language: Language | None) -> None:
        self._language = language
        self._told_s: dict[str, float] = {}

    def __call__(self, key: str, **facts: object) -> None:
        """Says it."""
        sentence, now_s = say(key, self._language, **facts), time.monotonic()
        if now_s - self._told_s.get(sentence, -RETOLD_S) >= RETOLD_S:
            self._told_s = {each: at_s for each, at_s in self._told_s.items() if now_s - at_s < RETOLD_S}
            self._told_s[sentence] = now_s
            sys.stderr.write(f"{time.strftime('%H:%M:%S')} {sentence}\n")
            sys.stderr.flush()


async def _enrol(options: argparse.Namespace, teller: Teller) -> int:
    data = Path(options.data)
    server = options.server.rstrip("/")
    if not server.startswith(("https://", "http://")):
        raise GatewayUnfit("server_address")
    if (data / IDENTITY_FILE).exists():
        identity, _ = read_identity(data)
        raise GatewayUnfit("already_enrolled", name=identity.name)
    context = _trust(options.ca)
    key = new_key(data)
    async with _http(context) as http:
        identity = await enrol(
            http, server, options.code, key, lambda: time.time_ns() // 1_000_000, ca=options.ca
        )
    write_identity(data, identity)
    teller("enrolled", name=identity.name, device=identity.device)
    return EXIT_OK


async def _run(options: argparse.Namespace, teller: Teller) -> int:
    data = Path(options.data)
    clock = GatewayClock(SystemClock())
    source = source_of(options.source, clock.now_us, teller)
    identity, key = read_identity(data)
    context = _trust(identity.ca)
    shelf = Shelf(data)
    try:
        running = Running(shelf, source, clock, teller)
        teller("running", data=data)
        async with _http(context) as http:
            task = asyncio.create_task(running.run(Server(identity, key, http)))
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, task.cancel)
            with contextlib.suppress(asyncio.CancelledError):
                await task
    finally:
        shelf.close()
    return EXIT_OK


async def _selftest(options: argparse.Namespace, teller: Teller) -> int:
    source: Source = source_of(options.source, GatewayClock(SystemClock()).now_us, teller)
    try:
        descriptor = await source.open()
        tell_of_device(descriptor, teller)
        pulse = await source.calibrate()
    finally:
        await source.close()
    if pulse is None:
        teller("selftest_none")
        return EXIT_REFUSED
    reading = measure_pulse(pulse, descriptor)
    facts = {"lead": reading.lead, "uv": reading.pulse_uv, "ms": reading.pulse_ms}
    teller("selftest_ok" if reading.is_ok else "selftest_bad", **facts)
    return EXIT_OK if reading.is_ok else EXIT_REFUSED


def _trust(ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca or None)
    except OSError:
        raise GatewayUnfit("ca_unusable", file=ca) from None


def _http(context: ssl.SSLContext) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context, limit=4),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S),
    )
