"""Patients over HTTP and the real store: what is told, what is refused, what is left after an erasure."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import insert, select

from signaling.api.patient_pages import PatientPages
from signaling.auth.rights import Role
from signaling.store import tables
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit
from tests.support.api import ApiClient, api_client, person
from tests.support.stores import open_test_store

DOCTOR = person(Role.CLINIC_DOCTOR)
STRANGER = person(Role.CLINIC_DOCTOR, institution="in_b", name="pe_b")
SUPERVISOR = person(Role.SUPERVISOR, name="pe_s")
ZHANG = {"name": "张建国", "card_number": "QS33010219650101", "sex": "male", "birth_year": 1965}


@asynccontextmanager
async def clinic(tmp_path: Path) -> AsyncIterator[tuple[ApiClient, SqlStore]]:
    async with open_test_store(tmp_path) as store:
        await add_institutions(store, "in_a", "in_b")
        async with api_client(PatientPages(store).routes(), caller=DOCTOR) as api:
            yield api, store


async def add_institutions(store: SqlStore, *ids: str) -> None:
    async def work(unit: Unit) -> None:
        for name in ids:
            await unit.connection.execute(
                insert(tables.institution).values(
                    id=name, code=name, name=name, kind="hospital", state="active", created_at_ms=0
                )
            )

    await store.write(work)


async def events(store: SqlStore, institution: str = "in_a") -> list[dict[str, Any]]:
    query = select(tables.event.c.line).where(tables.event.c.institution == institution)

    async def work(connection: Any) -> list[dict[str, Any]]:
        rows = await connection.execute(query.order_by(tables.event.c.sequence))
        return [orjson.loads(row.line) for row in rows]

    return await store.read(work)


async def test_a_new_patient_is_told_without_a_name_in_the_chain(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (api, store):
        answer = await api.ask("POST", "/patients", ZHANG)
        assert (answer.status, answer.body["name"], answer.body["state"]) == (201, "张建国", "active")
        (told,) = await events(store)
        assert (told["kind"], told["actor"], told["actor_role"]) == (
            "patient.created",
            "pe_a",
            "clinic_doctor",
        )
        assert "张建国" not in str(told)


async def test_a_card_number_belongs_to_one_patient_of_an_institution(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (api, store):
        await api.ask("POST", "/patients", ZHANG)
        again = await api.ask("POST", "/patients", {**ZHANG, "name": "张建军"})
        assert (again.status, again.code) == (409, "card_number_taken")
        assert "卡号" in again.body["detail"] and "33010219650101" not in str(again.body)
        assert len(await events(store)) == 1
        elsewhere = await api.ask("POST", "/patients", ZHANG, caller=STRANGER)
        assert elsewhere.status == 201


async def test_many_patients_have_no_card(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (api, _):
        for name in ("无名氏一", "无名氏二"):
            assert (await api.ask("POST", "/patients", {"name": name})).status == 201


async def test_a_search_finds_by_a_part_of_the_name_or_the_card_and_is_recorded(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (api, store):
        created = await api.ask("POST", "/patients", ZHANG)
        for text in ("建国", ZHANG["card_number"], created.body["id"]):
            found = await api.ask("POST", "/patients/searches", {"text": text, "purpose": "treatment"})
            assert [line["id"] for line in found.body["patients"]] == [created.body["id"]]
            assert found.body["patients"][0]["card_end"] == "0101"
        told = (await events(store))[-1]
        assert told["kind"] == "patient.searched"
        assert told["after"] == {"purpose": "treatment", "patients": [created.body["id"]]}
        assert told["personal"] == {}


async def test_a_name_that_nobody_has_is_kept_beside_the_chain(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (api, store):
        found = await api.ask("POST", "/patients/searches", {"text": "100%", "purpose": "complaint"})
        assert found.body["patients"] == []
        (told,) = await events(store)
        assert list(told["personal"]) == ["text"]


async def test_a_search_without_a_purpose_is_refused_and_finds_nothing(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (api, store):
        for body in (
            {"text": "张"},
            {"text": "张", "purpose": "curiosity"},
            {"text": "", "purpose": "audit"},
        ):
            assert (await api.ask("POST", "/patients/searches", body)).status == 400
        assert await events(store) == []


async def test_a_search_shows_twenty_and_says_that_there_are_more(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (api, _):
        for number in range(21):
            await api.ask("POST", "/patients", {"name": f"王{number:02}"})
        found = await api.ask("POST", "/patients/searches", {"text": "王", "purpose": "treatment"})
        assert (len(found.body["patients"]), found.body["is_complete"]) == (20, False)


async def test_reading_is_recorded_and_a_stranger_learns_nothing(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (api, store):
        created = (await api.ask("POST", "/patients", ZHANG)).body["id"]
        path = f"/patients/{created}"
        assert (await api.ask("GET", path)).status == 400
        read = await api.ask("GET", path, query={"purpose": "treatment"})
        assert read.body["card_number"] == ZHANG["card_number"]
        assert (await events(store))[-1]["kind"] == "patient.viewed"
        other = await api.ask("GET", path, query={"purpose": "treatment"}, caller=STRANGER)
        nobody = await api.ask("GET", "/patients/pt_0", query={"purpose": "treatment"}, caller=STRANGER)
        assert other.status == nobody.status == 404
        assert other.body == nobody.body
        assert await events(store, "in_b") == []


async def test_an_erasure_leaves_a_tombstone_and_every_event_as_it_was(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (api, store):
        created = (await api.ask("POST", "/patients", ZHANG)).body["id"]
        wanted = {"text": "建国", "purpose": "treatment", "purpose_note": "张建国复诊"}
        await api.ask("POST", "/patients/searches", wanted)
        before = await events(store)
        erased = await api.ask(
            "POST", f"/patients/{created}/erase", {"reason": "patient_request"}, caller=SUPERVISOR
        )
        assert erased.status == 200
        assert erased.body["erased_fields"] == 1
        patient = erased.body["patient"]
        assert (patient["name"], patient["card_number"], patient["sex"], patient["birth_year"]) == (
            "",
            "",
            "unknown",
            None,
        )
        told = await events(store)
        assert told[:-1] == before
        assert (told[-1]["kind"], told[-1]["subject"]) == ("patient.erased", {"patient": created})
        fields = await store.read(_fields)
        assert [(salt, value) for salt, value, _ in fields] == [(None, None)]
        assert await _everything(store, tmp_path) == 0
        again = await api.ask(
            "POST", f"/patients/{created}/erase", {"reason": "patient_request"}, caller=SUPERVISOR
        )
        assert (again.status, again.code) == (409, "state_refused")


async def test_an_erased_patients_card_can_be_given_again(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (api, _):
        created = (await api.ask("POST", "/patients", ZHANG)).body["id"]
        erase = {"reason": "entered_by_mistake"}
        await api.ask("POST", f"/patients/{created}/erase", erase, caller=SUPERVISOR)
        assert (await api.ask("POST", "/patients", ZHANG)).status == 201


async def test_nobody_is_erased_while_an_emergency_access_waits_for_review(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (api, store):
        created = (await api.ask("POST", "/patients", ZHANG)).body["id"]

        async def use(unit: Unit) -> None:
            await unit.connection.execute(
                insert(tables.person).values(
                    id="pe_a", institution="in_a", name="李", state="active", created_at_ms=0
                )
            )
            await unit.connection.execute(
                insert(tables.breakglass).values(
                    id="bg_1",
                    institution="in_a",
                    person="pe_a",
                    patient=created,
                    reason="张建国昏迷",
                    at_ms=1,
                    ends_at_ms=2,
                )
            )

        await store.write(use)
        refused = await api.ask(
            "POST", f"/patients/{created}/erase", {"reason": "patient_request"}, caller=SUPERVISOR
        )
        assert (refused.status, refused.code) == (409, "patient_under_review")


async def _fields(connection: Any) -> list[tuple[Any, Any, Any]]:
    table = tables.personal_field
    rows = await connection.execute(select(table.c.salt, table.c.value, table.c.erased_at_ms))
    return [tuple(row) for row in rows]


async def _everything(store: SqlStore, folder: Path) -> int:
    """How often the patient's name is in any row of any table."""

    async def work(connection: Any) -> int:
        count = 0
        for table in tables.metadata.sorted_tables:
            rows = await connection.execute(select(table))
            count += sum("建国" in str(row) or "33010219650101" in str(row) for row in rows)
        return count

    return await store.read(work)
