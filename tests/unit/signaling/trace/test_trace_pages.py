"""The trace over HTTP and the real store: the supervisor's story (domain.md §5.3)."""

from __future__ import annotations

import asyncio
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import insert, select, update

from clinical.ids import PatientId
from recording.audit.act import Act, DeviceTime, MediaPosition
from recording.audit.commitments import commitment
from recording.audit.request import Request, check
from recording.keys import load_or_create_signer
from signaling.api.trace_export_pages import TraceExportPages
from signaling.api.trace_pages import TracePages
from signaling.auth.rights import Role
from signaling.care.patients import erase_patient
from signaling.settings import Settings
from signaling.store import tables
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit
from tests.support.api import Answer, ApiClient, api_client, person
from tests.support.stores import open_test_store
from tests.support.waiting import wait_until

QIAN = person(Role.SUPERVISOR, name="pe_qian")
HE = person(Role.AUDITOR, name="pe_he")
SECOND = person(Role.SUPERVISOR, name="pe_second")
DOCTOR = person(Role.SPECIALIST, name="pe_wang")
ELSEWHERE = person(Role.SUPERVISOR, institution="in_b", name="pe_b")
T0 = 1_763_700_000_000


@dataclass
class Office:
    """The supervisor's desk."""

    api: ApiClient
    store: SqlStore

    async def search(self, **body: Any) -> Answer:
        return await self.api.ask("POST", "/trace/searches", {"purpose": "complaint", **body})

    async def fetch(self, path: str) -> bytes:
        headers = self.api._callers.header(self.api.caller)
        async with self.api.session.post(f"{self.api.url}{path}", headers=headers) as response:
            assert response.status == 200
            return await response.read()

    async def last_event(self) -> dict[str, Any]:
        async def work(connection: Any) -> dict[str, Any]:
            table = tables.event
            query = select(table.c.line).where(table.c.institution == "in_a")
            return orjson.loads(await connection.scalar(query.order_by(table.c.sequence.desc()).limit(1)))

        return await self.store.read(work)


@asynccontextmanager
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_test_store(tmp_path) as store:
        await store.write(_people)
        signer = load_or_create_signer(tmp_path)
        exports = TraceExportPages(store, Settings(data_dir=tmp_path), signer)
        pages = [*TracePages(store).routes(), *exports.routes()]
        async with api_client(pages, caller=QIAN) as api:
            yield Office(api, store)


async def _people(unit: Unit) -> None:
    run = unit.connection.execute
    for name in ("in_a", "in_b"):
        await run(
            insert(tables.institution).values(
                id=name, code=name, name=f"院 {name}", kind="hospital", state="active", created_at_ms=0
            )
        )
    for name, called, institution in (
        ("pe_wang", "王敏", "in_a"),
        ("pe_qian", "钱慧", "in_a"),
        ("pe_wei", "王伟", "in_b"),
    ):
        await run(
            insert(tables.person).values(
                id=name,
                institution=institution,
                name=called,
                title="主任医师",
                state="active",
                created_at_ms=0,
            )
        )
    await run(
        insert(tables.device).values(
            id="dv_1", institution="in_a", name="门诊一体机", kind="kiosk", state="active", created_at_ms=0
        )
    )
    for number, ends_ms in (("L-1", T0 * 2), ("L-0", 1)):
        await run(
            insert(tables.licence).values(
                id=f"li_{number}",
                institution="in_a",
                person="pe_wang",
                number=number,
                kind="physician",
                valid_until_ms=ends_ms,
            )
        )
    for name, called in (("pt_1", "张建国"), ("pt_2", "张建军")):
        await run(
            insert(tables.patient).values(
                id=name,
                institution="in_a",
                name=called,
                card_number=f"QS{name}",
                state="active",
                created_at_ms=0,
            )
        )


async def checkpointed(store: SqlStore) -> None:
    """Returns when a checkpoint covers all there is."""
    running = asyncio.create_task(store.run())
    await wait_until(
        lambda: store.stats()["checkpoints"] > 0 and not store.checkpoint_lag_ms(), what="a checkpoint"
    )
    running.cancel()


def act(number: int, kind: str = "annotation.added", **more: Any) -> Act:
    given: dict[str, Any] = {
        "institution": "in_a",
        "actor": "pe_wang",
        "actor_role": "specialist",
        "at_ms": T0 + number,
        **more,
    }
    return Act(kind=kind, **given)


async def test_a_patients_events_come_newest_first_and_the_search_is_in_the_chain(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        for number in range(3):
            await o.store.record([act(number, subject={"patient": "pt_1", "case": "ca_1", "room": "cardio"})])
        await o.store.record([act(9, subject={"patient": "pt_2"})])
        found = await o.search(patient="建国", purpose_note="家属投诉：专家没有看心电")
        assert [line["at_ms"] - T0 for line in found.body["events"]] == [2, 1, 0]
        first = found.body["events"][0]
        assert (first["actor_name"], first["patient_name"], first["case"], first["room"]) == (
            "王敏",
            "张建国",
            "ca_1",
            "cardio",
        )
        assert found.body["next"] is None
        told = await o.last_event()
        assert (told["kind"], told["actor"], told["subject"]) == (
            "trace.searched",
            "pe_qian",
            {"patient": "pt_1"},
        )
        assert told["after"] == {"purpose": "complaint", "found": 3, "patients": ["pt_1"]}
        assert list(told["personal"]) == ["purpose_note"]


async def test_pages_have_fifty_and_meet_without_a_gap_also_within_one_millisecond(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        await o.store.record([act(number // 40, subject={"patient": "pt_1"}) for number in range(120)])
        seen: list[int] = []
        cursor = ""
        while True:
            page = await o.search(patient="pt_1", kinds=["annotation.added"], cursor=cursor)
            seen += [line["sequence"] for line in page.body["events"]]
            if page.body["next"] is None:
                break
            assert len(page.body["events"]) == 50
            cursor = page.body["next"]
        assert seen == list(range(120, 0, -1))
        assert (await o.last_event())["after"]["after_sequence"] == 21


async def test_person_time_and_kind_narrow_the_search(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        await o.store.record([act(1), act(2, "opinion.signed"), act(3, actor="dv_1", device="dv_1")])
        sequences = {
            "王": [2, 1],
            "pe_wang": [2, 1],
            "一体机": [3],
        }
        for text, expected in sequences.items():
            found = await o.search(person=text, to_ms=T0 + 100)
            assert [line["sequence"] for line in found.body["events"]] == expected, text
        signed = await o.search(person="王敏", kinds=["opinion.signed", "opinion.acknowledged"])
        assert [line["sequence"] for line in signed.body["events"]] == [2]
        timed = await o.search(from_ms=T0 + 2, to_ms=T0 + 3)
        assert [line["sequence"] for line in timed.body["events"]] == [2]
        assert (await o.search(case="ca_0")).body["events"] == []
        by_kind = await o.search(kinds=["opinion.signed"])
        assert [line["sequence"] for line in by_kind.body["events"]] == [2]


async def test_who_never_acted_here_is_nobody_here(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        await o.store.record([act(1)])
        found = await o.search(person="王伟")
        assert found.body["events"] == []
        told = await o.last_event()
        assert told["after"]["actors"] == []
        assert list(told["personal"]) == ["person_text"]
        system = await o.search(person="system")
        assert system.body["events"] == []


async def test_a_text_that_means_too_many_is_refused_and_shows_nobody(tmp_path: Path) -> None:
    async with office(tmp_path) as o:

        async def work(unit: Unit) -> None:
            rows = [
                {
                    "id": f"pt_x{n}",
                    "institution": "in_a",
                    "name": f"李{n}",
                    "state": "active",
                    "created_at_ms": 0,
                }
                for n in range(21)
            ]
            await unit.connection.execute(insert(tables.patient), rows)

        await o.store.write(work)
        refused = await o.search(patient="李")
        assert (refused.status, refused.code) == (400, "trace_too_wide")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"purpose": ""}, "bad_request"),
        ({"kinds": ["DROP TABLE"]}, "bad_request"),
        ({"cursor": "x"}, "trace_cursor_wrong"),
        ({"from_ms": 5, "to_ms": 5}, "trace_time_wrong"),
    ],
)
async def test_what_cannot_be_meant_is_refused_and_recorded_nowhere(
    tmp_path: Path, body: dict[str, Any], code: str
) -> None:
    async with office(tmp_path) as o:
        await o.store.record([act(1)])
        refused = await o.search(**body)
        assert (refused.status, refused.code) == (400, code)
        assert (await o.last_event())["sequence"] == 1


async def test_another_institutions_chain_is_not_there(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        await o.store.record([act(1)])
        o.api.caller = ELSEWHERE
        assert (await o.search(institution="in_a")).status == 404
        assert (await o.search(institution="in_x")).status == 404
        event = await o.api.ask("GET", "/trace/events/in_a/1", query={"purpose": "audit"})
        absent = await o.api.ask("GET", "/trace/events/in_a/99", query={"purpose": "audit"})
        assert (event.status, event.body) == (absent.status, absent.body)
        o.api.caller = DOCTOR
        assert (await o.search()).status == 403


async def test_the_kinds_there_are(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        await o.store.record([act(1), act(2), act(3, "opinion.signed")])
        kinds = await o.api.ask("GET", "/trace/kinds")
        assert kinds.body["kinds"] == ["annotation.added", "opinion.signed"]


async def test_one_event_in_full(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        await o.store.record([act(0)])
        await o.store.record(
            [
                act(
                    1,
                    device="dv_1",
                    device_time=DeviceTime(T0 - 41, 42, 9),
                    subject={"patient": "pt_1", "room": "cardio"},
                    before={"state": "none"},
                    after={"lead": "V3"},
                    media=MediaPosition("RC_1", 150_000),
                    personal={"note": "张建国 V3"},
                )
            ]
        )
        event = (await o.api.ask("GET", "/trace/events/in_a/2", query={"purpose": "complaint"})).body
        assert event["actor"]["name"] == "王敏"
        assert [(each["number"], each["state"]) for each in event["actor"]["licences"]] == [
            ("L-1", "active"),
            ("L-0", "expired"),
        ]
        assert (event["place"]["institution_name"], event["place"]["device_name"]) == (
            "院 in_a",
            "门诊一体机",
        )
        assert event["time"] == {"at_ms": T0 + 1, "device_at_ms": T0 - 41, "offset_ms": 42, "error_ms": 9}
        assert (event["before"], event["after"]) == ({"state": "none"}, {"lead": "V3"})
        assert event["media"] == {"recording": "RC_1", "position_ms": 150_000}
        assert [(each["value"], each["is_sound"]) for each in event["personal"]] == [("张建国 V3", True)]
        assert event["is_chained"] is True
        assert event["patient"]["name"] == "张建国"
        assert event["fhir"]["resourceType"] == "AuditEvent"
        assert "张建国" not in str(event["fhir"])
        told = await o.last_event()
        assert (told["kind"], told["subject"]) == ("trace.viewed", {"event": "2", "patient": "pt_1"})
        first = (await o.api.ask("GET", "/trace/events/in_a/1", query={"purpose": "audit"})).body
        assert (first["is_chained"], first["patient"], first["media"]) == (True, None, None)


async def test_an_erased_field_shows_its_tombstone_and_a_changed_one_that_it_is_not_sound(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as o:
        await o.store.record([act(1, subject={"patient": "pt_1"}, personal={"note": "甲"})])
        await o.store.record([act(2, personal={"note": "乙"})])

        async def work(unit: Unit) -> None:
            await erase_patient(unit, PatientId("pt_1"))
            table = tables.personal_field
            await unit.connection.execute(update(table).where(table.c.sequence == 2).values(value="丙"))

        await o.store.write(work)
        erased, changed = [
            (await o.api.ask("GET", f"/trace/events/in_a/{n}", query={"purpose": "audit"})).body
            for n in (1, 2)
        ]
        (field,) = erased["personal"]
        assert (field["value"], field["is_sound"], erased["is_chained"]) == (None, None, True)
        assert field["erased_at_ms"] is not None and len(field["commitment"]) == 64
        assert changed["personal"][0]["is_sound"] is False


async def test_a_bent_line_is_shown_as_not_chained(tmp_path: Path) -> None:
    async with office(tmp_path) as o:
        await o.store.record([act(1), act(2)])

        async def work(unit: Unit) -> None:
            table = tables.event
            line = await unit.connection.scalar(select(table.c.line).where(table.c.sequence == 2))
            bent = line.replace(b"specialist", b"supervisor")
            await unit.connection.execute(update(table).where(table.c.sequence == 2).values(line=bent))

        await o.store.write(work)
        event = await o.api.ask("GET", "/trace/events/in_a/2", query={"purpose": "audit"})
        assert event.body["is_chained"] is False


@pytest.mark.parametrize("sequence", ["x", "-1", "９", "9" * 30])
async def test_what_is_no_sequence_is_not_there(tmp_path: Path, sequence: str) -> None:
    async with office(tmp_path) as o:
        answer = await o.api.ask("GET", f"/trace/events/in_a/{sequence}", query={"purpose": "audit"})
        assert answer.status == 404


class TestExports:
    """One asks, another decides."""

    WANTED = {  # noqa: RUF012
        "purpose": "dispute",
        "purpose_note": "市医调委调取",
        "recipient": "市医疗纠纷调解委员会",
        "first_sequence": 1,
        "last_sequence": 2,
    }

    async def test_who_asked_cannot_decide_and_a_second_person_can_once(self, tmp_path: Path) -> None:
        async with office(tmp_path) as o:
            await o.store.record([act(1), act(2)])
            asked = await o.api.ask("POST", "/trace/exports", self.WANTED)
            assert (asked.status, asked.body["state"]) == (201, "waiting")
            told = await o.last_event()
            assert told["kind"] == "trace.export_requested"
            assert "医调委" not in str(told)
            path = f"/trace/exports/{asked.body['id']}/decide"
            own = await o.api.ask("POST", path, {"is_approved": True})
            assert (own.status, own.code) == (403, "not_permitted")
            for caller, status in ((ELSEWHERE, 404), (DOCTOR, 403)):
                assert (await o.api.ask("POST", path, {"is_approved": True}, caller=caller)).status == status
            approved = await o.api.ask("POST", path, {"is_approved": True}, caller=HE)
            assert (approved.body["state"], approved.body["decided_by"]) == ("approved", "pe_he")
            assert (await o.last_event())["kind"] == "trace.export_approved"
            again = await o.api.ask("POST", path, {"is_approved": False}, caller=SECOND)
            assert (again.status, again.code) == (409, "state_refused")
            listed = await o.api.ask("GET", "/trace/exports", caller=HE)
            assert [(one["state"], one["requested_by_name"]) for one in listed.body["exports"]] == [
                ("approved", "钱慧")
            ]

    async def test_an_approved_package_checks_without_the_service(self, tmp_path: Path) -> None:
        async with office(tmp_path) as o:
            for number in (1, 2, 3):
                await o.store.record([act(number, personal={"note": f"第 {number} 条"})])
            await checkpointed(o.store)
            asked = await o.api.ask("POST", "/trace/exports", {**self.WANTED, "with_personal": True})
            path = f"/trace/exports/{asked.body['id']}"
            waiting = await o.api.ask("POST", f"{path}/package")
            assert (waiting.status, waiting.code) == (409, "state_refused")
            await o.api.ask("POST", f"{path}/decide", {"is_approved": True}, caller=HE)
            content = await o.fetch(f"{path}/package")
            folder = tmp_path / "evidence"
            zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
            trusted = load_or_create_signer(tmp_path).key_fingerprint
            assert check(Request(folder / "package", fingerprint=trusted)).is_sound
            fields = [orjson.loads(line) for line in (folder / "personal.jsonl").read_bytes().splitlines()]
            assert [(each["sequence"], each["value"]) for each in fields] == [(1, "第 1 条"), (2, "第 2 条")]
            (events,) = (folder / "package" / "events").glob("*.jsonl")
            first = orjson.loads(events.read_bytes().splitlines()[0])
            committed = commitment(bytes.fromhex(fields[0]["salt"]), fields[0]["value"])
            assert first["personal"]["note"] == committed
            told = await o.last_event()
            assert (told["kind"], told["after"]["sha256"]) == (
                "trace.exported",
                hashlib.sha256(content).hexdigest(),
            )

    async def test_a_refused_package_stays_refused(self, tmp_path: Path) -> None:
        async with office(tmp_path) as o:
            await o.store.record([act(1), act(2)])
            asked = await o.api.ask("POST", "/trace/exports", self.WANTED)
            path = f"/trace/exports/{asked.body['id']}/decide"
            refused = await o.api.ask("POST", path, {"is_approved": False}, caller=SECOND)
            assert refused.body["state"] == "refused"
            assert (await o.last_event())["kind"] == "trace.export_refused"

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"last_sequence": 3}, "trace_range_wrong"),
            ({"first_sequence": 2, "last_sequence": 1}, "trace_range_wrong"),
            ({"purpose_note": ""}, "trace_purpose_note_missing"),
        ],
    )
    async def test_a_range_that_is_not_there_is_refused(
        self, tmp_path: Path, change: dict[str, Any], code: str
    ) -> None:
        async with office(tmp_path) as o:
            await o.store.record([act(1), act(2)])
            refused = await o.api.ask("POST", "/trace/exports", {**self.WANTED, **change})
            assert (refused.status, refused.code) == (400, code)
