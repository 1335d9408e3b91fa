"""The events socket: what is told to whom, and going on after a number without a hole or a double."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import ClientWebSocketResponse, WSMsgType

from clinical.ids import PersonId
from media_server.ids import RoomName
from recording.audit.act import Act
from recording.clock import SystemClock
from signaling.api import event_pages
from signaling.api.event_pages import GOING_AWAY, SESSION_ENDED, TOO_SLOW, EventPages
from signaling.auth.event_sight import LedgerEvent
from signaling.auth.rights import NOBODY, Caller, Role
from signaling.ledger_feed import KEPT, LedgerFeed
from signaling.room_journal import RoomEvent
from signaling.store.sql_store import SqlStore
from tests.support.api import ApiClient, api_client, person
from tests.support.stores import open_test_store
from tests.support.waiting import HANG_S

_DOCTOR = person(Role.SPECIALIST)
_SUPERVISOR = person(Role.SUPERVISOR, name="pe_s")
_ADMIN = person(Role.ADMINISTRATOR, name="pe_x")
_OTHER = person(Role.SUPERVISOR, institution="in_b", name="pe_b")


@dataclass
class _World:
    store: SqlStore
    feed: LedgerFeed
    pages: EventPages
    api: ApiClient

    async def write(self, *kinds: str, institution: str = "in_a", **subject: str) -> None:
        acts = [Act(institution, kind, "pe_other", 1, subject=subject) for kind in kinds]
        await self.store.record(acts)

    @asynccontextmanager
    async def socket(
        self, caller: Caller, after: int | None = None
    ) -> AsyncIterator[ClientWebSocketResponse]:
        self.api.caller = caller
        query = "" if after is None else f"?after={after}"
        async with self.api.session.ws_connect(f"{self.api.url}/events{query}") as socket:
            yield socket


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[_World]:
    async with open_test_store(tmp_path) as store:
        feed = LedgerFeed(store)
        store.follow(feed.receive_acts)
        pages = EventPages(
            store=store,
            feed=feed,
            clock=SystemClock(),
            may_see_room=lambda caller, room: room == f"room-{caller.institution}",
        )
        async with api_client(pages.routes()) as api:
            yield _World(store, feed, pages, api)
            pages.close()


async def _until(socket: ClientWebSocketResponse, sequence: int) -> list[dict[str, Any]]:
    """The messages up to the one that reaches that place in the ledger."""
    told = []
    async with asyncio.timeout(HANG_S):
        while True:
            message = await socket.receive_json()
            told.append(message)
            if message.get("sequence", -1) >= sequence:
                return told


def _sequences(told: list[dict[str, Any]]) -> list[int]:
    return [message["sequence"] for message in told if message["type"] == "event"]


class TestOthersCases:
    async def test_a_party_hears_of_anothers_case_without_a_number(self, world: _World) -> None:
        event = LedgerEvent(99, 5, "opinion.signed", "pe_w", "specialist", "", {"case": "ca_1"})
        async with world.socket(_DOCTOR) as socket:
            assert await socket.receive_json() == {"type": "rooms"}
            assert await socket.receive_json() == {"type": "position", "sequence": 0}
            assert world.pages.people() == {_DOCTOR.person}
            world.pages.tell_person(PersonId("pe_other"), event)
            world.pages.tell_person(_DOCTOR.person, replace(event, kind="case.viewed"))
            world.pages.tell_person(_DOCTOR.person, event)
            assert await socket.receive_json() == {
                "type": "event",
                "at_ms": 5,
                "kind": "opinion.signed",
                "actor": "pe_w",
                "actor_role": "specialist",
                "subject": {"case": "ca_1"},
            }


class TestResume:
    async def test_without_a_number_it_tells_from_now_on(self, world: _World) -> None:
        await world.write("recording.started")
        async with world.socket(_SUPERVISOR) as socket:
            assert await socket.receive_json() == {"type": "rooms"}
            assert await socket.receive_json() == {"type": "position", "sequence": 1}
            await world.write("recording.stopped")
            assert _sequences(await _until(socket, 2)) == [2]

    async def test_after_a_number_every_event_comes_once_and_in_order(self, world: _World) -> None:
        await world.write(*["recording.started"] * (3 * KEPT))
        async with world.socket(_SUPERVISOR, after=5) as socket:
            writing = [asyncio.create_task(world.write(*["media.gap"] * 10)) for _ in range(20)]
            last = 3 * KEPT + 200
            assert _sequences(await _until(socket, last)) == list(range(6, last + 1))
            await asyncio.gather(*writing)

    async def test_the_store_tells_what_this_process_has_not_heard(self, world: _World) -> None:
        await world.write("recording.started")
        other = LedgerFeed(world.store)
        pages = EventPages(
            store=world.store, feed=other, clock=SystemClock(), may_see_room=lambda caller, room: False
        )
        async with api_client(pages.routes(), _SUPERVISOR) as api:
            async with api.session.ws_connect(f"{api.url}/events?after=1") as socket:
                await world.write("recording.stopped", "recording.started")
                await other.look(["in_a"])  # type: ignore[list-item]
                assert _sequences(await _until(socket, 3)) == [2, 3]
            pages.close()

    async def test_a_number_from_the_future_is_put_right(self, world: _World) -> None:
        async with world.socket(_SUPERVISOR, after=99) as socket:
            assert await socket.receive_json() == {"type": "rooms"}
            assert await socket.receive_json() == {"type": "position", "sequence": 0}

    async def test_hundreds_of_reconnects_leave_no_hole_and_no_double(self, world: _World) -> None:
        seen: list[int] = []
        writer = asyncio.create_task(self._write_slowly(world, 300))
        while len(seen) < 300:
            async with world.socket(_SUPERVISOR, after=seen[-1] if seen else 0) as socket:
                seen += _sequences(await _until(socket, (seen[-1] if seen else 0) + 3))
        await writer
        assert seen == list(range(1, 301))

    async def _write_slowly(self, world: _World, count: int) -> None:
        for _ in range(count):
            await world.write("recording.started")


class TestSight:
    async def test_another_institutions_events_are_not_told(self, world: _World) -> None:
        async with world.socket(_OTHER) as socket:
            await world.write("recording.started")
            await world.write("recording.stopped", institution="in_b")
            told = await _until(socket, 1)
            assert [message.get("kind") for message in told if message["type"] == "event"] == [
                "recording.stopped"
            ]

    async def test_what_is_passed_over_still_moves_the_position(self, world: _World) -> None:
        async with world.socket(_ADMIN) as socket:
            await world.write("consent.granted", "device.revoked", "consent.granted", patient="")
            told = await _until(socket, 3)
            assert _sequences(told) == [2]
            assert told[-1] == {"type": "position", "sequence": 3}

    async def test_room_lines_go_to_those_who_may_see_the_room(self, world: _World) -> None:
        async with world.socket(_DOCTOR) as socket, world.socket(_OTHER) as other:
            for each in (socket, other):
                await each.receive_json()
                await each.receive_json()
            world.pages.receive_event(RoomName("room-in_a"), RoomEvent(1, 2, "joined", "周岚", ""))
            world.pages.receive_event(RoomName("room-in_b"), RoomEvent(1, 2, "left", "", ""))
            assert (await socket.receive_json())["event"]["kind"] == "joined"
            assert (await other.receive_json())["event"]["kind"] == "left"

    async def test_nobody_is_asked_to_sign_in(self, world: _World) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            async with world.socket(NOBODY):
                pass
        assert refusal.value.status == 401

    async def test_a_plain_request_is_told_that_this_is_a_socket(self, world: _World) -> None:
        answer = await world.api.ask("GET", "/events", caller=_DOCTOR)
        assert (answer.status, answer.code) == (400, "upgrade_needed")


class TestEnds:
    async def _close_code(self, socket: ClientWebSocketResponse) -> int | None:
        async with asyncio.timeout(HANG_S):
            while (await socket.receive()).type is WSMsgType.TEXT:
                pass
        return socket.close_code

    async def test_a_session_that_is_closed_takes_its_sockets_along(self, world: _World) -> None:
        async with world.socket(_DOCTOR) as socket, world.socket(_SUPERVISOR) as other:
            assert world.pages.close_for(_DOCTOR.session) == 1
            assert await self._close_code(socket) == SESSION_ENDED
            assert not other.closed

    async def test_a_session_that_the_store_no_longer_has_is_found(self, world: _World) -> None:
        async with world.socket(_DOCTOR) as socket:
            await world.pages.check()
            assert await self._close_code(socket) == SESSION_ENDED

    async def test_who_does_not_read_is_cut(self, world: _World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(event_pages, "SEND_LIMIT_S", 0.2)
        async with world.socket(_DOCTOR) as socket:
            await socket.receive_json()
            for number in range(event_pages.MAX_QUEUED + 1):
                world.pages.receive_event(RoomName("room-in_a"), RoomEvent(number, 2, "mark", "", "x"))
            assert await self._close_code(socket) == TOO_SLOW
        assert world.pages.stats()["ended_slow"] == 1

    async def test_the_end_of_the_server_is_said(self, world: _World) -> None:
        async with world.socket(_DOCTOR) as socket:
            world.pages.close()
            assert await self._close_code(socket) == GOING_AWAY
            answer = await world.api.ask("GET", "/events", caller=_DOCTOR)
            assert answer.status in (400, 503)

    async def test_one_session_has_so_many_sockets_and_no_more(
        self, world: _World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(event_pages, "MAX_SOCKETS_OF_ONE", 1)
        async with world.socket(_DOCTOR):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                async with world.socket(_DOCTOR):
                    pass
        assert refusal.value.status == 429
