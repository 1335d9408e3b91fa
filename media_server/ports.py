"""What media_server needs from the packet core, in words of its own: values down, values up, and the verbs.

The same words as in ``lianzhen_core.pyi``, which says what each of them means; ``native_core`` joins the
two. So everything above the seam is compared, printed and tested without the binary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from media_server.ids import OutputNumber, PeerNumber, TrackNumber

if TYPE_CHECKING:
    from lianzhen_core import TapClock, TapEnd, TapFrame, TapOverflow

    TapRecord: TypeAlias = TapFrame | TapClock | TapOverflow | TapEnd
    """What a tap delivers; readers know the fields (``recording.tap_records``)."""

MediaKind: TypeAlias = Literal["audio", "video"]
SrtpProfileName: TypeAlias = Literal["SRTP_AEAD_AES_128_GCM", "SRTP_AES128_CM_SHA1_80"]

# ---- route changes -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SetExtensions:
    """Header extension ids negotiated with a peer for its whole BUNDLE group; 0 means not negotiated."""

    peer: PeerNumber
    mid: int = 0
    rid: int = 0
    repaired_rid: int = 0
    audio_level: int = 0
    transport_cc: int = 0
    video_orientation: int = 0
    playout_delay: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InputCodec:
    """One payload type a publisher may send."""

    codec: str
    format: str
    payload_type: int
    rtx_payload_type: int | None = None
    red_payload_type: int | None = None
    has_nack: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddInput:
    """A published track: what ``peer`` sends in section ``mid``."""

    track: TrackNumber
    peer: PeerNumber
    mid: str
    kind: MediaKind
    clock_rate_hz: int
    codecs: tuple[InputCodec, ...]
    ssrcs: tuple[tuple[int, int | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveInput:
    """Ends a published track together with its outputs and taps."""

    track: TrackNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputCodec:
    """The payload types under which a subscriber accepts one format."""

    format: str
    payload_type: int
    rtx_payload_type: int | None = None
    red_payload_type: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOutput:
    """A subscription: ``track`` rewritten for ``peer``, in its section ``mid``."""

    output: OutputNumber
    track: TrackNumber
    peer: PeerNumber
    mid: str
    codecs: tuple[OutputCodec, ...]
    ssrc: int
    rtx_ssrc: int | None
    layer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveOutput:
    """Ends a subscription."""

    output: OutputNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectLayer:
    """Changes what a subscription wants."""

    output: OutputNumber
    layer: str | None
    is_paused: bool = False
    priority: int = 0
    max_fps: int = 0


RouteChange: TypeAlias = SetExtensions | AddInput | RemoveInput | AddOutput | RemoveOutput | SelectLayer

# ---- events ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DtlsDatagram:
    """A DTLS record datagram from a validated address of the peer."""

    peer: PeerNumber
    datagram: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSelected:
    """The peer has a validated address to send to: the first one, or a new one."""

    peer: PeerNumber
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSilent:
    """Nothing authenticated has come from the peer for ``silent_ms``."""

    peer: PeerNumber
    silent_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerHeard:
    """A silent peer is heard again."""

    peer: PeerNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSeen:
    """First packet of a layer (RID, or "" without simulcast) of a published track."""

    track: TrackNumber
    rid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioLevels:
    """Loudness of the audio tracks that sent lately: (track, level), 0 loudest to 127 silent (RFC 6464)."""

    levels: tuple[tuple[TrackNumber, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPaused:
    """The peer's link carries a picture no longer: it pauses."""

    peer: PeerNumber
    output: OutputNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamResumed:
    """A picture that the peer's link made pause goes on."""

    peer: PeerNumber
    output: OutputNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsLost:
    """The core's event queue was full: so many events were dropped."""

    count: int


Event: TypeAlias = (
    DtlsDatagram
    | PathSelected
    | PeerSilent
    | PeerHeard
    | LayerSeen
    | AudioLevels
    | StreamPaused
    | StreamResumed
    | EventsLost
)

# ---- clocks ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputClock:
    """A publisher's last sender report in the time line of what a subscriber receives of a track."""

    peer: PeerNumber
    track: TrackNumber
    rtp_timestamp: int
    """32 bits, as the subscriber's stream carries it."""
    ntp_ns: int
    """The publisher's clock then, nanoseconds since the Unix epoch."""
    arrival_ns: int
    """When the report arrived, on our monotonic clock."""
    clock_rate_hz: int


# ---- the core ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SecurePort:
    """A TLS port that HTTP, TURN and ICE over TCP share.

    ``certificate`` and ``private_key`` are PEM. HTTP is handed on to the Unix socket ``backend`` behind a
    PROXY header, version 2. Passwords of TURN follow from their names by ``turn_secret``; it relays to the
    media addresses of this server and to nothing else.
    """

    bind_address: str
    port: int
    certificate: bytes = field(repr=False)
    private_key: bytes = field(repr=False)
    backend: str
    turn_secret: bytes = field(repr=False)


class MediaCore(Protocol):
    """The verbs of the packet core. A broken contract raises ``media_server.errors.MisuseError``."""

    @property
    def port(self) -> int:
        """The bound UDP port."""

    @property
    def thread_id(self) -> int:
        """Its thread's number in the kernel."""

    def open_secure_port(self, secure: SecurePort, *, relay_to: Sequence[str]) -> int:
        """Opens a TLS port and returns its number; ``relay_to`` are "ip:port" or "[ip]:port". Raises OSError,
        and ValueError for a certificate and key that do not fit."""

    def exchange_certificate(self, *, certificate: bytes, private_key: bytes) -> None:
        """Shows those who connect to the TLS port from now on another certificate; ValueError where the two
        do not fit, and nothing has changed then."""

    def open_peer(self, *, peer: int, ufrag: str, password: str) -> None:
        """Accepts STUN checks for our ``ufrag``."""

    def add_credentials(self, *, peer: int, ufrag: str, password: str) -> None:
        """Adds the credentials of an ICE restart."""

    def close_peer(self, *, peer: int) -> None:
        """Forgets the peer with its inputs and outputs."""

    def set_keys(self, *, peer: int, profile: SrtpProfileName, receive: bytes, transmit: bytes) -> None:
        """SRTP master key and salt for each direction."""

    def send_datagram(self, *, peer: int, datagram: bytes) -> None:
        """Sends a DTLS datagram to the peer's selected address."""

    def apply(self, changes: Sequence[RouteChange]) -> None:
        """Applies all changes in order, or none of them."""

    def request_keyframe(self, *, track: int) -> None:
        """Asks the publisher for a key frame."""

    def tap(self, *, tap: int, track: int, layer: str | None = None) -> None:
        """Starts delivering whole frames of a track."""

    def untap(self, *, tap: int) -> None:
        """Ends a tap."""

    def read_batch(self, *, tap: int, max_records: int = 256) -> list[TapRecord]:
        """What a tap has collected since the last call; any thread may ask."""

    def event_fd(self) -> int:
        """A descriptor that polls readable while events wait."""

    def drain_events(self) -> list[Event]:
        """All waiting events, oldest first."""

    def stats(self) -> dict[str, Any]:
        """Counters since the start."""

    def last_heard_ms_ago(self, *, peers: Sequence[int]) -> dict[int, int]:
        """How long ago something authentic came from each of these peers; nothing of one never heard."""

    def output_clocks(self, *, peers: Sequence[int]) -> list[OutputClock]:
        """Which moment of its publisher's clock each output of these peers shows, where that is known."""

    def close(self) -> None:
        """Ends the core's thread and closes its socket. Twice is harmless."""
