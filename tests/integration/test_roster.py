"""Directory, roster and slots over a real store: who is on duty, what a file brings, and what is refused."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from clinical.ids import InstitutionId
from clinical.recording_policy import RecordingPolicy
from signaling.api.roster_pages import MAX_RANGE_MS, RosterPages
from signaling.api.slot_pages import SlotPages
from signaling.auth.institutions import SYSTEM, create_institution
from signaling.auth.people import create_person
from signaling.auth.rights import Caller, Role
from signaling.roster.hospital_time import read_time
from signaling.store import tables as t
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit
from tests.support.api import ApiClient, SettledClock, api_client, device, person
from tests.support.ground import acts_of
from tests.support.stores import open_test_store

HOUR = 3_600_000
MORNING = read_time("2025-11-21 08:00") or 0
"""Shortly before the settled clock's time of day."""


@dataclass
class Ward:
    """A hospital with its people, and a clinic that asks."""

    store: SqlStore
    clock: SettledClock
    api: ApiClient
    hospital: InstitutionId
    clinic: InstitutionId
    wang: str
    zhao: str
    nurse: str
    administrator: Caller
    doctor: Caller

    @property
    def now_ms(self) -> int:
        return self.clock.wall_ns() // 1_000_000

    async def shift(self, who: str, from_h: int, until_h: int, **more: Any) -> Any:
        body = {"specialty": "cardiology", "line": 1, "person": who}
        times = {"from_ms": self.now_ms + from_h * HOUR, "until_ms": self.now_ms + until_h * HOUR}
        return await self.api.ask("POST", "/roster/shifts", {**body, **times, **more})

    async def shifts(self, from_h: int = -48, until_h: int = 48) -> Any:
        times = {"from_ms": self.now_ms + from_h * HOUR, "until_ms": self.now_ms + until_h * HOUR}
        answer = await self.api.ask("GET", "/roster/shifts", query=times)
        assert answer.status == 200, answer.body
        return answer.body

    async def directory(self, code: str = "cardiology") -> list[dict[str, Any]]:
        answer = await self.api.ask("GET", "/directory", caller=self.doctor)
        assert answer.status == 200, answer.body
        return [one for one in answer.body["specialties"] if one["code"] == code]

    async def changes(self) -> list[dict[str, Any]]:
        acts = await acts_of(self.store, self.hospital)
        return [act for act in acts if act["kind"].partition(".")[0] in ("roster", "slot")]


@pytest_asyncio.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    clock = SettledClock()
    async with open_test_store(tmp_path, clock=clock) as store:

        async def work(unit: Unit) -> tuple[InstitutionId, InstitutionId, list[str]]:
            places = [
                (await create_institution(unit, SYSTEM, code=code, name=name, kind=kind)).id
                for code, name, kind in (
                    ("H", "平湖县人民医院", "hospital"),
                    ("C", "石桥卫生院", "township_clinic"),
                )
            ]
            people = [
                (
                    await create_person(
                        unit, SYSTEM, places[0], name=name, specialty=words, title=title, roles=[role]
                    )
                ).id
                for name, words, title, role in (
                    ("王敏", "心内科", "主任医师", Role.SPECIALIST),
                    ("赵强", "心内科", "主治医师", Role.DUTY_EXPERT),
                    ("孙丽", "", "", Role.CLINIC_DOCTOR),
                    ("周局", "", "", Role.ADMINISTRATOR),
                )
            ]
            return places[0], places[1], people

        hospital, clinic, people = await store.write(work)
        pages = [*RosterPages(store).routes(), *SlotPages(store).routes()]
        administrator = person(Role.ADMINISTRATOR, institution=hospital, name=people[3])
        async with api_client(pages, caller=administrator, clock=clock) as api:
            doctor = person(Role.CLINIC_DOCTOR, institution=clinic, name="pe_doctor")
            yield Ward(store, clock, api, hospital, clinic, *people[:3], administrator, doctor)


async def test_who_is_on_duty_is_found_in_the_directory(ward: Ward) -> None:
    before = await ward.directory()
    assert [(one["institution_name"], one["on_duty"]) for one in before] == [("平湖县人民医院", [])]
    assert (before[0]["name"], before[0]["duty_phone"]) == ({"zh": "心内科", "en": "Cardiology"}, "")
    assert (before[0]["waiting"], before[0]["expected_wait_s"]) == (0, None)
    assert (await ward.shift(ward.zhao, -1, 7, line=2)).status == 201
    assert (await ward.shift(ward.wang, -2, 6)).status == 201
    assert (await ward.shift(ward.wang, 6, 12)).status == 201
    (entry,) = await ward.directory()
    assert entry["on_duty"] == [
        {"person": ward.wang, "name": "王敏", "title": "主任医师", "line": 1},
        {"person": ward.zhao, "name": "赵强", "title": "主治医师", "line": 2},
    ]
    assert entry["expected_wait_s"] == 0
    ward.clock.advance_ms(9 * HOUR)
    assert [one["name"] for one in (await ward.directory())[0]["on_duty"]] == ["王敏"]


async def test_a_kiosk_reads_the_directory_and_an_auditor_does_not(ward: Ward) -> None:
    kiosk = device(institution=ward.clinic)
    assert (await ward.api.ask("GET", "/directory", caller=kiosk)).status == 200
    assert (await ward.api.ask("GET", "/roster/shifts", caller=kiosk)).status == 403
    auditor = person(Role.AUDITOR, institution=ward.clinic)
    assert (await ward.api.ask("GET", "/directory", caller=auditor)).status == 403


async def test_the_words_of_specialties_and_titles_are_told(ward: Ward) -> None:
    words = (await ward.api.ask("GET", "/specialties", caller=ward.doctor)).body
    assert words["specialties"][0] == {"code": "cardiology", "name": {"zh": "心内科", "en": "Cardiology"}}
    assert [one["code"] for one in words["titles"]] == ["any", "attending", "associate_chief", "chief"]


async def test_a_clinic_a_closed_hospital_and_who_has_left_are_not_in_the_directory(ward: Ward) -> None:
    await ward.shift(ward.wang, -1, 7)

    async def leave(unit: Unit) -> None:
        await unit.connection.execute(
            update(t.person).where(t.person.c.id == ward.wang).values(state="ended")
        )

    await ward.store.write(leave)
    assert [one["on_duty"] for one in await ward.directory()] == [[]]

    async def close(unit: Unit) -> None:
        await unit.connection.execute(
            update(t.institution).where(t.institution.c.id == ward.hospital).values(state="ended")
        )

    await ward.store.write(close)
    assert await ward.directory() == []


async def test_the_list_names_gaps_and_overlaps(ward: Ward) -> None:
    first = (await ward.shift(ward.wang, 0, 8)).body
    second = (await ward.shift(ward.zhao, 6, 12)).body
    assert first["name"] == "王敏"
    listed = await ward.shifts(0, 24)
    assert [shift["id"] for shift in listed["shifts"]] == [first["id"], second["id"]]
    assert listed["is_complete"] is True
    now = ward.now_ms
    assert listed["gaps"] == [
        {"specialty": "cardiology", "line": 1, "from_ms": now + 12 * HOUR, "until_ms": now + 24 * HOUR}
    ]
    assert listed["overlaps"] == [
        {
            "kind": "same_line",
            "first": first["id"],
            "second": second["id"],
            "from_ms": now + 6 * HOUR,
            "until_ms": now + 8 * HOUR,
        }
    ]
    assert (await ward.shifts(24, 48))["shifts"] == []


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"until_ms": 1}, 400, "shift_ends_early"),
        ({"until_ms": 2_000_000_000_000}, 400, "shift_too_long"),
        ({"specialty": "alchemy"}, 400, "shift_specialty_unknown"),
        ({"line": 3}, 400, "bad_request"),
        ({"person": "pe_nobody"}, 409, "person_no_expert"),
    ],
)
async def test_a_shift_that_cannot_be_is_refused(
    ward: Ward, more: dict[str, Any], status: int, code: str
) -> None:
    answer = await ward.shift(ward.wang, 0, 8, **more)
    assert (answer.status, answer.code) == (status, code)
    assert (await ward.shift(ward.nurse, 0, 8)).code == "person_no_expert"
    assert (await ward.shifts())["shifts"] == []
    assert await ward.changes() == []


async def test_nobody_is_on_duty_twice_for_one_specialty(ward: Ward) -> None:
    assert (await ward.shift(ward.wang, 0, 8)).status == 201
    assert (await ward.shift(ward.wang, 7, 9, line=2)).code == "shift_person_twice"
    assert (await ward.shift(ward.wang, 7, 9, specialty="neurology")).status == 201


async def test_a_shift_is_taken_off_and_both_are_in_the_ledger(ward: Ward) -> None:
    shift = (await ward.shift(ward.wang, -1, 8)).body
    assert (await ward.api.ask("DELETE", f"/roster/shifts/{shift['id']}")).status == 204
    assert (await ward.api.ask("DELETE", f"/roster/shifts/{shift['id']}")).status == 404
    changes = await ward.changes()
    assert [act["after"]["change"] for act in changes] == ["added", "removed"]
    assert all(act["subject"] == {"shift": shift["id"], "person": ward.wang} for act in changes)


async def test_a_shift_that_is_over_stays(ward: Ward) -> None:
    shift = (await ward.shift(ward.wang, -9, -1)).body
    answer = await ward.api.ask("DELETE", f"/roster/shifts/{shift['id']}")
    assert (answer.status, answer.code) == (409, "state_refused")
    assert len((await ward.shifts())["shifts"]) == 1


@pytest.mark.parametrize("path", ["/roster/shifts", "/slots", "/roster/export"])
@pytest.mark.parametrize("length", [0, -5, MAX_RANGE_MS + 1])
async def test_a_time_that_is_none_is_refused(ward: Ward, path: str, length: int) -> None:
    query = {"from_ms": ward.now_ms, "until_ms": ward.now_ms + length}
    if path.endswith("export"):
        query["format"] = "csv"  # type: ignore[assignment]
    assert (await ward.api.ask("GET", path, query=query)).code == "roster_range_wrong"


@pytest.mark.parametrize("file_format", ["csv", "ics"])
async def test_what_is_exported_is_imported_as_it_was(ward: Ward, file_format: str) -> None:
    # On the minute, as people write it.
    ward.clock.wall = MORNING * 1_000_000
    await ward.shift(ward.wang, 0, 8)
    await ward.shift(ward.zhao, 8, 24, line=2, specialty="respiratory")
    before = (await ward.shifts())["shifts"]
    query = {"from_ms": ward.now_ms - HOUR, "until_ms": ward.now_ms + 48 * HOUR, "format": file_format}
    file = (await ward.api.ask("GET", "/roster/export", query=query)).body
    assert file["name"] == f"roster-2025-11-21.{file_format}"
    again = await ward.api.ask("POST", "/roster/import", {"format": file_format, "text": file["text"]})
    assert (again.status, again.body) == (200, {"added": 0, "known": 2})
    for shift in before:
        await ward.api.ask("DELETE", f"/roster/shifts/{shift['id']}")
    taken = await ward.api.ask("POST", "/roster/import", {"format": file_format, "text": file["text"]})
    assert taken.body == {"added": 2, "known": 0}
    after = (await ward.shifts())["shifts"]
    assert [{**one, "id": ""} for one in after] == [{**one, "id": ""} for one in before]
    act = (await ward.changes())[-1]
    assert (act["after"]["change"], act["after"]["count"]) == ("imported", 2)
    assert act["after"]["file_sha256"] == hashlib.sha256(file["text"].encode()).hexdigest()
    assert act["after"]["from_ms"] == before[0]["from_ms"]


async def test_a_clerk_reads_what_is_wrong_with_each_line(ward: Ward) -> None:
    text = (
        "专科,线,姓名,开始,结束\n"
        "心内科,一线,王敏,2026-11-22 08:00,2026-11-23 08:00\n"
        "心内可,一线,王敏,2026-11-23 08:00,2026-11-24 08:00\n"
        "心内科,三线,李四,明天早上,2026-11-24 08:00\n"
        "心内科,备班,李四,2026-11-24 08:00,2026-11-25 08:00\n"
        "心内科,备班,孙丽,2026-11-24 08:00,2026-11-25 08:00\n"
    )
    answer = await ward.api.ask("POST", "/roster/import", {"format": "csv", "text": text})
    assert (answer.status, answer.code) == (400, "roster_not_taken")
    assert answer.body["detail"] == "没有导入，一条也没有改。第 3 行：没有这个专科：“心内可”。"
    assert [(one["line"], one["reason"]) for one in answer.body["faults"]] == [
        (3, "specialty_unknown"),
        (4, "line_unknown"),
        (4, "time_unreadable"),
    ]
    mended = text.replace("心内可", "心内科").replace("三线", "二线").replace("明天早上", "2026-11-23 20:00")
    answer = await ward.api.ask("POST", "/roster/import", {"format": "csv", "text": mended}, language="en")
    assert [(one["line"], one["detail"]) for one in answer.body["faults"]] == [
        (4, "Line 4: Nobody of the hospital is called “李四”; add the person first."),
        (5, "Line 5: Nobody of the hospital is called “李四”; add the person first."),
        (6, "Line 6: “孙丽” is no specialist or duty expert: set the role first."),
    ]
    assert (await ward.shifts(-48, 1400))["shifts"] == [], "all or nothing"
    assert await ward.changes() == []


@pytest.mark.parametrize(
    ("file_format", "text", "sentence"),
    [
        ("csv", "\n\n", "文件里没有排班"),
        ("csv", "姓名,电话\n王敏,120\n", "第 1 行：第一行缺少这些列：专科、线、开始、结束。"),
        ("csv", 'a,"b\n', "这不是一张表：请用 Excel 或 WPS 另存为 CSV，引号要成对"),
        ("ics", "专科,线\n", "这不是日历文件（iCalendar，.ics）"),
        ("ics", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "文件里没有排班"),
    ],
)
async def test_a_file_that_is_none_is_told_in_words(
    ward: Ward, file_format: str, text: str, sentence: str
) -> None:
    answer = await ward.api.ask("POST", "/roster/import", {"format": file_format, "text": text})
    assert (answer.status, answer.code) == (400, "roster_not_taken")
    assert answer.body["detail"] == f"没有导入，一条也没有改。{sentence}"


async def test_duty_phones_are_set_as_a_whole_and_shown_to_all(ward: Ward) -> None:
    phones = [
        {"specialty": "cardiology", "phone": "0571-8800 1234 转 602"},
        {"specialty": "stomatology", "phone": "120"},
    ]
    assert (await ward.api.ask("PUT", "/roster/phones", {"phones": phones})).body == {"phones": phones}
    assert (await ward.api.ask("GET", "/roster/phones")).body == {"phones": phones}
    assert (await ward.directory())[0]["duty_phone"] == "0571-8800 1234 转 602"
    assert [one["duty_phone"] for one in await ward.directory("stomatology")] == ["120"]
    assert (await ward.api.ask("PUT", "/roster/phones", {"phones": phones})).status == 200
    assert (await ward.api.ask("PUT", "/roster/phones", {"phones": phones[:1]})).status == 200
    assert (await ward.api.ask("PUT", "/roster/phones", {"phones": []})).body == {"phones": []}
    changed = [act["after"]["specialties"] for act in await ward.changes()]
    assert changed == [["cardiology", "stomatology"], ["stomatology"], ["cardiology"]], "and not a fourth"


@pytest.mark.parametrize(
    ("phones", "code"),
    [
        ([{"specialty": "cardiology", "phone": "问护士站"}], "phone_unreadable"),
        ([{"specialty": "alchemy", "phone": "120"}], "shift_specialty_unknown"),
        ([{"specialty": "cardiology", "phone": "120"}] * 2, "phone_twice"),
    ],
)
async def test_a_phone_that_is_none_is_refused(ward: Ward, phones: list[dict[str, str]], code: str) -> None:
    assert (await ward.api.ask("PUT", "/roster/phones", {"phones": phones})).code == code
    assert (await ward.api.ask("GET", "/roster/phones")).body == {"phones": []}


async def slot(ward: Ward, from_h: float, until_h: float, **more: Any) -> Any:
    body = {"specialty": "cardiology", "person": ward.wang}
    times = {"from_ms": ward.now_ms + int(from_h * HOUR), "until_ms": ward.now_ms + int(until_h * HOUR)}
    return await ward.api.ask("POST", "/slots", {**body, **times, **more})


async def open_slots(ward: Ward) -> list[str]:
    query = {"specialty": "cardiology"}
    answer = await ward.api.ask("GET", "/slots/open", query=query, caller=ward.doctor)
    return [one["id"] for one in answer.body["slots"]]


async def test_a_slot_is_opened_found_booked_and_closed(ward: Ward) -> None:
    late, early = (await slot(ward, 3, 3.5)).body, (await slot(ward, 1, 2)).body
    assert (early["name"], early["title"], early["institution_name"]) == (
        "王敏",
        "主任医师",
        "平湖县人民医院",
    )
    assert await open_slots(ward) == [early["id"], late["id"]]

    async def book(unit: Unit) -> None:
        await unit.connection.execute(update(t.slot).where(t.slot.c.id == early["id"]).values(case_id="ca_1"))

    await ward.store.write(book)
    assert await open_slots(ward) == [late["id"]]
    assert (await ward.api.ask("DELETE", f"/slots/{early['id']}")).code == "slot_booked"
    assert (await ward.api.ask("DELETE", f"/slots/{late['id']}")).status == 204
    assert await open_slots(ward) == []
    query = {"from_ms": ward.now_ms, "until_ms": ward.now_ms + 24 * HOUR}
    listed = (await ward.api.ask("GET", "/slots", query=query)).body["slots"]
    assert [(one["id"], one["is_booked"]) for one in listed] == [(early["id"], True)]
    assert [act["kind"] for act in await ward.changes()] == ["slot.opened", "slot.opened", "slot.closed"]
    ward.clock.advance_ms(3 * HOUR)
    assert (await ward.api.ask("DELETE", f"/slots/{early['id']}")).code == "state_refused"


@pytest.mark.parametrize(
    ("from_h", "until_h", "more", "code"),
    [
        (2, 1, {}, "shift_ends_early"),
        (1, 6, {}, "slot_too_long"),
        (-1, 1, {}, "slot_past"),
        (1, 2, {"specialty": "alchemy"}, "shift_specialty_unknown"),
        (1, 2, {"person": "pe_nobody"}, "person_no_expert"),
        (4.5, 5.5, {}, "slot_overlaps"),
    ],
)
async def test_a_slot_that_cannot_be_is_refused(
    ward: Ward, from_h: float, until_h: float, more: dict[str, Any], code: str
) -> None:
    assert (await slot(ward, 5, 6)).status == 201
    assert (await slot(ward, from_h, until_h, **more)).code == code


async def test_waiting_cases_and_their_pace_are_counted(ward: Ward) -> None:
    await ward.shift(ward.wang, -1, 7)

    async def ask(unit: Unit) -> None:
        patient = {
            "id": "pt_1",
            "institution": ward.clinic,
            "name": "张",
            "state": "active",
            "created_at_ms": 1,
        }
        asking = {"id": "pe_doctor", "institution": ward.clinic, "name": "李", "state": "active"}
        await unit.connection.execute(t.patient.insert().values(patient))
        await unit.connection.execute(t.person.insert().values(**asking, created_at_ms=1))
        for number, (state, wanted_at_ms, signed_at_ms) in enumerate(
            (
                ("invited", None, None),
                ("ringing", None, None),
                ("invited", ward.now_ms + HOUR, None),
                ("active", None, None),
                ("drafted", None, None),
                ("closed", None, 601_000),
                ("closed", None, 201_000),
                ("closed", None, 301_000),
            )
        ):
            await unit.connection.execute(
                t.consultation.insert().values(
                    id=f"ca_{number}",
                    serial=f"S-{number}",
                    institution=ward.clinic,
                    invited_institution=ward.hospital,
                    patient="pt_1",
                    inviter="pe_doctor",
                    host="pe_doctor",
                    state=state,
                    version=1,
                    kind="live",
                    urgency="routine",
                    specialty="cardiology",
                    wanted_at_ms=wanted_at_ms,
                    recording_policy=RecordingPolicy.WITH_CONSENT,
                    created_at_ms=1,
                    active_at_ms=1_000,
                    signed_at_ms=signed_at_ms,
                    updated_at_ms=number,
                )
            )

    await ward.store.write(ask)
    (entry,) = await ward.directory()
    assert (entry["waiting"], entry["expected_wait_s"]) == (2, 3 * 300)


async def test_another_hospitals_shift_is_not_there(ward: Ward) -> None:
    shift = (await ward.shift(ward.wang, 0, 8)).body
    other = person(Role.ADMINISTRATOR, institution=ward.clinic)
    answer = await ward.api.ask("DELETE", f"/roster/shifts/{shift['id']}", caller=other)
    assert (answer.status, answer.code) == (404, "not_found")
    query = {"from_ms": ward.now_ms, "until_ms": ward.now_ms + HOUR}
    assert (await ward.api.ask("GET", "/roster/shifts", query=query, caller=other)).body["shifts"] == []
    assert (await ward.shift(ward.wang, 8, 9)).status == 201
    doctor = person(Role.SPECIALIST, institution=ward.hospital)
    assert (await ward.api.ask("DELETE", f"/roster/shifts/{shift['id']}", caller=doctor)).status == 403
