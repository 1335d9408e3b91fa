"""The routes of a signed ECG report: checked against store, ledgers and samples, and given on paper."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ecg_report import SealedStrip, Strip
from media_server.ecg.errors import MalformedFrame
from recording.signing import Signer
from signaling.api.ecg_report_models import ReportCheck
from signaling.api.route import Call, Found, Refusal, Route
from signaling.auth.rights import Action
from signaling.consult.opinion_pdf import MEDIA_TYPE
from signaling.consult.opinion_verdict import LedgerSight
from signaling.ecg.ecg_chain import chain_ecg_act
from signaling.ecg.ecg_rights import OpenedEcg, found_ecg
from signaling.ecg.ecgs import Ecg
from signaling.ecg.report_paper import ReportFile, paper_of, strip_words
from signaling.ecg.report_pdf import MAX_PAGES, MAX_PAGES_OF_STRIP, StripPage, report_pdf
from signaling.ecg.report_reading import EcgPapers, ledger_sights, papers_of, read_file
from signaling.ecg.report_rows import KeptReport, KeptSignature
from signaling.ecg.report_verdict import ReportFault, faults_of, sealed_in
from signaling.ecg.strip_sheet import sheets_of
from signaling.ecg.strip_source import PIECE_S, FrameSource, ReadStrip, pieces, read_piece, read_strip
from signaling.store.store import Store, Unit

MAX_HEAVY_AT_ONCE: Final = 1
"""A check reads a session's samples, a drawing takes seconds of a thread; calls that go on come first."""


class EcgPaperPages:
    """The handlers. ``frames`` holds the samples."""

    def __init__(self, store: Store, *, frames: FrameSource, signer: Signer) -> None:
        self._store = store
        self._frames = frames
        self._public_key = Ed25519PublicKey.from_public_bytes(signer.public_key)
        self._heavy = asyncio.Semaphore(MAX_HEAVY_AT_ONCE)

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/ecgs/{id}/report/check",
                Action.ECG_READ,
                "Check now whether the signed report and its samples are unaltered.",
                self.check,
                answer=ReportCheck,
                find=self.find,
                refusals=("ecg_report_missing", "ecg_unreadable"),
            ),
            Route(
                "GET",
                "/ecgs/{id}/report.pdf",
                Action.ECG_READ,
                "Give the signed report on paper, in Chinese, with its strips at true scale, where it is "
                "unaltered.",
                self.paper,
                find=self.find,
                media_type=MEDIA_TYPE,
                refusals=("ecg_report_missing", "ecg_report_altered", "ecg_unreadable"),
            ),
        ]

    async def find(self, call: Call) -> Found | None:
        """Finds the ECG of the path."""
        return await self._store.read(lambda connection: found_ecg(connection, call.path["id"]))

    async def check(self, call: Call) -> ReportCheck:
        """Checks it."""
        opened: OpenedEcg = call.found
        async with self._heavy:
            papers, faults = await self._checked(opened)
        signature = signed_of(papers.report)
        return ReportCheck(
            is_unaltered=not faults,
            faults=list(faults),
            fingerprint=signature.given.form_sha256,
            key_id=signature.key_id,
            step=signature.given.step,
            signed_at_ms=signature.given.signed_at_ms,
        )

    async def paper(self, call: Call) -> web.Response:
        """Gives the paper; of a report that is no longer what was signed there is none."""
        opened: OpenedEcg = call.found
        async with self._heavy:
            papers, faults = await self._checked(opened)
            if faults:
                raise Refusal("ecg_report_altered", faults=[fault.value for fault in faults])
            file = await self._store.read(lambda connection: read_file(connection, opened, papers))
            assert file is not None, "what is unaltered can be read"
            pages = await self._pages(file)
            content = await asyncio.to_thread(report_pdf, paper_of(file), pages)
        await self._note_export(call, opened)
        return web.Response(
            body=content,
            content_type=MEDIA_TYPE,
            headers={"Content-Disposition": f'inline; filename="{opened.ecg.serial}.pdf"'},
        )

    async def _checked(self, opened: OpenedEcg) -> tuple[EcgPapers, tuple[ReportFault, ...]]:
        """Returns what is written of an ECG, and what does not fit. Raises Refusal (ecg_report_missing,
        ecg_unreadable).
        """

        async def work(connection: AsyncConnection) -> tuple[EcgPapers, Mapping[str, LedgerSight]]:
            papers = (await papers_of(connection, [opened.ecg.id]))[opened.ecg.id]
            return papers, await ledger_sights(connection, opened.ecg, signed_of(papers.report))

        papers, sights = await self._store.read(work)
        seal = sealed_in(signed_of(papers.report))
        strips = () if seal is None else seal.content.strips
        read = await strips_on_disk(self._frames, opened.ecg, strips)
        return papers, faults_of(opened.ecg, papers.report, self._public_key, read=read, ledgers=sights)

    async def _pages(self, file: ReportFile) -> Sequence[StripPage]:
        pages: list[StripPage] = []
        for number, sealed in enumerate(file.seal.strips, 1):
            for part in list(pieces(sealed.strip, PIECE_S))[:MAX_PAGES_OF_STRIP]:
                pages += await self._part(file, number, sealed, part)
        return pages[:MAX_PAGES]

    async def _part(
        self, file: ReportFile, number: int, sealed: SealedStrip, part: tuple[int, int]
    ) -> Sequence[StripPage]:
        strip, ecg = sealed.strip, file.ecg
        piece = await read_piece(self._frames, ecg, strip, len(sealed.leads), *part)
        sheets = await asyncio.to_thread(sheets_of, piece, sealed.leads, strip.rate_hz, sealed.resolution_nv)
        title = f"{ecg.serial}　第 {number} 段　{strip_words(ecg, strip, part)}"
        notes = "" if sealed.is_diagnostic else "仅供监护，不作诊断"
        return [StripPage(sheet, title, notes) for sheet in sheets]

    async def _note_export(self, call: Call, opened: OpenedEcg) -> None:
        # Before it is handed out: what left the house is in the chains, or did not leave.
        async def work(unit: Unit) -> None:
            after = {"format": "report_pdf"}
            chain_ecg_act(unit, call.caller, opened.ecg, opened.case, "ecg.exported", after=after)

        await self._store.write(work)


def signed_of(kept: KeptReport) -> KeptSignature:
    """Returns the newest signature. Raises Refusal(ecg_report_missing)."""
    if kept.newest is None:
        raise Refusal("ecg_report_missing")
    return kept.newest


async def strips_on_disk(frames: FrameSource, ecg: Ecg, strips: Iterable[Strip]) -> tuple[ReadStrip, ...]:
    """Returns strips as they are on disk now. Raises Refusal(ecg_unreadable)."""
    read: list[ReadStrip] = []
    for strip in strips:
        if ecg.descriptor is None:
            raise Refusal("ecg_unreadable")
        try:
            read.append(await read_strip(frames, ecg, ecg.descriptor, strip))
        except (OSError, MalformedFrame, ValueError):
            raise Refusal("ecg_unreadable") from None
    return tuple(read)
