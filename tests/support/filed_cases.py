"""Archives of cases as values: signed and acknowledged with everything in it, or with hardly anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clinical.adoption import Adoption, ItemAnswer
from clinical.consent import Consent, ConsentPurpose, ConsentState, GivenBy, How
from clinical.consultation import ConsultationKind, ConsultationState, Request, Urgency
from clinical.ids import CaseId, ConsentId, InstitutionId, PatientId, PersonId
from clinical.opinion import Content, Seal, SealedAttachment, SealedLedger, signed_form
from clinical.recording_policy import RecordingPolicy
from recording.signing import Ed25519Signer
from signaling.consult.case_chain import request_sha256
from signaling.consult.cases import Case
from signaling.consult.opinion_archive import (
    Archive,
    FiledAdoption,
    FiledAttachment,
    FiledEvent,
    FiledOpinion,
    FiledPatient,
    FiledSignature,
    Professional,
    Side,
)

CLINIC: Final = Side(InstitutionId("in_clinic"), "Q-17", "柳河镇卫生院", "township_clinic")
HOSPITAL: Final = Side(InstitutionId("in_hospital"), "Q-01", "青山县人民医院", "hospital")
KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER: Final = Ed25519Signer(KEY)
BEGUN_MS: Final = 1_763_700_000_000
SIGNED_MS: Final = BEGUN_MS + 300_000
PATIENT: Final = FiledPatient(PatientId("pt_1"), "张建国", "8001", "male", 1965)
PEOPLE: Final = {
    "pe_li": Professional(PersonId("pe_li"), CLINIC.id, "李明", "主治医师", "全科"),
    "pe_wang": Professional(PersonId("pe_wang"), HOSPITAL.id, "王敏", "副主任医师", "心内科", "110-WANG"),
    "pe_guest": Professional(PersonId("pe_guest"), InstitutionId("in_third"), "周岚", "主任医师", "针灸室"),
    "pe_qian": Professional(PersonId("pe_qian"), HOSPITAL.id, "钱慧"),
}
CASE: Final = Case(
    id=CaseId("ca_1"),
    serial="S-20251121-0031",
    institution=CLINIC.id,
    invited_institution=HOSPITAL.id,
    patient=PATIENT.id,
    inviter=PersonId("pe_li"),
    device="dv_kiosk",
    host=PersonId("pe_li"),
    expert=PersonId("pe_wang"),
    state=ConsultationState.CLOSED,
    version=9,
    request=Request(
        ConsultationKind.LIVE,
        Urgency.URGENT,
        "cardiology",
        "associate_chief",
        "胸闷 2 小时",
        "明确诊断，决定是否转诊",
        "既往高血压 10 年，\n血压 150/95 mmHg",
    ),
    slot="",
    recording_policy=RecordingPolicy.WITH_CONSENT,
    ring=None,
    ring_due_ms=None,
    end_reason="",
    end_note="",
    created_at_ms=BEGUN_MS - 60_000,
    invited_at_ms=BEGUN_MS - 20_000,
    accepted_at_ms=BEGUN_MS - 8_000,
    active_at_ms=BEGUN_MS,
    signed_at_ms=SIGNED_MS,
    closed_at_ms=SIGNED_MS + 20_000,
    updated_at_ms=SIGNED_MS + 20_000,
)
CONTENT: Final = Content(
    "胸闷 2 小时，V3–V5 导联 ST 段压低 <0.1 mV & 心率 92。\n会诊医生判断：疑似下壁缺血",
    ("立即口服阿司匹林 300 mg", "30 分钟后复查心电图", "转县医院胸痛中心"),
    critical_value=False,
    template="chest_pain",
)
ECG: Final = FiledAttachment(
    "at_ecg", "pe_li", "document", "心电图.pdf", "application/pdf", 1234, "ab" * 32, BEGUN_MS + 1
)
LATER: Final = FiledAttachment(
    "at_later", "dv_kiosk", "still", "later.jpg", "image/jpeg", 99, "cd" * 32, SIGNED_MS + 5_000
)
_ITEMS: Final = (ItemAnswer(True), ItemAnswer(True), ItemAnswer(False, "患者不愿转诊"))


def seal_of(case: Case = CASE, content: Content = CONTENT) -> Seal:
    """What the expert signs."""
    return Seal(
        case=case.id,
        serial=case.serial,
        request_sha256=request_sha256(case),
        patient=case.patient,
        inviting=case.institution,
        invited=case.invited_institution,
        author=PersonId("pe_wang"),
        licence="110-WANG",
        factor="totp",
        content=content,
        attachments=(SealedAttachment(ECG.id, ECG.kind, ECG.sha256),),
        ledgers=tuple(SealedLedger(each, 7, "00" * 32) for each in case.institutions),
        signed_at_ms=SIGNED_MS,
    )


def signature_over(form: bytes) -> FiledSignature:
    """A right signature over any bytes."""
    return FiledSignature(form, SIGNER.sign(form), SIGNER.key_fingerprint, "totp", SIGNED_MS)


def opinion(*, is_signed: bool = True, is_adopted: bool = True) -> FiledOpinion:
    """The opinion of CASE."""
    return FiledOpinion(
        "op_1",
        PersonId("pe_wang"),
        3,
        CONTENT,
        SIGNED_MS,
        signature_over(signed_form(seal_of())) if is_signed else None,
        FiledAdoption(Adoption.PART, _ITEMS, "pe_li", SIGNED_MS + 20_000) if is_adopted else None,
    )


def answer(purpose: ConsentPurpose, state: ConsentState, given_by: GivenBy = GivenBy.PATIENT) -> Consent:
    """A consent of CASE."""
    is_withdrawn = state is ConsentState.WITHDRAWN
    return Consent(
        id=ConsentId(f"co_{purpose.value}"),
        patient=PATIENT.id,
        case=CASE.id,
        purpose=purpose,
        state=state,
        how=How.EMERGENCY if given_by is GivenBy.NOBODY else How.SCREEN_SIGNATURE,
        given_by=given_by,
        text_version="2026-11",
        text_sha256="12" * 32,
        evidence_sha256="",
        recorded_by="pe_li",
        at_ms=BEGUN_MS - 30_000,
        withdrawn_at_ms=BEGUN_MS + 9_000 if is_withdrawn else None,
    )


def event(sequence: int, kind: str, *, actor: str = "pe_li", **changes: Any) -> FiledEvent:
    """An event of the case in the clinic's ledger."""
    fields = {
        "v": 1,
        "institution": CLINIC.id,
        "sequence": sequence,
        "kind": kind,
        "actor": actor,
        "actor_role": "clinic_doctor",
        "at_ms": BEGUN_MS + sequence,
        "subject": {"case": CASE.id, "patient": PATIENT.id},
        "before": {},
        "after": {},
        "previous": "00" * 32,
        "personal": {},
        **changes,
    }
    return FiledEvent(fields, f"{sequence:064x}")


def full_archive(**changes: Any) -> Archive:
    """Everything that can be in one."""
    made = Archive(
        case=CASE,
        patient=PATIENT,
        inviting=CLINIC,
        invited=HOSPITAL,
        people=PEOPLE,
        participants=("pe_li", "pe_wang", "pe_guest"),
        devices={"dv_kiosk": "一号诊台"},
        consents=(
            answer(ConsentPurpose.CONSULTATION, ConsentState.GRANTED),
            answer(ConsentPurpose.RECORDING, ConsentState.WITHDRAWN),
            answer(ConsentPurpose.SHARING, ConsentState.EMERGENCY, GivenBy.NOBODY),
            answer(ConsentPurpose.TEACHING, ConsentState.DECLINED, GivenBy.GUARDIAN),
        ),
        attachments=(ECG, LATER),
        opinion=opinion(),
        events=(
            event(8, "request.created", device="dv_kiosk"),
            event(9, "ring.started", actor="system"),
            event(10, "attachment.added", actor="dv_kiosk", device="dv_kiosk"),
            event(11, "opinion.signed", actor="pe_wang", subject={"case": CASE.id, "opinion": "op_1"}),
        ),
    )
    return replace(made, **changes)


def bare_archive(state: ConsultationState = ConsultationState.DRAFTED) -> Archive:
    """A draft within one institution, of a patient who was erased."""
    request = Request(ConsultationKind.OFFLINE, Urgency.ROUTINE, "", "", "", "", "")
    case = replace(
        CASE,
        invited_institution=CLINIC.id,
        expert="",
        device="",
        state=state,
        request=request,
        invited_at_ms=None,
        accepted_at_ms=None,
        active_at_ms=None,
        signed_at_ms=None,
        closed_at_ms=None,
    )
    return Archive(
        case=case,
        patient=FiledPatient(PATIENT.id, "", "", "", None),
        inviting=CLINIC,
        invited=CLINIC,
        people={"pe_li": replace(PEOPLE["pe_li"], title="", specialty="")},
        participants=("pe_li",),
        devices={},
        consents=(),
        attachments=(),
        opinion=None,
        events=(),
    )
