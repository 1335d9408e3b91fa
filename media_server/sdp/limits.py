"""What a session description may cost us: caps checked by one cheap scan before anything is parsed.

aiortc's parser is quadratic in the lines of a section: 50,000 ``a=ssrc`` lines in 1.09 MB held the event loop
for 10.7 s (reliability.md §0.5).
"""

from __future__ import annotations

from typing import Final

from media_server.errors import (
    SDP_TOO_LARGE,
    SDP_TOO_MANY_CODECS,
    SDP_TOO_MANY_SECTIONS,
    SDP_TOO_MANY_SSRCS,
    SdpRefused,
)

MAX_SDP_BYTES: Final = 64 * 1024
"""Chromium 156 writes 4.9 kB per video and 1.1 kB per audio section: ten of each fit."""
MAX_SECTIONS: Final = 32
"""Fifteen remote participants with sound and picture in one connection, and two tracks of one's own."""
MAX_SSRC_LINES: Final = 64
"""Chromium writes four for a video track without simulcast and two for audio."""
MAX_FORMAT_LINES: Final = 256
"""rtpmap lines in one section; Chromium 156 writes 23, and payload types end at 127."""


def split_sections(sdp: str) -> list[list[str]]:
    """Returns the lines of the session part, then those of each m-section, within the caps.

    Raises:
        SdpRefused: the text is over one of the caps.
    """
    size = len(sdp) if len(sdp) > MAX_SDP_BYTES else len(sdp.encode(errors="replace"))
    if size > MAX_SDP_BYTES:
        raise SdpRefused(SDP_TOO_LARGE, limit=MAX_SDP_BYTES, size=size)
    parts: list[list[str]] = [[]]
    ssrc_lines = format_lines = 0
    for line in sdp.splitlines():
        if line.startswith("m="):
            parts.append([])
            format_lines = 0
        elif line.startswith("a=ssrc"):
            ssrc_lines += line.startswith("a=ssrc:")
        elif line.startswith("a=rtpmap:"):
            format_lines += 1
            if format_lines > MAX_FORMAT_LINES:
                raise SdpRefused(
                    SDP_TOO_MANY_CODECS, limit=MAX_FORMAT_LINES, size=format_lines, section=len(parts) - 2
                )
        parts[-1].append(line)
    if len(parts) - 1 > MAX_SECTIONS:
        raise SdpRefused(SDP_TOO_MANY_SECTIONS, limit=MAX_SECTIONS, size=len(parts) - 1)
    if ssrc_lines > MAX_SSRC_LINES:
        raise SdpRefused(SDP_TOO_MANY_SSRCS, limit=MAX_SSRC_LINES, size=ssrc_lines)
    return parts
