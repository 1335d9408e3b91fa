"""What the layers above ask of a connection, and what a connection tells them.

Everything here is called on the event loop's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from media_server.ids import ParticipantSid, PeerNumber, TrackNumber, TrackSid
from media_server.ports import MediaKind as MediaKind


class ChannelKind(Enum):
    """The two data channels of a LiveKit connection; the value is the channel's label."""

    RELIABLE = "_reliable"
    LOSSY = "_lossy"


class DisconnectReason(Enum):
    """Why a connection ended by itself."""

    HANDSHAKE_FAILED = "handshake_failed"
    """DTLS did not come up: no common cipher, broken records, or not in time."""
    FINGERPRINT_MISMATCH = "fingerprint_mismatch"
    """The certificate is not the one that the session description named."""
    CLOSED_BY_PEER = "closed_by_peer"
    """The peer closed DTLS."""
    FAULT = "fault"
    """Our own fault: the DTLS pump ended on an unexpected error."""


@dataclass(frozen=True, slots=True)
class PublicationPlan:
    """The track that a newly offered sending section belongs to.

    ``preferred_codec`` ("VP8", "H264", "opus") is put first in the answer; libwebrtc sends the first one.
    ``is_red_disabled``: its sound comes without copies of what went before (RFC 2198).
    """

    track_sid: TrackSid
    track: TrackNumber
    preferred_codec: str | None = None
    is_red_disabled: bool = False


@dataclass(frozen=True, slots=True)
class PublishedMedia:
    """A publication as it was negotiated.

    ``codec`` is the MIME type of the first answered codec, for example "video/VP8"; ``rids`` are the
    simulcast layers in the order of the offer, empty without simulcast.
    """

    track_sid: TrackSid
    track: TrackNumber
    mid: str
    kind: MediaKind
    codec: str
    rids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """A track that the peer shall receive; both sids go into ``a=msid:<participant>|<track> <track>``."""

    participant_sid: ParticipantSid
    track_sid: TrackSid
    track: TrackNumber
    kind: MediaKind


@dataclass(frozen=True, slots=True)
class Answer:
    """Our answer, and the complete map of its sections that carry subscriptions."""

    sdp: str
    mid_to_track: dict[str, TrackSid]


@dataclass(frozen=True, slots=True)
class Offer:
    """Our offer, and the complete map of its sections that carry subscriptions."""

    sdp: str
    mid_to_track: dict[str, TrackSid]


class ConnectionListener(Protocol):
    """Who owns a connection and hears of it. No method may raise."""

    def plan_publication(self, kind: MediaKind, msid_track_id: str) -> PublicationPlan | None:
        """Called while an offer is answered, once for each new sending section, in the order of the sections.

        ``msid_track_id`` is the MediaStreamTrack id from ``a=msid``, "" where there is none.
        None: the section is answered ``inactive`` (and asked for again with the next offer).
        """

    def publication_started(self, media: PublishedMedia) -> None:
        """The section is answered and the core takes its packets. Called before ``receive_offer`` returns."""

    def publication_ended(self, track_sid: TrackSid) -> None:
        """A later offer stopped the section: the track has ended in the core, with its outputs and taps."""

    def connected(self) -> None:
        """The DTLS handshake is done: media flows."""

    def data_received(self, kind: ChannelKind, payload: bytes) -> None:
        """One whole message of a data channel, at most 64 kB."""

    def disconnected(self, reason: DisconnectReason) -> None:
        """DTLS failed or was closed by the peer; called at most once, never after ``close``."""

    def silent(self, silent_ms: int) -> None:
        """Nothing authentic has come from the peer for so long; called once until ``heard``."""

    def heard(self) -> None:
        """A silent peer is heard again."""

    def stream_state_changed(
        self, participant_sid: ParticipantSid, track_sid: TrackSid, *, is_paused: bool
    ) -> None:
        """The link to the peer carries a subscribed picture no longer, or carries it again."""


class MediaConnection(Protocol):
    """One ICE and DTLS association with its sections, data channels and numbers in the core.

    ``media_server.connection.Connection`` is the one real implementation.
    """

    @property
    def peer(self) -> PeerNumber:
        """The number of this association in the core."""

    @property
    def is_connected(self) -> bool:
        """Whether the DTLS handshake is done and the connection is not closed."""

    def receive_offer(self, sdp: str) -> Answer:
        """Answers the peer's offer and brings the core in step with it.

        Calls ``plan_publication``, then ``publication_ended`` and ``publication_started`` of the listener.
        A remote ufrag other than before is an ICE restart: the answer carries fresh credentials.

        Raises:
            SdpRefused: the offer is too large, malformed or unacceptable; nothing was changed.
            MisuseError: the connection makes the offers itself, or is closed.
        """

    def next_offer(self) -> Offer:
        """Returns our next offer, all subscriptions placed. One at a time: it is answered before the next.

        Raises:
            MisuseError: the peer makes the offers, an answer is still due, or the connection is closed.
        """

    def receive_answer(self, sdp: str) -> None:
        """Takes the answer to the last offer.

        Raises:
            SdpRefused: the answer is unacceptable, or no offer is open; nothing was changed.
        """

    def restart_ice(self) -> None:
        """The next offer carries fresh ICE credentials; those before stay valid until the restart after."""

    def subscribe(self, plan: SubscriptionPlan) -> None:
        """Wants a track. It is placed in a section by the next answer or offer.

        Raises:
            MisuseError: the track is already subscribed, or the connection is closed.
        """

    def unsubscribe(self, track_sid: TrackSid) -> None:
        """Stops sending a track at once; its section becomes inactive with the next answer or offer.

        Harmless for a track that is not subscribed.
        """

    def missing_sections(self) -> tuple[int, int]:
        """Returns how many more (audio, video) recvonly sections are needed for what is not placed."""

    @property
    def has_unplaced_subscriptions(self) -> bool:
        """Whether some subscription waits for the next answer or offer, even if its section exists."""

    def select_layer(
        self,
        track_sid: TrackSid,
        layer: str | None,
        *,
        is_paused: bool = False,
        priority: int = 0,
        max_fps: int = 0,
    ) -> None:
        """Chooses the RID (None: the best) of a subscription, or pauses it. Kept until it is placed.

        A higher ``priority`` is served first where the link is tight; ``max_fps`` frames a second suffice
        (0: all).
        Harmless for a track that is not subscribed.
        """

    def mid_to_track(self) -> dict[str, TrackSid]:
        """Returns the section (mid) of every placed subscription."""

    def send_data(self, kind: ChannelKind, payload: bytes) -> bool:
        """Queues one message. False: not sent (channel not open, its buffer full, or over 64 kB)."""

    async def close(self) -> None:
        """Ends the association, here and in the core. The listener hears nothing more. Twice is harmless."""
