"""Caps before parsing (reliability.md §2, threat 14)."""

from typing import NoReturn

import pytest

from media_server.errors import SdpRefused
from media_server.sdp.limits import (
    MAX_FORMAT_LINES,
    MAX_SDP_BYTES,
    MAX_SECTIONS,
    MAX_SSRC_LINES,
    split_sections,
)

SECTION = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"


def refused(sdp: str) -> SdpRefused:
    with pytest.raises(SdpRefused) as caught:
        split_sections(sdp)
    return caught.value


def test_lines_come_grouped_by_section_after_the_session_part() -> None:
    assert split_sections("v=0\r\n" + SECTION + "a=mid:0\r\nm=video 9 X 1\r\n") == [
        ["v=0"],
        ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0"],
        ["m=video 9 X 1"],
    ]


def test_an_empty_text_has_an_empty_session_part() -> None:
    assert split_sections("") == [[]]


def test_exactly_the_largest_size_is_read_and_one_byte_more_is_refused() -> None:
    assert split_sections("a" * MAX_SDP_BYTES)
    error = refused("a" * (MAX_SDP_BYTES + 1))
    assert (error.code, error.limit, error.size) == ("sdp_too_large", MAX_SDP_BYTES, MAX_SDP_BYTES + 1)


def test_size_counts_bytes_not_characters() -> None:
    error = refused("联" * (MAX_SDP_BYTES // 3 + 1))
    assert error.code == "sdp_too_large"
    assert error.size == 3 * (MAX_SDP_BYTES // 3 + 1)


def test_a_lone_surrogate_is_counted_not_raised() -> None:
    assert split_sections("\ud800") == [["\ud800"]]


def test_one_section_too_many_is_refused() -> None:
    assert len(split_sections(SECTION * MAX_SECTIONS)) == MAX_SECTIONS + 1
    error = refused(SECTION * (MAX_SECTIONS + 1))
    assert (error.code, error.limit, error.size) == ("sdp_too_many_sections", 32, 33)


def test_one_ssrc_line_too_many_is_refused_however_spread() -> None:
    line = "a=ssrc:1 cname:x\r\n"
    assert split_sections(SECTION + line * MAX_SSRC_LINES)
    error = refused(SECTION + line * 40 + SECTION + line * 25)
    assert (error.code, error.limit, error.size) == ("sdp_too_many_ssrcs", 64, 65)


def test_ssrc_groups_are_not_ssrc_lines() -> None:
    assert split_sections(SECTION + "a=ssrc-group:FID 1 2\r\n" * (MAX_SSRC_LINES + 1))


def test_too_many_codec_lines_in_one_section_are_refused_by_its_index() -> None:
    line = "a=rtpmap:96 VP8/90000\r\n"
    assert split_sections(SECTION + line * MAX_FORMAT_LINES + SECTION + line * MAX_FORMAT_LINES)
    error = refused(SECTION + SECTION + line * (MAX_FORMAT_LINES + 1))
    assert (error.code, error.section) == ("sdp_too_many_codecs", 1)


class Unread(str):
    """A text of which nobody may read more than how long it is."""

    __slots__ = ()

    def _read(self, *_: object, **__: object) -> NoReturn:
        raise AssertionError("it was read")

    encode = splitlines = split = partition = strip = find = __iter__ = __getitem__ = _read  # type: ignore[assignment]


def test_the_text_that_held_aiortc_for_ten_seconds_is_refused_unread() -> None:
    hostile = Unread(SECTION + "".join(f"a=ssrc:{n} cname:x\r\n" for n in range(50_000)))
    with pytest.raises(AssertionError, match="it was read"):
        hostile.splitlines()
    assert refused(hostile).code == "sdp_too_large"
