"""Our sections into the text of a session description, by aiortc's classes and the few lines they lack."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceParameters
from aiortc.rtcrtpparameters import (
    RTCRtcpFeedback,
    RTCRtpCodecParameters,
    RTCRtpHeaderExtensionParameters,
)
from aiortc.rtcsctptransport import RTCSctpCapabilities
from aiortc.sdp import GroupDescription, MediaDescription, SessionDescription, SsrcDescription

from media_server.sdp.description import Codec
from media_server.sdp.negotiate import MAX_MESSAGE_BYTES, SCTP_PORT, LocalSection, Stream

_ANY_HOST: Final = "0.0.0.0"  # noqa: S104 - RFC 8840 §4.1.1: the address is in the candidates
_ANY_PORT: Final = 9
_HOST_PRIORITY: Final = (110 << 24) | (255 << 8) | 255
"""Of the first host candidate of component 1; later ones are a little lower. Below a client's own hosts (RFC
8445 §5.1.2.1 recommends 126 for their type): then ours decides between pairs, and a page can raise it for a
fresh path (clients/web/src/protocol/fresh_ice.ts), 255 times by the upper byte of the local preference."""
_STREAM_PRIORITY: Final = (90 << 24) | (255 << 8) | 255
"""Below all of UDP, where a lost packet holds up nothing (RFC 6544 §4.2)."""
_NETWORK_COST: Final = 999
"""The most that libwebrtc knows: a fresh path that a page lays is cheaper, and carries media at once. The
same for all of ours, so that it decides nothing else. Behind a generation: without one sdp-transform, with
which livekit-client writes its wishes into answers, makes "NaN" of it, and browsers refuse the answer."""
_STREAM_FOUNDATION: Final = 101
"""Other numbers than those of UDP (RFC 8445 §5.1.1.3)."""
_OUR_CANDIDATE: Final = re.compile(r"^a=candidate:[^\r\n]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Origin:
    """The o= line: one id for the life of the connection, a version that grows with every description."""

    session_id: int
    version: int


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """Our side of the one transport.

    ``candidates`` are (address, port) pairs of UDP, best first, ``stream_candidates`` those of TCP, which we
    accept and never open (RFC 6544 §4.5: passive); ``fingerprint`` is (algorithm, value);
    ``dtls_role`` is "server" in answers and "auto" (actpass) in offers, where the peer then takes "active".
    """

    ufrag: str
    password: str
    fingerprint: tuple[str, str]
    candidates: tuple[tuple[str, int], ...]
    stream_candidates: tuple[tuple[str, int], ...] = ()
    dtls_role: str = "server"


class _Media(MediaDescription):
    """aiortc's section with the lines that it cannot write."""

    extra: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = super().__str__() + "".join(f"a={line}\r\n" for line in self.extra)
        return _OUR_CANDIDATE.sub(rf"\g<0> generation 0 network-cost {_NETWORK_COST}", text)


def write_description(origin: Origin, transport: LocalTransport, sections: Sequence[LocalSection]) -> str:
    """Returns the text; equal arguments give equal text. Lines end in CR LF (RFC 8866 §5)."""
    description = SessionDescription()
    description.origin = f"- {origin.session_id} {origin.version} IN IP4 {_ANY_HOST}"
    bundled = [section.mid for section in sections if not section.is_rejected]
    description.group = [GroupDescription("BUNDLE", list(bundled))]
    description.msid_semantic = [GroupDescription("WMS", ["*"])]
    for section in sections:
        is_tagged = bool(bundled) and section.mid == bundled[0] and not section.is_rejected
        description.media.append(_media(section, transport, is_tagged=is_tagged))
    return str(description)


def _media(section: LocalSection, transport: LocalTransport, *, is_tagged: bool) -> MediaDescription:
    if section.is_rejected:
        media = _Media(section.kind, 0, section.profile, list(section.formats))
        media.ice = RTCIceParameters(iceLite=True)
        media.rtp.muxId = section.mid
        media.direction = "inactive" if section.kind in ("audio", "video") else None
        return media
    formats = ["webrtc-datachannel"] if section.kind == "application" else _formats(section.codecs)
    media = _Media(section.kind, _ANY_PORT, section.profile, formats)
    media.host = _ANY_HOST
    media.rtp.muxId = section.mid
    media.ice = RTCIceParameters(usernameFragment=transport.ufrag, password=transport.password, iceLite=True)
    if is_tagged:
        media.ice_candidates = [
            *(_candidate(index, *at) for index, at in enumerate(transport.candidates)),
            *(_stream_candidate(index, *at) for index, at in enumerate(transport.stream_candidates)),
        ]
        media.ice_candidates_complete = True
    algorithm, value = transport.fingerprint
    media.dtls = RTCDtlsParameters(
        fingerprints=[RTCDtlsFingerprint(algorithm=algorithm, value=value)], role=transport.dtls_role
    )
    if section.kind == "application":
        media.sctp_port = SCTP_PORT
        media.sctpCapabilities = RTCSctpCapabilities(maxMessageSize=MAX_MESSAGE_BYTES)
    else:
        _fill_rtp(media, section)
    return media


def _fill_rtp(media: _Media, section: LocalSection) -> None:
    media.direction = section.direction
    # aiortc writes a=rtcp-mux only behind an a=rtcp line.
    media.rtcp_port, media.rtcp_host, media.rtcp_mux = _ANY_PORT, _ANY_HOST, True
    media.rtp.headerExtensions = [
        RTCRtpHeaderExtensionParameters(id=number, uri=uri) for number, uri in section.extensions
    ]
    media.rtp.codecs = [item for codec in section.codecs for item in _codec_and_rtx(section.kind, codec)]
    extra = ["rtcp-rsize"] if section.has_reduced_size else []
    extra += [f"rid:{layer.rid} recv{layer.restrictions}" for layer in section.layers]
    if section.layers:
        extra.append("simulcast:recv " + ";".join(layer.rid for layer in section.layers))
    media.extra = tuple(extra)
    if section.stream is not None:
        _fill_stream(media, section.stream)


def _fill_stream(media: _Media, stream: Stream) -> None:
    media.msid = f"{stream.stream_id} {stream.track_id}"
    sources = [stream.ssrc] if stream.rtx_ssrc is None else [stream.ssrc, stream.rtx_ssrc]
    media.ssrc = [SsrcDescription(ssrc=ssrc, cname=stream.stream_id, msid=media.msid) for ssrc in sources]
    if stream.rtx_ssrc is not None:
        media.ssrc_group = [GroupDescription("FID", list(sources))]


def _formats(codecs: Sequence[Codec]) -> list[int]:
    formats = []
    for codec in codecs:
        # First: libwebrtc sends what stands first, and with RED in that place sends it.
        if codec.red_payload_type is not None:
            formats.append(codec.red_payload_type)
        formats.append(codec.payload_type)
        if codec.rtx_payload_type is not None:
            formats.append(codec.rtx_payload_type)
    return formats


def _codec_and_rtx(kind: str, codec: Codec) -> list[RTCRtpCodecParameters]:
    written = [
        RTCRtpCodecParameters(
            mimeType=f"{kind}/{codec.name}",
            clockRate=codec.clock_rate_hz,
            channels=codec.channels,
            payloadType=codec.payload_type,
            rtcpFeedback=[RTCRtcpFeedback(*item.split(" ", 1)) for item in codec.feedback],
            parameters=dict(codec.parameters),
        )
    ]
    if codec.red_payload_type is not None:
        blocks: dict[str, int | str | None] = {f"{codec.payload_type}/{codec.payload_type}": None}
        written.append(
            RTCRtpCodecParameters(
                mimeType=f"{kind}/red",
                clockRate=codec.clock_rate_hz,
                channels=codec.channels,
                payloadType=codec.red_payload_type,
                parameters=blocks,
            )
        )
    if codec.rtx_payload_type is not None:
        written.append(
            RTCRtpCodecParameters(
                mimeType=f"{kind}/rtx",
                clockRate=codec.clock_rate_hz,
                payloadType=codec.rtx_payload_type,
                parameters={"apt": codec.payload_type},
            )
        )
    return written


def _candidate(index: int, address: str, port: int) -> RTCIceCandidate:
    return RTCIceCandidate(
        component=1,
        foundation=str(index + 1),
        ip=address,
        port=port,
        priority=_HOST_PRIORITY - (index << 8),
        protocol="udp",
        type="host",
    )


def _stream_candidate(index: int, address: str, port: int) -> RTCIceCandidate:
    return RTCIceCandidate(
        component=1,
        foundation=str(_STREAM_FOUNDATION + index),
        ip=address,
        port=port,
        priority=_STREAM_PRIORITY - (index << 8),
        protocol="tcp",
        type="host",
        tcpType="passive",
    )
