"""The driver of one connection: joins sections, DTLS, SCTP and the core, and decides nothing itself.

Everything here runs on the loop thread. The connection owns one task, which runs the handshake and then
starts the data channels; aiortc's pump is owned by the DTLS transport and ends with it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Final

import structlog

from media_server.answering import AnsweringSections
from media_server.certificate import Certificate
from media_server.counters import ControlCounters
from media_server.datachannels import DataChannels
from media_server.datagram_feed import DatagramFeed
from media_server.dtls import DtlsTransport
from media_server.errors import (
    SDP_DTLS_ROLE,
    SDP_FINGERPRINT_CHANGED,
    SDP_UNEXPECTED,
    MisuseError,
    SdpRefused,
)
from media_server.handshake_gate import HandshakeGate
from media_server.ids import OutputNumber, PeerNumber, TrackSid
from media_server.offering import OfferingSections
from media_server.outputs import Selection
from media_server.plans import (
    Answer,
    ChannelKind,
    ConnectionListener,
    DisconnectReason,
    MediaConnection,
    MediaKind,
    Offer,
    PublicationPlan,
    PublishedMedia,
    SubscriptionPlan,
)
from media_server.ports import MediaCore, RouteChange, SrtpProfileName
from media_server.sdp.description import RemoteDescription, RemoteTransport
from media_server.sdp.negotiate import LocalSection
from media_server.sdp.parse import parse_description
from media_server.sdp.write import LocalTransport, Origin, write_description
from media_server.tracks import LiveTracks

__all__ = [
    "Answer",
    "ChannelKind",
    "Connection",
    "ConnectionListener",
    "ConnectionParts",
    "DisconnectReason",
    "MediaConnection",
    "MediaKind",
    "Offer",
    "PublicationPlan",
    "PublishedMedia",
    "SubscriptionPlan",
]

HANDSHAKE_DEADLINE_S: Final = 30.0
"""A peer on the worst link we promise (30 % loss) is through in 10 s; OpenSSL gives up after minutes."""

_OFFERED_SETUP: Final = frozenset({"actpass", "active"})
_ANSWERED_SETUP: Final = frozenset({"active"})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ConnectionParts:
    """What all connections of a server share."""

    core: MediaCore
    tracks: LiveTracks
    gate: HandshakeGate
    counters: ControlCounters
    candidates: tuple[tuple[str, int], ...]
    stream_candidates: tuple[tuple[str, int], ...]
    next_output: Callable[[], OutputNumber]
    forget: Callable[[PeerNumber], None]


class Connection:
    """See ``plans.MediaConnection``, which this implements; made by ``Sfu.open_connection``."""

    def __init__(
        self,
        parts: ConnectionParts,
        peer: PeerNumber,
        listener: ConnectionListener,
        certificate: Certificate,
        *,
        offers: bool,
    ) -> None:
        self._parts = parts
        self._core = parts.core
        self._peer = peer
        self._listener = listener
        self._certificate = certificate
        self._ssrcs: set[int] = set()
        self._sections = OfferingSections(peer, self) if offers else AnsweringSections(peer, self)
        self._feed = DatagramFeed(parts.core, peer, parts.counters)
        self._dtls = DtlsTransport(self._feed, certificate, parts.counters, keys_ready=self._keys_ready)
        self._dtls.on("statechange", self._dtls_changed)
        self._channels = DataChannels(
            self._dtls, parts.counters, is_opener=offers, data_received=self._data_received
        )
        self._session_id = secrets.randbits(62)
        self._version = 0
        self._ufrag, self._password = _new_credentials()
        self._remote: RemoteDescription | None = None
        self._is_offer_open = False
        self._task: asyncio.Task[None] | None = None
        self._is_connected = False
        self._is_over = False
        self._is_closed = False
        self._core.open_peer(peer=peer, ufrag=self._ufrag, password=self._password)
        parts.tracks.watch(self._sections.track_ended)
        parts.counters.connections_opened += 1

    # ---- session descriptions

    @property
    def peer(self) -> PeerNumber:
        """See ``MediaConnection``."""
        return self._peer

    @property
    def is_connected(self) -> bool:
        """See ``MediaConnection``."""
        return self._is_connected and not self._is_over

    def receive_offer(self, sdp: str) -> Answer:
        """See ``MediaConnection``."""
        sections = self._sections
        if not isinstance(sections, AnsweringSections) or self._is_closed:
            raise MisuseError("receive_offer: we make the offers here, or the connection is closed")
        offer = self._parsed(sdp, _OFFERED_SETUP)
        with _Counting(self._parts.counters):
            step = sections.receive_offer(
                offer,
                plan_publication=self._listener.plan_publication,
                is_live=self._parts.tracks.is_live,
            )
        if self._remote is not None and self._remote.transport.ufrag != offer.transport.ufrag:
            # RFC 8445 §9: a new remote ufrag is an ICE restart.
            self._renew_credentials()
        self._take_remote(offer)
        self._apply(step.changes)
        for _track_sid, track in step.ended:
            self._parts.tracks.end(track)
        for media in step.started:
            self._parts.tracks.begin(media.track)
        # Written before the listener hears of it: what it then changes belongs to the next round.
        answer = Answer(self._written(step.sections, "server"), self.mid_to_track())
        for track_sid, _track in step.ended:
            self._listener.publication_ended(track_sid)
        for media in step.started:
            self._listener.publication_started(media)
        return answer

    def next_offer(self) -> Offer:
        """See ``MediaConnection``."""
        sections = self._sections
        if not isinstance(sections, OfferingSections) or self._is_offer_open or self._is_closed:
            raise MisuseError("next_offer: the peer makes the offers, an answer is due, or closed")
        self._is_offer_open = True
        written = self._written(sections.next_offer(self._parts.tracks.is_live), "auto")
        return Offer(written, self.mid_to_track())

    def receive_answer(self, sdp: str) -> None:
        """See ``MediaConnection``."""
        sections = self._sections
        if not isinstance(sections, OfferingSections) or self._is_closed:
            raise MisuseError("receive_answer: the peer makes the offers here, or the connection is closed")
        with _Counting(self._parts.counters):
            if not self._is_offer_open:
                raise SdpRefused(SDP_UNEXPECTED)
        answer = self._parsed(sdp, _ANSWERED_SETUP)
        with _Counting(self._parts.counters):
            changes = sections.receive_answer(answer)
        self._is_offer_open = False
        self._take_remote(answer)
        self._apply(changes)

    def restart_ice(self) -> None:
        """See ``MediaConnection``."""
        if not self._is_closed:
            self._renew_credentials()

    # ---- subscriptions

    def subscribe(self, plan: SubscriptionPlan) -> None:
        """See ``MediaConnection``."""
        if self._is_closed:
            raise MisuseError("subscribe: the connection is closed")
        self._sections.subscribe(plan)

    def unsubscribe(self, track_sid: TrackSid) -> None:
        """See ``MediaConnection``."""
        self._apply(self._sections.unsubscribe(track_sid))

    def missing_sections(self) -> tuple[int, int]:
        """See ``MediaConnection``."""
        sections, is_live = self._sections, self._parts.tracks.is_live
        if not isinstance(sections, AnsweringSections):
            return 0, 0
        return sections.missing_sections("audio", is_live), sections.missing_sections("video", is_live)

    @property
    def has_unplaced_subscriptions(self) -> bool:
        """See ``MediaConnection``."""
        outputs, is_live = self._sections.outputs, self._parts.tracks.is_live
        return bool(outputs.unplaced("audio", is_live) or outputs.unplaced("video", is_live))

    def select_layer(
        self,
        track_sid: TrackSid,
        layer: str | None,
        *,
        is_paused: bool = False,
        priority: int = 0,
        max_fps: int = 0,
    ) -> None:
        """See ``MediaConnection``."""
        selection = Selection(layer=layer, is_paused=is_paused, priority=priority, max_fps=max_fps)
        self._apply(self._sections.outputs.select_layer(track_sid, selection))

    def mid_to_track(self) -> dict[str, TrackSid]:
        """See ``MediaConnection``."""
        return self._sections.outputs.mid_to_track()

    # ---- data

    def send_data(self, kind: ChannelKind, payload: bytes) -> bool:
        """See ``MediaConnection``."""
        return self._channels.send(kind, payload)

    def _data_received(self, kind: ChannelKind, payload: bytes) -> None:
        if not self._is_over:
            self._listener.data_received(kind, payload)

    # ---- the numbers of this connection (outputs.Numbers)

    def next_output(self) -> OutputNumber:
        """Returns an output number that was never used."""
        return self._parts.next_output()

    def new_ssrc(self) -> int:
        """Returns a random synchronization source that this connection has not used."""
        while True:
            ssrc = secrets.randbits(32)
            if ssrc and ssrc not in self._ssrcs:
                self._ssrcs.add(ssrc)
                return ssrc

    # ---- what the core reports (called by Sfu)

    def receive_datagram(self, datagram: bytes) -> None:
        """Takes a DTLS datagram; the first one begins the handshake once the fingerprint is known."""
        self._feed.receive(datagram)
        self._begin_handshake()

    def silent(self, silent_ms: int) -> None:
        """The core hears nothing from the peer."""
        if not self._is_over:
            self._listener.silent(silent_ms)

    def heard(self) -> None:
        """The core hears the peer again."""
        if not self._is_over:
            self._listener.heard()

    def output_paused(self, output: OutputNumber, *, is_paused: bool) -> None:
        """The peer's link carries an output no longer, or carries it again."""
        subscription = self._sections.outputs.of_output(output)
        if subscription is not None and not self._is_over:
            plan = subscription.plan
            self._listener.stream_state_changed(plan.participant_sid, plan.track_sid, is_paused=is_paused)

    # ---- the end

    async def close(self) -> None:
        """See ``MediaConnection``."""
        if self._is_closed:
            return
        self._is_closed = self._is_over = True
        parts = self._parts
        parts.tracks.unwatch(self._sections.track_ended)
        sections = self._sections
        published = sections.published_tracks() if isinstance(sections, AnsweringSections) else []
        # aiortc's stop() leaves a pending start() running (seam.md 16): the task goes first.
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._channels.close()
        await self._dtls.close()
        self._core.close_peer(peer=self._peer)
        for track in published:
            parts.tracks.end(track)
        parts.counters.connections_closed += 1
        parts.forget(self._peer)

    # ---- inside

    def _parsed(self, sdp: str, setups: frozenset[str]) -> RemoteDescription:
        with _Counting(self._parts.counters):
            remote = parse_description(sdp)
            if remote.transport.setup not in setups:
                raise SdpRefused(SDP_DTLS_ROLE)
            known = self._remote
            if known is not None and set(known.transport.fingerprints) != set(remote.transport.fingerprints):
                # Another certificate is another association (RFC 8842 §5.5): that is a new connection here.
                raise SdpRefused(SDP_FINGERPRINT_CHANGED)
            return remote

    def _take_remote(self, remote: RemoteDescription) -> None:
        self._remote = remote
        self._begin_handshake()
        if self.is_connected and self._task is not None and self._task.done():
            # A data section may come with a later offer.
            self._task = asyncio.create_task(self._framed(self._run_channels()))

    def _renew_credentials(self) -> None:
        self._ufrag, self._password = _new_credentials()
        self._core.add_credentials(peer=self._peer, ufrag=self._ufrag, password=self._password)

    def _written(self, sections: tuple[LocalSection, ...], dtls_role: str) -> str:
        self._version += 1
        transport = LocalTransport(
            ufrag=self._ufrag,
            password=self._password,
            fingerprint=self._certificate.fingerprint,
            candidates=self._parts.candidates,
            stream_candidates=self._parts.stream_candidates,
            dtls_role=dtls_role,
        )
        return write_description(Origin(self._session_id, self._version), transport, sections)

    def _apply(self, changes: tuple[RouteChange, ...] | list[RouteChange]) -> None:
        if changes and not self._is_closed:
            self._core.apply(changes)

    def _begin_handshake(self) -> None:
        if self._task is None and self._remote is not None and self._feed.has_datagrams and not self._is_over:
            self._task = asyncio.create_task(self._framed(self._run(self._remote.transport)))

    async def _framed(self, work: Coroutine[None, None, None]) -> None:
        """The outermost frame of the connection's task."""
        try:
            await work
        except Exception as error:
            _log.error("connection_fault", peer=self._peer, error=type(error).__name__)
            self._end(DisconnectReason.FAULT)

    async def _run(self, transport: RemoteTransport) -> None:
        async with self._parts.gate.turn():
            try:
                async with asyncio.timeout(HANDSHAKE_DEADLINE_S):
                    is_up = await self._dtls.handshake(transport.fingerprints)
            except TimeoutError:
                is_up = False
        if not is_up:
            self._end(self._dtls.failure or DisconnectReason.HANDSHAKE_FAILED)
            return
        self._is_connected = True
        # The channels first: the peer's INIT may already wait.
        await self._run_channels()
        if self.is_connected:
            self._listener.connected()

    async def _run_channels(self) -> None:
        section = next((s for s in self._remote.sections if s.sctp_port), None) if self._remote else None
        if section is not None and section.sctp_port is not None:
            await self._channels.start(
                remote_port=section.sctp_port, max_message_bytes=section.max_message_bytes
            )

    def _keys_ready(self, profile: SrtpProfileName, receive: bytes, transmit: bytes) -> None:
        self._core.set_keys(peer=self._peer, profile=profile, receive=receive, transmit=transmit)

    def _dtls_changed(self) -> None:
        if self._dtls.state == "closed":
            self._end(DisconnectReason.CLOSED_BY_PEER)

    def _end(self, reason: DisconnectReason) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._feed.close()
        _log.info("connection_ended", peer=self._peer, reason=reason.value)
        self._listener.disconnected(reason)


class _Counting:
    """Counts the SdpRefused that passes through."""

    def __init__(self, counters: ControlCounters) -> None:
        self._counters = counters

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is not None and issubclass(kind, SdpRefused):
            self._counters.sdp_refused += 1


def _new_credentials() -> tuple[str, str]:
    """Returns a ufrag of 64 and a password of 192 random bits (RFC 8445 §5.3 asks for 24 and 128)."""
    return secrets.token_hex(8), secrets.token_hex(24)
