"""Text of a remote session description into values, by way of aiortc's parser; it raises SdpRefused alone.

aiortc's parser wants attributes it will not need to be well-formed, is quadratic in codec lines and knows
neither rid nor simulcast (RFC 8851, RFC 8853). So it gets only the lines that matter; those are read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import MediaDescription, SessionDescription

from media_server.errors import SDP_FINGERPRINT_MISSING, SDP_MALFORMED, SDP_NO_TRANSPORT, SdpRefused
from media_server.sdp.description import (
    EXTENSIONS_OF_KIND,
    FEEDBACK_OF_KIND,
    Codec,
    RemoteDescription,
    RemoteSection,
    RemoteTransport,
    SimulcastLayer,
)
from media_server.sdp.limits import split_sections

MEDIA_PROFILE: Final = "UDP/TLS/RTP/SAVPF"
DATA_PROFILE: Final = "UDP/DTLS/SCTP"
DATA_FORMAT: Final = "webrtc-datachannel"

MAX_CODECS: Final = 40
"""Payload types of ours in one section; Chromium offers up to 14 (VP8, six H.264 profiles, RTX for each)."""
MAX_LAYERS: Final = 4
"""Simulcast layers taken from one section; clients send at most three (q, h, f)."""
MAX_SSRC: Final = 0xFFFF_FFFF

_CODEC_NAMES: Final = {"OPUS": "opus", "VP8": "VP8", "H264": "H264", "RTX": "rtx", "RED": "red"}
_CLOCK_RATE_HZ: Final = {"opus": 48_000, "VP8": 90_000, "H264": 90_000}
_CARRIERS: Final = ("rtx", "red")
"""No codecs, but ways to carry one."""
_RTCP_MUX_COLLISION: Final = range(64, 96)
"""RFC 5761 §4: with the marker bit set these payload types look like RTCP."""
_DEFAULT_H264_PROFILE: Final = "42e01f"
"""What libwebrtc assumes where profile-level-id is absent; RFC 6184 would say 420010."""

_H264_MODE: Final = "packetization-mode=1"
"""Mode 0 would forbid the fragments every sender makes of its key frames (RFC 6184 §6.2)."""
_DEFAULT_SCTP_PORT: Final = 5000
_ONE_BYTE_IDS: Final = range(1, 15)
"""RFC 8285 §4.2; we never answer extmap-allow-mixed, so nobody may use others."""
_SETUP_OF_ROLE: Final = {"auto": "actpass", "client": "active", "server": "passive"}

_MID: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,16}")
"""A token (RFC 5888) that fits a one-byte header extension (RFC 8285 §4.2)."""
_RID_LINE: Final = re.compile(r"a=rid:([A-Za-z0-9]{1,16}) send( [A-Za-z0-9=;,*.-]{1,200})?")
_SIMULCAST_LINE: Final = re.compile(r"a=simulcast:(?:recv \S+ )?send (\S+)")
_RTPMAP_LINE: Final = re.compile(r"a=rtpmap:(\d{1,3}) ([A-Za-z0-9-]+)/(\d{1,6})(?:/(\d))?")
_APT: Final = re.compile(r"(?:^|;)apt=(\d{1,3})(?:;|$)")
_RED_OF: Final = re.compile(r"(\d{1,3})(?:/\1)*")
"""RFC 2198 §5: the payload types of the primary block, then of copies; we take those of one codec."""

_KEPT_ATTRIBUTES: Final = (
    "a=mid:",
    "a=msid:",
    "a=sendrecv",
    "a=sendonly",
    "a=recvonly",
    "a=inactive",
    "a=extmap:",
    "a=rtcp-mux",
    "a=ssrc",
    "a=sctp-port:",
    "a=max-message-size:",
    "a=ice-ufrag:",
    "a=ice-pwd:",
    "a=fingerprint:",
    "a=setup:",
    "a=group:",
)
_PARSER_ERRORS: Final = (
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    StopIteration,
    TypeError,
    ValueError,
)
"""All that aiortc 1.16's parser was seen to raise, or can raise by reading it."""


def parse_description(sdp: str) -> RemoteDescription:
    """Returns what a remote offer or answer says.

    Raises:
        SdpRefused: it is over a cap, malformed, without a usable section, or without a fingerprint.
    """
    session_lines, *section_lines = split_sections(sdp)
    kept = [line for line in session_lines if line.startswith(_KEPT_ATTRIBUTES)]
    for lines in section_lines:
        kept += _relevant_lines(lines)
    try:
        parsed = SessionDescription.parse("\r\n".join(kept))
        bundle = next((group.items for group in parsed.group if group.semantic == "BUNDLE"), [])
        sections = [
            _section(index, media, lines, is_bundled=media.rtp.muxId in bundle)
            for index, (media, lines) in enumerate(zip(parsed.media, section_lines, strict=True))
        ]
    except _PARSER_ERRORS as error:
        raise SdpRefused(SDP_MALFORMED) from error
    usable = _refuse_twins(sections)
    if not usable:
        raise SdpRefused(SDP_NO_TRANSPORT)
    # RFC 8843 §9.2: the transport of a group is that of its first section.
    tagged = usable[0].index
    return RemoteDescription(transport=_transport(parsed.media[tagged], tagged), sections=tuple(sections))


def _refuse_twins(sections: list[RemoteSection]) -> list[RemoteSection]:
    """Returns the usable sections; a second data section becomes unusable: one DTLS, one SCTP (RFC 8841)."""
    data_sections = [s.index for s in sections if s.is_usable and s.kind == "application"]
    for index in data_sections[1:]:
        sections[index] = replace(sections[index], is_usable=False)
    usable: dict[str, RemoteSection] = {}
    for section in sections:
        if section.is_usable and section.mid in usable:
            raise SdpRefused(SDP_MALFORMED, section=section.index)
        if section.is_usable:
            usable[section.mid] = section
    return list(usable.values())


def _relevant_lines(lines: Sequence[str]) -> list[str]:
    """Returns the lines of a section that matter; codec lines only for codecs of ours, and each once."""
    names: dict[str, str] = {}
    rtpmaps: dict[str, str] = {}
    fmtps: dict[str, str] = {}
    feedback: dict[tuple[str, str], None] = {}
    wanted_feedback = FEEDBACK_OF_KIND.get(lines[0][2:].partition(" ")[0], ())
    kept = [lines[0]]
    for line in lines[1:]:
        if line.startswith("a=rtpmap:"):
            match = _RTPMAP_LINE.fullmatch(line)
            name = _CODEC_NAMES.get(match[2].upper()) if match else None
            if match and name and match[1] not in names:
                names[match[1]], rtpmaps[match[1]] = name, line
        elif line.startswith("a=fmtp:"):
            item, _, value = line[7:].partition(" ")
            fmtps.setdefault(item, value)
        elif line.startswith("a=rtcp-fb:"):
            item, _, value = line[10:].partition(" ")
            if value in wanted_feedback:
                feedback[item, value] = None
        elif line.startswith(_KEPT_ATTRIBUTES):
            kept.append(line)
    payload_types = _payload_types_of_ours(names, fmtps)
    kept += [rtpmaps[payload_type] for payload_type in payload_types]
    kept += [f"a=fmtp:{item} {fmtps[item]}" for item in payload_types if item in fmtps]
    kept += [f"a=rtcp-fb:{item} {value}" for item, value in feedback if item in payload_types or item == "*"]
    return kept


def _payload_types_of_ours(names: dict[str, str], fmtps: dict[str, str]) -> dict[str, None]:
    """Returns the payload types to keep, as text: first codecs that we forward, then RTX and RED of those."""
    media = [
        item
        for item, name in names.items()
        if name not in _CARRIERS and (name != "H264" or _H264_MODE in fmtps.get(item, "").split(";"))
    ]
    kept = dict.fromkeys(media[: MAX_CODECS // 2])
    for item, name in names.items():
        carried = _carried(name, fmtps.get(item, ""))
        if carried in media and carried in kept and len(kept) < MAX_CODECS:
            kept[item] = None
    return kept


def _carried(name: str, parameters: str) -> str | None:
    """Returns the payload type, as text, of which this is RTX or RED."""
    if name == "rtx":
        match = _APT.search(parameters)
    else:
        match = _RED_OF.fullmatch(parameters) if name == "red" else None
    return None if match is None else match[1]


def _section(index: int, media: MediaDescription, lines: Sequence[str], *, is_bundled: bool) -> RemoteSection:
    section = RemoteSection(
        index=index,
        kind=media.kind,
        mid=media.rtp.muxId if _MID.fullmatch(media.rtp.muxId) else "",
        profile=media.profile,
        formats=tuple(str(item) for item in media.fmt),
        is_usable=False,
    )
    is_stopped = media.port == 0 and "a=bundle-only" not in lines
    if is_stopped or not is_bundled or not section.mid:
        return section
    if media.kind == "application":
        return _data_section(section, media)
    codecs = _codecs(media)
    if media.profile != MEDIA_PROFILE or not media.rtcp_mux or not codecs:
        return section
    return replace(
        section,
        is_usable=True,
        direction=media.direction or "sendrecv",
        codecs=codecs,
        extensions=_extensions(media),
        layers=_layers(lines),
        msid_track_id=(media.msid or "").partition(" ")[2],
        ssrcs=_ssrcs(media),
        has_reduced_size="a=rtcp-rsize" in lines,
    )


def _data_section(section: RemoteSection, media: MediaDescription) -> RemoteSection:
    if media.profile != DATA_PROFILE or media.fmt != [DATA_FORMAT]:
        return section
    capabilities = media.sctpCapabilities
    return replace(
        section,
        is_usable=True,
        sctp_port=_DEFAULT_SCTP_PORT if media.sctp_port is None else media.sctp_port,
        max_message_bytes=None if capabilities is None else capabilities.maxMessageSize,
    )


def _codecs(media: MediaDescription) -> tuple[Codec, ...]:
    """Returns the codecs of ours in the order of the m-line: that is the preference (RFC 3264 §5.1)."""
    rtx_of: dict[object, int] = {}
    red_of: dict[object, int] = {}
    for codec in media.rtp.codecs:
        if not _is_sendable(codec):
            continue
        if codec.name.lower() == "rtx":
            rtx_of.setdefault(codec.parameters.get("apt"), codec.payloadType or 0)
        elif codec.name.lower() == "red" and media.kind == "audio":
            red_of.setdefault(_payload_type_in_red(codec), codec.payloadType or 0)
    position = {item: index for index, item in enumerate(media.fmt)}
    codecs = [
        _codec(media.kind, codec, rtx_of.get(codec.payloadType), red_of.get(codec.payloadType))
        for codec in media.rtp.codecs
        if _kind_of(codec) == media.kind and codec.payloadType in position and _is_sendable(codec)
    ]
    return tuple(sorted(codecs, key=lambda codec: position[codec.payload_type]))


def _payload_type_in_red(codec: RTCRtpCodecParameters) -> int | None:
    """Returns the payload type of the blocks; aiortc takes the whole "111/111" for one parameter's name."""
    match = _RED_OF.fullmatch(next(iter(codec.parameters), ""))
    return None if match is None else int(match[1])


def _kind_of(codec: RTCRtpCodecParameters) -> str | None:
    name = _CODEC_NAMES.get(codec.name.upper())
    if name is None or name in _CARRIERS or codec.clockRate != _CLOCK_RATE_HZ.get(name):
        return None
    return "audio" if name == "opus" else "video"


def _is_sendable(codec: RTCRtpCodecParameters) -> bool:
    return (
        codec.payloadType is not None
        and codec.payloadType < 128
        and codec.payloadType not in _RTCP_MUX_COLLISION
    )


def _codec(
    kind: str, codec: RTCRtpCodecParameters, rtx_payload_type: int | None, red_payload_type: int | None
) -> Codec:
    name = _CODEC_NAMES[codec.name.upper()]
    parameters = tuple(
        (key, None if value is None else str(value)) for key, value in codec.parameters.items()
    )
    offered = {
        f"{item.type} {item.parameter}" if item.parameter else item.type for item in codec.rtcpFeedback
    }
    return Codec(
        name=name,
        format=format_key(name, dict(parameters)),
        payload_type=codec.payloadType or 0,
        clock_rate_hz=codec.clockRate,
        rtx_payload_type=rtx_payload_type,
        red_payload_type=red_payload_type,
        channels=codec.channels if kind == "audio" else None,
        parameters=parameters,
        feedback=tuple(item for item in FEEDBACK_OF_KIND[kind] if item in offered),
    )


def format_key(name: str, parameters: Mapping[str, str | None]) -> str:
    """Returns the name under which equal bitstreams meet: the level is left out, receivers take any."""
    if name != "H264":
        return name
    profile = (parameters.get("profile-level-id") or _DEFAULT_H264_PROFILE)[:4].lower()
    return f"H264/{parameters.get('packetization-mode') or '0'}/{profile}"


def _extensions(media: MediaDescription) -> tuple[tuple[int, str], ...]:
    """Returns the extensions we understand; each id and each URI once, the first one counts."""
    found: dict[str, int] = {}
    taken: set[int] = set()
    for extension in media.rtp.headerExtensions:
        is_known = extension.uri in EXTENSIONS_OF_KIND[media.kind] and extension.id in _ONE_BYTE_IDS
        if is_known and extension.id not in taken and extension.uri not in found:
            found[extension.uri] = extension.id
            taken.add(extension.id)
    return tuple((number, uri) for uri, number in found.items())


def _layers(lines: Sequence[str]) -> tuple[SimulcastLayer, ...]:
    """Returns the layers of a=simulcast (RFC 8853 §5.1) that have an a=rid, of alternatives the first."""
    simulcast = next((match for line in lines if (match := _SIMULCAST_LINE.fullmatch(line))), None)
    if simulcast is None:
        return ()
    rids = {match[1]: match[2] or "" for line in lines if (match := _RID_LINE.fullmatch(line))}
    wanted = dict.fromkeys(item.split(",")[0].removeprefix("~") for item in simulcast[1].split(";"))
    return tuple(SimulcastLayer(rid, rids[rid]) for rid in wanted if rid in rids)[:MAX_LAYERS]


def _ssrcs(media: MediaDescription) -> tuple[tuple[int, int | None], ...]:
    announced = [item.ssrc for item in media.ssrc if 0 < item.ssrc <= MAX_SSRC]
    rtx_of = {
        first: second
        for group in media.ssrc_group
        if group.semantic == "FID" and len(group.items) == 2
        for first, second in [group.items]
    }
    repairs = set(rtx_of.values())
    return tuple(
        (ssrc, rtx if isinstance(rtx := rtx_of.get(ssrc), int) and rtx in announced else None)
        for ssrc in announced
        if ssrc not in repairs
    )


def _transport(media: MediaDescription, index: int) -> RemoteTransport:
    ice, dtls = media.ice, media.dtls
    if ice is None or not ice.usernameFragment or dtls is None:
        raise SdpRefused(SDP_NO_TRANSPORT, section=index)
    if not dtls.fingerprints:
        raise SdpRefused(SDP_FINGERPRINT_MISSING, section=index)
    return RemoteTransport(
        ufrag=ice.usernameFragment,
        fingerprints=tuple((item.algorithm.lower(), item.value.upper()) for item in dtls.fingerprints),
        setup=_SETUP_OF_ROLE[dtls.role],
    )
