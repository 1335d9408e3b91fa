"""A whole service in a thread of its own, for tests that are not asynchronous; its media plane is a fake."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from aiohttp.test_utils import TestServer
from sqlalchemy import select

from clinical.ids import InstitutionId
from recording.clock import SystemClock
from signaling.api.limits import Limits, Rate
from signaling.api_keys import ApiKey
from signaling.auth.callers import COOKIE
from signaling.auth.ids import AccountId
from signaling.auth.rights import Assurance
from signaling.auth.sessions import open_session
from signaling.composition import Service, build_service
from signaling.settings import Settings
from signaling.store import tables as t
from signaling.store.store import Unit
from tests.support.fake_sfu import FakeSfu
from tests.support.waiting import HANG_S

API_KEY = ApiKey("served", "Zt7kQ2mWc9pLx4vBn8sHy3dFg6jRa1eU")
T = TypeVar("T")
_FREE = Rate(burst=1_000_000, refill_ns=1)


@dataclass(frozen=True)
class ServedService:
    """The service, its address, and a way into its loop."""

    service: Service
    url: str
    _loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs something on the service's loop and returns what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=HANG_S)

    def headers_of(self, login: str, assurance: Assurance = Assurance.TWO_FACTORS) -> Mapping[str, str]:
        """A fresh session of an account, as the headers that its browser would send."""
        return self.headers_of_all([(login, assurance)])[0]

    def headers_of_all(self, wanted: Sequence[tuple[str, Assurance]]) -> list[Mapping[str, str]]:
        """The same of several, in one write."""

        async def work(unit: Unit) -> list[str]:
            return [await _secret(unit, login, assurance) for login, assurance in wanted]

        secrets = self.run(self.service.store.write(work))
        return [{"Cookie": f"{COOKIE}={secret}", "Origin": self.url} for secret in secrets]


async def _secret(unit: Unit, login: str, assurance: Assurance) -> str:
    query = select(t.account.c.id, t.account.c.institution).where(t.account.c.login == login)
    row = (await unit.connection.execute(query)).one()
    place, account = InstitutionId(row.institution), AccountId(row.id)
    return (await open_session(unit, place, account=account, assurance=assurance)).secret


@contextmanager
def served_service(folder: Path) -> Iterator[ServedService]:
    """Serves a demo service in ``folder`` while the context is open; nobody asks too often."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="served-service", daemon=True)
    thread.start()

    def run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=HANG_S)

    async def start() -> tuple[Service, TestServer]:
        settings = Settings(data_dir=folder / "data", web_dir=folder / "web")
        limits = Limits(
            clock=SystemClock(), is_in_room=lambda _: False, account=_FREE, address=_FREE, login=_FREE
        )
        service = build_service(settings, API_KEY, FakeSfu(), is_demo=True, limits=limits)
        await service.start()
        server = TestServer(service.app)
        await server.start_server()
        return service, server

    async def stop(service: Service, server: TestServer, watches: list[asyncio.Task[None]]) -> None:
        for watch in watches:
            watch.cancel()
        await server.close()
        await service.close()

    async def watch(service: Service) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(work) for work in service.watches()]

    service, server = run(start())
    watches = run(watch(service))
    try:
        yield ServedService(service, f"http://{server.host}:{server.port}", loop)
    finally:
        run(stop(service, server, watches))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=HANG_S)
        loop.close()
