"""The acts of an opinion: drafted, signed by the expert, acknowledged by the treating side. Each in one unit
of work with its events in both institutions' chains.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.adoption import Adoption, ItemAnswer, check_adoption, items_to_json
from clinical.consultation import ConsultationAct
from clinical.ids import InstitutionId
from clinical.opinion import (
    Content,
    Factor,
    Seal,
    SealedAttachment,
    SealedLedger,
    Standing,
    check_can_be_signed,
    check_length,
    content_to_json,
    signed_form,
)
from recording.audit.chain import genesis
from recording.signing import Signer
from signaling.api.route import Refusal
from signaling.auth.rights import Caller
from signaling.consult.case_chain import chain_act, request_sha256, text_sha256
from signaling.consult.case_rights import Deed
from signaling.consult.cases import Case, after_act, store_case
from signaling.consult.duty_calls import PHYSICIAN, check_licence
from signaling.consult.opened_case import open_case
from signaling.consult.opinion_archive import FiledAdoption, FiledSignature
from signaling.consult.opinion_rows import find_opinion, put_adoption, put_draft, put_signature
from signaling.ecg.ecgs import is_case_complete
from signaling.store import tables as t
from signaling.store.store import Unit

NOTHING_WRITTEN: Final = Content("", ())


async def save_draft(
    unit: Unit, caller: Caller, case_id: str, content: Content, *, read_version: int | None
) -> Case:
    """Stores the draft of a case's opinion; what says the same as the last one is no new version.

    ``read_version``: the one that the writer had before them, 0 for none; None to write over whatever stands.
    Raises Refusal (not_permitted, opinion_changed), ConsultationRefused, OpinionRefused(opinion_too_long).
    """
    case, _ = await open_case(unit, caller, case_id, Deed.SIGN)
    check_length(content)
    before = await find_opinion(unit.connection, case.id)
    version = 0 if before is None else before.version
    if read_version is not None and read_version != version:
        raise Refusal("opinion_changed", version=version)
    if before is not None and (before.author, before.content) == (caller.person, content):
        return case
    draft = await put_draft(unit, case.id, before, caller.person, content)
    chain_act(
        unit,
        caller,
        case,
        "opinion.drafted",
        subject={"opinion": draft.id},
        before={"version": version},
        after={"version": draft.version, "sha256": text_sha256(case, content_to_json(content))},
    )
    return await store_case(unit, case)


async def sign_opinion(
    unit: Unit,
    caller: Caller,
    case_id: str,
    *,
    read_version: int | None,
    factor: Factor,
    prove: Callable[[Unit], Awaitable[Refusal | None]],
    signer: Signer,
) -> Case | Refusal:
    """Signs the draft as it stands. The factor is used up only where everything else is ready for it; a
    refusal that ``prove`` returns is returned: the unit has counted the wrong try.

    Raises Refusal (not_permitted, licence_missing, licence_expired, opinion_changed), ConsultationRefused,
    OpinionRefused(opinion_incomplete).
    """
    case, _ = await open_case(unit, caller, case_id, Deed.SIGN)
    await check_licence(unit.connection, caller.person, unit.now_ms)
    opinion = await find_opinion(unit.connection, case.id)
    if opinion is not None and read_version not in (None, opinion.version):
        # What they saw is what they sign.
        raise Refusal("opinion_changed", version=opinion.version)
    check_can_be_signed(
        NOTHING_WRITTEN if opinion is None else opinion.content,
        Standing(
            is_taken_by_author=opinion is None or opinion.author == caller.person,
            has_valid_licence=True,
            is_patient_known=await is_patient_known(unit.connection, case.patient),
            is_ecg_complete=await is_case_complete(unit.connection, case.id),
        ),
    )
    assert opinion is not None, "an opinion with nothing written has shut gates"
    refusal = await prove(unit)
    if refusal is not None:
        return refusal
    form = signed_form(
        Seal(
            case=case.id,
            serial=case.serial,
            request_sha256=request_sha256(case),
            patient=case.patient,
            inviting=case.institution,
            invited=case.invited_institution,
            author=caller.person,
            licence=await licence_number(unit.connection, caller.person, unit.now_ms),
            factor=factor,
            content=opinion.content,
            attachments=await _attachments(unit.connection, case),
            ledgers=tuple([await sealed_ledger(unit.connection, each) for each in case.institutions]),
            signed_at_ms=unit.now_ms,
        )
    )
    signature = FiledSignature(form, signer.sign(form), signer.key_fingerprint, factor, unit.now_ms)
    await put_signature(unit, opinion.id, signature)
    case = after_act(case, ConsultationAct.SIGN, unit.now_ms)
    chain_act(
        unit,
        caller,
        case,
        "opinion.signed",
        subject={"opinion": opinion.id},
        after={
            "version": opinion.version,
            "sha256": signature.fingerprint,
            "key": signature.key_id,
            "factor": factor,
            "critical_value": bool(opinion.content.critical_value),
            "advice": len(opinion.content.advice),
        },
    )
    return await store_case(unit, case)


async def acknowledge_opinion(
    unit: Unit, caller: Caller, case_id: str, adoption: Adoption, items: Sequence[ItemAnswer]
) -> Case:
    """Notes what the treating side decided, and closes the case.

    Raises Refusal(not_permitted), ConsultationRefused, OpinionRefused (adoption.py).
    """
    case, _ = await open_case(unit, caller, case_id, Deed.ACKNOWLEDGE)
    opinion = await find_opinion(unit.connection, case.id)
    assert opinion is not None, "a signed case has an opinion"
    check_adoption(adoption, items, advice_count=len(opinion.content.advice))
    await put_adoption(unit, opinion.id, FiledAdoption(adoption, tuple(items), caller.person, unit.now_ms))
    case = after_act(case, ConsultationAct.ACKNOWLEDGE, unit.now_ms)
    chain_act(
        unit,
        caller,
        case,
        "opinion.acknowledged",
        subject={"opinion": opinion.id},
        after={
            "adoption": adoption.value,
            "adopted": sum(item.adopted for item in items),
            "advice": len(items),
            "sha256": text_sha256(case, items_to_json(items)),
        },
    )
    case = after_act(case, ConsultationAct.CLOSE, unit.now_ms)
    chain_act(unit, caller, case, "session.ended", after={"cause": "acknowledged"})
    return await store_case(unit, case)


async def licence_number(connection: AsyncConnection, person: str, now_ms: int) -> str:
    """Returns the number of the physician's licence that holds now and longest, "" where none is kept."""
    c = t.licence.c
    query = (
        select(c.number)
        .where(c.person == person, c.kind == PHYSICIAN, c.ended_at_ms.is_(None), c.valid_until_ms > now_ms)
        .order_by(c.valid_until_ms.desc(), c.id)
        .limit(1)
    )
    return await connection.scalar(query) or ""


async def is_patient_known(connection: AsyncConnection, patient: str) -> bool:
    """Returns whether it is known who a patient is: their personal fields were not erased."""
    state = await connection.scalar(select(t.patient.c.state).where(t.patient.c.id == patient))
    return state == "active"


async def _attachments(connection: AsyncConnection, case: Case) -> tuple[SealedAttachment, ...]:
    c = t.attachment.c
    rows = await connection.execute(select(c.id, c.kind, c.sha256).where(c.case_id == case.id).order_by(c.id))
    return tuple(SealedAttachment(row.id, row.kind, row.sha256) for row in rows)


async def sealed_ledger(connection: AsyncConnection, institution: InstitutionId) -> SealedLedger:
    """Returns the head of an institution's ledger as a signature names it."""
    # What is committed: of acts in the same transaction the chain knows only at its end.
    c = t.chain.c
    row = (await connection.execute(select(c.size, c.head).where(c.institution == institution))).one_or_none()
    if row is None:
        return SealedLedger(institution, 0, genesis(institution).head.hex())
    return SealedLedger(institution, row.size, bytes(row.head).hex())
