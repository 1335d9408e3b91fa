"""WFDB records: headers line by line, signal formats number by number, annotations, and what is refused."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest

from media_server.ecg.spans import Span
from recording.exchange import wfdb_annotations, wfdb_reader
from recording.exchange.civil_time import CHINA
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.reading import read_recording
from recording.exchange.wfdb_annotations import parse_wfdb_annotations
from recording.exchange.wfdb_header import parse_wfdb_header, signal_files
from recording.exchange.wfdb_reader import read_wfdb
from recording.exchange.wfdb_signals import decode_numbers, stored_count

HEADER = b"r 1 500 4\nr.dat 16 400/mV 16 0 0 0 0 II\n"


def refusal(header: bytes, **files: bytes) -> tuple[str, str]:
    with pytest.raises(UnreadableFile) as refused:
        read_wfdb({"r.hea": header, **{name + ".dat": content for name, content in files.items()}}, CHINA)
    return Refusal(refused.value.code).name, refused.value.detail


def test_a_header_says_all_that_it_can() -> None:
    header = parse_wfdb_header(
        b"# secret: 69 M Zhang\nrec 2 360/100(5) 650000 12:34:56.7 22/11/2026\n\n"
        b"a.dat 212x2:3+512 200.5(-4)/uV 11 1024 995 -22131 0 MLII modified\nb.dat 16\n# more"
    )
    assert (header.record, header.frame_rate, header.frames) == ("rec", 360, 650_000)
    assert str(header.began) == "2026-11-22 12:34:56.700000"
    first, second = header.signals
    assert (first.format, first.per_frame, first.skew, first.offset_bytes) == (212, 2, 3, 512)
    assert (first.gain, first.baseline, first.unit, first.checksum) == (Fraction("200.5"), -4, "uV", 43_405)
    assert first.name == "MLII modified"
    assert (second.gain, second.baseline, second.unit, second.checksum, second.name) == (
        200,
        0,
        "mV",
        None,
        "",
    )
    assert signal_files(header) == ("a.dat", "b.dat")
    assert "Zhang" not in repr(header)


def test_what_a_header_leaves_out_has_its_defaults() -> None:
    header = parse_wfdb_header(b"r 1\nr.dat 16 0 12 7")
    assert (header.frame_rate, header.frames, header.began) == (250, None, None)
    assert (header.signals[0].gain, header.signals[0].baseline) == (200, 7)
    assert parse_wfdb_header(b"r 1 250 0 5:06\nr.dat 16").frames is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"", ("MALFORMED", "record")),
        (b"# only a comment", ("MALFORMED", "record")),
        (b"r/3 2 500 4", ("UNSUPPORTED", "segments")),
        (b"r", ("MALFORMED", "signals")),
        (b"r 0", ("NO_LEADS", "")),
        (b"r 65", ("TOO_MANY_LEADS", "")),
        (b"r 2 500 4\nr.dat 16", ("TRUNCATED", "header")),
        (b"r 1 x 4\nr.dat 16", ("MALFORMED", "rate")),
        (b"r 1 500 -4\nr.dat 16", ("MALFORMED", "samples")),
        (b"r 1 500 4 25:00:00 22/11/2026\nr.dat 16", ("MALFORMED", "time")),
        (b"r 1 500 4 1:00 22.11.2026\nr.dat 16", ("MALFORMED", "time")),
        (b"r 1 500 4\nr.dat", ("MALFORMED", "signal")),
        (b"r 1 500 4\n../r.dat 16", ("MALFORMED", "signal")),
        (b"r 1 500 4\nr.dat x", ("MALFORMED", "format")),
        (b"r 1 500 4\nr.dat 16 NaN", ("MALFORMED", "gain")),
        (b"r 1 500 4\nr.dat 16 .", ("MALFORMED", "gain")),
        (b"r 1 500 4\nr.dat 16 -400", ("RESOLUTION_UNSUITABLE", "gain")),
        (b"#" * 70_000, ("TOO_LARGE", "header")),
    ],
)
def test_a_bad_header_is_refused(header: bytes, expected: tuple[str, str]) -> None:
    assert refusal(header, r=bytes(8)) == expected


@pytest.mark.parametrize(
    ("coding", "content", "numbers"),
    [
        (16, struct.pack("<3h", 1, -32_768, 32_767), [1, -32_768, 32_767]),
        (61, struct.pack(">3h", 1, -32_768, 32_767), [1, -32_768, 32_767]),
        (32, struct.pack("<2i", -(2**31), 2**31 - 1), [-(2**31), 2**31 - 1]),
        (24, b"\x01\x00\x00\xff\xff\xff\x00\x00\x80", [1, -1, -(2**23)]),
        (80, b"\x00\x80\xff", [-128, 0, 127]),
        (212, b"\x01\xf8\xff", [-2_047, -1]),
        (212, b"\x00\x08", [-2_048]),
        (212, b"\xe3\x33\xf3\xe3\x03", [995, 1_011, 995]),
    ],
)
def test_each_signal_format_is_read(coding: int, content: bytes, numbers: list[int]) -> None:
    assert decode_numbers(coding, content, len(numbers)).tolist() == numbers
    assert stored_count(coding, len(content)) == len(numbers)


@pytest.mark.parametrize(
    ("header", "content", "expected"),
    [
        (HEADER, bytes(7), ("TRUNCATED", "samples")),
        (HEADER, struct.pack("<4h", 1, 0, 0, 0), ("CHECKSUM_WRONG", "signal 0")),
        (b"r 1 500 4\nr.dat 310 400 16 0 0 0 0 II", bytes(8), ("UNSUPPORTED", "format")),
        (b"r 1 500\nr.dat 310 400 16 0 0 0 0 II", bytes(8), ("UNSUPPORTED", "format")),
        (b"r 2 500 4\nr.dat 16\nr.dat 212", bytes(16), ("UNSUPPORTED", "format")),
        (b"r 1 500 4\nr.dat 16x0", bytes(8), ("MALFORMED", "format")),
        (b"r 1 500.5 4\nr.dat 16", bytes(8), ("RATE_UNSUITABLE", "rate")),
        (b"r 1 24 4\nr.dat 16", bytes(8), ("RATE_UNSUITABLE", "rate")),
        (b"r 1 99999 4\nr.dat 16", bytes(8), ("RATE_UNSUITABLE", "rate")),
        (b"r 2 500 4\nr.dat 16x2\nr.dat 16", bytes(24), ("RATE_UNSUITABLE", "rates")),
        (b"r 1 500 4\nr.dat 16:2", bytes(8), ("UNSUPPORTED", "skew")),
        (b"r 1 500 4\nr.dat 16 400/mmHg", bytes(8), ("NO_LEADS", "")),
        (b"r 1 500 4\nr.dat 16 400 16 0 0 0 0 RESP", bytes(8), ("NO_LEADS", "")),
        (b"r 1 500\nr.dat 16", b"", ("NO_LEADS", "")),
        (b"r 1 500 4\nr.dat 16 0.5", bytes(8), ("RESOLUTION_UNSUITABLE", "step")),
        (b"r 1 500 99999999\nr.dat 16", bytes(8), ("TOO_LARGE", "samples")),
        (b"r 17 500 1\n" + b"r.dat 16\n" * 17, bytes(34), ("TOO_MANY_LEADS", "")),
    ],
)
def test_bad_signals_are_refused(header: bytes, content: bytes, expected: tuple[str, str]) -> None:
    assert refusal(header, r=content) == expected


def test_files_that_are_not_there_are_missed() -> None:
    assert refusal(HEADER) == ("PART_MISSING", "signals")
    with pytest.raises(UnreadableFile, match="part_missing"):
        read_wfdb({"a.hea": HEADER, "b.hea": HEADER, "r.dat": bytes(8)}, CHINA)


def test_files_that_hold_too_much_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wfdb_reader, "MAX_VALUES", 7)
    assert refusal(b"r 2 500 4\nr.dat 16\ns.dat 16", r=bytes(8), s=bytes(8)) == ("TOO_LARGE", "samples")


def test_leads_of_different_length_are_refused() -> None:
    header = b"r 2 500\nr.dat 16\ns.dat 16"
    assert refusal(header, r=bytes(8), s=bytes(6)) == ("MALFORMED", "lengths")


def test_numbers_that_mean_no_sample_are_missing_and_never_a_value() -> None:
    numbers = np.array([[5, 5], [-32_768, -32_768], [-32_768, 7], [9, 9]], "<i2")
    header = b"r 2 500 4 10:00:00 22/11/2026\nr.dat 16 400(3)/mV\nr.dat 16 400/mV\n"
    recorded = read_recording({"r.hea": header, "r.dat": numbers.tobytes()})
    assert recorded.samples.tolist() == [[2, 5], [0, 0], [0, 7], [6, 9]]
    assert recorded.missing == (Span(1, 2),)
    assert recorded.lead_missing == ((Span(2, 3),), ())
    assert recorded.started_us == 1_795_312_800_000_000
    assert recorded.descriptor.leads == ("ECG-1", "ECG-2")


def test_a_wide_number_less_its_baseline_keeps_its_value_or_is_refused() -> None:
    header = b"r 1 500 1\nr.dat 32 1000000(2000000000)/mV"
    assert refusal(header, r=struct.pack("<i", -2_000_000_000)) == ("VALUE_UNSUITABLE", "range")
    recorded = read_wfdb({"r.hea": header, "r.dat": struct.pack("<i", 2_000_000_007)}, CHINA)
    assert recorded.samples.tolist() == [[7]]
    far = b"r 1 500 1\nr.dat 16 1000000(2000000000)/mV"
    assert refusal(far, r=bytes(2)) == ("VALUE_UNSUITABLE", "range")


def word(kind: int, value: int) -> bytes:
    return struct.pack("<H", kind << 10 | value)


def test_annotations_are_read_with_jumps_and_texts() -> None:
    content = word(28, 18) + word(63, 3) + b"(N\0\0" + word(61, 1) + word(1, 59)
    content += word(59, 0) + struct.pack("<HH", 1, 5) + word(5, 2)
    content += word(59, 0) + struct.pack("<HH", 0xFFFF, 0xFFFE) + word(1, 0) + word(0, 0)
    found = parse_wfdb_annotations(content)
    assert [(beat.at, beat.code, beat.text) for beat in found] == [
        (18, "+", "(N"),
        (77, "N", ""),
        (77 + 65_541 + 2, "V", ""),
        (77 + 65_541, "N", ""),
    ]


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (word(1, 5), Refusal.TRUNCATED),
        (word(63, 9) + b"abc", Refusal.TRUNCATED),
        (word(63, 2) + b"ab" + word(0, 0), Refusal.MALFORMED),
        (word(50, 2) + word(0, 0), Refusal.MALFORMED),
        (word(59, 0) + struct.pack("<HH", 0xFFFF, 0) + word(1, 0), Refusal.MALFORMED),
        (word(22, 0) + word(63, 24) + b"## time resolution: 1000", Refusal.UNSUPPORTED),
    ],
)
def test_bad_annotations_are_refused(content: bytes, refused: Refusal) -> None:
    with pytest.raises(UnreadableFile) as error:
        parse_wfdb_annotations(content)
    assert error.value.code == refused


def test_more_annotations_than_a_day_has_beats_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wfdb_annotations, "MAX_ANNOTATIONS", 1)
    with pytest.raises(UnreadableFile, match="too_large"):
        parse_wfdb_annotations(word(1, 1) * 2 + word(0, 0))


def test_annotations_count_the_samples_of_frames_and_end_with_the_record() -> None:
    header = b"r 1 250 4\nr.dat 16x2"
    files = {"r.hea": header, "r.dat": bytes(16), "r.atr": word(1, 3) + word(1, 3) + word(0, 0)}
    assert [beat.at for beat in read_wfdb(files, CHINA).annotations] == [6]
