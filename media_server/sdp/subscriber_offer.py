"""The sections of our own offers: the payload types and extension ids under which we send to a subscriber.

The numbers are fixed, so that a track can move between sections and connections without surprises; an answer
may take away from them but never renumber (RFC 3264 §6.1, RFC 8829 §5.3.1).
"""

from __future__ import annotations

from typing import Final

from media_server.sdp.description import (
    EXTENSIONS_OF_KIND,
    FEEDBACK_OF_KIND,
    REPAIRED_RID_EXTENSION,
    RID_EXTENSION,
    Codec,
)
from media_server.sdp.negotiate import LocalSection, Stream
from media_server.sdp.parse import DATA_PROFILE, MEDIA_PROFILE, format_key

DATA_MID: Final = "0"

_H264_PROFILE_LEVELS: Final = ("42e01f", "42001f", "4d001f", "64001f")
"""Constrained baseline, baseline, main and high, as libwebrtc names them: whatever a publisher may send."""
_OPUS: Final = Codec(
    name="opus",
    format="opus",
    payload_type=111,
    red_payload_type=63,
    clock_rate_hz=48_000,
    channels=2,
    parameters=(("minptime", "10"), ("useinbandfec", "1")),
    feedback=FEEDBACK_OF_KIND["audio"],
)
_VP8: Final = Codec(
    name="VP8",
    format="VP8",
    payload_type=96,
    clock_rate_hz=90_000,
    rtx_payload_type=97,
    feedback=FEEDBACK_OF_KIND["video"],
)


def _h264(index: int, profile_level: str) -> Codec:
    parameters = (
        ("level-asymmetry-allowed", "1"),
        ("packetization-mode", "1"),
        ("profile-level-id", profile_level),
    )
    return Codec(
        name="H264",
        format=format_key("H264", dict(parameters)),
        payload_type=98 + 2 * index,
        clock_rate_hz=90_000,
        rtx_payload_type=99 + 2 * index,
        parameters=parameters,
        feedback=FEEDBACK_OF_KIND["video"],
    )


OFFERED_CODECS: Final[dict[str, tuple[Codec, ...]]] = {
    "audio": (_OPUS,),
    "video": (_VP8, *(_h264(index, item) for index, item in enumerate(_H264_PROFILE_LEVELS))),
}

OFFERED_EXTENSION_IDS: Final[dict[str, int]] = {
    uri: number
    for number, uri in enumerate(
        (
            uri
            for uri in dict.fromkeys(EXTENSIONS_OF_KIND["audio"] + EXTENSIONS_OF_KIND["video"])
            # A subscriber gets one stream per section: layers have no names there.
            if uri not in (RID_EXTENSION, REPAIRED_RID_EXTENSION)
        ),
        start=1,
    )
}


def data_section() -> LocalSection:
    """Returns the data section of our offers, always the first."""
    return LocalSection(kind="application", mid=DATA_MID, profile=DATA_PROFILE)


def media_section(kind: str, mid: str, stream: Stream | None) -> LocalSection:
    """Returns an offered section that sends a stream, or is inactive without one."""
    return LocalSection(
        kind=kind,
        mid=mid,
        profile=MEDIA_PROFILE,
        direction="inactive" if stream is None else "sendonly",
        codecs=OFFERED_CODECS[kind],
        extensions=tuple(
            (OFFERED_EXTENSION_IDS[uri], uri)
            for uri in EXTENSIONS_OF_KIND[kind]
            if uri in OFFERED_EXTENSION_IDS
        ),
        stream=stream,
    )
