"""The routes of ECGs: ask a gateway for one, stop it, find it, read its samples and vital signs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import structlog
from aiohttp import web
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import PatientId
from signaling.api.ecg_models import (
    EcgGivingUp,
    EcgList,
    EcgQuery,
    EcgView,
    EpochStretches,
    FramesQuery,
    GatewayList,
    GatewayShown,
    NewEcg,
    SelfTestShown,
    StretchList,
    VitalList,
    VitalShown,
    VitalsQuery,
)
from signaling.api.patient_pages import found_patient
from signaling.api.route import Call, Found, Pace, Refusal, Route
from signaling.auth.rights import Action
from signaling.care.patients import Patient
from signaling.consult.recent_looks import Look, RecentLooks
from signaling.ecg.ecg_acts import GATEWAY, request_ecg, stop_ecg
from signaling.ecg.ecg_chain import case_of, chain_ecg_act
from signaling.ecg.ecg_desk import EcgDesk
from signaling.ecg.ecg_lists import ecgs_in
from signaling.ecg.ecg_rights import OpenedEcg, found_ecg
from signaling.ecg.ecg_views import views_of
from signaling.ecg.ecgs import Ecg
from signaling.ecg.giving_up import give_up_rest, refusal_of_giving_up
from signaling.store import tables as t
from signaling.store.store import Store, Unit

MAX_ASKED_S: Final = 60
"""Samples in one answer: some 400 kB of 12 leads at 500 Hz."""
MAX_VITALS: Final = 20_000
"""Values in one answer: five an instant for more than an hour."""
MAX_GATEWAYS: Final = 200
"""Of one institution, shown."""
_log = structlog.get_logger("ecg")


class EcgLooks:
    """Who has looked at which ECG lately: each look is chained once in a while, before it is shown."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._looks = RecentLooks()

    async def note(self, call: Call, ecg: Ecg) -> None:
        """Chains that the caller looks at an ECG. Raises StoreUnavailable."""
        look = Look(ecg.id, call.caller.actor, "ecg")
        if not self._looks.receive_look(look, call.now_ms):
            return

        async def work(unit: Unit) -> None:
            chain_ecg_act(unit, call.caller, ecg, await case_of(unit, ecg), "ecg.viewed")

        try:
            await self._store.write(work)
        except BaseException:
            self._looks.forget(look)
            raise


class EcgPages:
    """The handlers of /ecgs and /ecg/gateways."""

    def __init__(self, store: Store, desk: EcgDesk, looks: EcgLooks) -> None:
        self._store = store
        self._desk = desk
        self._looks = looks

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/ecg/gateways",
                Action.ECG_LIST,
                "List the institution's ECG gateways, and whether they are connected.",
                self.gateways,
                answer=GatewayList,
            ),
            Route(
                "POST",
                "/ecgs",
                Action.ECG_START,
                "Ask a gateway to begin an ECG of a patient.",
                self.create,
                body=NewEcg,
                answer=EcgView,
                status=201,
                find=self.find_patient,
                is_subject_in_body=True,
                refusals=(
                    "ecg_gateway_unknown",
                    "ecg_gateway_away",
                    "ecg_gateway_unclear",
                    "ecg_gateway_busy",
                    "ecg_case_unfit",
                ),
            ),
            Route(
                "GET",
                "/ecgs",
                Action.ECG_LIST,
                "List ECGs: what goes on or is incomplete, the caller's own, what is past.",
                self.overview,
                query=EcgQuery,
                answer=EcgList,
            ),
            Route(
                "GET",
                "/ecgs/{id}",
                Action.ECG_READ,
                "Show an ECG as it stands, with what the caller may do now.",
                self.show,
                answer=EcgView,
                find=self.find,
            ),
            Route(
                "POST",
                "/ecgs/{id}/stop",
                Action.ECG_STOP,
                "End an ECG; what was measured before may still arrive.",
                self.stop,
                answer=EcgView,
                find=self.find,
                refusals=("not_permitted", "ecg_state"),
            ),
            Route(
                "POST",
                "/ecgs/{id}/give-up",
                Action.ECG_GIVE_UP,
                "Declare lost what is missing of an ECG whose gateway has not returned.",
                self.give_up,
                body=EcgGivingUp,
                answer=EcgView,
                find=self.find,
                refusals=("not_permitted", "ecg_not_missing", "ecg_gateway_recent", "ecg_unreadable"),
            ),
            Route(
                "GET",
                "/ecgs/{id}/frames",
                Action.ECG_READ,
                "The stored frames that hold these samples, one after the other: at most a minute.",
                self.frames,
                query=FramesQuery,
                find=self.find,
                refusals=("ecg_range_wrong", "ecg_unreadable"),
                media_type="application/octet-stream",
                pace=Pace.ROOM,
            ),
            Route(
                "GET",
                "/ecgs/{id}/stretches",
                Action.ECG_READ,
                "Which samples are stored, and which of them came late.",
                self.stretches,
                answer=StretchList,
                find=self.find,
                refusals=("ecg_unreadable",),
                pace=Pace.ROOM,
            ),
            Route(
                "GET",
                "/ecgs/{id}/vitals",
                Action.ECG_READ,
                "The vital signs that were measured beside the ECG.",
                self.vitals,
                query=VitalsQuery,
                answer=VitalList,
                find=self.find,
                refusals=("ecg_unreadable",),
                pace=Pace.ROOM,
            ),
        ]

    async def find_patient(self, call: Call) -> Found | None:
        """Finds the patient whom the request names."""
        return await self._store.read(lambda connection: found_patient(connection, call, call.body.patient))

    async def find(self, call: Call) -> Found | None:
        """Finds the ECG of the path."""
        return await self._store.read(lambda connection: found_ecg(connection, call.path["id"]))

    # ---- acts -------------------------------------------------------------------------------------------

    async def create(self, call: Call) -> EcgView:
        """Asks for one."""
        wanted: NewEcg = call.body
        patient: Patient = call.found
        device = wanted.device or await self._only_gateway(patient.institution)
        gateway = self._desk.gateway_of(device)
        if gateway is not None and gateway.caller.institution != patient.institution:
            gateway, device = None, ""
        # Whether it is one at all is decided with the store, before it is said that it is away.
        ecg = await self._store.write(
            lambda unit: request_ecg(
                unit,
                call.caller,
                device=device,
                patient=PatientId(patient.id),
                institution=patient.institution,
                case_id=wanted.case or "",
                urgency=wanted.urgency,
                is_connected=gateway is not None,
            )
        )
        self._desk.receive_request(ecg)
        return await self._view(call, ecg)

    async def stop(self, call: Call) -> EcgView:
        """Stops it."""
        ecg = await self._store.write(lambda unit: stop_ecg(unit, call.caller, call.path["id"]))
        self._desk.receive_stop(ecg)
        return await self._view(call, ecg)

    async def give_up(self, call: Call) -> EcgView:
        """Declares the rest lost."""
        opened: OpenedEcg = call.found
        refusal = refusal_of_giving_up(opened, call.caller)
        if refusal:
            raise Refusal(refusal)
        wanted: EcgGivingUp = call.body
        try:
            # What is here is counted before it is said what is not.
            heard_at_ms = (await self._desk.lanes.settled(opened.ecg)).heard_at_ms
        except OSError as error:
            _log.error("ecg_unreadable", ecg=opened.ecg.id, error=type(error).__name__)
            raise Refusal("ecg_unreadable") from None
        ecg = await self._store.write(
            lambda unit: give_up_rest(
                unit, call.caller, opened.ecg.id, wanted.reason.strip(), heard_at_ms=heard_at_ms
            )
        )
        self._desk.receive_given_up(ecg)
        return await self._view(call, ecg)

    async def _only_gateway(self, institution: str) -> str:
        connected = [row.id for row in await self._devices(institution) if self._desk.gateway_of(row.id)]
        if len(connected) != 1:
            raise Refusal("ecg_gateway_unclear" if connected else "ecg_gateway_away")
        return str(connected[0])

    # ---- reading ----------------------------------------------------------------------------------------

    async def overview(self, call: Call) -> EcgList:
        """Lists a box."""
        wanted: EcgQuery = call.query

        async def work(connection: AsyncConnection) -> EcgList:
            found, following = await ecgs_in(connection, call.caller, wanted.box, wanted.case, wanted.cursor)
            shown = [self._desk.shown(ecg) for ecg in found]
            return EcgList(ecgs=await views_of(connection, shown, call.caller), next=following)

        return await self._store.read(work)

    async def show(self, call: Call) -> EcgView:
        """Shows it."""
        opened: OpenedEcg = call.found
        await self._looks.note(call, opened.ecg)
        return await self._view(call, opened.ecg)

    async def frames(self, call: Call) -> web.StreamResponse:
        """Gives the bytes."""
        opened: OpenedEcg = call.found
        wanted: FramesQuery = call.query
        descriptor = self._desk.shown(opened.ecg).descriptor
        most = MAX_ASKED_S * descriptor.rate_hz if descriptor is not None else 0
        if not 0 <= wanted.end - wanted.start <= most:
            raise Refusal("ecg_range_wrong", limit_s=MAX_ASKED_S)
        await self._looks.note(call, opened.ecg)
        try:
            found = await self._desk.frames(opened.ecg, wanted.epoch, wanted.start, wanted.end)
        except OSError as error:
            _log.error("ecg_unreadable", ecg=opened.ecg.id, error=type(error).__name__)
            raise Refusal("ecg_unreadable") from None
        return web.Response(
            body=b"".join(found),
            content_type="application/octet-stream",
            headers={"Cache-Control": "private, no-store"},
        )

    async def stretches(self, call: Call) -> StretchList:
        """Lists them."""
        opened: OpenedEcg = call.found
        await self._looks.note(call, opened.ecg)
        try:
            found = await self._desk.stretches(opened.ecg)
        except OSError as error:
            _log.error("ecg_unreadable", ecg=opened.ecg.id, error=type(error).__name__)
            raise Refusal("ecg_unreadable") from None
        taken_us = {one.epoch: one.first_taken_us for one in self._desk.shown(opened.ecg).extents}
        return StretchList(
            epochs=[
                EpochStretches(
                    epoch=epoch,
                    first_taken_us=taken_us.get(epoch, 0),
                    stored=list(each.stored),
                    late=list(each.late),
                )
                for epoch, each in found.items()
            ]
        )

    async def vitals(self, call: Call) -> VitalList:
        """Lists them."""
        opened: OpenedEcg = call.found
        wanted: VitalsQuery = call.query
        await self._looks.note(call, opened.ecg)
        try:
            found = await self._desk.vitals(opened.ecg, wanted.from_us, wanted.to_us, MAX_VITALS)
        except OSError as error:
            _log.error("vitals_unreadable", ecg=opened.ecg.id, error=type(error).__name__)
            raise Refusal("ecg_unreadable") from None
        return await asyncio.to_thread(
            lambda: VitalList(vitals=[VitalShown(**asdict(each)) for each in found])
        )

    async def gateways(self, call: Call) -> GatewayList:
        """Lists them."""
        return GatewayList(
            gateways=[self._gateway(row.id, row.name) for row in await self._devices(call.caller.institution)]
        )

    def _gateway(self, device: str, name: str) -> GatewayShown:
        gateway = self._desk.gateway_of(device)
        descriptor = None if gateway is None else gateway.descriptor
        tested = None if gateway is None else gateway.selftest
        return GatewayShown(
            device=device,
            name=name,
            is_connected=gateway is not None,
            model="" if gateway is None else gateway.model,
            source="" if descriptor is None else descriptor.source.value,
            rate_hz=0 if descriptor is None else descriptor.rate_hz,
            leads=[] if descriptor is None else list(descriptor.leads),
            selftest=None if tested is None else SelfTestShown(**asdict(tested)),
        )

    async def _devices(self, institution: str) -> Sequence[Row[Any]]:
        c = t.device.c
        query = (
            select(c.id, c.name)
            .where(c.institution == institution, c.kind == GATEWAY, c.state == "active")
            .order_by(c.name, c.id)
            .limit(MAX_GATEWAYS)
        )

        async def work(connection: AsyncConnection) -> Sequence[Row[Any]]:
            return list(await connection.execute(query))

        return await self._store.read(work)

    async def _view(self, call: Call, ecg: Ecg) -> EcgView:
        async def work(connection: AsyncConnection) -> EcgView:
            (view,) = await views_of(connection, [self._desk.shown(ecg)], call.caller)
            return view

        return await self._store.read(work)
