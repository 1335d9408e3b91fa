"""What people of a third institution hear of a case: what happens while they are a party, and their end in
it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from clinical.ids import PersonId
from recording.audit.act import Act
from signaling.auth.event_sight import LedgerEvent
from signaling.consult import party_news
from signaling.consult.case_doors import ask_in, put_out
from signaling.consult.party_news import PartyNews, Stranger, news_of
from signaling.store.store import StoreUnavailable
from tests.support.consult_world import LI, QIAN, STRANGER, WANG, ConsultWorld, consult_world

OWNER, ASKED = "in_clinic", "in_hospital"
GUEST = PersonId("pe_stranger")


def event(kind: str, case: str = "ca_1", **subject: str) -> LedgerEvent:
    return LedgerEvent(7, 1, kind, "pe_li", "clinic_doctor", "", {"case": case, **subject})


class TestWhoHearsWhat:
    def test_a_party_hears_of_the_owners_events_in_order_and_once(self) -> None:
        one, two = event("session.started"), event("opinion.signed")
        told = news_of(
            [(OWNER, one), (ASKED, one), (OWNER, two), (ASKED, two)], [Stranger("ca_1", GUEST, OWNER, True)]
        )
        assert told == [(GUEST, one), (GUEST, two)]

    def test_another_case_is_not_told(self) -> None:
        assert (
            news_of([(OWNER, event("session.started", "ca_2"))], [Stranger("ca_1", GUEST, OWNER, True)]) == []
        )

    @pytest.mark.parametrize(
        ("kind", "person", "is_told"),
        [
            ("participant.removed", GUEST, True),
            ("participant.removed", "pe_other", False),
            ("participant.admitted", GUEST, False),
            ("opinion.signed", "", False),
        ],
    )
    def test_who_is_no_party_any_more_hears_only_that(self, kind: str, person: str, is_told: bool) -> None:
        told = news_of([(OWNER, event(kind, person=person))], [Stranger("ca_1", GUEST, OWNER, False)])
        assert bool(told) is is_told


class News:
    """The news of a served case, and what was told to whom."""

    def __init__(self, world: ConsultWorld) -> None:
        self.world = world
        self.told: list[tuple[str, str]] = []
        self.listening = frozenset(one.person for one in (STRANGER, WANG, LI))
        self.news = PartyNews(world.store, listening=lambda: self.listening, tell=self._tell)
        world.store.follow(self.news.receive_acts)

    def _tell(self, person: PersonId, event: LedgerEvent) -> None:
        self.told.append((person, event.kind))

    async def of(self) -> list[tuple[str, str]]:
        """What is told in one turn."""
        # Followers are called by the loop, after the answer to who wrote.
        await asyncio.sleep(0)
        await self.news.turn()
        told, self.told = self.told, []
        return told


@pytest_asyncio.fixture
async def news(tmp_path: Path) -> AsyncIterator[News]:
    async with consult_world(tmp_path) as world:
        yield News(world)


async def test_a_guest_hears_from_the_invitation_to_the_end_of_it(news: News) -> None:
    store = news.world.store
    case = await news.world.accepted()
    await store.record([Act(OWNER, "session.opened", "pe_li", 1)])
    assert await news.of() == []
    await store.write(lambda unit: ask_in(unit, LI, case, GUEST))
    assert await news.of() == [(GUEST, "participant.invited")]
    await news.world.ask(LI, "POST", f"/consultations/{case}/messages", {"text": "在吗"})
    assert await news.of() == [(GUEST, "message.added")]
    await store.write(lambda unit: put_out(unit, LI, case, GUEST))
    assert await news.of() == [(GUEST, "participant.removed")]
    await news.world.ask(LI, "POST", f"/consultations/{case}/messages", {"text": "在吗"})
    assert await news.of() == []


async def test_a_colleague_of_either_side_is_told_by_their_own_ledger_alone(news: News) -> None:
    case = await news.world.accepted()
    await news.world.store.write(lambda unit: ask_in(unit, LI, case, QIAN.person))
    news.listening = frozenset({QIAN.person})
    assert await news.of() == []


async def test_nobody_listening_is_no_reason_to_keep_events(news: News) -> None:
    news.listening = frozenset()
    case = await news.world.accepted()
    await news.world.store.write(lambda unit: ask_in(unit, LI, case, GUEST))
    assert await news.of() == []
    news.listening = frozenset({GUEST})
    assert await news.of() == []


async def test_the_oldest_is_left_out_where_too_much_waits(
    news: News, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(party_news, "MAX_WAITING", 2)
    case = await news.world.accepted()
    await news.world.store.write(lambda unit: ask_in(unit, LI, case, GUEST))
    # The owner's event and the asked side's are the last two.
    assert await news.of() == [(GUEST, "participant.invited")]
    assert news.news.stats()["left_out"] > 0


async def test_what_the_store_did_not_answer_for_is_told_later(
    news: News, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(party_news, "RETRY_S", 0.0)
    store, read, asked = news.world.store, news.world.store.read, []
    done = asyncio.Event()

    async def failing_once(work: Any) -> Any:
        asked.append(work)
        if len(asked) == 1:
            raise StoreUnavailable
        found = await read(work)
        asyncio.get_running_loop().call_soon(done.set)
        return found

    case = await news.world.accepted()
    await news.of()
    await store.write(lambda unit: ask_in(unit, LI, case, GUEST))
    monkeypatch.setattr(store, "read", failing_once)
    running = asyncio.create_task(news.news.run())
    await done.wait()
    await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert news.told == [(GUEST, "participant.invited")]
    assert news.news.stats() == {"told": 1, "left_out": 0, "put_off": 1}
