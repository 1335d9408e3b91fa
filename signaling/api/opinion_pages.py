"""The routes of a case's opinion and archive: draft, signature, check, decision; paper, bundle, trail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import orjson
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.adoption import ItemAnswer
from clinical.errors import ConsultationRefused, OpinionRefused
from clinical.ids import InstitutionId
from clinical.opinion import Content, Standing, shut_gates
from clinical.opinion_templates import Template, templates_for
from recording.signing import Signer
from recording.summary import RecordingSummary
from signaling.api.case_desk import CaseDesk
from signaling.api.consultation_models import ConsultationView, Names
from signaling.api.opinion_models import (
    Acknowledgement,
    ItemDecision,
    OpinionCheck,
    OpinionDraft,
    OpinionView,
    Signing,
    SigningWanted,
    TemplateList,
    TemplateOffered,
    Timeline,
    TimelineEvent,
)
from signaling.api.passkey_site import site_asked
from signaling.api.route import Call, Pace, Refusal, Route
from signaling.api.session_models import PasskeyOptions
from signaling.auth.accounts import account_by_person
from signaling.auth.fresh_factor import Asked, FreshFactors, Offered, PasskeyOffered, factors_of
from signaling.auth.rights import Action, Caller
from signaling.auth.sign_in_desk import raised
from signaling.consult.archive_reading import events_of, ledger_sights, read_archive
from signaling.consult.attachment_files import AttachmentFiles
from signaling.consult.case_chain import chain_act
from signaling.consult.case_rights import Deed, refusal_of
from signaling.consult.cases import Case
from signaling.consult.fhir_bundle import MEDIA_TYPE as FHIR_TYPE
from signaling.consult.fhir_bundle import bundle_of
from signaling.consult.opinion_acts import acknowledge_opinion, save_draft, sign_opinion
from signaling.consult.opinion_archive import Archive, FiledOpinion, FiledSignature
from signaling.consult.opinion_paper import paper_of
from signaling.consult.opinion_pdf import MEDIA_TYPE as PDF_TYPE
from signaling.consult.opinion_pdf import pdf_of
from signaling.consult.opinion_rows import find_opinion
from signaling.consult.opinion_verdict import Fault, LedgerSight, faults_of
from signaling.consult.timeline import position_ms, recording_of
from signaling.store.store import Unit
from signaling.trace.names import names_of

MAX_DRAFT_BYTES: Final = 128 * 1024
"""The longest opinion of all (clinical/opinion.py), every character of it four bytes of UTF-8."""
MAX_HEAVY_AT_ONCE: Final = 1
"""A drawing takes a thread for half a second, a check reads up to 200 MiB, a long trail makes a large bundle;
calls that are going on come first."""
_ALL_ELSE_READY: Final = Standing(is_taken_by_author=True, has_valid_licence=True, is_patient_known=True)
"""What is looked at when signing; the gates of the text alone are told while it is written."""
_STATE: Final = ("not_permitted", "consultation_state", "opinion_changed")


class OpinionPages:
    """The handlers. ``recordings`` lists what was recorded, ``files`` holds the bytes of attachments."""

    def __init__(
        self,
        cases: CaseDesk,
        *,
        signer: Signer,
        factors: FreshFactors,
        files: AttachmentFiles,
        recordings: Callable[[], Sequence[RecordingSummary]],
    ) -> None:
        self._cases = cases
        self._store = cases.store
        self._signer = signer
        self._public_key = Ed25519PublicKey.from_public_bytes(signer.public_key)
        self._factors = factors
        self._files = files
        self._recordings = recordings
        self._heavy = asyncio.Semaphore(MAX_HEAVY_AT_ONCE)

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/consultations/{id}/opinion",
                Action.CASE_READ,
                "Show the signed opinion to both sides, a draft to its author.",
                self.show,
                answer=OpinionView,
                find=self._cases.find,
                refusals=("opinion_missing",),
            ),
            Route(
                "GET",
                "/consultations/{id}/opinion/templates",
                Action.CASE_READ,
                "List the forms to fill in, the nearest to the request first.",
                self.templates,
                answer=TemplateList,
                find=self._cases.find,
            ),
            Route(
                "PUT",
                "/consultations/{id}/opinion",
                Action.CASE_ANSWER,
                "Write the draft anew.",
                self.draft,
                body=OpinionDraft,
                answer=OpinionView,
                find=self._cases.find,
                max_body_bytes=MAX_DRAFT_BYTES,
                refusals=(*_STATE, "opinion_too_long"),
            ),
            Route(
                "POST",
                "/consultations/{id}/opinion/sign",
                Action.CASE_ANSWER,
                "Sign the opinion with a factor given in this request.",
                self.sign,
                body=Signing,
                answer=ConsultationView,
                find=self._cases.find,
                pace=Pace.LOGIN,
                refusals=(
                    *_STATE,
                    "licence_missing",
                    "licence_expired",
                    "opinion_incomplete",
                    "sign_factor_needed",
                    "sign_factor_missing",
                    "challenge_gone",
                    "passkey_needs_name",
                    "passkey_wrong",
                    "code_wrong",
                    "password_wrong",
                    "account_locked",
                    "sign_in_busy",
                ),
            ),
            Route(
                "POST",
                "/consultations/{id}/opinion/sign/options",
                Action.CASE_ANSWER,
                "Give what the browser takes so that a passkey signs this draft.",
                self.sign_options,
                body=SigningWanted,
                answer=PasskeyOptions,
                find=self._cases.find,
                refusals=(*_STATE[:2], "account_locked", "passkey_needs_name", "second_factor_unknown"),
            ),
            Route(
                "GET",
                "/consultations/{id}/opinion/check",
                Action.CASE_READ,
                "Check now whether the signed opinion is unaltered.",
                self.check,
                answer=OpinionCheck,
                find=self._cases.find,
                refusals=("opinion_missing",),
            ),
            Route(
                "POST",
                "/consultations/{id}/acknowledge",
                Action.CASE_CHANGE,
                "Note what the treating side decides about the opinion, and close the case.",
                self.acknowledge,
                body=Acknowledgement,
                answer=ConsultationView,
                find=self._cases.find,
                refusals=(
                    "not_permitted",
                    "consultation_state",
                    "adoption_items_wrong",
                    "adoption_contradicts",
                    "adoption_reason_missing",
                ),
            ),
            Route(
                "GET",
                "/consultations/{id}/opinion.pdf",
                Action.CASE_READ,
                "Give the signed opinion on paper, in Chinese, where it is unaltered.",
                self.paper,
                find=self._cases.find,
                media_type=PDF_TYPE,
                refusals=("opinion_missing", "opinion_altered"),
            ),
            Route(
                "GET",
                "/consultations/{id}/fhir",
                Action.CASE_READ,
                "Give the case as a FHIR R4 bundle.",
                self.fhir,
                find=self._cases.find,
                media_type=FHIR_TYPE,
            ),
            Route(
                "GET",
                "/consultations/{id}/timeline",
                Action.CASE_READ,
                "List everything that happened in a case, with its place in the recording.",
                self.timeline,
                answer=Timeline,
                find=self._cases.find,
            ),
        ]

    # ---- the opinion ------------------------------------------------------------------------------------

    async def show(self, call: Call) -> OpinionView:
        """Shows it."""
        view = await self._store.read(lambda connection: self._opinion(connection, call, call.found))
        await self._cases.note_look(call, "opinion")
        return view

    async def templates(self, call: Call) -> TemplateList:
        """Lists forms."""
        request = call.found.request
        offered = templates_for(request.specialty, request.reason)
        return TemplateList(templates=[_template(each) for each in offered])

    async def draft(self, call: Call) -> OpinionView:
        """Writes the draft."""
        wanted: OpinionDraft = call.body
        content = Content(wanted.findings, tuple(wanted.advice), wanted.critical_value, wanted.template)
        case = await self._write(
            lambda unit: save_draft(unit, call.caller, call.path["id"], content, read_version=wanted.version)
        )
        return await self._store.read(lambda connection: self._opinion(connection, call, case))

    async def sign(self, call: Call) -> ConsultationView:
        """Signs it."""
        wanted: Signing = call.body
        # Nobody's password is looked at for what they may not sign anyway.
        _refuse_signing(call.found, call.caller)
        passkey = None
        if wanted.passkey is not None:
            passkey = PasskeyOffered(wanted.passkey, _about(call, wanted.version), site_asked(call))
        offered = Offered(wanted.code, wanted.password, passkey)
        given = await self._factors.look(call.caller, offered, call.now_ms)
        case = await self._write(
            lambda unit: sign_opinion(
                unit,
                call.caller,
                call.path["id"],
                read_version=wanted.version,
                factor=given.asked,
                prove=lambda inner: self._factors.prove(inner, call.caller, given),
                signer=self._signer,
            )
        )
        return await self._cases.view(call, case)

    async def sign_options(self, call: Call) -> PasskeyOptions:
        """Gives what the browser takes."""
        wanted: SigningWanted = call.body
        _refuse_signing(call.found, call.caller)
        options = await self._factors.passkey_options(
            call.caller, _about(call, wanted.version), site_asked(call), call.now_ms
        )
        return PasskeyOptions(options=options)

    async def check(self, call: Call) -> OpinionCheck:
        """Checks it."""
        archive, faults = await self._checked(call)
        signature = _signature_of(archive)
        return OpinionCheck(
            is_unaltered=not faults,
            faults=list(faults),
            fingerprint=signature.fingerprint,
            key_id=signature.key_id,
            signed_at_ms=signature.at_ms,
        )

    async def acknowledge(self, call: Call) -> ConsultationView:
        """Notes the decision."""
        wanted: Acknowledgement = call.body
        items = [ItemAnswer(item.adopted, item.reason) for item in wanted.items]
        case = await self._write(
            lambda unit: acknowledge_opinion(unit, call.caller, call.path["id"], wanted.adoption, items)
        )
        return await self._cases.view(call, case)

    # ---- the archive ------------------------------------------------------------------------------------

    async def paper(self, call: Call) -> web.Response:
        """Gives the paper; of an opinion that is no longer what was signed there is none."""
        archive, faults = await self._checked(call)
        if faults:
            raise Refusal("opinion_altered", faults=[fault.value for fault in faults])
        paper = paper_of(archive)
        async with self._heavy:
            content = await asyncio.to_thread(pdf_of, paper)
        await self._note_export(call, "pdf")
        return web.Response(
            body=content,
            content_type=PDF_TYPE,
            headers={"Content-Disposition": f'inline; filename="{paper.serial}.pdf"'},
        )

    async def fhir(self, call: Call) -> web.Response:
        """Gives the bundle."""
        archive = await self._store.read(lambda connection: self._archive(connection, call))
        async with self._heavy:
            content = await asyncio.to_thread(lambda: orjson.dumps(bundle_of(archive)))
        await self._note_export(call, "fhir")
        return web.Response(
            body=content,
            content_type=FHIR_TYPE,
            charset="utf-8",
            headers={"Content-Disposition": f'attachment; filename="{archive.case.serial}.json"'},
        )

    async def timeline(self, call: Call) -> Timeline:
        """Lists the events of the reader's own ledger."""
        case: Case = call.found
        recording = recording_of(self._recordings(), case.id)

        async def work(connection: AsyncConnection) -> Timeline:
            events = await events_of(connection, _reader(case, call.caller), case.id)
            names = await names_of(connection, [event.fields["actor"] for event in events])
            return Timeline(
                events=[
                    TimelineEvent(
                        sequence=event.fields["sequence"],
                        at_ms=event.fields["at_ms"],
                        kind=event.fields["kind"],
                        actor=event.fields["actor"],
                        actor_name=names.get(event.fields["actor"], ""),
                        facts=event.fields["after"],
                        media_position_ms=position_ms(event.fields, recording),
                    )
                    for event in events
                ],
                recording="" if recording is None else recording.recording_id,
            )

        return await self._store.read(work)

    # ---- inside -----------------------------------------------------------------------------------------

    async def _checked(self, call: Call) -> tuple[Archive, tuple[Fault, ...]]:
        """Returns the archive of a signed opinion with what does not fit. Raises Refusal(opinion_missing)."""

        async def work(connection: AsyncConnection) -> tuple[Archive, Mapping[str, LedgerSight]]:
            archive = await self._archive(connection, call)
            _signature_of(archive)
            return archive, await ledger_sights(connection, archive)

        archive, ledgers = await self._store.read(work)
        async with self._heavy:
            lost = await asyncio.to_thread(self._lost, archive)
        return archive, faults_of(archive, self._public_key, ledgers, lost=lost)

    def _lost(self, archive: Archive) -> frozenset[str]:
        lost = set()
        for one in archive.attachments:
            try:
                self._files.read(one.sha256)
            except (OSError, ValueError):
                lost.add(one.sha256)
        return frozenset(lost)

    async def _note_export(self, call: Call, form: str) -> None:
        # Before it is handed out: what left the house is in both chains, or did not leave.
        case: Case = call.found

        async def work(unit: Unit) -> None:
            chain_act(unit, call.caller, case, "case.exported", after={"format": form})

        await self._store.write(work)

    async def _archive(self, connection: AsyncConnection, call: Call) -> Archive:
        case: Case = call.found
        return await read_archive(connection, case.id, _reader(case, call.caller))

    async def _write(self, work: Callable[[Unit], Awaitable[Case | Refusal]]) -> Case:
        with opinion_refusals():
            case = raised(await self._store.write(work))
        self._cases.tell(case)
        return case

    async def _opinion(self, connection: AsyncConnection, call: Call, case: Case) -> OpinionView:
        opinion = await find_opinion(connection, case.id)
        is_expert = call.caller.person == case.expert
        if opinion is None or (opinion.signature is None and not is_expert):
            # What is not signed is nobody's opinion yet.
            raise Refusal("opinion_missing")
        asked: Sequence[Asked] = ()
        if opinion.signature is None:
            account = await account_by_person(connection, call.caller.person)
            with suppress(Refusal):
                asked = () if account is None else factors_of(account)
        adopter = "" if opinion.adoption is None else opinion.adoption.by
        names = await names_of(connection, [opinion.author, adopter])
        return _opinion_view(opinion, names, asked)


@contextmanager
def opinion_refusals() -> Iterator[None]:
    """Turns what the rules of opinions and cases refuse into the API's refusals."""
    try:
        yield
    except (ConsultationRefused, OpinionRefused) as refused:
        facts = {"missing": list(refused.missing)} if refused.missing else {}
        raise Refusal(refused.code, **facts) from None


def _signature_of(archive: Archive) -> FiledSignature:
    signature = None if archive.opinion is None else archive.opinion.signature
    if signature is None:
        raise Refusal("opinion_missing")
    return signature


def _refuse_signing(case: Case, caller: Caller) -> None:
    refusal = refusal_of(Deed.SIGN, case, caller, ())
    if refusal:
        raise Refusal(refusal)


def _about(call: Call, version: int | None) -> str:
    """What a passkey's challenge is for: this case's draft, as the signer has read it."""
    return f"{call.path['id']} {version}"


def _reader(case: Case, caller: Caller) -> InstitutionId:
    """Whose ledger is read: the caller's own; for a guest of a third institution the inviting side's."""
    return caller.institution if caller.institution in case.institutions else case.institution


def _opinion_view(opinion: FiledOpinion, names: Mapping[str, str], asked: Sequence[Asked]) -> OpinionView:
    content, signature, adoption = opinion.content, opinion.signature, opinion.adoption
    return OpinionView(
        state="draft" if signature is None else "signed",
        version=opinion.version,
        findings=content.findings,
        advice=list(content.advice),
        critical_value=content.critical_value,
        template=content.template,
        author=opinion.author,
        author_name=names.get(opinion.author, ""),
        updated_at_ms=opinion.updated_at_ms,
        shut_gates=list(shut_gates(content, _ALL_ELSE_READY)) if signature is None else [],
        asked_factors=list(asked),
        signed_at_ms=None if signature is None else signature.at_ms,
        fingerprint="" if signature is None else signature.fingerprint,
        key_id="" if signature is None else signature.key_id,
        factor="" if signature is None else signature.factor,
        adoption="" if adoption is None else adoption.adoption,
        items=[]
        if adoption is None
        else [ItemDecision(adopted=item.adopted, reason=item.reason) for item in adoption.items],
        adopted_by="" if adoption is None else adoption.by,
        adopted_by_name="" if adoption is None else names.get(adoption.by, ""),
        adopted_at_ms=None if adoption is None else adoption.at_ms,
    )


def _template(template: Template) -> TemplateOffered:
    return TemplateOffered(
        code=template.code,
        title=Names(zh=template.title_zh, en=template.title_en),
        findings=Names(zh=template.findings_zh, en=template.findings_en),
        advice_zh=list(template.advice_zh),
        advice_en=list(template.advice_en),
    )
