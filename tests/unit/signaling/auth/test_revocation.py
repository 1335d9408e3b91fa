"""Revocations over a real store and places of the test's: what is heard, when, and what waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from recording.audit.act import Act
from signaling.auth import revocation
from signaling.auth.acts import act_of
from signaling.auth.revocation import TOUCH_MS, Revocations
from signaling.auth.revoked import MEMORY_MS, RevokedTokens
from signaling.auth.rights import Caller, Role
from signaling.store import tables as t
from signaling.store.sql_store import SqlStore
from signaling.store.store import StoreUnavailable, Unit
from signaling.tokens import Binding
from tests.support.api import SettledClock
from tests.support.ground import add_institution, add_person
from tests.support.stores import open_test_store
from tests.support.waiting import HANG_S


@dataclass
class Place:
    """Where people are."""

    here: list[Binding] = field(default_factory=list)

    def bindings(self) -> list[Binding]:
        return self.here

    def end_bound(self, covers: Callable[[Binding], bool]) -> int:
        ended = [binding for binding in self.here if covers(binding)]
        self.here = [binding for binding in self.here if binding not in ended]
        return len(ended)


@dataclass
class Frozen:
    """A store that can be told to answer nothing."""

    store: SqlStore
    is_frozen: bool = False

    async def read(self, work: Any) -> Any:
        if self.is_frozen:
            raise StoreUnavailable
        return await self.store.read(work)

    async def write(self, work: Any) -> Any:
        if self.is_frozen:
            raise StoreUnavailable
        return await self.store.write(work)

    async def record(self, acts: Any) -> None:
        await self.store.record(acts)


@dataclass
class Scene:
    clock: SettledClock
    store: Frozen
    place: Place
    revocations: Revocations
    doctor: Caller

    def binding(self, **changes: Any) -> Binding:
        now_ms = self.clock.wall_ns() // 1_000_000
        bound = {"session": self.doctor.session, "person": self.doctor.person, "issued_at_ms": now_ms}
        return Binding(**{**bound, **changes})

    async def record(self, kind: str, **subject: str) -> Act:
        act = act_of(self.doctor, kind, self.clock.wall_ns() // 1_000_000, subject=subject)
        await self.store.record([act])
        return act


@asynccontextmanager
async def scene(folder: Path, *, is_following: bool = True) -> AsyncIterator[Scene]:
    clock = SettledClock()
    async with open_test_store(folder, clock=clock) as store:
        institution = await add_institution(store, "C1")
        doctor = await add_person(store, institution, "doctor", Role.CLINIC_DOCTOR)
        # The roles given just now are no news to anybody who comes in later.
        clock.advance_ms(MEMORY_MS + 1)
        place, frozen = Place(), Frozen(store)
        revocations = Revocations(store=frozen, tokens=RevokedTokens(), places=[place], clock=clock)
        if is_following:
            store.follow(revocations.receive_acts)
            await revocations.load()
        yield Scene(clock, frozen, place, revocations, doctor)


@contextmanager
def often(monkeypatch_s: float = 0.01) -> Iterator[None]:
    """Other processes are heard soon enough for a test."""
    before = revocation.POLL_S
    revocation.POLL_S = monkeypatch_s  # type: ignore[misc]
    try:
        yield
    finally:
        revocation.POLL_S = before  # type: ignore[misc]


@asynccontextmanager
async def running(scene: Scene) -> AsyncIterator[None]:
    task = asyncio.create_task(scene.revocations.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG_S):
        while not is_so():
            await asyncio.sleep(0.005)


async def test_an_act_ends_what_is_bound_before_its_writer_is_answered(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        s.place.here = [s.binding(), s.binding(session="se_other", person="pe_other")]
        await s.record("person.suspended", person=s.doctor.person)
        assert [binding.person for binding in s.place.here] == ["pe_other"]
        assert s.revocations.is_revoked(s.binding())
        assert not await s.revocations.admits(s.binding())
        assert s.revocations.stats() == {"stays_ended": 1, "put_off": 0, "remembered": 1}


async def test_acts_of_other_processes_are_heard_too(tmp_path: Path) -> None:
    async with scene(tmp_path, is_following=False) as s:
        s.place.here = [s.binding()]
        await s.record("session.closed", session=s.doctor.session)
        assert s.place.here
        with often():
            async with running(s):
                await until(lambda: not s.place.here)


async def test_what_was_revoked_before_the_start_is_known_after_it(tmp_path: Path) -> None:
    async with scene(tmp_path, is_following=False) as s:
        await s.record("role.removed", person=s.doctor.person)
        old = s.binding()
        s.clock.advance_ms(MEMORY_MS)
        await s.revocations.load()
        assert not await s.revocations.admits(old)
        assert await s.revocations.admits(s.binding())


async def test_a_reset_ends_the_sessions_that_are_gone_and_no_others(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        stays = s.binding()
        s.place.here = [stays, s.binding(session="se_gone"), s.binding(person="pe_other", session="se_x")]
        with often():
            async with running(s):
                await s.record("account.password_changed", person=s.doctor.person)
                await until(lambda: len(s.place.here) == 2)
        assert s.place.here[0] == stays
        assert s.revocations.is_revoked(s.binding(session="se_gone"))
        assert not s.revocations.is_revoked(s.binding())


async def test_a_store_that_does_not_answer_lets_calls_go_on_and_is_asked_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        s.place.here = [s.binding(session="se_gone")]
        s.store.is_frozen = True
        assert await s.revocations.admits(s.binding())
        with often():
            async with running(s):
                await s.record("account.reset", person=s.doctor.person)
                await until(lambda: s.revocations.stats()["put_off"] > 1)
                assert s.place.here
                s.store.is_frozen = False
                await until(lambda: not s.place.here)


async def test_a_session_or_invitation_that_is_not_there_opens_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        assert await s.revocations.admits(s.binding())
        assert await s.revocations.admits(Binding())
        assert not await s.revocations.admits(s.binding(session="se_gone"))
        assert not await s.revocations.admits(Binding(invitation="iv_gone", issued_at_ms=1))

        async def work(unit: Unit) -> None:
            await unit.connection.execute(
                t.invitation.insert().values(
                    id="iv_1",
                    institution=s.doctor.institution,
                    inviter=s.doctor.person,
                    room="ward",
                    case_id="",
                    guest_name="x",
                    may_publish=True,
                    state="used",
                    expires_at_ms=unit.now_ms,
                )
            )
            await unit.connection.execute(delete(t.session))

        await s.store.write(work)
        assert await s.revocations.admits(Binding(invitation="iv_1", issued_at_ms=1))
        assert not await s.revocations.admits(s.binding())


async def test_who_is_in_a_room_is_not_idle(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        s.place.here = [s.binding(), Binding(invitation="iv_1", issued_at_ms=1)]
        seen: list[int] = []

        async def look() -> None:
            query = select(t.session.c.seen_at_ms).where(t.session.c.id == s.doctor.session)
            rows = await s.store.read(lambda connection: connection.execute(query))
            seen.append(rows.scalar_one())

        with often():
            async with running(s):
                for _ in range(2):
                    s.clock.advance_ms(TOUCH_MS)
                    now_ms = s.clock.wall_ns() // 1_000_000
                    async with asyncio.timeout(HANG_S):
                        while not seen or seen[-1] < now_ms:
                            await asyncio.sleep(0.01)
                            await look()
