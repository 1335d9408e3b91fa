"""A remote session description as frozen values: only what this server understands, nothing raw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MID_EXTENSION: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_EXTENSION: Final = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_EXTENSION: Final = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL_EXTENSION: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC_EXTENSION: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
VIDEO_ORIENTATION_EXTENSION: Final = "urn:3gpp:video-orientation"
PLAYOUT_DELAY_EXTENSION: Final = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

EXTENSIONS_OF_KIND: Final[dict[str, tuple[str, ...]]] = {
    "audio": (MID_EXTENSION, AUDIO_LEVEL_EXTENSION, TRANSPORT_CC_EXTENSION),
    "video": (
        MID_EXTENSION,
        RID_EXTENSION,
        REPAIRED_RID_EXTENSION,
        VIDEO_ORIENTATION_EXTENSION,
        TRANSPORT_CC_EXTENSION,
        PLAYOUT_DELAY_EXTENSION,
    ),
}
"""What the core reads or writes. No abs-send-time: transport-wide feedback estimates better (seam.md)."""

FEEDBACK_OF_KIND: Final[dict[str, tuple[str, ...]]] = {
    "audio": ("transport-cc", "nack"),
    "video": ("transport-cc", "nack", "nack pli", "ccm fir"),
}
"""RTCP feedback the core answers or makes (RFC 4585, RFC 5104)."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type we can forward, with its retransmission payload type (RFC 4588) where it has one,
    and for sound the one under which earlier packets come along (RFC 2198).

    ``name`` is "opus", "VP8" or "H264"; ``format`` is equal for equal bitstreams ("H264/1/42e0":
    packetisation mode, profile). ``parameters`` are the fmtp parameters in order, values as text, None
    without "=". ``feedback`` holds those of FEEDBACK_OF_KIND that both sides know.
    """

    name: str
    format: str
    payload_type: int
    clock_rate_hz: int
    rtx_payload_type: int | None = None
    red_payload_type: int | None = None
    channels: int | None = None
    parameters: tuple[tuple[str, str | None], ...] = ()
    feedback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SimulcastLayer:
    """One offered RID (RFC 8851); ``restrictions`` is the text behind "send", to be given back as it came."""

    rid: str
    restrictions: str = ""


@dataclass(frozen=True, slots=True)
class RemoteSection:
    """One m-section of the remote side.

    ``is_usable`` is False for sections that are stopped (port 0, RFC 8843 bundle-only aside), outside the
    BUNDLE group, of a kind or profile we do not speak, or without any codec of ours: they are answered with
    port 0.
    ``direction`` is the remote side's. ``extensions`` are (id, uri) pairs that we understand, ids 1 to 14.
    ``ssrcs`` are (ssrc, rtx ssrc or None) pairs announced in SDP.
    """

    index: int
    kind: str
    mid: str
    profile: str
    formats: tuple[str, ...]
    is_usable: bool
    direction: str = "sendrecv"
    codecs: tuple[Codec, ...] = ()
    extensions: tuple[tuple[int, str], ...] = ()
    layers: tuple[SimulcastLayer, ...] = ()
    msid_track_id: str = ""
    ssrcs: tuple[tuple[int, int | None], ...] = ()
    has_reduced_size: bool = False
    sctp_port: int | None = None
    max_message_bytes: int | None = None

    @property
    def is_media(self) -> bool:
        """Whether it is a usable audio or video section."""
        return self.is_usable and self.kind != "application"

    @property
    def sends(self) -> bool:
        """Whether the remote side sends media in it."""
        return self.is_media and self.direction in ("sendonly", "sendrecv")

    @property
    def receives(self) -> bool:
        """Whether the remote side wants media in it."""
        return self.is_media and self.direction in ("recvonly", "sendrecv")


@dataclass(frozen=True, slots=True)
class RemoteTransport:
    """The one transport under the BUNDLE group: of its first usable section (RFC 8843 §9.2).

    ``fingerprints`` are (algorithm, value) pairs; ``setup`` is the value of a=setup.
    """

    ufrag: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: str


@dataclass(frozen=True, slots=True)
class RemoteDescription:
    """A whole offer or answer of the remote side."""

    transport: RemoteTransport
    sections: tuple[RemoteSection, ...]
