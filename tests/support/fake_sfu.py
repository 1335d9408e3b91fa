"""A media plane without media: connections that read one word a line instead of SDP, tracks that are numbers.

An offer is lines of ``send KIND CID [RIDS]`` or ``recv KIND``; the answer repeats what became of each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from media_server.errors import SDP_MALFORMED, MisuseError, SdpRefused
from media_server.ids import PeerNumber, TrackNumber, TrackSid
from media_server.plans import (
    Answer,
    ChannelKind,
    ConnectionListener,
    MediaKind,
    Offer,
    PublishedMedia,
    SubscriptionPlan,
)
from media_server.ports import OutputClock, SecurePort


class FakeConnection:
    """Keeps what it was told; ``offers`` as in Sfu.open_connection."""

    def __init__(self, peer: PeerNumber, listener: ConnectionListener, *, offers: bool) -> None:
        self.peer = peer
        self.listener = listener
        self.offers = offers
        self.is_connected = False
        self.is_closed = False
        self.subscriptions: dict[TrackSid, SubscriptionPlan] = {}
        self.placed: dict[str, TrackSid] = {}
        self.layers: dict[TrackSid, tuple[str | None, bool]] = {}
        self.precedence: dict[TrackSid, tuple[int, int]] = {}
        self.sent: list[tuple[ChannelKind, bytes]] = []
        self.takes_data = True
        self.ice_restarts = 0
        self.is_answer_due = False
        self._sections: dict[str, TrackSid] = {}

    def receive_offer(self, sdp: str) -> Answer:
        """Plans new ``send`` lines, ends those that are gone, places subscriptions into ``recv`` lines."""
        if self.offers or self.is_closed:
            raise MisuseError("this side offers")
        lines = [line.split() for line in sdp.splitlines()]
        if not lines or lines[0] != ["v=0"]:
            raise SdpRefused(SDP_MALFORMED)
        sending = {line[2]: line for line in lines[1:] if line[0] == "send"}
        for cid in [cid for cid in self._sections if cid not in sending]:
            self.listener.publication_ended(self._sections.pop(cid))
        for mid, line in enumerate(lines[1:]):
            if line[0] == "send" and line[2] not in self._sections:
                self._publish(str(mid), line)
        free: dict[str, list[str]] = {"audio": [], "video": []}
        self.placed = {}
        for mid, line in enumerate(lines[1:]):
            if line[0] == "recv":
                free[line[1]].append(str(mid))
        for plan in self.subscriptions.values():
            if free[plan.kind]:
                self.placed[free[plan.kind].pop(0)] = plan.track_sid
        return Answer("v=0\nanswer", dict(self.placed))

    def _publish(self, mid: str, line: list[str]) -> None:
        kind: MediaKind = "audio" if line[1] == "audio" else "video"
        plan = self.listener.plan_publication(kind, line[2])
        if plan is None:
            return
        self._sections[line[2]] = plan.track_sid
        rids = tuple(line[3].split(",")) if len(line) > 3 else ()
        codec = "audio/opus" if kind == "audio" else "video/VP8"
        self.listener.publication_started(PublishedMedia(plan.track_sid, plan.track, mid, kind, codec, rids))

    def next_offer(self) -> Offer:
        """Offers one section for each subscription."""
        if not self.offers or self.is_answer_due or self.is_closed:
            raise MisuseError("no offer now")
        self.is_answer_due = True
        self.placed = {str(mid): sid for mid, sid in enumerate(self.subscriptions)}
        return Offer("v=0\noffer", dict(self.placed))

    def receive_answer(self, sdp: str) -> None:
        """Takes anything that begins like SDP."""
        if not self.is_answer_due or not sdp.startswith("v=0"):
            raise SdpRefused(SDP_MALFORMED)
        self.is_answer_due = False

    def restart_ice(self) -> None:
        """Counts."""
        self.ice_restarts += 1

    def subscribe(self, plan: SubscriptionPlan) -> None:
        """Keeps the plan."""
        if plan.track_sid in self.subscriptions or self.is_closed:
            raise MisuseError("already subscribed")
        self.subscriptions[plan.track_sid] = plan

    def unsubscribe(self, track_sid: TrackSid) -> None:
        """Forgets the plan."""
        self.subscriptions.pop(track_sid, None)

    def _unplaced(self) -> list[SubscriptionPlan]:
        return [plan for sid, plan in self.subscriptions.items() if sid not in self.placed.values()]

    def missing_sections(self) -> tuple[int, int]:
        """Counts what has no place."""
        kinds = [plan.kind for plan in self._unplaced()]
        return kinds.count("audio"), kinds.count("video")

    @property
    def has_unplaced_subscriptions(self) -> bool:
        """Whether something has no place."""
        return bool(self._unplaced())

    def select_layer(
        self,
        track_sid: TrackSid,
        layer: str | None,
        *,
        is_paused: bool = False,
        priority: int = 0,
        max_fps: int = 0,
    ) -> None:
        """Keeps the choice."""
        self.layers[track_sid] = (layer, is_paused)
        self.precedence[track_sid] = (priority, max_fps)

    def mid_to_track(self) -> dict[str, TrackSid]:
        """Returns what is placed."""
        return dict(self.placed)

    def send_data(self, kind: ChannelKind, payload: bytes) -> bool:
        """Keeps the message."""
        if self.takes_data:
            self.sent.append((kind, payload))
        return self.takes_data

    async def close(self) -> None:
        """Keeps that."""
        self.is_closed = True

    # ---- what a test makes happen --------------------------------------------------------------------

    def connect(self) -> None:
        """Brings media up."""
        self.is_connected = True
        self.listener.connected()


class FakeTap:
    """A tap that gives nothing."""

    def __init__(self) -> None:
        self.is_closed = False

    def read(self, max_records: int) -> Sequence[Any]:
        """Nothing."""
        return []

    def close(self) -> None:
        """Keeps that."""
        self.is_closed = True


class FakeSfu:
    """Implements signaling.ports.MediaPlane."""

    def __init__(self) -> None:
        self.connections: list[FakeConnection] = []
        self.companies: list[str] = []
        self.ended: list[TrackNumber] = []
        self.keyframes: list[TrackNumber] = []
        self.taps: dict[TrackNumber, FakeTap] = {}
        self.counters: dict[str, Any] = {
            "counters": {"packets_in": 0},
            "peers": {},
            "tracks": {},
            "outputs": {},
        }
        self.clocks: list[OutputClock] = []
        self.heard_ms_ago: dict[int, int] = {}
        self.tell_levels: Callable[[list[tuple[TrackNumber, int]]], None] = lambda levels: None
        self._next_track = 1

    async def start(self) -> None:
        """Nothing to start."""

    async def close(self) -> None:
        """Nothing to end."""

    def open_secure_port(self, secure: SecurePort) -> int:
        """Opens none."""
        return secure.port

    def exchange_certificate(self, *, certificate: bytes, private_key: bytes) -> None:
        """Shows none."""

    def allocate_track(self) -> TrackNumber:
        """1, 2, 3 …"""
        number = TrackNumber(self._next_track)
        self._next_track += 1
        return number

    def open_connection(self, listener: ConnectionListener, *, offers: bool, company: str) -> FakeConnection:
        """Keeps the connection for the test."""
        self.companies.append(company)
        connection = FakeConnection(PeerNumber(len(self.connections) + 1), listener, offers=offers)
        self.connections.append(connection)
        return connection

    def end_track(self, track: TrackNumber) -> None:
        """Keeps that."""
        self.ended.append(track)

    def request_keyframe(self, track: TrackNumber) -> None:
        """Keeps that."""
        self.keyframes.append(track)

    def open_tap(self, track: TrackNumber) -> FakeTap:
        """Keeps the tap for the test."""
        self.taps[track] = FakeTap()
        return self.taps[track]

    def stats(self) -> dict[str, Any]:
        """What the test has put there."""
        return self.counters

    def last_heard_ms_ago(self, peers: Sequence[int]) -> dict[int, int]:
        """What the test has put there of these peers."""
        return {peer: self.heard_ms_ago[peer] for peer in peers if peer in self.heard_ms_ago}

    def output_clocks(self, peers: Sequence[int]) -> list[OutputClock]:
        """What the test has put there of these peers."""
        return [clock for clock in self.clocks if clock.peer in peers]

    def on_audio_levels(self, callback: Callable[[list[tuple[TrackNumber, int]]], None]) -> None:
        """Keeps the callback for the test."""
        self.tell_levels = callback
