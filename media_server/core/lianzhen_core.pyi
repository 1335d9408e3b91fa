"""The seam between Python and the packet core: the verbs that go down and the events that come up.

Numbers that name things (``peer``, ``track``, ``output``, ``tap``) are chosen by the caller, unique while in
use, and fit in 32 bits. Times are nanoseconds of ``CLOCK_MONOTONIC``, the clock of ``time.monotonic_ns()``.
Every verb releases the interpreter lock while it waits; none is called per packet.
"""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

SrtpProfile: TypeAlias = Literal["SRTP_AES128_CM_SHA1_80", "SRTP_AEAD_AES_128_GCM"]
MediaKind: TypeAlias = Literal["audio", "video"]

class MisuseError(Exception):
    """The caller broke the contract: an unknown number, a number used twice, a key of the wrong length. Our
    bug."""

# ---- route changes: what ``PacketCore.apply`` takes -------------------------------------------------------

class SetExtensions:
    """Header extension ids negotiated with a peer for its whole BUNDLE group; 0 means not negotiated."""
    def __init__(
        self,
        *,
        peer: int,
        mid: int = 0,
        rid: int = 0,
        repaired_rid: int = 0,
        audio_level: int = 0,
        transport_cc: int = 0,
        video_orientation: int = 0,
        playout_delay: int = 0,
    ) -> None: ...

class InputCodec:
    """One payload type a publisher may send. ``codec`` is "opus", "VP8" or "H264".

    ``format`` is the key by which outputs find their own payload type for the same bitstream, for example
    ``"H264/1/42e0"`` (packetisation mode, profile): any text, compared for equality.
    """
    def __init__(
        self,
        *,
        codec: str,
        format: str,
        payload_type: int,
        rtx_payload_type: int | None = None,
        red_payload_type: int | None = None,
        has_nack: bool = False,
    ) -> None: ...

class AddInput:
    """A published track: what ``peer`` sends in section ``mid``.

    ``ssrcs`` holds (ssrc, rtx ssrc or None) pairs announced in SDP; streams not announced are learned from
    MID and RID header extensions (RFC 8843 §9.2, RFC 8852).
    """
    def __init__(
        self,
        *,
        track: int,
        peer: int,
        mid: str,
        kind: MediaKind,
        clock_rate_hz: int,
        codecs: Sequence[InputCodec],
        ssrcs: Sequence[tuple[int, int | None]] = (),
    ) -> None: ...

class RemoveInput:
    """Ends a published track together with its outputs and taps.

    Removing or changing what has ended with its peer or track is no misuse, once.
    """
    def __init__(self, *, track: int) -> None: ...

class OutputCodec:
    """The payload types under which a subscriber accepts one format."""
    def __init__(
        self,
        *,
        format: str,
        payload_type: int,
        rtx_payload_type: int | None = None,
        red_payload_type: int | None = None,
    ) -> None: ...

class AddOutput:
    """A subscription: ``track`` rewritten for ``peer``, in its section ``mid``.

    ``layer`` is the wanted RID; where it is absent or silent the best layer below it, then the lowest above
    it, is sent. None means the best there is. Switches happen at key frames only.
    """
    def __init__(
        self,
        *,
        output: int,
        track: int,
        peer: int,
        mid: str,
        codecs: Sequence[OutputCodec],
        ssrc: int,
        rtx_ssrc: int | None,
        layer: str | None = None,
    ) -> None: ...

class RemoveOutput:
    """Ends a subscription."""
    def __init__(self, *, output: int) -> None: ...

class SelectLayer:
    """Changes what a subscription wants: another RID (None: the best), or nothing at all while paused.

    Where the subscriber's link is tight, a higher ``priority`` is served first. ``max_fps`` frames a second
    suffice; 0: as many as there are.
    """
    def __init__(
        self,
        *,
        output: int,
        layer: str | None,
        is_paused: bool = False,
        priority: int = 0,
        max_fps: int = 0,
    ) -> None: ...

RouteChange: TypeAlias = SetExtensions | AddInput | RemoveInput | AddOutput | RemoveOutput | SelectLayer

# ---- events: what ``PacketCore.drain_events`` returns -----------------------------------------------------

class DtlsDatagram:
    """A DTLS record datagram from an address that an authenticated STUN check of this peer has validated."""

    peer: int
    datagram: bytes

class PathSelected:
    """The peer has a validated address to send to: the first one, or a new one (``is_first`` tells)."""

    peer: int
    is_first: bool

class PeerSilent:
    """Nothing authenticated (STUN or SRTP) has come from the peer for ``silent_ms``; reported once until
    heard again."""

    peer: int
    silent_ms: int

class PeerHeard:
    """A silent peer is heard again."""

    peer: int

class LayerSeen:
    """First packet of a layer (RID, or "" without simulcast) of a published track."""

    track: int
    rid: str

class AudioLevels:
    """Smoothed loudness of the audio tracks that sent in the last 500 ms: (track, level), 0 loudest … 127
    silent (RFC 6464)."""

    levels: list[tuple[int, int]]

class StreamPaused:
    """The link of ``peer`` carries this picture no longer: it pauses so that voice and data do not suffer."""

    peer: int
    output: int

class StreamResumed:
    """A picture that the link of ``peer`` made pause goes on, from its next key frame."""

    peer: int
    output: int

class EventsLost:
    """The event queue was full: so many events were dropped (DTLS datagrams before anything else)."""

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

# ---- taps: whole frames for the recorder ------------------------------------------------------------------

class TapFrame:
    """One whole encoded frame, in decoding order.

    ``rtp_timestamp`` is unwrapped to 64 bits and continuous across layer switches. ``data`` is one VP8 frame,
    one H.264 access unit in Annex B, or one Opus packet. ``lost_packets`` counts packets that went missing
    for good just before this frame; a video frame with missing packets is never delivered.
    ``width`` and ``height`` are pixels, 0 where the frame does not tell (only key frames do).
    """

    codec: str
    rtp_timestamp: int
    arrival_ns: int
    is_keyframe: bool
    lost_packets: int
    width: int
    height: int
    data: bytes

class TapClock:
    """A sender report mapped into the tap's time line: at ``rtp_timestamp`` the publisher's clock read
    ``ntp_ns`` (nanoseconds since the Unix epoch), and the report arrived here at ``arrival_ns``."""

    rtp_timestamp: int
    ntp_ns: int
    arrival_ns: int

class TapOverflow:
    """The tap's ring was full (the reader was slow): so many frames were dropped here, newest first."""

    frames: int
    arrival_ns: int

class TapEnd:
    """The tapped track has ended; nothing follows."""

    arrival_ns: int

TapRecord: TypeAlias = TapFrame | TapClock | TapOverflow | TapEnd

# ---- clocks: which moment a picture on a subscriber's screen is of ----------------------------------------

class OutputClock:
    """A publisher's last sender report (RFC 3550 §6.4.1) in the time line of what ``peer`` receives of
    ``track``: at ``rtp_timestamp`` (32 bits, as on the wire) the publisher's clock read ``ntp_ns``
    (nanoseconds since the Unix epoch), and the report arrived here at ``arrival_ns``."""

    peer: int
    track: int
    rtp_timestamp: int
    ntp_ns: int
    arrival_ns: int
    clock_rate_hz: int

# ---- the core --------------------------------------------------------------------------------------------

class PacketCore:
    """One thread with its peers, on a UDP port of its own or, with ``several``, on one it shares.

    Raises OSError (errno EADDRINUSE, EACCES, EADDRNOTAVAIL) when the port cannot be bound.
    """
    def __init__(self, *, bind_address: str, port: int) -> None: ...
    @staticmethod
    def several(*, bind_address: str, port: int, threads: int) -> list[PacketCore]:
        """Cores on one port, each with a thread and peers of its own: who sends to whom belongs on one of
        them. A ufrag is used by one of them at a time; all other numbers are each core's own. ValueError
        without any thread."""
    @property
    def thread_id(self) -> int:
        """The thread's number in the kernel, by which its precedence is set (sched(7))."""
    @property
    def port(self) -> int:
        """The bound UDP port (useful when 0 was asked for)."""
    def open_secure_port(
        self,
        *,
        bind_address: str,
        port: int,
        certificate: bytes,
        private_key: bytes,
        backend: str,
        turn_secret: bytes,
        relay_to: Sequence[str],
    ) -> int:
        """Opens a TLS port (certificate chain and key in PEM) and returns its number.

        HTTP within TLS is handed on to the Unix socket ``backend`` behind a PROXY header, version 2. TURN,
        within TLS or without, serves names ``expiry:…`` whose password is the base64 of their HMAC-SHA1 under
        ``turn_secret``, and relays to the addresses ``relay_to`` ("ip:port") of this server's media port and
        to nothing else. ICE over TCP is taken as on the media port. OSError: the port cannot be bound;
        ValueError: certificate or key.
        """
    def exchange_certificate(self, *, certificate: bytes, private_key: bytes) -> None:
        """Shows those who connect to the TLS port from now on another chain and key. ValueError where they do
        not fit, or no such port is open; nothing has changed then."""

    def open_peer(self, *, peer: int, ufrag: str, password: str) -> None:
        """Accepts STUN checks for our ``ufrag``; nothing else is taken from the peer until one is
        authentic."""
    def add_credentials(self, *, peer: int, ufrag: str, password: str) -> None:
        """After an ICE restart: the new credentials; the ones before stay valid (the last two pairs are
        kept)."""
    def close_peer(self, *, peer: int) -> None:
        """Forgets the peer with its inputs and outputs. Closing an unknown peer is harmless."""
    def set_keys(self, *, peer: int, profile: SrtpProfile, receive: bytes, transmit: bytes) -> None:
        """SRTP master key followed by master salt for each direction (16+14 bytes, or 16+12 for GCM)."""
    def send_datagram(self, *, peer: int, datagram: bytes) -> None:
        """Sends a DTLS datagram to the peer's selected address; dropped and counted where there is none."""
    def apply(self, changes: Sequence[RouteChange]) -> None:
        """Applies all changes in order, between two packets. MisuseError: nothing of the patch was
        applied."""
    def request_keyframe(self, *, track: int) -> None:
        """Asks the publisher for a key frame of every layer in use, at most one PLI per layer in 500 ms."""
    def tap(self, *, tap: int, track: int, layer: str | None = None) -> None:
        """Starts delivering whole frames of a track to ``read_batch``; asks for a key frame."""
    def untap(self, *, tap: int) -> None:
        """Ends a tap and drops what was not read. Harmless for an unknown tap."""
    def read_batch(self, *, tap: int, max_records: int = 256) -> list[TapRecord]:
        """What has come since the last call, oldest first; empty when there is nothing. Never waits."""
    def event_fd(self) -> int:
        """A file descriptor that polls readable while events wait."""
    def drain_events(self) -> list[Event]:
        """All waiting events, oldest first; clears the descriptor."""
    def stats(self) -> dict[str, Any]:
        """Counters since the start, and the state of peers, tracks and outputs. Holds no address and no key.

        ``counters``: {name: int}; the names and their meanings are in src/counters.rs and, of streams, in
        src/front/counters.rs (``rtp_received``, ``rtp_forwarded``, ``retransmitted``, ``pli_sent``,
        ``dropped_...`` by reason, and so on).
        ``peers``: {peer: {is_silent, is_ready, last_heard_ms_ago (None before the first packet), rtt_ms (or
        None), estimate_bps (what its link carries; None where nothing is known), acknowledged_bps (or None),
        data_bps (data channels sent to it), pacer_queue_ms (how long the first of its pictures has waited for
        its turn), probes (clusters of padding sent), congestion ("unknown", "starting", "rising", "holding",
        "draining", "silent" or "told": see src/congestion/mod.rs), wanted_bps (what all it wants would take),
        allotted_bps (what it may have)}}.
        ``tracks``: {track: {"layers": {rid: {packets, bytes, lost, jitter_ms, is_live, keyframes, bps (on
        the line, lately), width, height}}}}.
        ``outputs``: {output: {peer, track, layer (or None), target_layer (or None), is_paused, grant (what
        the link lets it have: "everything", "less" or "nothing"), max_temporal (or None), packets, bytes,
        nacks, retransmitted, plis, switches, fraction_lost (0 to 1), rtt_ms (or None)}}.
        RuntimeError after ``close``, as from every verb that waits; ``close_peer``, ``untap`` and
        ``send_datagram`` are harmless then.
        """
    def last_heard_ms_ago(self, *, peers: Sequence[int]) -> dict[int, int]:
        """How many milliseconds ago something authentic came from these peers; nothing of one never heard, or
        unknown: a small part of ``stats``, for those who ask often. RuntimeError after ``close``.
        """
    def output_clocks(self, *, peers: Sequence[int]) -> list[OutputClock]:
        """What these subscribers' streams show; nothing of an output that sends nothing, or before the first
        sender report of the layer that it sends. Unknown peers have none. RuntimeError after ``close``.
        """
    def close(self) -> None:
        """Ends the thread and closes the socket. Closing twice is harmless."""
