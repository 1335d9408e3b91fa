"""The routes of ECGs in files of other systems: brought in, and handed out."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ecg_report import Strip
from clinical.ids import EcgId, PatientId, new_ecg_id
from media_server.ecg.errors import MalformedFrame
from media_server.ecg.frame import read_envelope
from recording.clock import Clock
from recording.ecg.ecg_manifest import STATED_FILE
from recording.exchange.errors import Refusal as FileRefusal
from recording.exchange.errors import UnreadableFile, Unwritable
from recording.exchange.fhir_writer import FhirReport
from recording.exchange.reading import read_recording
from recording.exchange.recorded import MAX_VALUES, Recorded
from recording.exchange.session import session_of
from recording.exchange.stated import Stated, stated_from_json, stated_to_json
from recording.exchange.subject import NOBODY, Sex, Subject
from signaling.api.ecg_file_models import (
    MAX_IMPORT_BODY_BYTES,
    EcgFile,
    ExportQuery,
    ImportedEcg,
    StatedAnnotation,
    StatedList,
    StatedMeasurement,
)
from signaling.api.ecg_models import EcgView
from signaling.api.ecg_pages import EcgLooks
from signaling.api.patient_pages import found_patient
from signaling.api.route import Call, Found, Refusal, Route
from signaling.auth.rights import Action
from signaling.care.patients import Patient
from signaling.ecg.ecg_chain import chain_ecg_act
from signaling.ecg.ecg_desk import EcgDesk
from signaling.ecg.ecg_export import (
    WHOLE,
    ExportContext,
    Exported,
    export_session,
    export_strips,
    part_of,
    strips_to_read,
    with_given_up,
    with_given_up_of,
)
from signaling.ecg.ecg_import import Imported, forget_frames, import_ecg, write_frames
from signaling.ecg.ecg_rights import OpenedEcg, found_ecg
from signaling.ecg.ecg_views import views_of
from signaling.ecg.ecgs import Ecg
from signaling.ecg.file_frames import frames_of_file, inventory_of_file
from signaling.ecg.report_reading import papers_of
from signaling.ecg.report_verdict import sealed_in
from signaling.store import tables as t
from signaling.store.store import Store, StoreUnavailable, StoreUncertain, Unit
from signaling.trace.names import names_of

MAX_FILES_WAITING: Final = 2
"""Imports beside those being read: each waits with 22 MB in memory."""
IMPORT_RETRY_AFTER_S: Final = 5
"""Somewhat longer than the longest file takes: one place is free then."""
MAX_FILES_AT_ONCE: Final = 1
"""A file is read, and a session put together, in hundreds of megabytes of memory; calls that go on come
first."""
MAX_STATED: Final = 10_000
"""Annotations in one answer: the beats of two hours."""
PIECE_S: Final = 60
"""Of one read from the disk's thread, so that gateways' frames are written in between."""
READABLE: Final = tuple(refusal.value for refusal in FileRefusal)
WRITABLE: Final = (
    "ecg_export_empty",
    "ecg_export_leads_differ",
    "ecg_export_too_long",
    "ecg_export_out_of_range",
    "ecg_export_value_too_large",
    "ecg_export_rate",
    "ecg_export_resolution",
    "ecg_export_leads",
)
_NS_PER_US: Final = 1_000
_log = structlog.get_logger("ecg")


class EcgFilePages:
    """The handlers."""

    def __init__(self, store: Store, desk: EcgDesk, looks: EcgLooks, clock: Clock) -> None:
        self._store = store
        self._desk = desk
        self._looks = looks
        self._clock = clock
        self._heavy = asyncio.Semaphore(MAX_FILES_AT_ONCE)
        self._bringing = 0

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "POST",
                "/ecgs/import",
                Action.ECG_START,
                "Bring in a patient's ECG as a file of another system: WFDB, EDF+, DICOM or SCP-ECG.",
                self.bring,
                body=ImportedEcg,
                answer=EcgView,
                status=201,
                find=self.find_patient,
                is_subject_in_body=True,
                refusals=("ecg_case_unfit", "ecg_import_busy", *READABLE),
                max_body_bytes=MAX_IMPORT_BODY_BYTES,
            ),
            Route(
                "GET",
                "/ecgs/{id}/stated",
                Action.ECG_READ,
                "What an imported file said besides its samples, such as the device's measurements.",
                self.stated,
                answer=StatedList,
                find=self.find,
                refusals=("ecg_unreadable",),
            ),
            Route(
                "GET",
                "/ecgs/{id}/export",
                Action.ECG_READ,
                "Hand out an ECG as a file for other systems; what is missing of it stays missing.",
                self.export,
                query=ExportQuery,
                find=self.find,
                refusals=("ecg_unreadable", *WRITABLE),
                media_type="*/*",
            ),
        ]

    async def find_patient(self, call: Call) -> Found | None:
        """Finds the patient whom the request names."""
        return await self._store.read(lambda connection: found_patient(connection, call, call.body.patient))

    async def find(self, call: Call) -> Found | None:
        """Finds the ECG of the path."""
        return await self._store.read(lambda connection: found_ecg(connection, call.path["id"]))

    # ---- in ---------------------------------------------------------------------------------------------

    async def bring(self, call: Call) -> EcgView:
        """Reads the files, keeps their samples as frames, then the row."""
        wanted: ImportedEcg = call.body
        patient: Patient = call.found
        ecg_id = new_ecg_id()
        folder = self._desk.disk.folder(ecg_id)
        if self._bringing > MAX_FILES_WAITING:
            raise Refusal("ecg_import_busy", retry_after_s=IMPORT_RETRY_AFTER_S)
        async with self._brought(), self._heavy:
            try:
                imported = await asyncio.to_thread(_read, ecg_id, wanted, self._wall_us())
                frames = frames_of_file(imported.recorded, imported.inventory.present, _row_zero_us(imported))
                stated = stated_to_json(imported.recorded)
                await asyncio.to_thread(write_frames, folder, frames, stated)
            except UnreadableFile as refused:
                raise Refusal(refused.code, field=refused.detail) from None
            except OSError as error:
                _log.error("ecg_not_stored", ecg=ecg_id, error=type(error).__name__)
                raise Refusal("store_unavailable") from None
        try:
            ecg = await self._store.write(
                lambda unit: import_ecg(
                    unit,
                    call.caller,
                    imported,
                    patient=PatientId(patient.id),
                    institution=patient.institution,
                    case_id=wanted.case or "",
                    urgency=wanted.urgency,
                )
            )
        except StoreUncertain:
            # There may be a row by now: its frames stay. A folder without one does no harm.
            raise
        except (Refusal, StoreUnavailable):
            await asyncio.to_thread(forget_frames, folder)
            raise

        # Nothing more will come of it.
        await self._desk.lanes.seal(ecg)

        async def work(connection: AsyncConnection) -> EcgView:
            (view,) = await views_of(connection, [ecg], call.caller)
            return view

        return await self._store.read(work)

    @asynccontextmanager
    async def _brought(self) -> AsyncIterator[None]:
        self._bringing += 1
        try:
            yield
        finally:
            self._bringing -= 1

    # ---- out --------------------------------------------------------------------------------------------

    async def stated(self, call: Call) -> StatedList:
        """Shows it."""
        opened: OpenedEcg = call.found
        await self._looks.note(call, opened.ecg)
        path = self._desk.disk.folder(opened.ecg.id) / STATED_FILE
        try:
            found = await asyncio.to_thread(_stated, path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.error("ecg_unreadable", ecg=opened.ecg.id, error=type(error).__name__)
            raise Refusal("ecg_unreadable") from None
        return StatedList(
            measurements=[StatedMeasurement(**asdict(each)) for each in found.measurements],
            annotations=[StatedAnnotation(**asdict(each)) for each in found.annotations],
        )

    async def export(self, call: Call) -> web.Response:
        """Puts the file together; who had what is in the chains before it leaves the house."""
        opened: OpenedEcg = call.found
        wanted: ExportQuery = call.query
        ecg = self._desk.shown(opened.ecg)
        context, strips = await self._context(call, ecg)
        async with self._heavy:
            try:
                exported = await self._exported(ecg, wanted, context, strips)
            except Unwritable as refused:
                raise Refusal(refused.code) from None
            except (OSError, MalformedFrame) as error:
                _log.error("ecg_unreadable", ecg=ecg.id, error=type(error).__name__)
                raise Refusal("ecg_unreadable") from None
        words = {
            "format": wanted.format.value,
            "with_personal": wanted.with_personal,
            "sha256": hashlib.sha256(exported.content).hexdigest(),
        }

        async def work(unit: Unit) -> None:
            chain_ecg_act(unit, call.caller, opened.ecg, opened.case, "ecg.exported", after=words)

        await self._store.write(work)
        return web.Response(
            body=exported.content,
            content_type=exported.media_type,
            headers={
                "Content-Disposition": f'attachment; filename="{exported.name}"',
                "Cache-Control": "private, no-store",
            },
        )

    async def _exported(
        self, ecg: Ecg, wanted: ExportQuery, context: ExportContext, strips: list[Strip]
    ) -> Exported:
        if ecg.descriptor is None or not ecg.extents:
            raise Unwritable("ecg_export_empty")
        if wanted.format in WHOLE:
            rows = sum(extent.end - extent.first for extent in ecg.extents)
            if rows * len(ecg.descriptor.leads) > MAX_VALUES:
                raise Unwritable("ecg_export_too_long")
            frames: list[bytes] = []
            for extent in ecg.extents:
                frames += await self._frames(ecg, extent.epoch, extent.first, extent.end)
            session = await asyncio.to_thread(session_of, frames, ecg.descriptor)
            session = with_given_up(session, ecg)
            return await asyncio.to_thread(export_session, session, wanted.format, context)
        extent = ecg.extents[0]
        first = Strip(extent.epoch, extent.first, extent.end, ecg.descriptor.rate_hz)
        parts = [await self._part(ecg, strip) for strip in strips_to_read(strips, first)]
        return await asyncio.to_thread(export_strips, parts, wanted.format, context)

    async def _part(self, ecg: Ecg, strip: Strip) -> Recorded:
        assert ecg.descriptor is not None, "an ECG without a descriptor has no strips"
        frames = await self._frames(ecg, strip.epoch, strip.first_sample, strip.end_sample)
        found = await asyncio.to_thread(session_of, frames, ecg.descriptor)
        part = part_of(found, read_envelope(frames[0]).first_sample, strip)
        return with_given_up_of(part, strip, ecg)

    async def _frames(self, ecg: Ecg, epoch: int, start: int, end: int) -> list[bytes]:
        assert ecg.descriptor is not None, "an ECG without a descriptor has no frames"
        step = PIECE_S * ecg.descriptor.rate_hz
        found: list[bytes] = []
        for at in range(start, end, step):
            found += await self._desk.frames(ecg, epoch, at, min(at + step, end))
        return found

    async def _context(self, call: Call, ecg: Ecg) -> tuple[ExportContext, list[Strip]]:
        """What is said beside the samples, and the strips that the signed report rests on."""
        wanted: ExportQuery = call.query

        async def work(connection: AsyncConnection) -> tuple[ExportContext, list[Strip]]:
            newest = (await papers_of(connection, [ecg.id]))[ecg.id].report.newest
            seal = None if newest is None else sealed_in(newest)
            report = FhirReport()
            if seal is not None:
                names = await names_of(connection, [seal.signer])
                report = FhirReport(
                    seal.content.conclusion, names.get(seal.signer, ""), seal.signed_at_ms * 1_000
                )
            context = ExportContext(
                ecg=ecg.id,
                serial=ecg.serial,
                subject=await _subject(connection, ecg) if wanted.with_personal else NOBODY,
                institution=await _institution(connection, ecg),
                report=report,
                written_us=self._wall_us(),
            )
            return context, [] if seal is None else list(seal.content.strips)

        return await self._store.read(work)

    def _wall_us(self) -> int:
        return self._clock.wall_ns() // _NS_PER_US


def _read(ecg: EcgId, wanted: ImportedEcg, now_us: int) -> Imported:
    files = {file.name: _decode(file) for file in wanted.files}
    if len(files) < len(wanted.files):
        raise UnreadableFile(FileRefusal.PART_MISSING, "names")
    recorded = read_recording(files, wanted.format)
    began_us = now_us if recorded.started_us is None else recorded.started_us
    inventory = inventory_of_file(recorded, began_us)
    return Imported(ecg, wanted.format, recorded, inventory, _digest(files.items()))


def _decode(file: EcgFile) -> bytes:
    try:
        return base64.b64decode(file.content_base64, validate=True)
    except binascii.Error:
        raise UnreadableFile(FileRefusal.MALFORMED, "base64") from None


def _stated(path: Path) -> Stated:
    return stated_from_json(path.read_bytes(), MAX_STATED) if path.exists() else Stated()


def _digest(files: Iterable[tuple[str, bytes]]) -> str:
    """Of all files, by name."""
    whole = hashlib.sha256()
    for _, content in sorted(files):
        whole.update(hashlib.sha256(content).digest())
    return whole.hexdigest()


def _row_zero_us(imported: Imported) -> int:
    extent = imported.inventory.extent
    return extent.first_taken_us - extent.first * 1_000_000 // imported.recorded.descriptor.rate_hz


async def _subject(connection: AsyncConnection, ecg: Ecg) -> Subject:
    c = t.patient.c
    row = (await connection.execute(select(c.name, c.sex).where(c.id == ecg.patient))).one_or_none()
    if row is None:
        return NOBODY
    sexes: dict[str, Sex] = {"male": "male", "female": "female"}
    return Subject(ecg.patient, row.name, sexes.get(row.sex, "unknown"))


async def _institution(connection: AsyncConnection, ecg: Ecg) -> str:
    c = t.institution.c
    return str(await connection.scalar(select(c.name).where(c.id == ecg.institution)) or "")
