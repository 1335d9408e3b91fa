"""A case that an expert has taken and both sides sit in: real rows in a real store, and the opinion's routes.

async with taken_case(tmp_path) as world:
    await world.draft()
    answer = await world.sign()
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyotp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select, update

from clinical.consultation import ConsultationKind, ConsultationState, Request, Urgency
from clinical.ids import CaseId, InstitutionId, PatientId, PersonId
from clinical.recording_policy import RecordingPolicy
from recording.audit.act import Act
from recording.signing import Ed25519Signer
from recording.summary import RecordingId, RecordingSummary
from signaling.api.case_desk import CaseDesk
from signaling.api.opinion_pages import OpinionPages
from signaling.auth.fresh_factor import FreshFactors
from signaling.auth.passkeys import Site, creation_options, verify_new
from signaling.auth.password_worker import PasswordWorker
from signaling.auth.passwords import PasswordHashes
from signaling.auth.rights import Caller, Role
from signaling.consult.attachment_files import AttachmentFiles
from signaling.consult.cases import Case, insert_case
from signaling.store import tables as t
from signaling.store.secret_box import SecretBox
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit
from tests.support.api import Answer, ApiClient, SettledClock, api_client, person
from tests.support.authenticator import Authenticator
from tests.support.stores import open_test_store

CLINIC, HOSPITAL, ELSEWHERE = "in_clinic", "in_hospital", "in_elsewhere"
LI: Final = person(Role.CLINIC_DOCTOR, institution=CLINIC, name="pe_li")
WANG: Final = person(Role.SPECIALIST, institution=HOSPITAL, name="pe_wang")
COLLEAGUE: Final = person(Role.SPECIALIST, institution=HOSPITAL, name="pe_colleague")
CLINIC_SUPERVISOR: Final = person(Role.SUPERVISOR, institution=CLINIC, name="pe_qian")
HOSPITAL_SUPERVISOR: Final = person(Role.SUPERVISOR, institution=HOSPITAL, name="pe_sun")
STRANGER: Final = person(Role.SPECIALIST, institution=ELSEWHERE, name="pe_stranger")
CASE, PATIENT = CaseId("ca_1"), PatientId("pt_1")
PASSWORD = "correct horse battery"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
REQUEST: Final = Request(
    ConsultationKind.LIVE,
    Urgency.URGENT,
    "cardiology",
    "associate_chief",
    "胸闷 2 小时",
    "明确诊断，决定是否转诊",
    "既往高血压 10 年，血压 150/95 mmHg",
)
FINDINGS = "胸闷 2 小时，V3–V5 导联 ST 段压低。"
ADVICE: Final = ("立即口服阿司匹林 300 mg", "30 分钟后复查心电图", "转县医院胸痛中心")
KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_FAR_MS: Final = 4_000_000_000_000


class HashesHere(PasswordHashes):
    """Hashes without a process of their own: starting one takes longer than most tests."""

    def close(self) -> None:
        """Nothing to give back."""


@dataclass
class TakenCase:
    """The world. ``changed`` are the cases that the pages told the driver of."""

    api: ApiClient
    store: SqlStore
    clock: SettledClock
    box: SecretBox
    factors: FreshFactors
    files: AttachmentFiles
    recordings: list[RecordingSummary] = field(default_factory=list)
    changed: list[Case] = field(default_factory=list)

    async def draft(self, *, caller: Caller = WANG, **changes: Any) -> Answer:
        body = {"findings": FINDINGS, "advice": list(ADVICE), "critical_value": False, "template": ""}
        return await self.api.ask("PUT", f"/consultations/{CASE}/opinion", {**body, **changes}, caller=caller)

    async def sign(self, *, caller: Caller = WANG, **given: Any) -> Answer:
        body = given or {"password": PASSWORD}
        return await self.api.ask("POST", f"/consultations/{CASE}/opinion/sign", body, caller=caller)

    async def acknowledge(
        self, adoption: str = "full", *items: Mapping[str, Any], caller: Caller = LI
    ) -> Answer:
        body = {"adoption": adoption, "items": list(items) or [{"adopted": True}] * len(ADVICE)}
        return await self.api.ask("POST", f"/consultations/{CASE}/acknowledge", body, caller=caller)

    async def get(self, what: str, *, caller: Caller = WANG) -> Answer:
        return await self.api.ask("GET", f"/consultations/{CASE}/{what}", caller=caller)

    async def content(self, what: str, *, caller: Caller = WANG) -> bytes:
        """The bytes of an answer."""
        self.api.caller = caller
        async with self.api.session.get(f"{self.api.url}/consultations/{CASE}/{what}") as response:
            assert response.status == 200
            return await response.read()

    async def check(self) -> list[str]:
        """What the check finds wrong."""
        answer = await self.get("opinion/check")
        assert answer.status == 200, answer.body
        assert answer.body["is_unaltered"] is not bool(answer.body["faults"])
        return list(answer.body["faults"])

    async def enrol_totp(self) -> None:
        """The expert's account gets an authenticator app."""

        async def work(unit: Unit) -> None:
            sealed = self.box.seal(TOTP_SECRET.encode(), "ac_wang")
            await unit.connection.execute(update(t.account).values(totp_secret=sealed))

        await self.store.write(work)

    async def enrol_passkey(self, key: Authenticator) -> None:
        """The expert's account gets a security key."""
        site = Site(key.rp_id, key.origin)
        options = creation_options(
            site, account="ac_wang", login="wangmin", name="王敏", enrolled=(), challenge=bytes(32)
        )
        made = verify_new(site, key.create(options), challenge=bytes(32))

        async def work(unit: Unit) -> None:
            await unit.connection.execute(
                insert(t.passkey).values(
                    credential_id=made.credential_id,
                    account="ac_wang",
                    public_key=made.public_key,
                    sign_count=made.sign_count,
                    name="key",
                    added_at_ms=unit.now_ms,
                )
            )

        await self.store.write(work)

    def code(self) -> str:
        """What the app shows now."""
        return pyotp.TOTP(TOTP_SECRET).at(self.clock.wall_ns() // 1_000_000_000)

    async def attach(self, name: str, *, at_ms: int) -> str:
        """Adds a file; returns its hash."""
        sha256 = self.files.keep(name.encode())

        async def work(unit: Unit) -> None:
            await unit.connection.execute(
                insert(t.attachment).values(
                    id=f"at_{name}",
                    case_id=CASE,
                    person=LI.person,
                    kind="still",
                    name=f"{name}.jpg",
                    media_type="image/jpeg",
                    size_bytes=len(name),
                    sha256=sha256,
                    at_ms=at_ms,
                )
            )

        await self.store.write(work)
        return sha256

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

    def record(self, recording: str, *, started_at_ms: int, duration_ms: int, room: str = CASE) -> None:
        """Notes that there is a recording."""
        self.recordings.append(
            RecordingSummary(
                RecordingId(recording), room, "t", "sealed", "x", started_at_ms, duration_ms, (), (), 0, None
            )
        )

    @property
    def now_ms(self) -> int:
        return self.clock.wall_ns() // 1_000_000


@asynccontextmanager
async def taken_case(
    folder: Path, *, kind: ConsultationKind = ConsultationKind.LIVE
) -> AsyncIterator[TakenCase]:
    """Serves the routes; the clock moves only by the test."""
    clock, worker, box = SettledClock(), PasswordWorker(HashesHere()), SecretBox(bytes(32))
    recordings: list[RecordingSummary] = []
    changed: list[Case] = []
    password_hash = await worker.hash(PASSWORD)
    async with open_test_store(folder, clock=clock) as store:
        await store.write(lambda unit: put_people_and_case(unit, password_hash, kind))
        await store.record([Act(each, "session.opened", "pe_li", 1) for each in (CLINIC, HOSPITAL, CLINIC)])
        factors = FreshFactors(store, box, worker)
        cases = CaseDesk(store, is_recording=lambda _: False, changed=changed.append)
        files = AttachmentFiles(folder)
        pages = OpinionPages(
            cases,
            signer=Ed25519Signer(KEY),
            factors=factors,
            files=files,
            recordings=lambda: recordings,
        )
        async with api_client(pages.routes(), WANG, clock=clock) as api:
            yield TakenCase(api, store, clock, box, factors, files, recordings, changed)
    worker.close()


async def put_people_and_case(
    unit: Unit, password_hash: str, kind: ConsultationKind = ConsultationKind.LIVE
) -> None:
    """Puts institutions, people, the patient and the case in their place."""

    async def put(table: Any, *rows: Mapping[str, Any]) -> None:
        await unit.connection.execute(insert(table), list(rows))

    names = {CLINIC: "柳河镇卫生院", HOSPITAL: "青山县人民医院", ELSEWHERE: "别处医院"}
    await put(
        t.institution,
        *(
            {"id": each, "code": f"code-{each}", "name": name, "kind": "hospital", "state": "active"}
            | {"created_at_ms": 1}
            for each, name in names.items()
        ),
    )
    people = {LI: "李明", WANG: "王敏", COLLEAGUE: "赵强", STRANGER: "钱某"}
    await put(
        t.person,
        *(
            {"id": who.person, "institution": who.institution, "name": name, "title": "副主任医师"}
            | {"specialty": "心内科", "state": "active", "created_at_ms": 1}
            for who, name in people.items()
        ),
    )
    await put(
        t.licence,
        {"id": "li_wang", "institution": HOSPITAL, "person": WANG.person, "number": "110-WANG"}
        | {"kind": "physician", "valid_until_ms": _FAR_MS},
    )
    await put(
        t.account,
        {"id": "ac_wang", "institution": HOSPITAL, "person": WANG.person, "login": "wangmin"}
        | {"password_hash": password_hash},
    )
    await put(
        t.patient,
        {"id": PATIENT, "institution": CLINIC, "name": "张建国", "card_number": "8001", "sex": "male"}
        | {"birth_year": 1965, "state": "active", "created_at_ms": 1},
    )
    now_ms = unit.now_ms
    await insert_case(
        unit,
        Case(
            id=CASE,
            serial="",
            institution=InstitutionId(CLINIC),
            invited_institution=InstitutionId(HOSPITAL),
            patient=PATIENT,
            inviter=PersonId(LI.person),
            device="",
            host=PersonId(LI.person),
            expert=WANG.person,
            state=ConsultationState.ACTIVE,
            version=1,
            request=Request(kind, *(getattr(REQUEST, name) for name in _REQUEST_FIELDS)),
            slot="",
            recording_policy=RecordingPolicy.WITH_CONSENT,
            ring=None,
            ring_due_ms=None,
            end_reason="",
            end_note="",
            created_at_ms=now_ms - 300_000,
            invited_at_ms=now_ms - 200_000,
            accepted_at_ms=now_ms - 190_000,
            active_at_ms=now_ms - 180_000,
            signed_at_ms=None,
            closed_at_ms=None,
            updated_at_ms=now_ms,
        ),
    )


_REQUEST_FIELDS: Final = ("urgency", "specialty", "wanted_title", "reason", "purpose", "summary")
