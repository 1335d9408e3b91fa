"""A township clinic and a county hospital in a real store, asked over HTTP, with a clock that a test sets.

async with consult_world(tmp_path) as w:
    case = await w.ringing()
    taken = await w.ask(w.wang, "POST", f"/consultations/{case}/accept")
    assert taken.body["state"] == "accepted"
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import URL, delete, insert

from clinical.ids import PersonId
from signaling.api.case_desk import CaseDesk
from signaling.api.case_file_pages import CaseFilePages
from signaling.api.consent_pages import ConsentPages
from signaling.api.consultation_pages import ConsultationPages
from signaling.api.route import Route
from signaling.auth.rights import Caller, Role
from signaling.consult.attachment_files import AttachmentFiles
from signaling.consult.cases import Case
from signaling.consult.ringing import RINGS
from signaling.due_driver import DueDriver
from signaling.store import tables as t
from signaling.store.database_url import SQLITE_FILE
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit
from tests.support.api import Answer, ApiClient, SettledClock, api_client, person
from tests.support.inline_sqlite import inline_url
from tests.support.stores import open_test_store

CLINIC, HOSPITAL, ELSEWHERE = "in_clinic", "in_hospital", "in_elsewhere"
PATIENT: Final = "pt_zhang"
DAY_MS: Final = 86_400_000
_FAR_MS: Final = 4_000_000_000_000
_SIGNATURE: Final = "cd" * 32


def _doctor(name: str, institution: str, *roles: Role) -> Caller:
    return person(*roles, institution=institution, name=name)


LI: Final = _doctor("pe_li", CLINIC, Role.CLINIC_DOCTOR)
HE: Final = _doctor("pe_he", CLINIC, Role.CLINIC_DOCTOR)
WANG: Final = _doctor("pe_wang", HOSPITAL, Role.SPECIALIST)
CHEN: Final = _doctor("pe_chen", HOSPITAL, Role.SPECIALIST, Role.DUTY_EXPERT)
SUN: Final = _doctor("pe_sun", HOSPITAL, Role.SPECIALIST)
"""On no roster, and of another specialty."""
QIAN: Final = _doctor("pe_qian", HOSPITAL, Role.SUPERVISOR)
STRANGER: Final = _doctor("pe_stranger", ELSEWHERE, Role.SPECIALIST)
PEOPLE: Final = (LI, HE, WANG, CHEN, SUN, QIAN, STRANGER)
_SPECIALTIES: Final = {"pe_wang": "心内科", "pe_chen": "心内科", "pe_sun": "呼吸内科"}


@dataclass
class ConsultWorld:
    """The served routes and what lies under them."""

    api: ApiClient
    store: SqlStore
    clock: SettledClock
    rings: DueDriver[Case]
    changed: list[Case]
    recorded: set[str] = field(default_factory=set)

    async def ask(self, caller: Caller, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """One request of somebody."""
        return await self.api.ask(method, path, body, caller=caller, **more)

    async def draft(self, **changes: Any) -> str:
        """A complete draft of Dr Li's, and its id."""
        made = await self.ask(LI, "POST", "/consultations", request_body(**changes))
        assert made.status == 201, made.body
        return str(made.body["id"])

    async def consent(self, case: str, *purposes: str, granted: bool = True) -> None:
        """The patient's answer at the kiosk."""
        texts = (await self.ask(LI, "GET", "/consents/texts")).body["texts"]
        shown = {text["purpose"]: text for text in texts if text["language"] == "zh"}
        answer = await self.ask(
            LI,
            "POST",
            "/consents",
            {
                "patient": PATIENT,
                "case": case,
                "answers": [
                    {
                        "purpose": purpose,
                        "is_granted": granted,
                        "text_version": shown[purpose]["version"],
                        "text_sha256": shown[purpose]["sha256"],
                    }
                    for purpose in purposes
                ],
                "how": "screen_signature",
                "given_by": "patient",
                "evidence_sha256": _SIGNATURE if granted else "",
            },
        )
        assert answer.status == 201, answer.body

    async def ringing(self, **changes: Any) -> str:
        """A case that has just been sent; its id."""
        case = await self.draft(**changes)
        await self.consent(case, "consultation", "recording")
        sent = await self.ask(LI, "POST", f"/consultations/{case}/invite")
        assert sent.status == 200, sent.body
        return case

    async def accepted(self, **changes: Any) -> str:
        """A case that Dr Wang has taken; its id."""
        case = await self.ringing(**changes)
        taken = await self.ask(WANG, "POST", f"/consultations/{case}/accept")
        assert taken.status == 200, taken.body
        return case

    async def show(self, case: str, caller: Caller = LI) -> Any:
        """The case as somebody sees it."""
        answer = await self.ask(caller, "GET", f"/consultations/{case}")
        assert answer.status == 200, answer.body
        return answer.body

    async def after(self, milliseconds: int) -> None:
        """Lets time pass, and the rings go on."""
        self.clock.advance_ms(milliseconds)
        await self.rings.turn()

    async def acts(self, institution: str, case: str = "") -> list[dict[str, Any]]:
        """The events of an institution's chain, of one case where it is named."""
        query = t.event.select().where(t.event.c.institution == institution).order_by(t.event.c.sequence)

        async def work(connection: Any) -> list[dict[str, Any]]:
            return [orjson.loads(row.line) for row in await connection.execute(query)]

        acts = await self.store.read(work)
        return [act for act in acts if not case or act["subject"].get("case") == case]

    async def kinds(self, case: str, institution: str = HOSPITAL) -> list[str]:
        """The kinds of a case's events, without those of who looked at it meanwhile."""
        return [act["kind"] for act in await self.acts(institution, case) if act["kind"] != "case.viewed"]

    async def put(self, table: Any, *rows: dict[str, Any]) -> None:
        """Writes rows as they are."""

        async def work(unit: Unit) -> None:
            await unit.connection.execute(insert(table), list(rows))

        await self.store.write(work)

    async def on_duty(self, *people: Caller, line: int = 1, specialty: str = "cardiology") -> None:
        """Puts people on duty for the next day."""
        now_ms = self.clock.wall // 1_000_000
        await self.put(
            t.duty_shift,
            *(
                {
                    "id": f"sh_{one.person}_{line}_{specialty}",
                    "institution": one.institution,
                    "specialty": specialty,
                    "line": line,
                    "person": one.person,
                    "from_ms": now_ms - 1,
                    "until_ms": now_ms + DAY_MS,
                }
                for one in people
            ),
        )

    async def licence(self, caller: Caller, *, days: int) -> None:
        """Gives somebody this licence alone, which ends so many days from now; it may be over."""
        until_ms = self.clock.wall // 1_000_000 + days * DAY_MS
        await self.take_licences(caller)
        await self.put(t.licence, _licence(caller, until_ms))

    async def take_licences(self, caller: Caller) -> None:
        """As if none had ever been entered for somebody."""

        async def work(unit: Unit) -> None:
            await unit.connection.execute(delete(t.licence).where(t.licence.c.person == caller.person))

        await self.store.write(work)


def _licence(caller: Caller, until_ms: int) -> dict[str, Any]:
    return {
        "id": f"li_{caller.person}",
        "institution": caller.institution,
        "person": caller.person,
        "number": f"110-{caller.person}",
        "kind": "physician",
        "valid_until_ms": until_ms,
    }


def request_body(**changes: Any) -> dict[str, Any]:
    """A complete request, as the kiosk sends it."""
    return {
        "patient": PATIENT,
        "institution": HOSPITAL,
        "kind": "live",
        "urgency": "urgent",
        "specialty": "cardiology",
        "wanted_title": "associate_chief",
        "reason": "胸闷 2 小时",
        "purpose": "明确诊断",
        "summary": "男，61 岁，高血压 10 年",
        **changes,
    }


@asynccontextmanager
async def consult_world(
    folder: Path,
    *,
    more: Callable[[CaseDesk, AttachmentFiles], Iterable[Route]] | None = None,
    is_inline: bool = False,
    clock: SettledClock | None = None,
) -> AsyncIterator[ConsultWorld]:
    """Serves the routes of consultations and consents in ``folder``, and those of ``more``.

    ``is_inline``: the database is asked on the loop thread (inline_sqlite.py).
    """
    clock = clock or SettledClock()
    changed: list[Case] = []
    recorded: set[str] = set()
    url = await _inline_database(folder) if is_inline else None
    async with open_test_store(folder, url=url, clock=clock) as store:
        rings = DueDriver(store, clock, RINGS, changed=changed.append)
        desk = CaseDesk(store, is_recording=lambda room: room in recorded, changed=changed.append)
        files = AttachmentFiles(folder)
        pages = [
            *ConsultationPages(desk).routes(),
            *CaseFilePages(desk, files).routes(),
            *ConsentPages(store, _NoRecordings()).routes(),
            *([] if more is None else more(desk, files)),
        ]
        async with api_client(pages, caller=LI, clock=clock) as api:
            world = ConsultWorld(api, store, clock, rings, changed, recorded)
            await populate(world)
            yield world


async def _inline_database(folder: Path) -> URL:
    async with open_test_store(folder):
        """Its tables are there now."""
    return inline_url(folder / SQLITE_FILE)


class _NoRecordings:
    async def stop(self, patient: Any, case: Any, caller: Caller) -> bool:
        """Nothing goes on."""
        return False


async def populate(world: ConsultWorld) -> None:
    """Puts institutions, people and the patient in their place."""
    kinds = {CLINIC: "township_clinic", HOSPITAL: "hospital", ELSEWHERE: "hospital"}
    await world.put(
        t.institution,
        *(
            {"id": name, "code": name, "name": name, "kind": kind, "state": "active", "created_at_ms": 0}
            for name, kind in kinds.items()
        ),
    )
    await world.put(
        t.person,
        *(
            {
                "id": one.person,
                "institution": one.institution,
                "name": one.name,
                "title": "主任医师",
                "specialty": _SPECIALTIES.get(one.person, ""),
                "phone": "",
                "state": "active",
                "created_at_ms": 0,
            }
            for one in PEOPLE
        ),
    )
    await world.put(
        t.person_role,
        *({"person": PersonId(one.person), "role": role.value} for one in PEOPLE for role in one.roles),
    )
    await world.put(t.licence, *(_licence(one, _FAR_MS) for one in PEOPLE if one is not QIAN))
    await world.put(
        t.patient,
        {
            "id": PATIENT,
            "institution": CLINIC,
            "name": "张建国",
            "card_number": "",
            "sex": "male",
            "birth_year": 1964,
            "state": "active",
            "created_at_ms": 0,
        },
    )
