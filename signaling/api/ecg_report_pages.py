"""The routes of an ECG's report: text, signatures, return and amendment; and what a reader chooses from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ecg_report import ReportContent, ReportGate, ReportStanding, Step, Strip, shut_gates
from clinical.ecg_report_templates import TEMPLATES
from clinical.ecg_statements import CODING_SYSTEM, CODING_VERSION, STATEMENTS, StatementGroup
from clinical.errors import EcgReportRefused
from clinical.ids import EcgId
from recording.signing import Signer
from signaling.api.consultation_models import Names
from signaling.api.ecg_critical_pages import critical_views
from signaling.api.ecg_paper_pages import signed_of, strips_on_disk
from signaling.api.ecg_report_models import (
    ReportDraft,
    ReportReason,
    ReportSignatureShown,
    ReportSigning,
    ReportSigningWanted,
    ReportTemplateList,
    ReportTemplateOffered,
    ReportView,
    StatementGroupOffered,
    StatementList,
    StatementOffered,
    StripMarked,
    StripShown,
)
from signaling.api.passkey_site import site_asked
from signaling.api.route import Call, Found, Pace, Refusal, Route
from signaling.api.session_models import PasskeyOptions
from signaling.auth.accounts import account_by_person
from signaling.auth.fresh_factor import Asked, FreshFactors, Offered, PasskeyOffered, factors_of
from signaling.auth.rights import Action
from signaling.auth.room_rights import Licence
from signaling.auth.sign_in_desk import raised
from signaling.consult.duty_calls import licence_held
from signaling.consult.opinion_acts import is_patient_known
from signaling.consult.recent_looks import Look, RecentLooks
from signaling.ecg.ecg_chain import chain_ecg_act
from signaling.ecg.ecg_rights import OpenedEcg, found_ecg
from signaling.ecg.report_acts import (
    ReadContent,
    Signing,
    amend_report,
    draft_report,
    return_report,
    sign_report,
)
from signaling.ecg.report_reading import EcgPapers, papers_of
from signaling.ecg.report_rights import ReportDeed, deeds_of, is_reader, refuse
from signaling.ecg.report_rows import KeptReport, KeptSignature
from signaling.ecg.report_verdict import sealed_in
from signaling.ecg.strip_source import FrameSource, ReadStrip
from signaling.store.store import Store, Unit
from signaling.trace.names import names_of

MAX_DRAFT_BYTES: Final = 128 * 1024
"""The longest text (clinical/ecg_report.py), every character of it four bytes of UTF-8, and fifty strips."""
MAX_HEAVY_AT_ONCE: Final = 1
"""Reading a session's samples and drawing take seconds of a thread; calls that are going on come first."""
MAX_COMPLETE_KNOWN: Final = 2_000
"""Strips known to be complete: what is complete stays so, and a page asks every few seconds."""
_READING: Final = ("not_permitted", "ecg_report_state", "ecg_report_changed")
_FACTOR: Final = (
    "licence_missing",
    "licence_expired",
    "ecg_report_incomplete",
    "ecg_report_altered",
    "ecg_unreadable",
    "sign_factor_needed",
    "sign_factor_missing",
    "challenge_gone",
    "passkey_needs_name",
    "passkey_wrong",
    "code_wrong",
    "password_wrong",
    "account_locked",
    "sign_in_busy",
)
_DEEDS: Final[Mapping[Step, ReportDeed]] = {"report": ReportDeed.SIGN, "review": ReportDeed.REVIEW}


class EcgReportPages:
    """The handlers. ``frames`` holds the samples; ``wake`` has the driver of critical values look: a report
    that was just signed may have marked one.
    """

    def __init__(
        self,
        store: Store,
        *,
        frames: FrameSource,
        signer: Signer,
        factors: FreshFactors,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._frames = frames
        self._signer = signer
        self._factors = factors
        self._wake = wake
        self._looks = RecentLooks()
        self._heavy = asyncio.Semaphore(MAX_HEAVY_AT_ONCE)
        self._complete: dict[tuple[EcgId, Strip], None] = {}

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/ecg/statements",
                Action.ECG_LIST,
                "List the coded statements that a reader may choose.",
                self.statements,
                answer=StatementList,
            ),
            Route(
                "GET",
                "/ecg/report-templates",
                Action.ECG_LIST,
                "List the forms to fill in for a report.",
                self.templates,
                answer=ReportTemplateList,
            ),
            Route(
                "GET",
                "/ecgs/{id}/report",
                Action.ECG_READ,
                "Show the report: to its readers as it is written, to others as it was signed last.",
                self.show,
                answer=ReportView,
                find=self.find,
                refusals=("ecg_report_missing", "ecg_unreadable"),
            ),
            Route(
                "PUT",
                "/ecgs/{id}/report",
                Action.ECG_REPORT,
                "Write the report anew.",
                self.draft,
                body=ReportDraft,
                answer=ReportView,
                find=self.find,
                max_body_bytes=MAX_DRAFT_BYTES,
                refusals=(
                    *_READING,
                    "ecg_report_strip_wrong",
                    "ecg_report_statement_unknown",
                    "ecg_report_too_long",
                    "ecg_unreadable",
                ),
            ),
            Route(
                "POST",
                "/ecgs/{id}/report/sign/options",
                Action.ECG_REPORT,
                "Give what the browser takes so that a passkey signs or reviews this text.",
                self.sign_options,
                body=ReportSigningWanted,
                answer=PasskeyOptions,
                find=self.find,
                refusals=(
                    *_READING[:2],
                    "ecg_report_same_person",
                    "account_locked",
                    "passkey_needs_name",
                    "second_factor_unknown",
                ),
            ),
            Route(
                "POST",
                "/ecgs/{id}/report/sign",
                Action.ECG_REPORT,
                "Sign the report first (报告), with a factor given in this request.",
                self.sign,
                body=ReportSigning,
                answer=ReportView,
                find=self.find,
                pace=Pace.LOGIN,
                refusals=(*_READING, *_FACTOR),
            ),
            Route(
                "POST",
                "/ecgs/{id}/report/review",
                Action.ECG_REPORT,
                "Sign the report second (审核), as another person, with a factor given in this request.",
                self.review,
                body=ReportSigning,
                answer=ReportView,
                find=self.find,
                pace=Pace.LOGIN,
                refusals=(*_READING, *_FACTOR, "ecg_report_same_person"),
            ),
            Route(
                "POST",
                "/ecgs/{id}/report/return",
                Action.ECG_REPORT,
                "Send the report back to who signed it first, with a reason.",
                self.send_back,
                body=ReportReason,
                answer=ReportView,
                find=self.find,
                refusals=(*_READING[:2], "ecg_report_same_person", "ecg_report_reason_missing"),
            ),
            Route(
                "POST",
                "/ecgs/{id}/report/amend",
                Action.ECG_REPORT,
                "Open a signed report again as its next version, with a reason.",
                self.amend,
                body=ReportReason,
                answer=ReportView,
                find=self.find,
                refusals=(*_READING[:2], "ecg_report_reason_missing"),
            ),
        ]

    async def find(self, call: Call) -> Found | None:
        """Finds the ECG of the path."""
        return await self._store.read(lambda connection: found_ecg(connection, call.path["id"]))

    # ---- what a reader chooses from ---------------------------------------------------------------------

    async def statements(self, _: Call) -> StatementList:
        """Lists them under their headings."""
        return StatementList(
            system=CODING_SYSTEM,
            version=CODING_VERSION,
            groups=[
                StatementGroupOffered(
                    group=group,
                    statements=[
                        StatementOffered(code=each.code, name=Names(zh=each.zh, en=each.en))
                        for each in STATEMENTS
                        if each.group is group
                    ],
                )
                for group in StatementGroup
            ],
        )

    async def templates(self, _: Call) -> ReportTemplateList:
        """Lists them."""
        return ReportTemplateList(
            templates=[
                ReportTemplateOffered(
                    code=each.code,
                    title=Names(zh=each.title_zh, en=each.title_en),
                    statements=list(each.statements),
                    findings=Names(zh=each.findings_zh, en=each.findings_en),
                    conclusion=Names(zh=each.conclusion_zh, en=each.conclusion_en),
                )
                for each in TEMPLATES
            ]
        )

    # ---- the report -------------------------------------------------------------------------------------

    async def show(self, call: Call) -> ReportView:
        """Shows it."""
        view = await self._view(call)
        await self._note_look(call)
        return view

    async def draft(self, call: Call) -> ReportView:
        """Writes it."""
        wanted: ReportDraft = call.body
        opened: OpenedEcg = call.found
        content = ReportContent(
            _strips(opened, wanted.strips),
            tuple(wanted.statements),
            wanted.findings,
            wanted.conclusion,
            wanted.critical_value,
            wanted.template,
        )
        await self._write(
            lambda unit: draft_report(
                unit, call.caller, opened.ecg.id, content, read_revision=wanted.revision
            )
        )
        return await self._view(call)

    async def sign(self, call: Call) -> ReportView:
        """Signs it first."""
        return await self._sign(call, "report")

    async def review(self, call: Call) -> ReportView:
        """Signs it second."""
        return await self._sign(call, "review")

    async def sign_options(self, call: Call) -> PasskeyOptions:
        """Gives what the browser takes."""
        wanted: ReportSigningWanted = call.body
        opened: OpenedEcg = call.found
        papers = await self._papers(opened)
        refuse(_DEEDS[wanted.kind], opened, papers.stands, call.caller)
        about = _about(opened, wanted.kind, wanted.revision)
        options = await self._factors.passkey_options(call.caller, about, site_asked(call), call.now_ms)
        return PasskeyOptions(options=options)

    async def send_back(self, call: Call) -> ReportView:
        """Sends it back."""
        wanted: ReportReason = call.body
        opened: OpenedEcg = call.found
        await self._write(lambda unit: return_report(unit, call.caller, opened.ecg.id, wanted.reason))
        return await self._view(call)

    async def amend(self, call: Call) -> ReportView:
        """Opens it again."""
        wanted: ReportReason = call.body
        opened: OpenedEcg = call.found
        await self._write(lambda unit: amend_report(unit, call.caller, opened.ecg.id, wanted.reason))
        return await self._view(call)

    # ---- inside -----------------------------------------------------------------------------------------

    async def _sign(self, call: Call, step: Step) -> ReportView:
        wanted: ReportSigning = call.body
        opened: OpenedEcg = call.found
        papers = await self._papers(opened)
        # Nobody's password is looked at for what they may not sign anyway.
        refuse(_DEEDS[step], opened, papers.stands, call.caller)
        content = papers.report.report.content
        read = ReadContent(content, await self._read(opened, content.strips))
        passkey = None
        if wanted.passkey is not None:
            about = _about(opened, step, wanted.revision)
            passkey = PasskeyOffered(wanted.passkey, about, site_asked(call))
        offered = Offered(wanted.code, wanted.password, passkey)
        given = await self._factors.look(call.caller, offered, call.now_ms)
        signing = Signing(
            step,
            wanted.revision,
            given.asked,
            lambda unit: self._factors.prove(unit, call.caller, given),
            self._signer,
        )
        await self._write(lambda unit: sign_report(unit, call.caller, opened.ecg.id, read, signing))
        self._wake()
        return await self._view(call)

    async def _write(self, work: Callable[[Unit], Awaitable[KeptReport | Refusal]]) -> None:
        with report_refusals():
            raised(await self._store.write(work))

    async def _papers(self, opened: OpenedEcg) -> EcgPapers:
        papers = await self._store.read(lambda connection: papers_of(connection, [opened.ecg.id]))
        return papers[opened.ecg.id]

    async def _read(self, opened: OpenedEcg, strips: Iterable[Strip]) -> tuple[ReadStrip, ...]:
        """Returns strips as they are on disk now. Raises Refusal(ecg_unreadable)."""
        async with self._heavy:
            read = await strips_on_disk(self._frames, opened.ecg, strips)
        self._complete |= {(opened.ecg.id, one.strip): None for one in read if one.sealed is not None}
        while len(self._complete) > MAX_COMPLETE_KNOWN:
            del self._complete[next(iter(self._complete))]
        return read

    async def _missing(self, opened: OpenedEcg, strips: Sequence[Strip]) -> Mapping[Strip, int]:
        """Returns how many samples of each strip are missing."""
        unknown = [strip for strip in strips if (opened.ecg.id, strip) not in self._complete]
        read = await self._read(opened, dict.fromkeys(unknown))
        return dict.fromkeys(strips, 0) | {one.strip: one.missing_samples for one in read}

    async def _view(self, call: Call) -> ReportView:
        """Returns the report as the caller sees it. Raises Refusal (ecg_report_missing, ecg_unreadable)."""
        opened: OpenedEcg = call.found
        papers = await self._papers(opened)
        kept = papers.report
        content = kept.report.content
        is_own = is_reader(opened, call.caller)
        if not is_own:
            # What is not signed is nobody's report yet.
            seal = sealed_in(signed_of(kept))
            if seal is None:
                raise Refusal("ecg_report_missing")
            content = seal.content
        missing = await self._missing(opened, content.strips)
        allowed = deeds_of(opened, papers.stands, call.caller)
        signs = {ReportDeed.SIGN, ReportDeed.REVIEW} & set(allowed)

        async def work(connection: AsyncConnection) -> ReportView:
            people = [kept.author, *(one.given.person for one in kept.signatures)]
            names = await names_of(connection, people)
            critical = [] if papers.critical is None else [papers.critical]
            views = await critical_views(connection, call, critical)
            return ReportView(
                **_content(content, missing),
                **_standing_words(kept, is_own=is_own),
                ecg=opened.ecg.id,
                author_name=names.get(kept.author, "") if is_own else "",
                shut_gates=list(await _shut(connection, call, content, missing)) if signs else [],
                asked_factors=list(await _asked(connection, call)) if signs else [],
                signatures=[_signature(one, names) for one in kept.signatures],
                allowed=list(allowed),
                critical=views[0] if views else None,
            )

        return await self._store.read(work)

    async def _note_look(self, call: Call) -> None:
        opened: OpenedEcg = call.found
        look = Look(opened.ecg.id, call.caller.actor, "report")
        if not self._looks.receive_look(look, call.now_ms):
            return

        async def work(unit: Unit) -> None:
            after = {"what": "report"}
            chain_ecg_act(unit, call.caller, opened.ecg, opened.case, "ecg.viewed", after=after)

        try:
            await self._store.write(work)
        except BaseException:
            self._looks.forget(look)
            raise


@contextmanager
def report_refusals() -> Iterator[None]:
    """Turns what the rules of reports refuse into the API's refusals."""
    try:
        yield
    except EcgReportRefused as refused:
        facts = {"missing": list(refused.missing)} if refused.missing else {}
        raise Refusal(refused.code, **facts) from None


def _strips(opened: OpenedEcg, marked: Iterable[StripMarked]) -> tuple[Strip, ...]:
    """The marks, with the rate that their device has. Raises Refusal(ecg_report_strip_wrong)."""
    descriptor = opened.ecg.descriptor
    if descriptor is None:
        if any(True for _ in marked):
            raise Refusal("ecg_report_strip_wrong")
        return ()
    return tuple(Strip(one.epoch, one.first_sample, one.end_sample, descriptor.rate_hz) for one in marked)


def _about(opened: OpenedEcg, step: Step, revision: int) -> str:
    """What a passkey's challenge is for: this signature under this text."""
    return f"{opened.ecg.id} {step} {revision}"


async def _shut(
    connection: AsyncConnection, call: Call, content: ReportContent, missing: Mapping[Strip, int]
) -> tuple[ReportGate, ...]:
    opened: OpenedEcg = call.found
    licence = await licence_held(connection, call.caller.person, call.now_ms)
    standing = ReportStanding(
        has_valid_licence=licence is Licence.VALID,
        is_patient_known=await is_patient_known(connection, opened.ecg.patient),
        are_strips_complete=not any(missing.values()),
        is_simulated=opened.ecg.is_simulated,
    )
    return shut_gates(content, standing)


async def _asked(connection: AsyncConnection, call: Call) -> Sequence[Asked]:
    account = await account_by_person(connection, call.caller.person)
    with suppress(Refusal):
        return () if account is None else factors_of(account)
    return ()


def _content(content: ReportContent, missing: Mapping[Strip, int]) -> dict[str, Any]:
    return {
        "strips": [
            StripShown(
                epoch=strip.epoch,
                first_sample=strip.first_sample,
                end_sample=strip.end_sample,
                rate_hz=strip.rate_hz,
                missing_samples=missing[strip],
            )
            for strip in content.strips
        ],
        "statements": list(content.statements),
        "findings": content.findings,
        "conclusion": content.conclusion,
        "critical_value": content.critical_value,
        "template": content.template,
    }


def _standing_words(kept: KeptReport, *, is_own: bool) -> dict[str, Any]:
    """Who else than its readers writes and why is theirs alone until it is signed."""
    return {
        "state": kept.report.state,
        "version": kept.report.version,
        "revision": kept.revision,
        "reason": kept.report.reason if is_own else "",
        "author": kept.author if is_own else "",
        "updated_at_ms": kept.updated_at_ms,
    }


def _signature(one: KeptSignature, names: Mapping[str, str]) -> ReportSignatureShown:
    given = one.given
    return ReportSignatureShown(
        step=given.step,
        version=given.version,
        person=given.person,
        person_name=names.get(given.person, ""),
        signed_at_ms=given.signed_at_ms,
        fingerprint=given.form_sha256,
        key_id=one.key_id,
        factor=one.factor,
    )
