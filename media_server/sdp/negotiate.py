"""What we answer to an offered section: pure choices of codecs, extensions, direction and layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from media_server.sdp.description import (
    PLAYOUT_DELAY_EXTENSION,
    TRANSPORT_CC_EXTENSION,
    Codec,
    RemoteSection,
    SimulcastLayer,
)

MAX_MESSAGE_BYTES: Final = 64 * 1024
"""What we take and send in one data channel message; larger ones break in some stacks (RFC 8841 §6)."""
SCTP_PORT: Final = 5000

_ANSWERED_OPUS_PARAMETERS: Final = frozenset(
    {
        "cbr",
        "maxaveragebitrate",
        "maxplaybackrate",
        "minptime",
        "stereo",
        "sprop-stereo",
        "usedtx",
        "useinbandfec",
    }
)
"""RFC 7587 §6.1: what these ask of the other side's encoder is passed on as it was offered."""
_ANSWERED_H264_PARAMETERS: Final = frozenset(
    {"level-asymmetry-allowed", "packetization-mode", "profile-level-id"}
)


@dataclass(frozen=True, slots=True)
class Stream:
    """What we send in a section: its names in ``a=msid`` and its synchronization sources."""

    stream_id: str
    track_id: str
    ssrc: int
    rtx_ssrc: int | None


@dataclass(frozen=True, slots=True)
class LocalSection:
    """One m-section of ours, in an answer or an offer. ``formats`` is only for those that are rejected."""

    kind: str
    mid: str
    profile: str
    is_rejected: bool = False
    formats: tuple[str, ...] = ()
    direction: str = "inactive"
    codecs: tuple[Codec, ...] = ()
    extensions: tuple[tuple[int, str], ...] = ()
    layers: tuple[SimulcastLayer, ...] = ()
    stream: Stream | None = None
    has_reduced_size: bool = True


def answer_section(
    offered: RemoteSection,
    *,
    extensions: dict[str, int],
    preferred_codec: str | None = None,
    is_published: bool = False,
    is_red_disabled: bool = False,
    stream: Stream | None = None,
) -> LocalSection:
    """Returns our answer to one offered section.

    ``extensions`` are the ids (uri to id) that hold for the whole BUNDLE group. ``is_published``: we take
    what the section sends, ``preferred_codec`` first, sound with copies of what went before unless
    ``is_red_disabled``. ``stream``: we send it there. Neither: inactive.
    """
    if not offered.is_usable:
        return LocalSection(
            kind=offered.kind,
            mid=offered.mid,
            profile=offered.profile,
            is_rejected=True,
            formats=offered.formats[:1],
        )
    if not offered.is_media:
        return LocalSection(kind=offered.kind, mid=offered.mid, profile=offered.profile)
    is_sending = stream is not None
    return LocalSection(
        kind=offered.kind,
        mid=offered.mid,
        profile=offered.profile,
        direction=_DIRECTIONS[is_published, is_sending],
        codecs=tuple(
            _answered(codec, offered, has_red=not is_red_disabled)
            for codec in preferred_first(offered.codecs, preferred_codec)
        ),
        # On sections that send nothing too: without RID there Chromium refuses its own next simulcast offer.
        extensions=tuple(
            (i, uri)
            for i, uri in offered.extensions
            if extensions.get(uri) == i
            and not (uri == TRANSPORT_CC_EXTENSION and _repeats_as_it_was(offered))
            # We tell players how long to keep pictures, and are none.
            and not (uri == PLAYOUT_DELAY_EXTENSION and not offered.receives)
        ),
        layers=offered.layers if is_published else (),
        stream=stream,
        has_reduced_size=offered.has_reduced_size,
    )


_DIRECTIONS: Final = {
    (False, False): "inactive",
    (True, False): "recvonly",
    (False, True): "sendonly",
    (True, True): "sendrecv",
}


def preferred_first(codecs: Iterable[Codec], preferred: str | None) -> tuple[Codec, ...]:
    """Returns the codecs, preferred ones first, else in their order; libwebrtc sends the first one."""
    return tuple(sorted(codecs, key=lambda codec: codec.name != preferred))


def asks_again(offered: RemoteSection, codec: Codec) -> bool:
    """Whether we ask for the packets that are lost of what the section sends."""
    return _repeats_as_it_was(offered) if offered.kind == "audio" else "nack" in codec.feedback


def _repeats_as_it_was(offered: RemoteSection) -> bool:
    """Whether the client is to repeat sound (ADR 0027).

    It has no RTX for sound: a repeat has the SRTP index of the first packet, and must be the same bytes, for
    with AES-GCM two different ones give away the authentication key (RFC 7714 §10.1). A transport-wide
    number would differ. Where the section receives too we need these numbers, and ask for nothing.
    """
    return offered.kind == "audio" and offered.sends and not offered.receives


def merged_extensions(known: dict[str, int], offered: Iterable[RemoteSection]) -> dict[str, int]:
    """Returns the ids (uri to id) of the BUNDLE group after an offer.

    One id means one thing in the whole group (RFC 8843 §9.3): what contradicts earlier ones is left out.
    """
    merged = dict(known)
    taken = set(merged.values())
    for section in offered:
        for number, uri in section.extensions:
            if uri not in merged and number not in taken:
                merged[uri] = number
                taken.add(number)
    return merged


def _answered(codec: Codec, offered: RemoteSection, *, has_red: bool) -> Codec:
    kept = {"opus": _ANSWERED_OPUS_PARAMETERS, "H264": _ANSWERED_H264_PARAMETERS}.get(codec.name, frozenset())
    return Codec(
        name=codec.name,
        format=codec.format,
        payload_type=codec.payload_type,
        clock_rate_hz=codec.clock_rate_hz,
        rtx_payload_type=codec.rtx_payload_type,
        red_payload_type=codec.red_payload_type if has_red else None,
        channels=codec.channels,
        parameters=tuple((key, value) for key, value in codec.parameters if key in kept),
        feedback=codec.feedback if offered.kind == "video" else _feedback_of_sound(codec, offered),
    )


def _feedback_of_sound(codec: Codec, offered: RemoteSection) -> tuple[str, ...]:
    """Browsers offer no NACK for sound, but answer and send it where our description has it."""
    is_repeated = _repeats_as_it_was(offered)
    others = tuple(
        item for item in codec.feedback if item != "nack" and not (item == "transport-cc" and is_repeated)
    )
    return (*others, "nack") if is_repeated or not offered.sends else others
