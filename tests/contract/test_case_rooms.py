"""A case's room over real HTTP and real rooms: who gets in, who waits, who is put out, what is recorded."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from clinical.consent_texts import current_texts
from clinical.ids import InstitutionId
from media_server.ids import RoomName
from signaling.auth.rights import Caller, Role
from signaling.store import tables as t
from tests.contract.conftest import Client, Node
from tests.contract.test_revocation import LIMIT_S, ask, secret_of
from tests.support.best_of_three import best_of_three
from tests.support.ground import acts_of, add_institution, add_licence, add_patient, add_person
from tests.support.waiting import HANG_S

PATIENT = "pt_zhang"


class Practice:
    """A clinic and a hospital with people who have signed in."""

    def __init__(self, node: Node, clinic: InstitutionId, hospital: InstitutionId) -> None:
        self.node, self.clinic, self.hospital = node, clinic, hospital
        self.people: dict[str, Caller] = {}
        self.cookies: dict[str, str] = {}

    @classmethod
    async def open(cls, node: Node) -> Practice:
        store = node.service.store
        clinic = await add_institution(store, "C1", "township_clinic")
        practice = cls(node, clinic, await add_institution(store, "H1"))
        for name, place, role in (
            ("li", practice.clinic, Role.CLINIC_DOCTOR),
            ("he", practice.clinic, Role.CLINIC_DOCTOR),
            ("wang", practice.hospital, Role.SPECIALIST),
            ("sun", practice.hospital, Role.SPECIALIST),
            ("qian", practice.hospital, Role.SUPERVISOR),
        ):
            practice.people[name] = caller = await add_person(store, place, name, role)
            practice.cookies[name] = await secret_of(store, caller)
            if role is Role.SPECIALIST:
                await add_licence(store, caller, valid_until_ms=4_000_000_000_000)
        await add_patient(store, clinic, PATIENT)
        now_ms = time.time_ns() // 1_000_000
        shift = {"id": "sh_1", "institution": practice.hospital, "specialty": "cardiology", "line": 1}
        shift |= {"person": practice.people["wang"].person}

        async def work(unit: Any) -> None:
            await unit.connection.execute(
                t.duty_shift.insert().values(**shift, from_ms=now_ms - 1, until_ms=now_ms + 3_600_000)
            )

        await store.write(work)
        return practice

    async def ask(self, name: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A request of somebody."""
        return await ask(self.node, method, path, body, cookie=self.cookies[name])

    async def done(self, name: str, method: str, path: str, body: Any = None) -> Any:
        """A request that is granted."""
        status, answer = await self.ask(name, method, path, body)
        assert status < 300, answer
        return answer

    async def consent(self, case: str, purpose: str, *, granted: bool = True) -> str:
        """The patient's answer; its id."""
        text = next(x for x in current_texts() if x.purpose == purpose and x.language == "zh")
        answer = {"purpose": purpose, "is_granted": granted, "text_version": text.version}
        made = await self.done(
            "li",
            "POST",
            "/consents",
            {
                "patient": PATIENT,
                "case": case,
                "answers": [answer | {"text_sha256": text.sha256}],
                "how": "screen_signature",
                "given_by": "patient",
                "evidence_sha256": "cd" * 32 if granted else "",
            },
        )
        return str(next(one["consent"] for one in made["standing"] if one["purpose"] == purpose))

    async def accepted(self, *, recording: bool = True) -> str:
        """A case that Dr Wang has taken."""
        case = await self.called(recording=recording)
        await self.done("wang", "POST", f"/consultations/{case}/accept")
        return case

    async def called(self, *, recording: bool = True) -> str:
        """A case that rings for Dr Wang."""
        made = await self.done(
            "li",
            "POST",
            "/consultations",
            {
                "patient": PATIENT,
                "institution": self.hospital,
                "kind": "live",
                "urgency": "urgent",
                "specialty": "cardiology",
                "wanted_title": "any",
                "reason": "胸闷",
                "purpose": "诊断",
                "summary": "61 岁",
            },
        )
        case = str(made["id"])
        await self.consent(case, "consultation")
        await self.consent(case, "recording", granted=recording)
        await self.done("li", "POST", f"/consultations/{case}/invite")
        return case

    async def enter(self, name: str, case: str) -> Client:
        """Somebody in the room."""
        entry = await self.done(name, "POST", f"/consultations/{case}/room")
        assert entry["room"] == case
        client = await self.node.open("/rtc", entry["token"])
        client.join = await client.next("join")
        return client

    async def until(self, case: str, **expected: Any) -> Any:
        """The case as soon as it is so."""
        async with asyncio.timeout(HANG_S):
            while True:
                shown = await self.done("li", "GET", f"/consultations/{case}")
                if all(shown[name] == value for name, value in expected.items()):
                    return shown
                await asyncio.sleep(0.01)

    async def kinds(self, case: str, institution: str) -> list[str]:
        """The kinds of a case's events, as far as they are told."""
        acts = await acts_of(self.node.service.store, institution)
        return [act["kind"] for act in acts if act["subject"].get("case") == case]


@pytest.fixture
async def practice(node: Node) -> Practice:
    return await Practice.open(node)


async def test_both_sides_meet_and_are_recorded_without_anybodys_hand(practice: Practice) -> None:
    case = await practice.accepted()
    await practice.enter("li", case)
    assert (await practice.until(case, state="accepted"))["is_recording"] is False
    wang = await practice.enter("wang", case)
    shown = await practice.until(case, state="active", is_recording=True)
    assert shown["active_at_ms"] >= shown["accepted_at_ms"]
    await wang.socket.close()
    li = await practice.enter("li", case)
    assert (await practice.until(case, state="active"))["is_recording"] is True
    async with asyncio.timeout(HANG_S):
        while not {"session.started", "recording.started", "participant.joined"} <= set(
            await practice.kinds(case, practice.hospital)
        ):
            await asyncio.sleep(0.02)
    for kind in ("session.started", "recording.started", "participant.joined"):
        assert kind in await practice.kinds(case, practice.clinic)
    status, answer = await practice.ask("li", "DELETE", f"/rooms/{case}/recording")
    assert (status, answer["code"]) == (403, "not_permitted")
    await practice.done("li", "POST", f"/consultations/{case}/cancel", {"reason": "technical"})
    await li.closed()
    assert (await practice.until(case, state="cancelled"))["is_recording"] is False
    assert practice.node.host.rooms.find(RoomName(case)) is None


async def test_the_host_waits_inside_while_it_rings_alone_and_unrecorded(practice: Practice) -> None:
    case = await practice.called()
    li = await practice.enter("li", case)
    for name in ("wang", "he", "sun"):
        status, answer = await practice.ask(name, "POST", f"/consultations/{case}/room")
        assert (status, answer["code"]) == (409, "consultation_state")
        assert (await practice.ask(name, "POST", f"/rooms/{case}/token"))[0] == 404
    await practice.node.service.case_rooms.turn()
    shown = await practice.until(case, state="ringing")
    assert (shown["is_recording"], shown["active_at_ms"]) == (False, None)
    await practice.done("wang", "POST", f"/consultations/{case}/accept")
    assert (await practice.until(case, state="accepted"))["is_recording"] is False
    await practice.enter("wang", case)
    await practice.until(case, state="active", is_recording=True)
    assert "leave" not in await li.settle()


async def test_the_patient_is_on_the_side_that_asked(practice: Practice) -> None:
    case = await practice.accepted()
    await practice.enter("li", case)
    rooms = practice.node.service.case_rooms
    sides = {
        name: rooms.is_with_patient(RoomName(case), practice.people[name].person) for name in practice.people
    }
    assert sides == {"li": True, "he": False, "wang": False, "sun": False, "qian": False}
    assert not rooms.is_with_patient(RoomName("another"), practice.people["li"].person)


async def test_a_ring_that_nobody_answers_ends_the_room_that_was_open_for_it(practice: Practice) -> None:
    case = await practice.called()
    li = await practice.enter("li", case)
    await practice.done("wang", "POST", f"/consultations/{case}/decline", {"reason": "in_surgery"})
    await li.closed()
    await practice.until(case, state="declined")
    status, answer = await practice.ask("li", "POST", f"/consultations/{case}/room")
    assert (status, answer["code"]) == (409, "consultation_state")
    await practice.done("li", "POST", f"/consultations/{case}/recall")
    await practice.enter("li", case)


async def test_a_withdrawn_consent_ends_the_recording_and_a_new_one_begins_another(
    practice: Practice,
) -> None:
    case = await practice.accepted(recording=False)
    await practice.enter("li", case)
    await practice.enter("wang", case)
    assert (await practice.until(case, state="active"))["is_recording"] is False
    consent = await practice.consent(case, "recording")
    await practice.until(case, is_recording=True)
    withdrawn = await practice.done(
        "li", "POST", f"/consents/{consent}/withdraw", {"how": "voice", "given_by": "patient"}
    )
    assert withdrawn["recording_stopped"] is True
    assert (await practice.until(case))["is_recording"] is False
    await asyncio.sleep(0.05)
    assert (await practice.until(case, state="active"))["is_recording"] is False


async def test_others_wait_at_the_door_and_are_admitted_one_by_one(practice: Practice) -> None:
    case = await practice.accepted()
    await practice.enter("li", case)
    for name in ("sun", "he", "qian"):
        status, answer = await practice.ask(name, "POST", f"/consultations/{case}/room")
        assert (status, answer["code"]) == (409, "room_waiting")
        assert (await practice.ask(name, "POST", f"/rooms/{case}/token"))[0] == 404
    shown = await practice.until(case)
    assert {one["state"] for one in shown["parties"]} == {"waiting"}
    sun = practice.people["sun"].person
    path = f"/consultations/{case}/parties/{sun}"
    status, answer = await practice.ask("he", "POST", f"{path}/admit")
    assert (status, answer["code"]) == (403, "not_permitted")
    await practice.done("li", "POST", f"{path}/admit")
    await practice.enter("sun", case)
    assert (await practice.ask("qian", "POST", f"/consultations/{case}/room"))[0] == 409


async def put_out(practice: Practice, case: str) -> tuple[float, str]:
    """Dr Sun is let in and put out again: seconds until socket and media are closed, and the token."""
    sun = practice.people["sun"].person
    await practice.done("li", "POST", f"/consultations/{case}/parties", {"person": sun})
    entry = await practice.done("sun", "POST", f"/consultations/{case}/room")
    client = await practice.node.open("/rtc", entry["token"])
    client.join = await client.next("join")
    connections = practice.node.connections(client)
    began = time.monotonic()
    await practice.done("li", "DELETE", f"/consultations/{case}/parties/{sun}")
    await client.closed()
    took = time.monotonic() - began
    assert all(connection.is_closed for connection in connections)
    return took, str(entry["token"])


async def test_who_is_put_out_is_out_and_their_token_opens_nothing(practice: Practice) -> None:
    case = await practice.accepted()
    li = await practice.enter("li", case)
    _, token = await put_out(practice, case)
    url, query = f"{practice.node.url}/rtc/validate", {"access_token": token}
    async with practice.node.session.get(url, params=query) as response:
        assert response.status != 200
    assert (await practice.ask("sun", "POST", f"/consultations/{case}/room"))[1]["code"] == "room_waiting"
    assert "leave" not in await li.settle()


@pytest.mark.alone
async def test_who_is_put_out_is_out_within_a_second(practice: Practice) -> None:
    case = await practice.accepted()
    await practice.enter("li", case)

    async def took_s(attempt: int) -> float:
        return (await put_out(practice, case))[0]

    await best_of_three("put out of a case's room", LIMIT_S, took_s)


async def test_the_host_hands_over_and_leaves_and_the_case_goes_on(practice: Practice) -> None:
    case = await practice.accepted()
    li = await practice.enter("li", case)
    await practice.enter("wang", case)
    await practice.until(case, state="active", is_recording=True)
    wang = practice.people["wang"].person
    handed = await practice.done("li", "POST", f"/consultations/{case}/host", {"person": wang})
    assert handed["host"] == wang
    assert (await practice.ask("li", "POST", f"/consultations/{case}/host", {"person": wang}))[0] == 403
    await li.socket.close()
    assert (await practice.until(case, state="active"))["is_recording"] is True
    await practice.enter("li", case)


async def test_who_only_watches_is_not_made_the_host(practice: Practice) -> None:
    case = await practice.accepted()
    qian = practice.people["qian"].person
    await practice.done("li", "POST", f"/consultations/{case}/parties", {"person": qian})
    status, answer = await practice.ask("li", "POST", f"/consultations/{case}/host", {"person": qian})
    assert (status, answer["code"]) == (409, "host_unfit")
    assert (await practice.until(case))["host"] == practice.people["li"].person


async def test_a_room_of_a_case_holds_eight(practice: Practice) -> None:
    case = await practice.accepted()
    store, hospital = practice.node.service.store, practice.hospital
    for number in range(7):
        person = (await add_person(store, hospital, f"more{number}", Role.SPECIALIST)).person
        status, answer = await practice.ask(
            "li", "POST", f"/consultations/{case}/parties", {"person": person}
        )
        assert (status, answer.get("code", "")) == ((200, "") if number < 6 else (409, "room_full"))


async def test_who_hands_the_case_on_leaves_the_room_and_the_recording_goes_on(practice: Practice) -> None:
    case = await practice.accepted()
    await practice.enter("li", case)
    wang = await practice.enter("wang", case)
    await practice.until(case, state="active", is_recording=True)
    sun = practice.people["sun"].person
    body = {"person": sun, "reason": "呼吸问题"}
    await practice.done("wang", "POST", f"/consultations/{case}/transfer", body)
    await wang.closed()
    shown = await practice.until(case, state="ringing")
    assert shown["is_recording"] is True
    assert (await practice.ask("wang", "POST", f"/consultations/{case}/room"))[1]["code"] == (
        "consultation_state"
    )
    await practice.done("sun", "POST", f"/consultations/{case}/accept")
    await practice.enter("sun", case)
    await practice.until(case, state="active", is_recording=True)
    assert (await practice.ask("wang", "POST", f"/consultations/{case}/room"))[1]["code"] == "room_waiting"
