"""The ECGs in hand: takes in what gateways send, has it written, passes it on to who watches, keeps the rows.

Everything runs on the loop thread but the disk (frame_disk.py). A frame is checked by its envelope, shown and
handed to the disk in one go; acknowledgements, inventories, the row and the ledger follow a little later.
Where the store does not answer, frames go on; where the disk refuses, the gateway is told to come back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import EcgId
from media_server.ecg.datagram import MAX_NUMBER
from media_server.ecg.descriptor import Descriptor
from media_server.ecg.errors import MalformedDescriptor, MalformedFrame
from media_server.ecg.frame import MAX_MESSAGE_FRAMES, Envelope, FrameFlag, cut_frame, read_envelope
from media_server.ecg.spans import Span
from recording.clock import Clock
from recording.errors import RecordingError
from signaling.auth.rights import Caller
from signaling.ecg import uplink_messages as say
from signaling.ecg.ahead import Shown
from signaling.ecg.datagram_keys import DatagramKeys
from signaling.ecg.ecg_chain import case_of, chain_ecg_act
from signaling.ecg.ecg_sealer import EcgSealer
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecg_views import views_of
from signaling.ecg.ecgs import Ecg, find_ecg, open_ecgs_of_device
from signaling.ecg.frame_disk import FrameDisk, Stretches, Written
from signaling.ecg.gateways import MAX_GATEWAYS, SILENCE_NS, Gateway, Gateways
from signaling.ecg.inventory import Declared
from signaling.ecg.lane import Lane, lane_of
from signaling.ecg.outbox import GOING_AWAY, TRY_AGAIN
from signaling.ecg.pointing import Point, read_point
from signaling.ecg.room_frames import FrameSender
from signaling.ecg.room_lane import read_report
from signaling.ecg.settling import settle
from signaling.ecg.stream import ClockJumped
from signaling.ecg.uplink_messages import (
    Ended,
    Hello,
    Ping,
    Said,
    SelfTested,
    StreamNamed,
    UplinkRefused,
    VitalsTold,
    read_uplink_text,
)
from signaling.ecg.viewers import Viewer, in_pieces
from signaling.ecg.vitals import Vital, vitals_to_lines
from signaling.store.store import Store, StoreUnavailable, Unit
from signaling.tokens import Binding

TICK_S: Final = 0.25
"""Acknowledgements go at most four times a second (contract of the uplink)."""
TICKS_A_SECOND: Final = 4
IDLE_NS: Final = 60_000_000_000
"""An ECG that nobody needs stays in memory for that long: whoever comes back finds it there."""
RETRY_S: Final = 1.0
"""While the store does not answer."""
SHOWN_AT_ONCE_S: Final = 60
"""What who comes late gets first."""
MAX_LANES: Final = 1_000
MAX_VIEWERS: Final = 2_000
MAX_VIEWERS_OF_ONE: Final = 50
MAX_REFUSALS: Final = 1_000
"""On one connection; a gateway that goes on sending nonsense is sent away."""
NONSENSE: Final = 1008
PUT_OUT: Final = 4403
_NS_PER_US: Final = 1_000
_NS_PER_MS: Final = 1_000_000
_US_PER_MS: Final = 1_000
_log = structlog.get_logger("ecg")


@dataclass(slots=True)
class EcgCounts:
    """What has been done since the start."""

    frames: int = 0
    frames_known: int = 0
    """That brought nothing new."""
    refused: int = 0
    vitals: int = 0
    points: int = 0
    points_left_out: int = 0
    slow_viewers: int = 0
    frames_left_out: int = 0
    """Messages that viewers behind were not sent: they read them out of the log."""
    room_messages: int = 0
    """Sent over the unreliable channels of rooms."""
    frames_ahead: int = 0
    """Shown out of datagrams, before the truth lane brought them."""
    frames_after: int = 0
    """Of those: brought by the truth lane since, and not shown again."""
    frames_corrected: int = 0
    """Of those: brought by the truth lane with other samples."""
    frames_ahead_known: int = 0
    """Of datagrams: the truth lane was quicker, or they had been shown."""
    frames_ahead_refused: int = 0
    """Of datagrams: not to be shown (Stream.refusal_of_ahead)."""
    gateways_lost: int = 0
    disk_failures: int = 0
    put_off: int = 0
    """How often the store did not answer."""
    failed: int = 0
    """Rows that could not be brought up to date, by a fault of their own: they are looked into."""


class EcgDesk:
    """All of them. ``run`` is its task. ``sender`` brings frames into cases' rooms, where there are any;
    ``datagram_port`` is where gateways may send live frames by UDP as well, 0 for nowhere.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        data_dir: Path,
        *,
        sealer: EcgSealer | None = None,
        sender: FrameSender | None = None,
        datagram_port: int = 0,
    ) -> None:
        self.counts = EcgCounts()
        self._datagram_port = datagram_port
        self._keys: DatagramKeys[Gateway] = DatagramKeys()
        self._sealer = sealer
        self.disk = FrameDisk(data_dir, written=self._receive_written, failed=self._receive_failed)
        self._store = store
        self._clock = clock
        self._sender = sender
        self._gateways = Gateways()
        self._sockets: set[Gateway] = set()
        self._lanes: dict[EcgId, Lane] = {}
        self._opening: WeakValueDictionary[EcgId, asyncio.Lock] = WeakValueDictionary()
        """One opens an ECG at a time; several ECGs are opened at once."""
        self._is_due = asyncio.Event()
        self._is_closed = False
        self._began_ms = clock.wall_ns() // _NS_PER_MS
        """Before that nobody could have been heard."""
        self._shutting: dict[EcgId, asyncio.Task[None]] = {}
        """Logs that are being closed and sealed: they are opened again after that."""

    @property
    def is_closed(self) -> bool:
        """Whether the service ends: nothing is opened any more."""
        return self._is_closed

    # ---- for pages --------------------------------------------------------------------------------------

    def gateway_of(self, device: str) -> Gateway | None:
        """Returns the connection of a gateway that has greeted."""
        return self._gateways.find(device)

    def shown(self, ecg: Ecg) -> Ecg:
        """Returns an ECG as it stands now: its row, and what has come since the row was written."""
        lane = self._lanes.get(ecg.id)
        if lane is None:
            return replace(ecg, heard_at_ms=max(ecg.heard_at_ms, self._began_ms))
        return self._with_progress(ecg, lane)

    async def settled(self, ecg: Ecg) -> Ecg:
        """Returns an ECG as it stands once its row says so. Raises StoreUnavailable, OSError."""
        lane = await self._lane(ecg.id)
        if lane is None or not await self._settle(lane):
            raise StoreUnavailable
        return self._with_progress(lane.ecg, lane)

    def receive_given_up(self, ecg: Ecg) -> None:
        """Takes note that somebody has declared the rest of an ECG lost: who watches hears so, and its
        gateway is told to stop, should it be there.
        """
        gateway = self._gateways.find(ecg.device)
        if gateway is not None:
            gateway.outbox.push(say.stop(ecg.id))
        lane = self._lanes.get(ecg.id)
        if lane is not None:
            self._mark_due(lane)

    def receive_request(self, ecg: Ecg) -> None:
        """Takes note of an ECG that somebody has just asked for: its gateway is asked to begin."""
        gateway = self._gateways.find(ecg.device)
        if gateway is not None:
            gateway.outbox.push(say.start(ecg.id))

    def receive_stop(self, ecg: Ecg) -> None:
        """Takes note of an ECG that somebody has just stopped."""
        gateway = self._gateways.find(ecg.device)
        if gateway is not None:
            gateway.outbox.push(say.stop(ecg.id))
        lane = self._lanes.get(ecg.id)
        if lane is not None:
            lane.ecg = replace(ecg, descriptor=lane.ecg.descriptor)
            self._mark_due(lane)

    async def frames(self, ecg: Ecg, epoch: int, start: int, end: int) -> list[bytes]:
        """Returns the stored frames that hold any of these samples, by their first. Raises OSError,
        StoreUnavailable.
        """
        lane = await self._lane(ecg.id)
        if lane is None:
            return []
        lane.readers += 1
        try:
            return await self.disk.read(ecg.id, epoch, start, end)
        finally:
            lane.readers -= 1

    async def stretches(self, ecg: Ecg) -> Mapping[int, Stretches]:
        """Returns of each epoch what is stored and what of that came late. Raises OSError,
        StoreUnavailable.
        """
        lane = await self._lane(ecg.id)
        if lane is None:
            return {}
        lane.readers += 1
        try:
            return await self.disk.stretches(ecg.id)
        finally:
            lane.readers -= 1

    async def vitals(self, ecg: Ecg, from_us: int, to_us: int, limit: int) -> list[Vital]:
        """Returns the values of that time, the newest where there are more. Raises OSError."""
        # Not on the thread that writes frames: a day of values is 64 MB.
        return await asyncio.to_thread(self.disk.vitals, ecg.id, from_us, to_us, limit)

    # ---- gateways ---------------------------------------------------------------------------------------

    def may_connect(self) -> bool:
        """Returns whether one more gateway is heard."""
        return len(self._sockets) < MAX_GATEWAYS

    def connect(self, gateway: Gateway) -> None:
        """Takes a connection in that has said nothing yet."""
        gateway.heard_ns = self._clock.monotonic_ns()
        self._sockets.add(gateway)

    def disconnect(self, gateway: Gateway) -> None:
        """The connection is gone; what came by it is kept."""
        self._sockets.discard(gateway)
        self._gateways.remove(gateway)
        self._end_key(gateway)
        for lane in self._lanes.values():
            if lane.gateway is gateway:
                lane.gateway = None
                lane.ahead.clear()
                lane.heard_ms = self._wall_ms()
                self.counts.gateways_lost += 1
                self._mark_due(lane)

    async def receive_text(self, gateway: Gateway, text: str) -> None:
        """Takes a message of a gateway; one that cannot be is refused, and nothing is changed by it."""
        came_us = self._wall_us()
        gateway.heard_ns = self._clock.monotonic_ns()
        try:
            said = read_uplink_text(text)
            gateway.uplink.receive_said(said)
            await self._receive_said(gateway, said, came_us)
        except UplinkRefused as refused:
            self._refuse(gateway, refused.code, refused.ecg)
        except MalformedDescriptor as refused:
            self._refuse(gateway, refused.code)
        except (StoreUnavailable, OSError):
            # What it said is not lost: it says so again when it has come back.
            self.counts.put_off += 1
            gateway.outbox.end(TRY_AGAIN)

    async def receive_frames(self, gateway: Gateway, content: bytes) -> None:
        """Takes frames of a gateway: passes the new ones on and hands them to the disk."""
        gateway.heard_ns = self._clock.monotonic_ns()
        await self.disk.room()
        found, refusal = gateway.uplink.read_frames(content)
        if refusal:
            self._refuse(gateway, refusal)
        fresh: dict[EcgId, list[Envelope]] = {}
        for ecg, envelope in found:
            lane = self._lanes.get(ecg)
            code = "stream_unknown" if lane is None or lane.gateway is not gateway else ""
            code = code or lane.stream.refusal_of(envelope)  # type: ignore[union-attr]
            if code:
                self._refuse(gateway, code, ecg)
                continue
            assert lane is not None, "what is unknown was refused"
            added = lane.stream.receive_frame(envelope)
            if not added:
                self.counts.frames_known += 1
            elif added == (Span(envelope.first_sample, envelope.end_sample),):
                fresh.setdefault(ecg, []).append(envelope)
            else:
                self._take_rest(gateway, lane, content[envelope.start : envelope.end], added)
        for ecg, envelopes in fresh.items():
            is_whole = len(envelopes) == len(found)
            self._take(self._lanes[ecg], content, envelopes, is_whole=is_whole and not refusal)

    def _take_rest(self, gateway: Gateway, lane: Lane, frame: bytes, added: Sequence[Span]) -> None:
        """Takes of a frame only what is new: samples that are kept never change."""
        try:
            rest = [cut_frame(frame, *span, lane.stream.rate_hz) for span in added]
        except MalformedFrame as error:
            self._refuse(gateway, error.code, lane.ecg.id)
            return
        for each in rest:
            self._take(lane, each, [read_envelope(each)], is_whole=True)

    def _take(self, lane: Lane, content: bytes, envelopes: Sequence[Envelope], *, is_whole: bool) -> None:
        self.counts.frames += len(envelopes)
        self.disk.put(lane.ecg.id, content, envelopes)
        lane.frame_ns, lane.frame_us = self._clock.monotonic_ns(), self._wall_us()
        lane.heard_ms = lane.frame_us // _US_PER_MS
        unseen = self._unseen(lane, content, envelopes) if lane.ahead else envelopes
        is_whole = is_whole and len(unseen) == len(envelopes)
        self._show(lane, content, unseen, lane.frame_ns, is_whole=is_whole)
        if lane.ecg.state is EcgState.WAITING:
            self._mark_due(lane)
        if lane.stream.declared is not None and not _is_declared(lane.stream.declared, envelopes):
            # There is more than was said: it has to stop, and to say again.
            lane.stream.declared = None
            self._mark_due(lane)
            if lane.gateway is not None:
                lane.gateway.outbox.push(say.stop(lane.ecg.id))
        for fact in lane.stream.next_facts():
            if not isinstance(fact, ClockJumped):
                lane.news.append(fact)
                self._mark_due(lane)
            elif lane.gateway is not None:
                lane.gateway.outbox.push(say.refused(lane.ecg.id, "clock_jumped"))

    def _show(
        self, lane: Lane, content: bytes, envelopes: Sequence[Envelope], now_ns: int, *, is_whole: bool
    ) -> None:
        """Tells who watches of frames of one message, all of it where it ``is_whole``."""
        if lane.is_lost:
            lane.is_lost = False
            _tell(lane, {"type": "found"})
        if not lane.viewers or not envelopes:
            return
        message = content if is_whole else b"".join(content[each.start : each.end] for each in envelopes)
        for viewer in lane.viewers:
            viewer.show(message, now_ns)
        if self._sender is not None and lane.ecg.case:
            self._send_to_room(self._sender, lane, content, envelopes, now_ns)

    def _unseen(self, lane: Lane, content: bytes, envelopes: Sequence[Envelope]) -> Sequence[Envelope]:
        """Returns what of the truth lane's frames has not been shown. Where it says otherwise than what was
        shown, it is told behind everything else on each socket, so that it is what stands in the end.
        """
        unseen = []
        for each in envelopes:
            frame = content[each.start : each.end]
            shown = lane.ahead.settle(each, frame)
            if shown is Shown.NOT:
                unseen.append(each)
                continue
            self.counts.frames_after += 1
            if shown is Shown.OTHER:
                self.counts.frames_corrected += 1
                # What would be repeated in the room is what was wrong.
                lane.recent.clear()
                for viewer in lane.viewers:
                    viewer.correct(frame, lane.frame_ns)
        return unseen

    # ---- datagrams --------------------------------------------------------------------------------------

    def receive_datagram(self, datagram: bytes) -> bool:
        """Shows what is new in a datagram of a gateway to whom watches, and does nothing else with it: it is
        not stored, not acknowledged, and counts for nothing. Returns whether it was one.
        """
        opened = self._keys.open(datagram)
        if opened is None:
            return False
        gateway, content = opened
        if gateway.outbox.close_code:
            return True
        now_ns = self._clock.monotonic_ns()
        found, refusal = gateway.uplink.read_frames(content)
        self.counts.frames_ahead_refused += bool(refusal)
        if found:
            gateway.datagrams.receive_frame(found[0][1].taken_us, now_ns)
        # The newest is the first; they are shown in the order in which they were taken.
        for ecg, envelope in reversed(found[:MAX_MESSAGE_FRAMES]):
            lane = self._lanes.get(ecg)
            if lane is None or lane.gateway is not gateway:
                self.counts.frames_ahead_refused += 1
                continue
            self._show_ahead(lane, content[envelope.start : envelope.end], now_ns)
        return True

    def _show_ahead(self, lane: Lane, frame: bytes, now_ns: int) -> None:
        envelope = read_envelope(frame)
        code = lane.stream.refusal_of_ahead(envelope)
        if not code and lane.ahead.receive(envelope, frame):
            self.counts.frames_ahead += 1
            lane.ahead_ns = now_ns
            self._show(lane, frame, [envelope], now_ns, is_whole=True)
        elif code in ("", "frame_known"):
            self.counts.frames_ahead_known += 1
        else:
            self.counts.frames_ahead_refused += 1

    def _offer_datagrams(self, gateway: Gateway) -> None:
        if self._datagram_port:
            key = gateway.key = self._keys.issue(gateway)
            gateway.outbox.push(say.datagrams(self._datagram_port, key.id, key.secret, MAX_NUMBER))

    def _end_key(self, gateway: Gateway) -> None:
        if gateway.key is not None:
            self._keys.revoke(gateway.key)
            gateway.key = None

    def _tell_heard(self, gateway: Gateway) -> None:
        if gateway.key is None:
            return
        window = gateway.key.window
        lanes = [lane for lane in self._lanes.values() if lane.gateway is gateway]
        is_watched = any(lane.viewers for lane in lanes)
        report = gateway.datagrams.tick_second(window.highest, window.came, is_watched=is_watched)
        if report is not None:
            behind_ms = max((lane.behind_ms for lane in lanes), default=0)
            number, came, delay_us, _ = report
            gateway.outbox.push(say.heard(number, came, delay_us, behind_ms, is_watched=is_watched))

    # ---- rooms ------------------------------------------------------------------------------------------

    def _send_to_room(
        self,
        sender: FrameSender,
        lane: Lane,
        content: bytes,
        envelopes: Sequence[Envelope],
        now_ns: int,
    ) -> None:
        live = [content[each.start : each.end] for each in envelopes if not each.flags & FrameFlag.LATE]
        if not live:
            return
        lane.recent.extend(live)
        listeners: dict[int, list[str]] = {}
        for viewer in lane.viewers:
            if viewer.lane.is_wanted(now_ns):
                listeners.setdefault(viewer.lane.repeats, []).append(viewer.caller.login)
        newest_first = list(lane.recent)[::-1]
        for repeats, identities in listeners.items():
            self.counts.room_messages += 1
            frames = b"".join(newest_first[: len(live) + repeats])
            sender.send(lane.ecg.case, lane.ecg.id, frames, identities)

    async def _receive_said(self, gateway: Gateway, said: Said, came_us: int) -> None:
        match said:
            case Ping():
                gateway.offset_us = said.offset_us
                gateway.outbox.push(say.pong(said.t1_us, came_us, self._wall_us()))
            case Hello():
                await self._greet(gateway, said)
            case StreamNamed():
                await self._name_stream(gateway, said)
            case Ended():
                lane = await self._own_lane(gateway, said.ecg)
                if not lane.stream.may_declare(said.epochs):
                    raise UplinkRefused("message_malformed", said.ecg)
                lane.stream.declared = said.epochs
                lane.heard_ms = self._wall_ms()
                self._mark_due(lane)
            case VitalsTold():
                lane = await self._own_lane(gateway, said.ecg)
                self.counts.vitals += len(said.values)
                _tell(lane, {"type": "vitals", "values": [asdict(each) for each in said.values]})
                await self.disk.keep_vitals(lane.ecg.id, vitals_to_lines(said.values))
            case SelfTested():
                gateway.selftest = said

    async def _greet(self, gateway: Gateway, said: Hello) -> None:
        gateway.model, gateway.descriptor = said.model, said.descriptor
        before = self._gateways.add(gateway)
        if before is not None:
            self._end_key(before)
        gateway.outbox.push(say.welcome(self._wall_us()))
        self._offer_datagrams(gateway)
        asked = await self._store.read(lambda connection: open_ecgs_of_device(connection, gateway.device))
        for ecg in asked:
            if ecg.id in said.running:
                continue
            if ecg.state is not EcgState.ENDED:
                gateway.outbox.push(say.start(ecg.id))
            else:
                await self._ask_end(gateway, ecg)
        for name in said.running:
            try:
                lane = await self._own_lane(gateway, name)
            except UplinkRefused as refused:
                self._refuse(gateway, refused.code, refused.ecg)
            else:
                if lane.ecg.state is EcgState.ENDED:
                    # Somebody stopped it while the gateway was away; to hear so twice is harmless.
                    gateway.outbox.push(say.stop(name))
                _tell_all(gateway, say.have(name, lane.stream.have()))

    async def _ask_end(self, gateway: Gateway, ecg: Ecg) -> None:
        """Asks for the end of a stopped ECG that the gateway does not name. Where nothing of it came either,
        there will never be anything.
        """
        lane = None if ecg.extents else await self._lane(ecg.id)
        if lane is None or lane.stream.extents():
            gateway.outbox.push(say.stop(ecg.id))
        else:
            lane.stream.declared = {}
            self._mark_due(lane)

    async def _name_stream(self, gateway: Gateway, said: StreamNamed) -> None:
        lane = await self._own_lane(gateway, said.ecg)
        known = lane.ecg.descriptor
        if known is not None and not _is_same_device(known, said.descriptor):
            raise UplinkRefused("descriptor_changed", said.ecg)
        gateway.uplink.name_stream(said.stream, said.ecg)
        if known is None:
            lane.ecg = replace(lane.ecg, descriptor=said.descriptor, source=said.descriptor.source.value)
            lane.stream.describe(said.descriptor)
        lane.stream.begin_epoch(said.epoch, said.first)
        lane.ahead.clear()
        lane.gateway = gateway
        lane.heard_ms = self._wall_ms()
        lane.frame_ns = self._clock.monotonic_ns()
        gateway.descriptor = said.descriptor
        _tell_all(gateway, say.have(said.ecg, lane.stream.have()))

    async def _own_lane(self, gateway: Gateway, ecg: EcgId) -> Lane:
        """Returns the lane of an ECG that was asked of this gateway. Raises UplinkRefused, StoreUnavailable,
        OSError.
        """
        lane = await self._lane(ecg)
        if lane is None or lane.ecg.institution != gateway.caller.institution:
            raise UplinkRefused("stream_unknown", ecg)
        if lane.ecg.device != gateway.device:
            raise UplinkRefused("second_device", ecg)
        return lane

    def _refuse(self, gateway: Gateway, code: str, ecg: str = "") -> None:
        self.counts.refused += 1
        gateway.refused += 1
        gateway.outbox.push(say.refused(ecg, code))
        if gateway.refused > MAX_REFUSALS:
            gateway.outbox.end(NONSENSE)

    # ---- viewers ----------------------------------------------------------------------------------------

    def may_watch(self, ecg: Ecg) -> bool:
        """Returns whether one more page may watch it."""
        lane = self._lanes.get(ecg.id)
        is_full = lane is not None and len(lane.viewers) >= MAX_VIEWERS_OF_ONE
        return not is_full and self._viewer_count() < MAX_VIEWERS

    async def watch(self, viewer: Viewer, ecg: Ecg) -> None:
        """Tells a page what there is and goes on telling it until ``leave``. Raises OSError,
        StoreUnavailable.
        """
        lane = await self._lane(ecg.id)
        if lane is None:
            viewer.outbox.end(GOING_AWAY)
            return
        lane.readers += 1
        try:
            (view,) = await self._store.read(
                lambda connection: views_of(connection, [self._with_progress(lane.ecg, lane)], viewer.caller)
            )
            message = view.model_dump() | {"have": lane.stream.shown(), "server_us": self._wall_us()}
            viewer.outbox.push(json.dumps({"type": "ecg", **message}, ensure_ascii=False))
            backlog = _latest(lane)
            # From here on it is told what comes; what it is then told twice it knows by its number.
            lane.viewers.add(viewer)
            for frame in lane.ahead.waiting(*lane.stream.newest()):
                viewer.outbox.push_live(frame, self._clock.monotonic_ns())
            for epoch, start, end in backlog:
                # The newest first, so that the page's line only ever grows back.
                for some in in_pieces(await self.disk.read(ecg.id, epoch, start, end))[::-1]:
                    viewer.outbox.push_later(some)
            for told in lane.standing.told_to(viewer.caller.person):
                viewer.outbox.push(told)
            if lane.is_lost:
                viewer.outbox.push(_lost(lane))
        finally:
            lane.readers -= 1

    def leave(self, viewer: Viewer, ecg: Ecg) -> None:
        """The page is gone; harmless for one that was never there."""
        self.counts.slow_viewers += viewer.outbox.was_slow
        self.counts.frames_left_out += viewer.outbox.left_out
        lane = self._lanes.get(ecg.id)
        if lane is not None:
            lane.viewers.discard(viewer)
            lane.standing.leave(viewer, self._clock.monotonic_ns())

    async def receive_viewer_text(self, viewer: Viewer, ecg: Ecg, text: str) -> None:
        """Takes what a page says: what it hears of the room's lane, or what it shows to the others."""
        report = read_report(text)
        if report is not None:
            viewer.lane.receive_report(report, self._clock.monotonic_ns())
        else:
            await self._receive_point(viewer, ecg, text)

    async def _receive_point(self, viewer: Viewer, ecg: Ecg, text: str) -> None:
        """What cannot be, or comes too fast, is left out."""
        point = read_point(text)
        lane = self._lanes.get(ecg.id)
        if lane is None or point is None or not viewer.pace.receive_point(point, self._clock.monotonic_ns()):
            self.counts.points_left_out += 1
            return
        self.counts.points += 1
        caller = viewer.caller
        told = json.dumps(
            {"type": "pointed", "by": caller.person, "name": caller.name, **point.words}, ensure_ascii=False
        )
        lane.standing.receive_point(viewer, caller.person, point, told)
        for other in lane.viewers:
            if other is not viewer:
                other.outbox.push(told)
        if point.is_kept:
            await self._keep_point(caller, lane.ecg, point)

    async def _keep_point(self, caller: Caller, ecg: Ecg, point: Point) -> None:
        async def work(unit: Unit) -> None:
            case = await case_of(unit, ecg)
            chain_ecg_act(unit, caller, ecg, case, "annotation.caliper", after=point.ledger_words)

        try:
            await self._store.write(work)
        except StoreUnavailable:
            self.counts.put_off += 1

    def lanes(self) -> list[Lane]:
        """Returns the ECGs in hand."""
        return list(self._lanes.values())

    def in_hand(self) -> list[Lane]:
        """Returns every ECG in this process's hands."""
        return list(self._lanes.values())

    def watched(self) -> list[Lane]:
        """Returns the ECGs that somebody watches."""
        return [lane for lane in self._lanes.values() if lane.viewers]

    # ---- bound to sessions (auth/revocation.py) ---------------------------------------------------------

    def bindings(self) -> Iterable[Binding]:
        """See BoundPlaces."""
        return [each.binding for each in self._everybody()]

    def end_bound(self, covers: Callable[[Binding], bool]) -> int:
        """See BoundPlaces."""
        ended = [each for each in self._everybody() if covers(each.binding)]
        for each in ended:
            each.outbox.end(PUT_OUT)
        return len(ended)

    def _everybody(self) -> list[Gateway | Viewer]:
        viewers = [viewer for lane in self._lanes.values() for viewer in lane.viewers]
        return [*self._sockets, *viewers]

    # ---- what goes on by itself -------------------------------------------------------------------------

    async def run(self) -> None:
        """Writes, acknowledges and settles as long as the task lives."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.disk.run(), name="ecg-disk")
            tasks.create_task(self._tick_on(), name="ecg-ticks")
            tasks.create_task(self._settle_on(), name="ecg-rows")

    async def _tick_on(self) -> None:
        number = 0
        while True:
            await asyncio.sleep(TICK_S)
            number += 1
            self.tick(is_second=number % TICKS_A_SECOND == 0)

    def tick(self, *, is_second: bool) -> None:
        """Sends what is due: acknowledgements at every tick, inventories each second."""
        now_ns = self._clock.monotonic_ns()
        for lane in list(self._lanes.values()):
            if lane.gateway is not None:
                for epoch, until in lane.stream.acknowledgements():
                    lane.gateway.outbox.push(say.stored(lane.ecg.id, epoch, until))
            for viewer in lane.viewers:
                viewer.release(now_ns)
            if not lane.is_lost and lane.is_missed(now_ns):
                lane.is_lost = True
                for viewer in lane.viewers:
                    viewer.outbox.push(_lost(lane))
            if is_second:
                self._tell_inventory(lane)
                for person in lane.standing.take_gone(now_ns):
                    _tell(lane, {"type": "pointed", "by": person, "name": "", "show": "nothing"})
                for viewer in lane.viewers:
                    viewer.tick_second()
                self._let_go(lane, now_ns)
        if is_second:
            for gateway in self._sockets:
                self._tell_heard(gateway)
                if now_ns - gateway.heard_ns > SILENCE_NS:
                    gateway.outbox.end(GOING_AWAY)

    def _tell_inventory(self, lane: Lane) -> None:
        if lane.viewers and lane.told_version != lane.stream.version:
            lane.told_version = lane.stream.version
            _tell(lane, {"type": "have", "have": lane.stream.shown()})

    def _let_go(self, lane: Lane, now_ns: int) -> None:
        if not lane.is_idle or self._is_closed:
            lane.idle_since_ns = now_ns
        elif now_ns - lane.idle_since_ns > IDLE_NS:
            self._forget(lane)

    def _forget(self, lane: Lane) -> None:
        del self._lanes[lane.ecg.id]
        # Whoever opens it anew waits for this: what still waits for the disk is written before it is closed.
        self._shutting[lane.ecg.id] = asyncio.create_task(self._shut(lane.ecg))

    async def _shut(self, ecg: Ecg) -> None:
        try:
            await self.disk.shut(ecg.id)
        except OSError as error:
            self.counts.disk_failures += 1
            _log.error("ecg_not_closed", ecg=ecg.id, error=type(error).__name__)
        else:
            await self.seal(ecg)
        finally:
            del self._shutting[ecg.id]

    async def seal(self, ecg: Ecg) -> None:
        """Signs what there is of an ECG whose log is closed, where nothing more will come of it."""
        if self._sealer is not None:
            await self._sealer.seal(ecg, self.disk.folder(ecg.id))

    def _receive_written(self, written: Sequence[Written]) -> None:
        touched: set[EcgId] = set()
        for ecg, epoch, start, end in written:
            lane = self._lanes.get(ecg)
            if lane is not None:
                lane.stream.receive_stored(epoch, start, end)
                touched.add(ecg)
        for ecg in touched:
            lane = self._lanes[ecg]
            if lane.stream.is_complete != lane.ecg.is_complete:
                self._mark_due(lane)

    def _receive_failed(self, ecg: EcgId) -> None:
        """The disk has refused frames: what of them is there is read anew when the gateway comes back."""
        self.counts.disk_failures += 1
        _log.error("ecg_not_stored", ecg=ecg)
        lane = self._lanes.get(ecg)
        if lane is None:
            return
        for each in (lane.gateway, *lane.viewers):
            if each is not None:
                each.outbox.end(TRY_AGAIN)
        self._forget(lane)

    def _mark_due(self, lane: Lane) -> None:
        lane.is_due = True
        self._is_due.set()

    async def _settle_on(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            if not await self.settle_all():
                await asyncio.sleep(RETRY_S)
                self._is_due.set()

    async def settle_all(self) -> bool:
        """Brings rows and ledger up to what has come; returns whether the store has taken everything."""
        is_done = True
        for lane in [lane for lane in self._lanes.values() if lane.is_due]:
            is_done &= await self._settle(lane)
        return is_done

    async def _settle(self, lane: Lane) -> bool:
        before = lane.ecg
        lane.is_due = False
        progress = lane.progress()
        is_safe = not progress.is_complete or before.is_complete or await self._is_synced(lane)
        if not is_safe:
            # Tried again; until then the row tells the rest.
            progress = replace(progress, is_complete=False)
        try:
            after = await self._store.write(lambda unit: settle(unit, before.id, progress))
        except StoreUnavailable:
            self.counts.put_off += 1
            lane.take_back(progress)
            return False
        except (RecordingError, SQLAlchemyError, ValueError, KeyError, TypeError) as error:
            # The fault of one keeps no other from going on. Its news is not tried again, nor in a circle: its
            # row follows with whatever comes of it next.
            self.counts.failed += 1
            _log.error("ecg_not_settled", ecg=before.id, error=type(error).__name__)
            return True
        if after is None:
            return True
        lane.ecg = after
        if _standing(after) != _standing(before):
            with contextlib.suppress(StoreUnavailable):
                await self._tell_state(lane)
        lane.is_due = lane.is_due or not is_safe
        return is_safe

    async def _is_synced(self, lane: Lane) -> bool:
        """Whether what is written is on the platter: a power cut takes what is not. While the row does not
        say complete, the gateway, which keeps everything for a day, is asked for it again.
        """
        try:
            await self.disk.sync(lane.ecg.id)
        except OSError as error:
            self.counts.disk_failures += 1
            _log.error("ecg_not_synced", ecg=lane.ecg.id, error=type(error).__name__)
            return False
        return True

    async def _tell_state(self, lane: Lane) -> None:
        viewers = list(lane.viewers)
        if not viewers:
            return
        ecg = self._with_progress(lane.ecg, lane)

        async def work(connection: AsyncConnection) -> list[Any]:
            return [(await views_of(connection, [ecg], viewer.caller))[0] for viewer in viewers]

        for viewer, view in zip(viewers, await self._store.read(work), strict=True):
            viewer.outbox.push(json.dumps({"type": "state", **view.model_dump()}, ensure_ascii=False))

    async def close(self) -> None:
        """Ends all sockets, writes what waits, settles once, seals what is whole. Twice is harmless."""
        self._is_closed = True
        for each in self._everybody():
            each.outbox.end(GOING_AWAY)
        await self.disk.flush()
        await self.settle_all()
        await asyncio.gather(*self._shutting.values())
        await self.disk.close()
        for lane in tuple(self._lanes.values()):
            await self.seal(lane.ecg)

    def stats(self) -> Mapping[str, int]:
        """Returns counters for /metrics."""
        return {
            "gateways": len(self._gateways),
            "lanes": len(self._lanes),
            "viewers": self._viewer_count(),
            "disk_queued_bytes": self.disk.queued_bytes,
            **asdict(self.counts),
            **self._keys.stats(),
            **{f"disk_{name}": count for name, count in asdict(self.disk.counts).items()},
        }

    # ---- inside -----------------------------------------------------------------------------------------

    async def _lane(self, name: EcgId) -> Lane | None:
        """Returns the lane of an ECG, opened where it is not; None where there is no such ECG. Raises
        StoreUnavailable, OSError.
        """
        opening = self._opening.setdefault(name, asyncio.Lock())
        async with opening:
            lane = self._lanes.get(name)
            if lane is not None:
                return lane
            if self._is_closed:
                raise StoreUnavailable("unavailable")
            if len(self._lanes) >= MAX_LANES:
                raise StoreUnavailable("connections_full")
            if name in self._shutting:
                await asyncio.wait([self._shutting[name]])
            ecg = await self._store.read(lambda connection: find_ecg(connection, name))
            if ecg is None:
                return None
            lane = lane_of(ecg, await self.disk.open(ecg.id))
            lane.idle_since_ns = self._clock.monotonic_ns()
            lane.frame_ns = lane.idle_since_ns
            self._lanes[ecg.id] = lane
            if lane.stream.is_complete != ecg.is_complete:
                self._mark_due(lane)
            return lane

    def _viewer_count(self) -> int:
        return sum(len(lane.viewers) for lane in self._lanes.values())

    def _wall_us(self) -> int:
        return self._clock.wall_ns() // _NS_PER_US

    def _wall_ms(self) -> int:
        return self._clock.wall_ns() // _NS_PER_MS

    def _with_progress(self, ecg: Ecg, lane: Lane) -> Ecg:
        stream = lane.stream
        return replace(
            ecg,
            descriptor=ecg.descriptor or lane.ecg.descriptor,
            source=ecg.source or lane.ecg.source,
            extents=stream.extents(),
            missing_ms=stream.missing_ms,
            gap_count=stream.gap_count,
            late_ms=stream.late_ms,
            missing=stream.missing(),
            heard_at_ms=max(lane.heard_ms, self._began_ms) if lane.gateway is None else self._wall_ms(),
        )


def _standing(ecg: Ecg) -> tuple[object, ...]:
    return ecg.state, ecg.is_complete, ecg.given_up


def _latest(lane: Lane) -> list[tuple[int, int, int]]:
    """Returns epoch, start and end of what is shown at once, the newest first."""
    left = SHOWN_AT_ONCE_S * lane.stream.rate_hz
    found = []
    for extent in reversed(lane.stream.extents()):
        if left <= 0:
            break
        start = max(extent.first, extent.end - left)
        found.append((extent.epoch, start, extent.end))
        left -= extent.end - start
    return found


def _is_declared(declared: Declared, envelopes: Iterable[Envelope]) -> bool:
    return all(
        any(
            span.start <= each.first_sample and each.end_sample <= span.end
            for span in declared.get(each.epoch, ())
        )
        for each in envelopes
    )


def _is_same_device(known: Descriptor, told: Descriptor) -> bool:
    return (known.rate_hz, known.resolution_nv, known.leads, known.source) == (
        told.rate_hz,
        told.resolution_nv,
        told.leads,
        told.source,
    )


def _tell(lane: Lane, message: Mapping[str, Any]) -> None:
    if lane.viewers:
        text = json.dumps(message, ensure_ascii=False)
        for viewer in lane.viewers:
            viewer.outbox.push(text)


def _tell_all(gateway: Gateway, texts: Iterable[str]) -> None:
    for text in texts:
        gateway.outbox.push(text)


def _lost(lane: Lane) -> str:
    # What was shown last may have come beside the truth lane.
    after_us = max(0, lane.ahead_ns - lane.frame_ns) // _NS_PER_US
    return json.dumps({"type": "lost", "since_us": lane.frame_us + after_us})
