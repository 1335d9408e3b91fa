"""Consents over HTTP and the real store: the kiosk's screen K3 (domain.md §5.1), and what follows later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import insert, select

from clinical.ids import CaseId, PatientId
from signaling.api.consent_pages import ConsentPages
from signaling.api.patient_pages import PatientPages
from signaling.auth.rights import Caller, Role
from signaling.store import tables
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit
from tests.support.api import Answer, ApiClient, api_client, person
from tests.support.stores import open_test_store

DOCTOR = person(Role.CLINIC_DOCTOR)
STRANGER = person(Role.CLINIC_DOCTOR, institution="in_b", name="pe_b")
SIGNATURE = "cd" * 32
ALL = ("consultation", "recording", "sharing", "teaching")


@dataclass
class Rooms:
    """Cases whose rooms are recorded."""

    recorded: set[str] = field(default_factory=set)
    stopped: list[tuple[str, str]] = field(default_factory=list)

    async def stop(self, patient: PatientId, case: CaseId, caller: Caller) -> bool:
        if case not in self.recorded:
            return False
        self.recorded.discard(case)
        self.stopped.append((case, caller.actor))
        return True


@dataclass
class Kiosk:
    """A patient at the kiosk."""

    api: ApiClient
    store: SqlStore
    rooms: Rooms
    patient: str
    texts: dict[str, dict[str, str]]

    async def answer(self, *purposes: str, granted: bool = True, **more: Any) -> Answer:
        body = {
            "patient": self.patient,
            "case": "ca_1",
            "answers": [
                {
                    "purpose": purpose,
                    "is_granted": granted,
                    "text_version": self.texts[purpose]["version"],
                    "text_sha256": self.texts[purpose]["sha256"],
                }
                for purpose in purposes
            ],
            "how": "screen_signature",
            "given_by": "patient",
            "evidence_sha256": SIGNATURE if granted else "",
            **more,
        }
        return await self.api.ask("POST", "/consents", body)

    async def emergency(self, *purposes: str) -> Answer:
        return await self.answer(*purposes, how="emergency", given_by="nobody", evidence_sha256="")

    async def withdraw(self, consent: str, **more: Any) -> Answer:
        body = {"how": "voice", "given_by": "patient", **more}
        return await self.api.ask("POST", f"/consents/{consent}/withdraw", body)

    async def events(self) -> list[dict[str, Any]]:
        async def work(connection: Any) -> list[dict[str, Any]]:
            table = tables.event
            query = select(table.c.line).where(table.c.kind.startswith("consent.")).order_by(table.c.sequence)
            return [orjson.loads(row.line) for row in await connection.execute(query)]

        return await self.store.read(work)


@asynccontextmanager
async def kiosk(tmp_path: Path) -> AsyncIterator[Kiosk]:
    async with open_test_store(tmp_path) as store:

        async def work(unit: Unit) -> None:
            for name in ("in_a", "in_b"):
                await unit.connection.execute(
                    insert(tables.institution).values(
                        id=name, code=name, name=name, kind="hospital", state="active", created_at_ms=0
                    )
                )
            await unit.connection.execute(
                insert(tables.person).values(
                    id="pe_a", institution="in_a", name="李建平", state="active", created_at_ms=0
                )
            )

        await store.write(work)
        rooms = Rooms()
        pages = [*PatientPages(store).routes(), *ConsentPages(store, rooms).routes()]
        async with api_client(pages, caller=DOCTOR) as api:
            patient = (await api.ask("POST", "/patients", {"name": "张建国"})).body["id"]
            texts = (await api.ask("GET", "/consents/texts")).body["texts"]
            shown = {text["purpose"]: text for text in texts if text["language"] == "zh"}
            yield Kiosk(api, store, rooms, patient, shown)


def states(answer: Answer) -> dict[str, str]:
    return {line["purpose"]: line["state"] for line in answer.body["standing"]}


async def test_three_granted_and_teaching_declined(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as k:
        granted = await k.answer("consultation", "recording", "sharing")
        assert granted.status == 201
        declined = await k.answer("teaching", granted=False)
        assert states(declined) == {
            "consultation": "granted",
            "recording": "granted",
            "sharing": "granted",
            "teaching": "declined",
        }
        told = await k.events()
        assert [event["kind"] for event in told] == ["consent.granted"] * 3 + ["consent.declined"]
        assert told[0]["subject"]["case"] == "ca_1"
        assert told[0]["after"]["text_sha256"] == k.texts["consultation"]["sha256"]
        assert told[0]["before"] == {"state": "none"}
        listed = await k.api.ask("GET", "/consents", query={"patient": k.patient, "case": "ca_1"})
        assert listed.body == declined.body
        assert listed.body["consents"][0]["recorded_by_name"] == "李建平"


async def test_declining_the_recording_leaves_the_consultation_allowed(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as k:
        await k.answer("recording", granted=False)
        answer = await k.answer("consultation")
        allowed = {line["purpose"]: line["is_allowed"] for line in answer.body["standing"]}
        assert allowed == {"consultation": True, "recording": False, "sharing": False, "teaching": False}


async def test_one_answer_that_does_not_follow_leaves_all_unnoted(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as k:
        await k.answer("sharing")
        refused = await k.answer("consultation", "sharing")
        assert (refused.status, refused.code) == (409, "consent_unchanged")
        assert len(await k.events()) == 1


async def test_another_text_than_the_catalogues_is_refused(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as k:
        k.texts["recording"] = {**k.texts["recording"], "sha256": "00" * 32}
        k.texts["sharing"] = {**k.texts["sharing"], "version": "1999-01/zh"}
        for purpose in ("recording", "sharing"):
            refused = await k.answer(purpose)
            assert (refused.status, refused.code) == (400, "consent_text_unknown")
        twice = await k.answer("teaching", "teaching")
        assert (twice.status, twice.code) == (400, "consent_purpose_twice")
        assert await k.events() == []


async def test_an_emergency_is_noted_and_confirmed_later(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as k:
        basis = await k.emergency("consultation", "recording")
        assert [line["awaits_confirmation"] for line in basis.body["standing"]] == [True, True, False, False]
        confirmed = await k.answer("consultation", given_by="relative", giver_name="张小军")
        assert states(confirmed) == {
            "consultation": "granted",
            "recording": "emergency",
            "sharing": "none",
            "teaching": "none",
        }
        told = (await k.events())[-1]
        assert told["before"]["confirms"] == basis.body["standing"][0]["consent"]
        assert "张小军" not in str(told) and list(told["personal"]) == ["giver_name"]
        unnamed = await k.answer("recording", given_by="guardian")
        assert (unnamed.status, unnamed.code) == (400, "consent_giver_unnamed")


async def test_a_withdrawn_recording_consent_ends_the_recording_of_its_room(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as k:
        k.rooms.recorded = {"ca_1", "ca_2"}
        answer = await k.answer(*ALL)
        ids = {line["purpose"]: line["consent"] for line in answer.body["standing"]}
        sharing = await k.withdraw(ids["sharing"])
        assert (sharing.status, sharing.body["recording_stopped"]) == (200, False)
        withdrawn = await k.withdraw(ids["recording"], note="不想录了")
        assert withdrawn.body["recording_stopped"] is True
        assert withdrawn.body["consent"]["state"] == "withdrawn"
        assert k.rooms.stopped == [("ca_1", "pe_a")]
        assert (await k.events())[-1]["before"] == {"state": "granted"}
        again = await k.withdraw(ids["recording"])
        assert (again.status, again.code) == (409, "state_refused")


async def test_a_no_after_an_emergency_ends_the_recording_too(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as k:
        k.rooms.recorded = {"ca_1"}
        basis = await k.emergency("recording")
        await k.answer("consultation")
        assert (await k.answer("recording", granted=False)).status == 201
        assert k.rooms.stopped == [("ca_1", "pe_a")]
        replaced = await k.withdraw(basis.body["standing"][1]["consent"])
        assert (replaced.status, replaced.code) == (409, "consent_not_standing")


async def test_a_relative_who_withdraws_gives_their_name(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as k:
        answer = await k.answer("sharing")
        consent = answer.body["standing"][2]["consent"]
        assert (await k.withdraw(consent, given_by="relative")).code == "consent_giver_unnamed"
        done = await k.withdraw(consent, given_by="relative", giver_name="张小军")
        assert (done.status, done.body["recording_stopped"]) == (200, False)


async def test_a_guardian_takes_back_what_they_gave_and_it_is_noted_as_theirs(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as k:
        given = await k.answer("sharing", given_by="guardian", giver_name="张小军")
        asked, standing = given.body["standing"][0], given.body["standing"][2]
        assert (asked["given_by"], standing["given_by"]) == ("", "guardian")
        assert (await k.withdraw(standing["consent"], given_by="relative")).code == "consent_giver_unnamed"
        assert (await k.withdraw(standing["consent"], given_by="guardian")).status == 200
        told = (await k.events())[-1]
        assert (told["kind"], told["after"]["given_by"]) == ("consent.withdrawn", "guardian")


async def test_a_stranger_gets_the_answer_of_what_is_not_there(tmp_path: Path) -> None:
    async with kiosk(tmp_path) as k:
        consent = (await k.answer("sharing")).body["standing"][2]["consent"]
        k.api.caller = STRANGER
        body = {"how": "voice", "given_by": "patient"}
        there = await k.api.ask("POST", f"/consents/{consent}/withdraw", body)
        absent = await k.api.ask("POST", "/consents/co_0/withdraw", body)
        assert (there.status, there.body) == (absent.status, absent.body) == (404, absent.body)
        assert (await k.answer("sharing")).status == 404
        assert (await k.api.ask("GET", "/consents", query={"patient": k.patient})).status == 404
