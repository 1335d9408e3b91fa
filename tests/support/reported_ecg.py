"""An ECG that two specialists of a hospital can read: real rows in a real store, its frames in memory, and
the routes of reports and critical values.

async with reported_ecg(tmp_path) as world:
    await world.write()
    answer = await world.sign()
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import insert, select, update

from clinical.consultation import Urgency
from clinical.ids import EcgId, InstitutionId, PatientId, PersonId
from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import Frame, Samples, encode_frame
from recording.signing import Ed25519Signer
from signaling.api.ecg_critical_pages import EcgCriticalPages
from signaling.api.ecg_paper_pages import EcgPaperPages
from signaling.api.ecg_report_pages import EcgReportPages
from signaling.api.ecg_work_pages import EcgWorkPages
from signaling.auth.fresh_factor import FreshFactors
from signaling.auth.password_worker import PasswordWorker
from signaling.auth.rights import Caller, Role
from signaling.due_driver import DueDriver
from signaling.ecg.critical_acts import CRITICAL_CALLS
from signaling.ecg.critical_rows import KeptCritical
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecgs import Ecg, insert_ecg
from signaling.store import tables as t
from signaling.store.secret_box import SecretBox
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit
from tests.support.api import Answer, ApiClient, SettledClock, api_client, person
from tests.support.stores import open_test_store
from tests.support.taken_case import (
    CASE,
    CLINIC,
    COLLEAGUE,
    HOSPITAL,
    KEY,
    LI,
    PASSWORD,
    PATIENT,
    WANG,
    HashesHere,
    put_people_and_case,
)

ECG: Final = EcgId("ec_1")
NURSE: Final = person(Role.CLINIC_DOCTOR, institution=CLINIC, name="pe_nurse")
RATE_HZ: Final = 500
LEADS: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
DESCRIPTOR: Final = Descriptor(RATE_HZ, 2_500, LEADS, 50, 150, 0, "test box", Source.DEVICE, 20)
LASTS_S: Final = 30
FRAME_SAMPLES: Final = 20
STRIP: Final = {"epoch": 0, "first_sample": 1_000, "end_sample": 6_000}
TEXT: Final = {
    "strips": [STRIP],
    "statements": ["SR", "STE"],
    "findings": "V3–V5 ST 段抬高 0.2 mV",
    "conclusion": "ST 段抬高，请结合临床",
    "critical_value": False,
    "template": "",
    "revision": None,
}


@dataclass
class FramesInMemory:
    """The frames of one ECG. ``lost`` are numbers of frames that have not come; ``is_readable`` False: the
    disk refuses.
    """

    samples: Samples
    lost: set[int] = field(default_factory=set)
    is_readable: bool = True

    async def frames(self, ecg: Ecg, epoch: int, start: int, end: int) -> Sequence[bytes]:
        if not self.is_readable:
            raise OSError("disk")
        if epoch != 0:
            return []
        first, last = start // FRAME_SAMPLES, -(-end // FRAME_SAMPLES)
        return [self._frame(n) for n in range(first, last) if n not in self.lost and self._has(n)]

    def _has(self, number: int) -> bool:
        return number * FRAME_SAMPLES < len(self.samples)

    def _frame(self, number: int) -> bytes:
        start = number * FRAME_SAMPLES
        return encode_frame(Frame(1, 0, start, start * 2_000, self.samples[start : start + FRAME_SAMPLES]))


def made_samples(*, seconds: int = LASTS_S, leads: int = len(LEADS)) -> Samples:
    """A pulse of 1 mV and 200 ms in each second, another height in each lead."""
    samples = np.zeros((seconds * RATE_HZ, leads), np.int32)
    for second in range(seconds):
        at = second * RATE_HZ + 100
        samples[at : at + 100] = [400 - 20 * lead for lead in range(leads)]
    return samples


@dataclass
class ReportedEcg:
    """The world. ``woken``: as often as the driver was."""

    api: ApiClient
    store: SqlStore
    clock: SettledClock
    frames: FramesInMemory
    driver: DueDriver[KeptCritical]
    woken: list[None] = field(default_factory=list)

    async def ask(self, caller: Caller, method: str, path: str, body: Any = None) -> Answer:
        """One request about the ECG."""
        return await self.api.ask(method, f"/ecgs/{ECG}/{path}", body, caller=caller)

    async def write(self, *, caller: Caller = WANG, **changes: Any) -> Answer:
        return await self.ask(caller, "PUT", "report", {**TEXT, **changes})

    async def sign(self, *, caller: Caller = WANG, revision: int = 1, **given: Any) -> Answer:
        return await self.ask(
            caller, "POST", "report/sign", {"revision": revision, **(given or {"password": PASSWORD})}
        )

    async def review(self, *, caller: Caller = COLLEAGUE, revision: int = 1, **given: Any) -> Answer:
        return await self.ask(
            caller, "POST", "report/review", {"revision": revision, **(given or {"password": PASSWORD})}
        )

    async def show(self, caller: Caller = WANG) -> Any:
        answer = await self.ask(caller, "GET", "report")
        assert answer.status == 200, answer.body
        return answer.body

    async def paper(self, caller: Caller = WANG) -> bytes:
        """The PDF."""
        self.api.caller = caller
        async with self.api.session.get(f"{self.api.url}/ecgs/{ECG}/report.pdf") as response:
            assert response.status == 200, await response.text()
            return await response.read()

    async def faults(self) -> list[str]:
        """What the check finds wrong."""
        answer = await self.ask(WANG, "GET", "report/check")
        assert answer.status == 200, answer.body
        assert answer.body["is_unaltered"] is not bool(answer.body["faults"])
        return list(answer.body["faults"])

    async def change(self, table: Any, **values: Any) -> None:
        """Changes every row of a table behind the service's back."""

        async def work(unit: Unit) -> None:
            await unit.connection.execute(update(table).values(**values))

        await self.store.write(work)

    async def acts(self, institution: str, kind: str = "") -> list[dict[str, Any]]:
        """The events of a chain, in order; of one kind."""
        query = select(t.event.c.line).where(t.event.c.institution == institution)
        rows = await self.store.read(lambda c: c.execute(query.order_by(t.event.c.sequence)))
        lines = [json.loads(row.line) for row in rows]
        return [line for line in lines if kind in ("", line["kind"])]

    async def after(self, milliseconds: int) -> None:
        """Lets time pass, and critical values go on."""
        self.clock.advance_ms(milliseconds)
        await self.driver.turn()

    @property
    def now_ms(self) -> int:
        return self.clock.wall_ns() // 1_000_000


@asynccontextmanager
async def reported_ecg(
    folder: Path,
    *,
    has_case: bool = True,
    clock: SettledClock | None = None,
    is_new: bool = True,
    **changes: Any,
) -> AsyncIterator[ReportedEcg]:
    """Serves the routes in ``folder``. ``changes`` are of the Ecg; ``is_new`` False: what lies there is
    opened again, as after a kill.
    """
    clock = clock or SettledClock()
    worker, box = PasswordWorker(HashesHere()), SecretBox(bytes(32))
    frames = FramesInMemory(made_samples())
    password_hash = await worker.hash(PASSWORD)
    async with open_test_store(folder, clock=clock) as store:
        if is_new:
            await store.write(lambda unit: _populate(unit, password_hash, has_case, changes))
        woken: list[None] = []
        driver = DueDriver(store, clock, CRITICAL_CALLS)
        reports = EcgReportPages(
            store,
            frames=frames,
            signer=Ed25519Signer(KEY),
            factors=FreshFactors(store, box, worker),
            wake=lambda: woken.append(None),
        )
        papers = EcgPaperPages(store, frames=frames, signer=Ed25519Signer(KEY))
        criticals = EcgCriticalPages(store, wake=lambda: woken.append(None))
        pages = (reports, papers, criticals, EcgWorkPages(store))
        routes = [route for each in pages for route in each.routes()]
        async with api_client(routes, caller=WANG, clock=clock) as api:
            yield ReportedEcg(api, store, clock, frames, driver, woken)
    worker.close()


async def _populate(unit: Unit, password_hash: str, has_case: bool, changes: Mapping[str, Any]) -> None:
    await put_people_and_case(unit, password_hash)
    rows: dict[Any, list[dict[str, Any]]] = {
        t.person: [
            {"id": NURSE.person, "institution": CLINIC, "name": "周岚", "title": "", "specialty": ""}
            | {"phone": "13900000000", "state": "active", "created_at_ms": 1},
            {"id": "pe_qian", "institution": CLINIC, "name": "钱慧", "title": "", "specialty": ""}
            | {"phone": "", "state": "active", "created_at_ms": 1},
        ],
        t.person_role: [
            {"person": LI.person, "role": "clinic_doctor"},
            {"person": NURSE.person, "role": "clinic_doctor"},
            {"person": "pe_qian", "role": "supervisor"},
            {"person": WANG.person, "role": "specialist"},
            {"person": COLLEAGUE.person, "role": "specialist"},
        ],
        t.licence: [
            {"id": "li_colleague", "institution": HOSPITAL, "person": COLLEAGUE.person, "number": "110-ZHAO"}
            | {"kind": "physician", "valid_until_ms": 4_000_000_000_000}
        ],
        t.account: [
            {"id": "ac_zhao", "institution": HOSPITAL, "person": COLLEAGUE.person, "login": "zhaoqiang"}
            | {"password_hash": password_hash}
        ],
    }
    for table, values in rows.items():
        for value in values:
            await unit.connection.execute(insert(table).values(**value))
    given: dict[str, Any] = {
        "id": ECG,
        "serial": "",
        "institution": InstitutionId(CLINIC),
        "patient": PatientId(PATIENT),
        "case": CASE if has_case else "",
        "device": "dv_box",
        "person": PersonId(NURSE.person),
        "urgency": Urgency.URGENT,
        "source": "device",
        "descriptor": DESCRIPTOR,
        "state": EcgState.ENDED,
        "created_at_ms": unit.now_ms - 60_000,
    }
    await insert_ecg(unit, Ecg(**{**given, **changes}))
