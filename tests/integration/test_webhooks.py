"""Webhooks against a receiver that fails, hangs, comes back and looks at every signature."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import func, insert, select, update

from clinical.ids import InstitutionId
from recording.audit.act import Act
from recording.clock import SystemClock
from signaling.store import tables as t
from signaling.store.secret_box import SecretBox
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit
from signaling.webhooks import deliverer as deliverer_module
from signaling.webhooks import outbox
from signaling.webhooks.deliverer import WebhookDeliverer
from signaling.webhooks.registry import create_webhook, find_webhook
from tests.support.stores import open_test_store
from tests.support.waiting import wait_until

_A = InstitutionId("in_a")
_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@dataclass
class Receiver:
    """Answers as a test tells it, and keeps what it took."""

    answer: int = 200
    is_hanging: bool = False
    answers: list[int] = field(default_factory=list)
    """For the next requests, before ``answer``."""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[dict[str, object]] = field(default_factory=list)
    location: str = ""

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.requests.append((dict(request.headers), body))
        if self.is_hanging:
            await asyncio.sleep(60)  # it hangs
        status = self.answers.pop(0) if self.answers else self.answer
        if status == 200:
            self.taken.append(json.loads(body))
        return web.Response(status=status, headers={"Location": self.location} if self.location else {})

    def sequences(self) -> list[int]:
        return [int(str(each["sequence"])) for each in self.taken]


@dataclass
class _World:
    store: SqlStore
    box: SecretBox
    url: str
    receiver: Receiver

    async def hook(self, *kinds: str, url: str = "") -> tuple[str, str]:
        made = await self.store.write(lambda unit: create_webhook(unit, _A, url or self.url, kinds, self.box))
        assert made is not None
        return made[0].id, made[1]

    async def happen(self, kind: str = "recording.started", case: str = "", count: int = 1) -> None:
        subject = {"case": case} if case else {}
        await self.store.record([Act(_A, kind, "pe_a", 1, subject=subject)] * count)

    def deliverer(self, *, is_loopback_allowed: bool = True) -> WebhookDeliverer:
        networks = _LOOPBACK if is_loopback_allowed else ()
        return WebhookDeliverer(self.store, self.box, SystemClock(), networks=networks)

    async def waiting(self) -> int:
        count = await self.store.read(lambda c: c.scalar(select(func.count()).select_from(t.delivery)))
        return count or 0


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[_World]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/in", receiver.receive)
    async with open_test_store(tmp_path) as store, TestServer(app) as server:

        async def work(unit: Unit) -> None:
            row = {"id": _A, "code": "a", "name": "a", "kind": "hospital", "state": "active"}
            await unit.connection.execute(insert(t.institution).values(**row, created_at_ms=0))

        await store.write(work)
        yield _World(store, SecretBox(bytes(32)), f"http://127.0.0.1:{server.port}/in", receiver)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours become milliseconds; the order of things stays."""
    monkeypatch.setattr(outbox, "FIRST_DELAY_MS", 20)
    monkeypatch.setattr(outbox, "LONGEST_DELAY_MS", 100)
    monkeypatch.setattr(deliverer_module, "POLL_S", 0.02)
    monkeypatch.setattr(deliverer_module, "GATHER_S", 0.01)
    monkeypatch.setattr(deliverer_module, "LONGEST_PAUSE_MS", 100)


async def _eventually(is_so: Callable[[], bool]) -> None:
    await wait_until(is_so, what="deliveries", every_s=0.01)


async def _owes(world: _World, count: int) -> None:
    read: Callable[[], int | Awaitable[int]] = world.waiting
    await wait_until(read, what=f"{count} in the outbox", accept=lambda waiting: waiting == count)


@asynccontextmanager
async def _running(deliverer: WebhookDeliverer, store: SqlStore | None = None) -> AsyncIterator[None]:
    task = asyncio.create_task(deliverer.run())
    if store is not None:
        store.follow(deliverer.receive_acts)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_event_arrives_signed_and_as_it_stands_in_the_chain(world: _World) -> None:
    _, secret = await world.hook()
    async with _running(world.deliverer(), world.store):
        await world.happen()
        await _eventually(lambda: world.receiver.sequences() == [1])
    headers, body = world.receiver.requests[0]
    stamp = headers["Lianzhen-Timestamp"]
    expected = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Lianzhen-Signature"] == f"v1={expected}"
    assert headers["Lianzhen-Event"] == "in_a/1"
    line = await world.store.read(lambda c: c.scalar(select(t.event.c.line)))
    assert body == line


async def test_only_chosen_kinds_and_only_what_happened_since(world: _World) -> None:
    await world.happen("consent.granted")
    await world.hook("consent.granted")
    async with _running(world.deliverer()):
        await world.happen("recording.started")
        await world.happen("consent.granted")
        await _eventually(lambda: world.receiver.sequences() == [3])


async def test_a_receiver_that_fails_gets_it_again_and_in_order_within_a_case(world: _World) -> None:
    world.receiver.answers = [500, 503, 404, 302, 429]
    await world.hook()
    async with _running(world.deliverer()):
        for _ in range(5):
            await world.happen(case="ca_one")
            await world.happen(case="ca_two")
        await _eventually(lambda: len(world.receiver.taken) == 10)
        await _owes(world, 0)
    by_case: dict[object, list[int]] = {}
    for taken in world.receiver.taken:
        subject = taken["subject"]
        assert isinstance(subject, dict)
        by_case.setdefault(subject["case"], []).append(int(str(taken["sequence"])))
    assert all(sequences == sorted(sequences) for sequences in by_case.values())


async def test_a_receiver_that_hangs_delays_nobody_else_and_gets_it_later(
    world: _World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliverer_module, "TRY_LIMIT_S", 0.3)
    other = Receiver()
    app = web.Application()
    app.router.add_post("/in", other.receive)
    async with TestServer(app) as server:
        await world.hook()
        await world.hook(url=f"http://127.0.0.1:{server.port}/in")
        world.receiver.is_hanging = True
        async with _running(world.deliverer()):
            await world.happen(count=20)
            # Where the machine stands still, a try of theirs may be cut off too, and come twice.
            await _eventually(lambda: len(set(other.sequences())) == 20)
            assert world.receiver.taken == []
            world.receiver.is_hanging = False
            await _eventually(lambda: len(set(world.receiver.sequences())) == 20)


async def test_a_restart_loses_nothing(world: _World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LEASE_MS", 1_000)
    await world.hook()
    world.receiver.answer = 500
    async with _running(world.deliverer()):
        await world.happen(count=30)
        await _eventually(lambda: len(world.receiver.requests) > 3)
    await world.store.close()
    await world.store.open()
    world.receiver.answer = 200
    async with _running(world.deliverer()):
        await _eventually(lambda: len(set(world.receiver.sequences())) == 30)


async def test_a_claim_whose_process_died_is_taken_up_again(
    world: _World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, _ = await world.hook()
    await world.happen()
    await world.store.write(outbox.fill)
    monkeypatch.setattr(outbox, "LEASE_MS", 3_600_000)
    assert len(await world.store.write(lambda unit: outbox.claim(unit, hook))) == 1
    assert len(await world.store.write(lambda unit: outbox.claim(unit, hook))) == 0
    # An hour later.
    await world.store.write(
        lambda unit: unit.connection.execute(
            update(t.delivery).values(next_at_ms=t.delivery.c.next_at_ms - outbox.LEASE_MS)
        )
    )
    async with _running(world.deliverer()):
        await _eventually(lambda: world.receiver.sequences() == [1])


async def test_two_processes_do_not_tell_the_same_event_at_the_same_time(world: _World) -> None:
    await world.hook()
    async with _running(world.deliverer()), _running(world.deliverer()):
        await world.happen(case="ca_one", count=40)
        await _eventually(lambda: len(world.receiver.taken) >= 40)
    assert world.receiver.sequences() == list(range(1, 41))


async def test_after_so_many_tries_an_event_is_given_up_and_lets_the_next_by(
    world: _World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_ATTEMPTS", 3)
    hook, _ = await world.hook()
    world.receiver.answers = [400, 400, 400]
    async with _running(world.deliverer()):
        await world.happen(case="ca_one", count=2)
        await _eventually(lambda: world.receiver.sequences() == [2])
        await _owes(world, 1)
    found = await world.store.read(lambda c: find_webhook(c, _A, hook))
    assert found is not None
    assert (found.given_up, found.waiting) == (1, 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_this_machine_is_never_asked_unless_its_operator_allows_it(world: _World, host: str) -> None:
    """Also where the address stands in the store, or a name leads here only now."""
    hook, _ = await world.hook()
    url = world.url.replace("127.0.0.1", host).replace("http:", "https:")
    await world.store.write(
        lambda unit: unit.connection.execute(update(t.webhook).where(t.webhook.c.id == hook).values(url=url))
    )
    deliverer = world.deliverer(is_loopback_allowed=False)
    async with _running(deliverer):
        await world.happen()
        await _eventually(lambda: deliverer.counts.failed > 0)
    assert world.receiver.requests == []


async def test_a_redirection_is_not_followed(world: _World) -> None:
    world.receiver.answer, world.receiver.location = 307, world.url
    await world.hook()
    deliverer = world.deliverer()
    async with _running(deliverer):
        await world.happen()
        await _eventually(lambda: deliverer.counts.failed > 0)
    assert world.receiver.taken == []


async def test_a_full_outbox_leaves_the_rest_to_the_chain(
    world: _World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_WAITING", 10)
    monkeypatch.setattr(outbox, "FILL_PAGE", 10)
    await world.hook()
    await world.happen(count=35)
    while await world.store.write(outbox.fill):
        pass
    assert await world.waiting() == 10
    async with _running(world.deliverer()):
        await _eventually(lambda: len(world.receiver.taken) == 35)
    assert Counter(world.receiver.sequences()) == Counter(range(1, 36))
