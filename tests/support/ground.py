"""Devices, invitations and break-glass served over a real store: two institutions and three rooms."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinical.ids import InstitutionId
from media_server.ids import RoomName
from signaling.api.breakglass_pages import BreakglassPages
from signaling.api.device_doors import DeviceDoors
from signaling.api.device_pages import DevicePages
from signaling.api.invitation_pages import InvitationPages
from signaling.api.patient_pages import PatientPages
from signaling.api.selftest_pages import SelfTestPages
from signaling.auth.institutions import SYSTEM, create_institution
from signaling.auth.people import create_person
from signaling.auth.people_accounts import create_account
from signaling.auth.rights import Assurance, Caller, Role
from signaling.auth.room_entry import RoomEntries
from signaling.auth.sessions import find_session, open_session
from signaling.pacing import Pacer
from signaling.room_journal import RoomJournal
from signaling.standing_rooms import StandingRoom, StandingRooms
from signaling.store import tables as t
from signaling.store.sql_store import SqlStore
from signaling.store.store import Store, Unit
from signaling.tokens import TokenDesk
from tests.support.api import ApiClient, SettledClock, api_client
from tests.support.stores import open_test_store

API_KEY, API_SECRET = "ground", "Zt7kQ2mWc9pLx4vBn8sHy3dFg6jRa1eU"
DAY_MS = 24 * 3600_000


async def add_institution(store: Store, code: str, kind: str = "hospital") -> InstitutionId:
    """A new institution."""
    row = await store.write(
        lambda unit: create_institution(unit, SYSTEM, code=code, name=f"机构{code}", kind=kind)
    )
    return row.id


async def add_person(store: Store, institution: InstitutionId, login: str, *roles: Role) -> Caller:
    """A person with an account; the caller has a real session with two factors."""

    async def work(unit: Unit) -> tuple[str, int]:
        person = await create_person(
            unit, SYSTEM, institution, name=f"医生{login}", specialty="全科", roles=roles
        )
        account = await create_account(unit, SYSTEM, person, login, password_hash="-")
        session = await open_session(unit, institution, account=account, assurance=Assurance.TWO_FACTORS)
        return session.secret, unit.now_ms

    secret, now_ms = await store.write(work)
    session = await store.read(lambda connection: find_session(connection, secret, now_ms))
    assert session is not None
    return session.caller


async def add_licence(store: Store, caller: Caller, *, valid_until_ms: int) -> None:
    """A licence of a person."""

    async def work(unit: Unit) -> None:
        await unit.connection.execute(
            t.licence.insert().values(
                id=f"li_{caller.login}",
                institution=caller.institution,
                person=caller.person,
                number=caller.login,
                kind="physician",
                valid_until_ms=valid_until_ms,
            )
        )

    await store.write(work)


async def add_patient(store: Store, institution: str, patient: str) -> None:
    """A patient of an institution."""

    async def work(unit: Unit) -> None:
        await unit.connection.execute(
            t.patient.insert().values(
                id=patient,
                institution=institution,
                name="王小明",
                card_number="",
                sex="unknown",
                state="active",
                created_at_ms=unit.now_ms,
            )
        )

    await store.write(work)


async def acts_of(store: Store, institution: str) -> list[dict[str, Any]]:
    """Every event of an institution's chain, in order."""
    query = t.event.select().where(t.event.c.institution == institution).order_by(t.event.c.sequence)
    rows = await store.read(lambda connection: connection.execute(query))
    return [json.loads(row.line) for row in rows]


@dataclass
class Ground:
    """What is served, and who there is."""

    store: SqlStore
    clock: SettledClock
    api: ApiClient
    entries: RoomEntries
    journal: RoomJournal
    tokens: TokenDesk
    clinic: InstitutionId
    hospital: InstitutionId
    doctor: Caller
    """Of the clinic; enters all rooms but the hospital's."""
    specialist: Caller
    """Of the hospital."""
    administrator: Caller
    """Of the clinic."""

    @property
    def now_ms(self) -> int:
        """The time of day."""
        return self.clock.wall_ns() // 1_000_000

    async def kinds(self, institution: str = "") -> list[str]:
        """The kinds of an institution's events, the clinic's where none is named."""
        return [act["kind"] for act in await acts_of(self.store, institution or self.clinic)]


@asynccontextmanager
async def open_ground(folder: Path) -> AsyncIterator[Ground]:
    """Serves the pages on loopback; the clock moves only by the test."""
    clock = SettledClock()
    tokens = TokenDesk(api_key=API_KEY, api_secret=API_SECRET)
    journal = RoomJournal(clock)
    async with open_test_store(folder, clock=clock) as store:
        clinic = await add_institution(store, "C1", "township_clinic")
        hospital = await add_institution(store, "H1")
        rooms = (
            StandingRoom(RoomName("lobby"), "大厅", "Lobby", "never"),
            StandingRoom(RoomName("ward"), "病房", "Ward", "on_request", (clinic, hospital)),
            StandingRoom(RoomName("lab"), "导管室", "Lab", "on_request", (hospital,)),
        )
        entries = RoomEntries(store=store, standing=StandingRooms(rooms), tokens=tokens, clock=clock)
        pages = (
            DevicePages(store=store),
            DeviceDoors(store=store, clock=clock),
            InvitationPages(store=store, entries=entries, clock=clock, pacer=Pacer()),
            BreakglassPages(store=store, entries=entries, journal=journal),
            PatientPages(store),
            SelfTestPages(store),
        )
        doctor = await add_person(store, clinic, "doctor", Role.CLINIC_DOCTOR)
        specialist = await add_person(store, hospital, "specialist", Role.SPECIALIST)
        administrator = await add_person(store, clinic, "administrator", Role.ADMINISTRATOR)
        routes = [route for page in pages for route in page.routes()]
        async with api_client(routes, clock=clock) as api:
            yield Ground(
                store=store,
                clock=clock,
                api=api,
                entries=entries,
                journal=journal,
                tokens=tokens,
                clinic=clinic,
                hospital=hospital,
                doctor=doctor,
                specialist=specialist,
                administrator=administrator,
            )
