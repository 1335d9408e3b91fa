"""What gateways say and send: each frame checked by its envelope, shown to who watches and handed to the disk
in one go. Acknowledgements, inventories, the row and the ledger follow a little later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Final

from clinical.ids import EcgId
from media_server.ecg.descriptor import Descriptor
from media_server.ecg.errors import MalformedDescriptor, MalformedFrame
from media_server.ecg.frame import Envelope, cut_frame, read_envelope
from media_server.ecg.spans import Span
from signaling.ecg import uplink_messages as say
from signaling.ecg.datagram_intake import DatagramIntake
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecgs import Ecg, open_ecgs_of_device
from signaling.ecg.gateways import MAX_GATEWAYS, SILENCE_NS, Gateway, Gateways
from signaling.ecg.inventory import Declared
from signaling.ecg.lane import Lane
from signaling.ecg.lanes import Lanes
from signaling.ecg.outbox import GOING_AWAY, TRY_AGAIN
from signaling.ecg.showing import Showing
from signaling.ecg.stream import ClockJumped
from signaling.ecg.telling import tell
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
from signaling.ecg.vitals import vitals_to_lines
from signaling.store.store import StoreUnavailable

MAX_REFUSALS: Final = 1_000
"""On one connection; a gateway that goes on sending nonsense is sent away."""
NONSENSE: Final = 1008
_US_PER_MS: Final = 1_000


class Intake:
    """All gateways' connections."""

    def __init__(self, lanes: Lanes, showing: Showing, datagrams: DatagramIntake) -> None:
        self._lanes = lanes
        self._disk = lanes.disk
        self._counts = lanes.counts
        self._showing = showing
        self._datagrams = datagrams
        self._gateways = Gateways()
        self._sockets: set[Gateway] = set()

    def __len__(self) -> int:
        """How many have greeted."""
        return len(self._gateways)

    @property
    def sockets(self) -> Iterable[Gateway]:
        """Every connection, also of who has said nothing yet."""
        return self._sockets

    def find(self, device: str) -> Gateway | None:
        """Returns the connection of a gateway that has greeted."""
        return self._gateways.find(device)

    def push(self, device: str, word: str) -> None:
        """Says something to a gateway, where it is connected."""
        gateway = self._gateways.find(device)
        if gateway is not None:
            gateway.outbox.push(word)

    def tick_second(self, now_ns: int) -> None:
        """Tells gateways what of their datagrams came, and lets go who has not been heard for a while."""
        self._datagrams.tell_heard(self._sockets)
        for gateway in self._sockets:
            if now_ns - gateway.heard_ns > SILENCE_NS:
                gateway.outbox.end(GOING_AWAY)

    def may_connect(self) -> bool:
        """Returns whether one more gateway is heard."""
        return len(self._sockets) < MAX_GATEWAYS

    def connect(self, gateway: Gateway) -> None:
        """Takes a connection in that has said nothing yet."""
        gateway.heard_ns = self._lanes.clock.monotonic_ns()
        self._sockets.add(gateway)

    def disconnect(self, gateway: Gateway) -> None:
        """The connection is gone; what came by it is kept."""
        self._sockets.discard(gateway)
        self._gateways.remove(gateway)
        self._datagrams.end_key(gateway)
        for lane in self._lanes.all():
            if lane.gateway is gateway:
                lane.gateway = None
                lane.ahead.clear()
                lane.heard_ms = self._lanes.wall_ms()
                self._counts.gateways_lost += 1
                self._lanes.mark_due(lane)

    async def receive_text(self, gateway: Gateway, text: str) -> None:
        """Takes a message of a gateway; one that cannot be is refused, and nothing is changed by it."""
        came_us = self._lanes.wall_us()
        gateway.heard_ns = self._lanes.clock.monotonic_ns()
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
            self._counts.put_off += 1
            gateway.outbox.end(TRY_AGAIN)

    async def receive_frames(self, gateway: Gateway, content: bytes) -> None:
        """Takes frames of a gateway: passes the new ones on and hands them to the disk."""
        gateway.heard_ns = self._lanes.clock.monotonic_ns()
        await self._disk.room()
        found, refusal = gateway.uplink.read_frames(content)
        if refusal:
            self._refuse(gateway, refusal)
        fresh: dict[Lane, list[Envelope]] = {}
        for ecg, envelope in found:
            lane = self._lanes.find(ecg)
            code = "stream_unknown" if lane is None or lane.gateway is not gateway else ""
            code = code or lane.stream.refusal_of(envelope)  # type: ignore[union-attr]
            if code:
                self._refuse(gateway, code, ecg)
                continue
            assert lane is not None, "what is unknown was refused"
            added = lane.stream.receive_frame(envelope)
            if not added:
                self._counts.frames_known += 1
            elif added == (Span(envelope.first_sample, envelope.end_sample),):
                fresh.setdefault(lane, []).append(envelope)
            else:
                self._take_rest(gateway, lane, content[envelope.start : envelope.end], added)
        for lane, envelopes in fresh.items():
            is_whole = len(envelopes) == len(found)
            self._take(lane, content, envelopes, is_whole=is_whole and not refusal)

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
        self._counts.frames += len(envelopes)
        self._disk.put(lane.ecg.id, content, envelopes)
        lane.frame_ns, lane.frame_us = self._lanes.clock.monotonic_ns(), self._lanes.wall_us()
        lane.heard_ms = lane.frame_us // _US_PER_MS
        unseen = self._showing.unseen(lane, content, envelopes) if lane.ahead else envelopes
        is_whole = is_whole and len(unseen) == len(envelopes)
        self._showing.show(lane, content, unseen, lane.frame_ns, is_whole=is_whole)
        if lane.ecg.state is EcgState.WAITING:
            self._lanes.mark_due(lane)
        if lane.stream.declared is not None and not _is_declared(lane.stream.declared, envelopes):
            # There is more than was said: it has to stop, and to say again.
            lane.stream.declared = None
            self._lanes.mark_due(lane)
            if lane.gateway is not None:
                lane.gateway.outbox.push(say.stop(lane.ecg.id))
        for fact in lane.stream.next_facts():
            if not isinstance(fact, ClockJumped):
                lane.news.append(fact)
                self._lanes.mark_due(lane)
            elif lane.gateway is not None:
                lane.gateway.outbox.push(say.refused(lane.ecg.id, "clock_jumped"))

    async def _receive_said(self, gateway: Gateway, said: Said, came_us: int) -> None:
        match said:
            case Ping():
                gateway.offset_us = said.offset_us
                gateway.outbox.push(say.pong(said.t1_us, came_us, self._lanes.wall_us()))
            case Hello():
                await self._greet(gateway, said)
            case StreamNamed():
                await self._name_stream(gateway, said)
            case Ended():
                lane = await self._own_lane(gateway, said.ecg)
                if not lane.stream.may_declare(said.epochs):
                    raise UplinkRefused("message_malformed", said.ecg)
                lane.stream.declared = said.epochs
                lane.heard_ms = self._lanes.wall_ms()
                self._lanes.mark_due(lane)
            case VitalsTold():
                lane = await self._own_lane(gateway, said.ecg)
                self._counts.vitals += len(said.values)
                tell(lane, {"type": "vitals", "values": [asdict(each) for each in said.values]})
                await self._disk.keep_vitals(lane.ecg.id, vitals_to_lines(said.values))
            case SelfTested():
                gateway.selftest = said

    async def _greet(self, gateway: Gateway, said: Hello) -> None:
        gateway.model, gateway.descriptor = said.model, said.descriptor
        before = self._gateways.add(gateway)
        if before is not None:
            self._datagrams.end_key(before)
        gateway.outbox.push(say.welcome(self._lanes.wall_us()))
        self._datagrams.offer(gateway)
        asked = await self._lanes.store.read(
            lambda connection: open_ecgs_of_device(connection, gateway.device)
        )
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
        lane = None if ecg.extents else await self._lanes.open(ecg.id)
        if lane is None or lane.stream.extents():
            gateway.outbox.push(say.stop(ecg.id))
        else:
            lane.stream.declared = {}
            self._lanes.mark_due(lane)

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
        lane.heard_ms = self._lanes.wall_ms()
        lane.frame_ns = self._lanes.clock.monotonic_ns()
        gateway.descriptor = said.descriptor
        _tell_all(gateway, say.have(said.ecg, lane.stream.have()))

    async def _own_lane(self, gateway: Gateway, ecg: EcgId) -> Lane:
        """Returns the lane of an ECG that was asked of this gateway. Raises UplinkRefused, StoreUnavailable,
        OSError.
        """
        lane = await self._lanes.open(ecg)
        if lane is None or lane.ecg.institution != gateway.caller.institution:
            raise UplinkRefused("stream_unknown", ecg)
        if lane.ecg.device != gateway.device:
            raise UplinkRefused("second_device", ecg)
        return lane

    def _refuse(self, gateway: Gateway, code: str, ecg: str = "") -> None:
        self._counts.refused += 1
        gateway.refused += 1
        gateway.outbox.push(say.refused(ecg, code))
        if gateway.refused > MAX_REFUSALS:
            gateway.outbox.end(NONSENSE)


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


def _tell_all(gateway: Gateway, texts: Iterable[str]) -> None:
    for text in texts:
        gateway.outbox.push(text)
