"""SCP-ECG files, made according to EN 1064: both ways of coding, what the device says, and refusals."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.ecg.spans import Span
from recording.exchange import scp_reader
from recording.exchange.civil_time import CHINA
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.reading import read_recording
from recording.exchange.scp_huffman import decode_default_table, undo_differences
from recording.exchange.scp_reader import read_scp
from tests.support.ecg_files import wfdb_record
from tests.support.scp_files import (
    differences,
    leads_section,
    packed,
    patient_section,
    plain,
    rhythm_section,
    scp_file,
    scp_of,
    tag,
)

WAVE = np.stack([np.arange(20) * 3 - 7, np.array([0, 500, -500, 20_000] * 5)], axis=1)
LEADS = (2, 61)
PLACES = leads_section([(1, 20, 2), (1, 20, 61)])
RHYTHM = rhythm_section([plain(column) for column in WAVE.T], step_nv=2_500, interval_us=2_000)


def refusal(content: bytes) -> tuple[str, str]:
    with pytest.raises(UnreadableFile) as refused:
        read_scp(content, CHINA)
    return Refusal(refused.value.code).name, refused.value.detail


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_real_ecg_comes_back_sample_by_sample(order: int, is_packed: bool) -> None:
    source = read_recording(wfdb_record("philips_mi_500hz"))
    content = scp_of(source.samples, step_nv=5_000, order=order, is_packed=is_packed)
    found = read_recording({"a.scp": content})
    assert np.array_equal(found.samples, source.samples)
    assert found.descriptor.leads == source.descriptor.leads
    assert (found.descriptor.rate_hz, found.descriptor.resolution_nv) == (500, 5_000)


def test_what_the_device_says_is_kept_and_the_patient_is_not() -> None:
    found = read_scp(scp_of(WAVE, lead_numbers=LEADS), CHINA)
    described = found.descriptor
    assert (described.model, described.leads) == ("BoxA1", ("II", "III"))
    assert (described.band_low_mhz, described.band_high_hz, described.notch_hz) == (50, 150, 50)
    assert found.started_us == 1_795_323_907_000_000
    assert "Zhang" not in repr(found) and "ID-77" not in repr(found)


@pytest.mark.parametrize(
    ("section", "started_us"),
    [
        (patient_section(zone_minutes=0), 1_795_352_707_000_000),
        (patient_section(zone_minutes=0x7FFF), 1_795_323_907_000_000),
        (patient_section(zone_minutes=5_000), None),
        (tag(25, b"\xea\x07\x02\x1f") + tag(26, bytes(3)), None),
        (tag(25, b"\xea\x07\x02"), None),
        (tag(25, b"\xea\x07\x02\x01"), None),
        (b"", None),
    ],
)
def test_the_time_is_the_files_own_where_it_has_one(section: bytes, started_us: int | None) -> None:
    assert read_scp(scp_of(WAVE, lead_numbers=LEADS, more={1: section}), CHINA).started_us == started_us


def test_leads_taken_one_after_the_other_miss_each_others_time() -> None:
    sections = {
        3: leads_section([(1, 4, 1), (5, 8, 200)]),
        6: rhythm_section([plain(WAVE[:4, 0]), plain(WAVE[:4, 1])], step_nv=2_500, interval_us=2_000),
    }
    found = read_scp(scp_file(sections), CHINA)
    assert found.descriptor.leads == ("I", "SCP200")
    assert found.lead_missing == ((Span(4, 8),), (Span(0, 4),))
    assert found.samples[:4, 0].tolist() == WAVE[:4, 0].tolist() and not found.samples[4:, 0].any()


def test_a_device_that_counts_from_0_is_read() -> None:
    sections = {3: leads_section([(0, 20, 2), (0, 20, 61)]), 6: RHYTHM}
    assert read_scp(scp_file(sections), CHINA).samples.shape == (20, 2)


def test_measurements_and_statements_are_the_devices_own() -> None:
    beat = struct.pack("<5H3h", 100, 210, 260, 355, 640, 74, -30, 999)
    measured = b"\x01\0" + struct.pack("<2H", 982, 29_999) + beat
    said = bytes(8) + b"\x02" + b"\1\6\0SINUS\0" + b"\2\5\0norm\0"
    found = read_scp(scp_of(WAVE, lead_numbers=LEADS, more={7: measured, 8: said}), CHINA)
    assert [(item.name, item.value, item.unit) for item in found.measurements] == [
        ("RR", "982", "ms"),
        ("P", "110", "ms"),
        ("PR", "160", "ms"),
        ("QRS", "95", "ms"),
        ("QT", "380", "ms"),
        ("P axis", "74", "deg"),
        ("QRS axis", "-30", "deg"),
    ]
    assert {item.source for item in found.measurements} == {"SCP-ECG BoxA1"}
    assert [(item.at, item.text) for item in found.annotations] == [(None, "SINUS"), (None, "norm")]
    unmeasured = b"\x01\0" + struct.pack("<2H", 0, 0) + struct.pack("<5H3h", *[29_999] * 5, 999, 999, 999)
    for section in (unmeasured, b"\0" * 22, b"\1\0"):
        assert read_scp(scp_of(WAVE, lead_numbers=LEADS, more={7: section}), CHINA).measurements == ()


def altered(at: int) -> bytes:
    content = bytearray(scp_of(WAVE, lead_numbers=LEADS))
    content[at] ^= 1
    return bytes(content)


def with_sections(**sections: bytes) -> bytes:
    bodies = {3: PLACES, 6: RHYTHM} | {int(name[1:]): body for name, body in sections.items()}
    return scp_file(bodies)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ("TRUNCATED", "header")),
        (scp_of(WAVE, lead_numbers=LEADS)[:-1], ("TRUNCATED", "header")),
        (altered(-1), ("CHECKSUM_WRONG", "file")),
        (scp_file({1: b"\xff\0\0"}), ("NO_LEADS", "")),
        (scp_file({3: PLACES}), ("NO_LEADS", "")),
        (with_sections(s3=b"\0\4"), ("NO_LEADS", "")),
        (with_sections(s3=leads_section([(1, 20, 1)] * 17)), ("TOO_MANY_LEADS", "")),
        (with_sections(s3=leads_section([(9, 2, 1)])), ("MALFORMED", "leads")),
        (with_sections(s3=leads_section([(1, 2**31, 1)])), ("MALFORMED", "leads")),
        (with_sections(s3=leads_section([(1, 20, 1)], flags=5)), ("UNSUPPORTED", "reference beat")),
        (with_sections(s3=b"\2\4\0"), ("TRUNCATED", "section")),
        (with_sections(s3=leads_section([(1, 21, 2), (1, 20, 61)])), ("TRUNCATED", "samples")),
        (with_sections(s3=leads_section([(1, 20, 2), (2**31, 2**31 + 19, 61)])), ("TOO_LARGE", "samples")),
        (with_sections(s2=struct.pack("<H", 1)), ("UNSUPPORTED", "tables")),
        (
            with_sections(
                s2=struct.pack("<H", 19_999), s6=rhythm_section([b"", b""], step_nv=1, interval_us=2_000)
            ),
            ("TRUNCATED", "samples"),
        ),
        (with_sections(s1=tag(14, b"abc")[:-1]), ("TRUNCATED", "section 1")),
        (with_sections(s6=b"\1"), ("TRUNCATED", "section")),
        (with_sections(s6=RHYTHM[:8]), ("TRUNCATED", "section")),
        (with_sections(s6=struct.pack("<HHBB", 2_500, 0, 0, 0)), ("RATE_UNSUITABLE", "interval")),
        (with_sections(s6=struct.pack("<HHBB", 2_500, 2_000, 3, 0)), ("UNSUPPORTED", "differences")),
        (with_sections(s6=struct.pack("<HHBB", 2_500, 2_000, 0, 1)), ("UNSUPPORTED", "bimodal")),
        (
            with_sections(s6=struct.pack("<HHBB", 2_500, 3_000, 0, 0) + RHYTHM[6:]),
            ("RATE_UNSUITABLE", "rate"),
        ),
    ],
)
def test_a_bad_file_is_refused(content: bytes, expected: tuple[str, str]) -> None:
    assert refusal(content) == expected


def test_sections_that_are_not_where_they_should_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scp_reader, "_check", lambda *_: None)
    content = scp_of(WAVE, lead_numbers=LEADS)
    pointer = 6 + 16 + 10

    def pointed(size: int, place: int) -> bytes:
        return content[:pointer] + struct.pack("<HII", 1, size, place) + content[pointer + 10 :]

    assert refusal(pointed(99, 0)) == ("TRUNCATED", "section 1")
    assert refusal(pointed(99, len(content))) == ("TRUNCATED", "section 1")
    assert refusal(pointed(99, 7)) == ("MALFORMED", "section 1")
    (place,) = struct.unpack_from("<I", content, pointer + 6)
    longer = content[: place + 3] + struct.pack("<I", 9_999) + content[place + 7 :]
    assert refusal(longer) == ("TRUNCATED", "section 1")
    shorter = content[: place + 3] + struct.pack("<I", 9) + content[place + 7 :]
    assert refusal(shorter) == ("MALFORMED", "section 1")


def test_the_default_table_is_that_of_the_standard() -> None:
    # C.2.7.4 of prEN 1064: prefixes 0, 100, 101, 1100, 1101 … 1111111100, 1111111101, 1111111110, 1111111111.
    assert decode_default_table(bytes((0b0_100_101_1, 0b100_1101_1)), 5) == [0, 1, -1, 2, -2]
    assert decode_default_table(bytes((0b11111111, 0b00_111111, 0b1101_0000)), 2) == [8, -8]
    assert decode_default_table(bytes((0b11111111, 0b10_100000, 0b00_000000)), 1) == [-128]
    assert decode_default_table(bytes((0xFF, 0b11_011111, 0xFF, 0b11_000000)), 1) == [32_767]


@given(st.lists(st.integers(-32_768, 32_767)))
def test_whatever_is_packed_comes_back(numbers: list[int]) -> None:
    assert decode_default_table(packed(numbers), len(numbers)) == numbers


@pytest.mark.parametrize(
    ("content", "count"),
    [(b"", 1), (b"\xff", 1), (b"\xff\x80", 1), (b"\x00", 9), (b"\xff\xff", 1), (b"\x01", 8)],
)
def test_bits_that_end_too_early_are_refused(content: bytes, count: int) -> None:
    with pytest.raises(UnreadableFile, match="truncated"):
        decode_default_table(content, count)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 9])
def test_differences_come_back(order: int, count: int) -> None:
    column = np.array([7, -3, 12, 12, 0, -9, 5, 5, 1][:count])
    numbers = np.array(differences(column, order), np.int64)
    assert np.array_equal(undo_differences(numbers, order), column)
