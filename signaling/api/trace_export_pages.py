"""The routes of evidence packages: one person asks, with a purpose and for whom, and a second one decides.

That the second is not the first is a row of the table of rights: who asked owns the package, and no rule lets
an owner decide.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId, PersonId
from clinical.purpose import Purpose
from recording.signing import Signer
from signaling.api.route import Call, Found, Refusal, Route
from signaling.api.trace_models import NewTraceExport, TraceExportDecision, TraceExports, TraceExportView
from signaling.auth.acts import act_of
from signaling.auth.rights import Action, State, Subject
from signaling.settings import Settings
from signaling.store.store import Store, Unit
from signaling.trace.evidence import write_evidence
from signaling.trace.exports import (
    TraceExport,
    chain_size,
    find_export,
    insert_export,
    list_exports,
    new_export_id,
    store_decision,
)
from signaling.trace.names import names_of

_DECIDED: Final = {True: "trace.export_approved", False: "trace.export_refused"}
_CHUNK_BYTES: Final = 256 * 1024
MAX_PACKED_AT_ONCE: Final = 1
"""Each reads a whole chain; calls that are going on come first."""


class TraceExportPages:
    """The handlers of /trace/exports."""

    def __init__(self, store: Store, settings: Settings, signer: Signer) -> None:
        self._store, self._settings, self._signer = store, settings, signer
        self._packing = asyncio.Semaphore(MAX_PACKED_AT_ONCE)

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/trace/exports",
                Action.TRACE_APPROVE,
                "The evidence packages that were asked for.",
                self.overview,
                answer=TraceExports,
            ),
            Route(
                "POST",
                "/trace/exports",
                Action.TRACE_EXPORT,
                "Ask for an evidence package; a second person decides.",
                self.create,
                body=NewTraceExport,
                answer=TraceExportView,
                status=201,
                refusals=("trace_range_wrong", "trace_purpose_note_missing"),
            ),
            Route(
                "POST",
                "/trace/exports/{id}/decide",
                Action.TRACE_APPROVE,
                "Approve or refuse a package that somebody else asked for.",
                self.decide,
                body=TraceExportDecision,
                answer=TraceExportView,
                find=self.find,
            ),
            Route(
                "POST",
                "/trace/exports/{id}/package",
                Action.TRACE_EXPORT,
                "Take out an approved package, as a zip; that it is taken out is itself recorded.",
                self.package,
                find=self.find,
                media_type="application/zip",
            ),
        ]

    async def find(self, call: Call) -> Found | None:
        """Finds the package of the path; who asked for it owns it."""
        export = await self._store.read(lambda connection: find_export(connection, call.path["id"]))
        if export is None:
            return None
        state = State.ACTIVE if export.state == "waiting" else State.ENDED
        subject = Subject(InstitutionId(export.institution), owner=PersonId(export.requested_by), state=state)
        return Found(subject, export)

    async def overview(self, call: Call) -> TraceExports:
        """Lists packages."""

        async def work(connection: AsyncConnection) -> tuple[Sequence[TraceExport], Mapping[str, str]]:
            exports = await list_exports(connection, call.caller.institution)
            people = [person for export in exports for person in (export.requested_by, export.decided_by)]
            return exports, await names_of(connection, people)

        exports, names = await self._store.read(work)
        return TraceExports(exports=[_view(export, names) for export in exports])

    async def create(self, call: Call) -> TraceExportView:
        """Asks for a package."""
        wanted: NewTraceExport = call.body
        if not wanted.purpose_note:
            raise Refusal("trace_purpose_note_missing")

        async def work(unit: Unit) -> TraceExport:
            size = await chain_size(unit.connection, call.caller.institution)
            if not wanted.first_sequence <= wanted.last_sequence <= size:
                raise Refusal("trace_range_wrong")
            export = TraceExport(
                id=new_export_id(),
                institution=call.caller.institution,
                requested_by=call.caller.actor,
                requested_at_ms=unit.now_ms,
                purpose=wanted.purpose.value,
                purpose_note=wanted.purpose_note,
                recipient=wanted.recipient,
                first_sequence=wanted.first_sequence,
                last_sequence=wanted.last_sequence,
                with_personal=wanted.with_personal,
            )
            await insert_export(unit, export)
            unit.record(
                act_of(
                    call.caller,
                    "trace.export_requested",
                    unit.now_ms,
                    subject={"export": export.id},
                    after={
                        "purpose": export.purpose,
                        "first_sequence": export.first_sequence,
                        "last_sequence": export.last_sequence,
                        "with_personal": export.with_personal,
                    },
                    personal={"purpose_note": export.purpose_note, "recipient": export.recipient},
                )
            )
            return export

        return await self._shown(await self._store.write(work))

    async def decide(self, call: Call) -> TraceExportView:
        """Approves or refuses."""
        wanted: TraceExportDecision = call.body
        export: TraceExport = call.found

        async def work(unit: Unit) -> TraceExport:
            decided = await store_decision(unit, export, is_approved=wanted.is_approved, by=call.caller.actor)
            if decided is None:
                raise Refusal("state_refused")
            unit.record(
                act_of(
                    call.caller,
                    _DECIDED[wanted.is_approved],
                    unit.now_ms,
                    subject={"export": export.id},
                    before={"state": "waiting"},
                    after={"state": decided.state, "requested_by": export.requested_by},
                )
            )
            return decided

        return await self._shown(await self._store.write(work))

    async def package(self, call: Call) -> web.StreamResponse:
        """Takes a package out. It is made anew each time and kept nowhere: an erasure reaches it, too."""
        export: TraceExport = call.found
        # The table lets nobody come this far while it waits; this is for what was refused.
        if export.state != "approved":
            raise Refusal("state_refused")
        async with self._packing:
            with TemporaryDirectory(prefix="lianzhen-package-") as scratch:
                path = Path(scratch) / "package.zip"
                await asyncio.to_thread(write_evidence, self._settings, self._signer, export, path)
                size_bytes = (await asyncio.to_thread(path.stat)).st_size
                digest = await asyncio.to_thread(_sha256_of, path)
                taken = act_of(
                    call.caller,
                    "trace.exported",
                    call.now_ms,
                    subject={"export": export.id},
                    after={"bytes": size_bytes, "sha256": digest},
                    personal={"recipient": export.recipient},
                )
                await self._store.record([taken])
                return await _send(call.request, path, f"{export.id}.zip", size_bytes)

    async def _shown(self, export: TraceExport) -> TraceExportView:
        people = [export.requested_by, export.decided_by]
        return _view(export, await self._store.read(lambda connection: names_of(connection, people)))


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _send(request: web.Request, path: Path, name: str, size_bytes: int) -> web.StreamResponse:
    """Sends a file that is gone when this returns."""
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/zip",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        }
    )
    response.content_length = size_bytes
    await response.prepare(request)
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            await response.write(chunk)
    await response.write_eof()
    return response


def _view(export: TraceExport, names: Mapping[str, str]) -> TraceExportView:
    return TraceExportView(
        id=export.id,
        institution=export.institution,
        purpose=Purpose(export.purpose),
        purpose_note=export.purpose_note,
        recipient=export.recipient,
        first_sequence=export.first_sequence,
        last_sequence=export.last_sequence,
        with_personal=export.with_personal,
        state=export.state,
        requested_by=export.requested_by,
        requested_by_name=names.get(export.requested_by, ""),
        requested_at_ms=export.requested_at_ms,
        decided_by=export.decided_by,
        decided_by_name=names.get(export.decided_by, ""),
        decided_at_ms=export.decided_at_ms,
    )
