"""Builds the object graph of a server. No decisions here: who gets whom, and nothing else."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from media_server.placement import default_threads
from media_server.precedence import hasten
from media_server.sfu import Sfu, start_native_cores
from recording.clock import SystemClock
from recording.keys import load_or_create_signer
from recording.ledger import Ledger
from recording.recorder import Recorder
from signaling.addresses import media_addresses
from signaling.api.breakglass_pages import BreakglassPages
from signaling.api.case_desk import CaseDesk
from signaling.api.case_file_pages import CaseFilePages
from signaling.api.case_room_pages import CaseRoomPages
from signaling.api.consent_pages import ConsentPages
from signaling.api.consultation_pages import ConsultationPages
from signaling.api.description_pages import DescriptionPages
from signaling.api.device_doors import DeviceDoors
from signaling.api.device_pages import DevicePages
from signaling.api.ecg_critical_pages import EcgCriticalPages
from signaling.api.ecg_file_pages import EcgFilePages
from signaling.api.ecg_live import EcgLive
from signaling.api.ecg_pages import EcgLooks, EcgPages
from signaling.api.ecg_paper_pages import EcgPaperPages
from signaling.api.ecg_report_pages import EcgReportPages
from signaling.api.ecg_uplink import EcgUplink
from signaling.api.ecg_work_pages import EcgWorkPages
from signaling.api.engine import ApiServer
from signaling.api.invitation_pages import InvitationPages
from signaling.api.limits import Limits
from signaling.api.opinion_pages import OpinionPages
from signaling.api.patient_pages import PatientPages
from signaling.api.recording_pages import RecordingPages
from signaling.api.room_pages import RoomPages
from signaling.api.roster_pages import RosterPages
from signaling.api.selftest_pages import SelfTestPages
from signaling.api.slot_pages import SlotPages
from signaling.api.trace_export_pages import TraceExportPages
from signaling.api.trace_pages import TracePages
from signaling.api_keys import ApiKey
from signaling.auth.revocation import Revocations
from signaling.auth.revoked import RevokedTokens
from signaling.auth.room_entry import RoomEntries
from signaling.consult.attachment_files import AttachmentFiles
from signaling.consult.case_rooms import CaseRooms
from signaling.consult.cases import Case
from signaling.consult.ringing import RINGS
from signaling.demo_rooms import settle_demo_rooms
from signaling.due_driver import DueDriver
from signaling.ecg.critical_acts import CRITICAL_CALLS
from signaling.ecg.critical_rows import KeptCritical
from signaling.ecg.datagram_socket import DatagramSocket
from signaling.ecg.ecg_desk import EcgDesk
from signaling.ecg.ecg_sealer import EcgSealer
from signaling.ecg.picture_anchors import PictureAnchors
from signaling.ecg.replay_clocks import ReplayClocks
from signaling.ecg.room_frames import RoomFrames
from signaling.http_shell import add_security_headers, guard
from signaling.identity import Identity, build_identity
from signaling.link_words import LinkWords
from signaling.livekit.endpoint import SignalEndpoint
from signaling.livekit.signal_desk import SignalDesk
from signaling.metrics import MetricsPages
from signaling.oversight import Oversight, build_oversight
from signaling.pacing import Pacer
from signaling.ports import MediaPlane
from signaling.reception.reception_desk import ReceptionDesk
from signaling.recording_desk import RecordingDesk
from signaling.recording_witness import RecordingWitness
from signaling.room_host import RoomHost
from signaling.room_journal import RoomJournal
from signaling.room_pulse import RoomPulse
from signaling.room_witness import RoomWitness
from signaling.settings import Settings
from signaling.standing_rooms import StandingRooms, demo_rooms
from signaling.store.call_limits import PATIENT, CallLimits
from signaling.store.database_url import database_url
from signaling.store.spool import ActSpool
from signaling.store.sql_store import SqlStore
from signaling.store.store import StoreUnavailable
from signaling.tokens import TokenDesk
from signaling.traffic import Traffic
from signaling.turn_tickets import TurnTickets
from signaling.twirp.room_service import RoomService
from signaling.web_pages import WebPages

MAX_BODY_BYTES: Final = 1024 * 1024
"""Of one HTTP request: a data packet of 64 kB in base64 and a participant's metadata fit many times."""
LEDGER_FILE: Final = "ledger.sqlite3"
SPOOL_FOLDER: Final = "spool"
START_PATIENCE_S: Final = 20.0
"""For what a start reads and writes, all of which may be done twice: a busy disk has let go by then."""
START_PAUSE_S: Final = 0.5


@dataclass(frozen=True)
class Service:
    """What a server runs."""

    store: SqlStore
    identity: Identity
    app: web.Application
    media: MediaPlane
    turn: TurnTickets
    host: RoomHost
    desk: RecordingDesk
    recorder: Recorder
    pulse: RoomPulse
    oversight: Oversight
    api: ApiServer
    revocations: Revocations
    standing: StandingRooms
    spool: ActSpool
    recording_witness: RecordingWitness
    rings: DueDriver[Case]
    case_rooms: CaseRooms
    ecgs: EcgDesk
    ecg_live: EcgLive
    ecg_datagrams: DatagramSocket | None
    picture_anchors: PictureAnchors
    replay_clocks: ReplayClocks
    criticals: DueDriver[KeptCritical]

    async def start(self) -> None:
        """Starts the parts that run by themselves. Raises RecordingError, StoreUnavailable."""
        await self.store.open()
        try:
            for step in (
                self.identity.start,
                self._settle_rooms,
                self.revocations.load,
                self.case_rooms.load,
            ):
                await _with_patience(step)
            await self.media.start()
            await self.recorder.start()
        except BaseException:
            # Its threads would keep a process alive that could not start.
            await self.store.close()
            self.identity.close()
            raise

    async def _settle_rooms(self) -> None:
        await settle_demo_rooms(self.store, self.standing)

    def watches(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Returns what has to run for as long as the server does."""
        return (
            self.store.run(),
            self.host.run(),
            self.desk.run(),
            self.pulse.run(),
            self.revocations.run(),
            self.spool.run(),
            self.recording_witness.run(),
            self.rings.run(),
            self.case_rooms.run(),
            self.ecgs.run(),
            self.ecg_live.run(),
            self.picture_anchors.run(),
            self.replay_clocks.run(),
            self.criticals.run(),
            *([] if self.ecg_datagrams is None else [self.ecg_datagrams.run()]),
            *self.oversight.watches(),
        )

    async def close(self) -> None:
        """Ends rooms, seals recordings, ends media, closes the store. Twice is harmless."""
        self.oversight.events.close()
        # Before the rooms end: what ends these recordings is the server, not the people's leaving.
        self.desk.finish_all(cause="server_stopped")
        await self.host.close()
        await self.desk.close()
        await self.media.close()
        await self.ecgs.close()
        await self.spool.close()
        await self.store.close()
        self.identity.close()


async def _with_patience(step: Callable[[], Awaitable[None]]) -> None:
    """While a service starts nobody waits for it: a database that is slow just then is asked again."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_PATIENCE_S
    while True:
        try:
            return await step()
        except StoreUnavailable:
            if loop.time() > deadline:
                raise
            await asyncio.sleep(START_PAUSE_S)


def open_media(settings: Settings) -> tuple[MediaPlane, int]:
    """Returns the media server over the native cores, and its UDP port, bound now. Raises PortTaken,
    BindRefused."""
    threads = settings.media_threads or default_threads(len(os.sched_getaffinity(0)))
    core, *beside = start_native_cores(settings.media_bind, settings.media_port, threads=threads)
    hasten([each.thread_id for each in (core, *beside)])
    return Sfu(core, beside=beside, addresses=media_addresses(settings)), core.port


def build_service(
    settings: Settings,
    key: ApiKey,
    media: MediaPlane,
    *,
    is_demo: bool,
    limits: Limits | None = None,
    ecg_socket: socket.socket | None = None,
) -> Service:
    """Returns the built server, nothing of it started. ``ecg_socket`` is where gateways' datagrams come,
    None where none are taken. Raises RecordingError, OSError.
    """
    clock = SystemClock()
    traffic = Traffic()
    pacer = Pacer()
    turn = TurnTickets()
    revoked = RevokedTokens()
    tokens = TokenDesk(api_key=key.name, api_secret=key.secret, is_revoked=revoked.covers)
    signer = load_or_create_signer(settings.data_dir)
    ledger = Ledger(settings.data_dir / LEDGER_FILE)
    url = database_url(settings.database_url, settings.data_dir)
    store_limits = PATIENT if is_demo else CallLimits()
    store = SqlStore(url, signer=signer, clock=clock, data_dir=settings.data_dir, limits=store_limits)
    recorder = Recorder(data_dir=settings.data_dir, ledger=ledger, signer=signer, clock=clock)
    identity = build_identity(settings, store=store, tokens=tokens, clock=clock, pacer=pacer, is_demo=is_demo)
    standing = StandingRooms(demo_rooms() if is_demo else ())
    host = RoomHost(media=media, clock=clock, tokens=tokens, traffic=traffic)
    spool = ActSpool(store, settings.data_dir / SPOOL_FOLDER, clock)
    room_witness = RoomWitness(seats=host, standing=standing, sink=spool, clock=clock)
    entries = RoomEntries(store=store, standing=standing, tokens=tokens, clock=clock)
    oversight = build_oversight(settings, store=store, box=identity.box, clock=clock, place_of=entries.place)
    events = oversight.events
    sealer = EcgSealer(store, signer, clock)
    ecgs = EcgDesk(
        store,
        clock,
        settings.data_dir,
        sealer=sealer,
        sender=RoomFrames(host),
        datagram_port=0 if ecg_socket is None else ecg_socket.getsockname()[1],
    )
    ecg_datagrams = None if ecg_socket is None else DatagramSocket(ecg_socket, ecgs.datagrams.receive)
    ecg_looks = EcgLooks(store)
    criticals = DueDriver(store, clock, CRITICAL_CALLS)
    revocations = Revocations(store=store, tokens=revoked, places=[host, events, ecgs], clock=clock)
    store.follow(revocations.receive_acts)
    ecg_live = EcgLive(store, ecgs, ecg_looks, clock, is_revoked=revocations.is_revoked)
    journal = RoomJournal(clock)
    desk = RecordingDesk(host=host, recorder=recorder, journal=journal, standing=standing)
    links = LinkWords(host)
    receptions = ReceptionDesk(host=host, recordings=desk, witness=room_witness)
    pulse = RoomPulse(host, links=links, receptions=receptions)
    media.on_audio_levels(pulse.receive_levels)
    for observer in (journal, desk, events, receptions, room_witness, pulse):
        host.observe(observer)
    journal.follow(events.receive_event)
    case_rooms = CaseRooms(store=store, host=host, desk=desk, standing=standing)
    host.observe(case_rooms)
    store.follow(case_rooms.receive_acts)
    picture_anchors = PictureAnchors(host=host, ecgs=ecgs, sides=case_rooms, clock=clock)
    replay_clocks = ReplayClocks(host=host, recordings=desk, ecgs=ecgs, sides=case_rooms, clock=clock)
    rings = DueDriver(store, clock, RINGS, changed=case_rooms.receive_case)

    def case_changed(case: Case) -> None:
        rings.wake()
        case_rooms.receive_case(case)

    cases = CaseDesk(store, is_recording=case_rooms.is_recording, changed=case_changed)
    files = AttachmentFiles(settings.data_dir)
    description = DescriptionPages()
    declared = [
        *identity.routes,
        *RoomPages(host=host, desk=desk, journal=journal, standing=standing, entrance=entries).routes(),
        *RecordingPages(recorder=recorder, standing=standing, data_dir=settings.data_dir).routes(),
        *DevicePages(store=store).routes(),
        *DeviceDoors(store=store, clock=clock).routes(),
        *SelfTestPages(store).routes(),
        *InvitationPages(store=store, entries=entries, clock=clock, pacer=pacer).routes(),
        *BreakglassPages(store=store, entries=entries, journal=journal).routes(),
        *PatientPages(store).routes(),
        *ConsentPages(store, case_rooms).routes(),
        *RosterPages(store).routes(),
        *SlotPages(store).routes(),
        *ConsultationPages(cases).routes(),
        *CaseFilePages(cases, files).routes(),
        *CaseRoomPages(cases, entrance=entries, refresh=case_rooms.refresh).routes(),
        *OpinionPages(
            cases, signer=signer, factors=identity.factors, files=files, recordings=recorder.list
        ).routes(),
        *EcgFilePages(store, ecgs, ecg_looks, clock).routes(),
        *EcgPages(store, ecgs, ecg_looks).routes(),
        *EcgUplink(store, ecgs).routes(),
        *ecg_live.routes(),
        *EcgReportPages(
            store, frames=ecgs, signer=signer, factors=identity.factors, wake=criticals.wake
        ).routes(),
        *EcgPaperPages(store, frames=ecgs, signer=signer).routes(),
        *EcgWorkPages(store).routes(),
        *EcgCriticalPages(store, wake=criticals.wake).routes(),
        *TracePages(store).routes(),
        *TraceExportPages(store, settings, signer).routes(),
        *oversight.routes,
        *description.routes(),
    ]
    description.describe(declared)
    limits = limits or Limits(clock=clock, is_in_room=host.is_anywhere)
    api = ApiServer(declared, callers=identity.callers, clock=clock, limits=limits)
    pages = (
        SignalEndpoint(
            host=host,
            desk=SignalDesk(host),
            tokens=tokens,
            pacer=pacer,
            gate=revocations,
            limits=limits,
            turn=turn,
        ),
        RoomService(host=host, tokens=tokens, pacer=pacer),
        MetricsPages(
            host,
            {
                "recorder": recorder.stats,
                "limits": limits.counts,
                "store": store.stats,
                "identity": identity.stats,
                "spool": spool.stats,
                "revocations": revocations.stats,
                "rings": rings.stats,
                "case_rooms": case_rooms.stats,
                "ecg": ecgs.stats,
                **({} if ecg_datagrams is None else {"ecg_datagrams": ecg_datagrams.stats}),
                "ecg_anchors": picture_anchors.stats,
                "reception": receptions.stats,
                "critical_values": criticals.stats,
                **oversight.stats(),
            },
            links.stats,
        ),
        api,
        WebPages(settings.web_dir),
    )
    app = web.Application(middlewares=[guard], client_max_size=MAX_BODY_BYTES)
    app.on_response_prepare.append(add_security_headers)
    app.add_routes(description.page_routes())
    for page in pages:
        app.add_routes(page.routes())
    return Service(
        store=store,
        identity=identity,
        app=app,
        media=media,
        turn=turn,
        host=host,
        desk=desk,
        recorder=recorder,
        pulse=pulse,
        oversight=oversight,
        api=api,
        revocations=revocations,
        standing=standing,
        spool=spool,
        recording_witness=RecordingWitness(ledger=ledger, store=store, standing=standing),
        rings=rings,
        case_rooms=case_rooms,
        ecgs=ecgs,
        ecg_live=ecg_live,
        ecg_datagrams=ecg_datagrams,
        picture_anchors=picture_anchors,
        replay_clocks=replay_clocks,
        criticals=criticals,
    )
