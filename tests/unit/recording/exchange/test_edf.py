"""EDF and EDF+ files: heads field by field, records that follow each other or not, texts, and refusals."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest

from media_server.ecg.spans import Span
from recording.exchange import edf_reader
from recording.exchange.civil_time import CHINA
from recording.exchange.edf_header import parse_edf_header
from recording.exchange.edf_reader import read_edf
from recording.exchange.edf_texts import TimedText, format_texts, parse_texts
from recording.exchange.errors import Refusal, UnreadableFile
from tests.support.ecg_files import PTB_EDF, one_file

DEVICE = "Startdate 22-NOV-2026 X X Box_A1"


def signal(
    label: str = "ECG II",
    unit: str = "uV",
    limits: tuple[str, str] = ("-32768", "32767"),
    digital: tuple[str, str] = ("-32768", "32767"),
    filters: str = "",
    per_record: str = "4",
) -> tuple[str, ...]:
    return (label, "electrode", unit, *limits, *digital, filters, per_record, "")


NOTES = signal("EDF Annotations", "", ("-1", "1"), per_record="40")
WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)


def edf(
    signals: list[tuple[str, ...]],
    records: list[bytes],
    *,
    kind: str = "",
    count: str | None = None,
    record_s: str = "0.008",
    day: str = "22.11.26",
    recording: str = DEVICE,
) -> bytes:
    head = "0".ljust(8) + "ZHANG SAN ID-77".ljust(80) + recording.ljust(80) + day + "13.05.07"
    head += str(256 * (1 + len(signals))).ljust(8) + kind.ljust(44)
    head += (str(len(records)) if count is None else count).ljust(8) + record_s.ljust(8)
    head += str(len(signals)).ljust(4)
    for field, width in enumerate(WIDTHS):
        head += "".join(row[field].ljust(width) for row in signals)
    return head.encode("latin-1") + b"".join(records)


def samples(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}h", *values)


def noted(*entries: tuple[str, str | None, str]) -> bytes:
    texts = [TimedText(Fraction(at), Fraction(long) if long else None, text) for at, long, text in entries]
    return format_texts(texts).ljust(80, b"\0")


def refusal(content: bytes) -> tuple[str, str]:
    with pytest.raises(UnreadableFile) as refused:
        read_edf(content, CHINA)
    return Refusal(refused.value.code).name, refused.value.detail


def test_a_plain_file_is_one_run_of_its_records() -> None:
    found = read_edf(edf([signal()], [samples(1, 2, 3, 4), samples(5, 6, 7, -8)]), CHINA)
    assert found.samples[:, 0].tolist() == [1, 2, 3, 4, 5, 6, 7, -8]
    assert (found.descriptor.rate_hz, found.descriptor.resolution_nv, found.descriptor.leads) == (
        500,
        1_000,
        ("II",),
    )
    assert (found.missing, found.annotations, found.descriptor.model) == ((), (), "")
    assert found.started_us == 1_795_323_907_000_000
    assert "ZHANG" not in repr(found)


def test_what_lies_between_the_records_of_a_discontinuous_file_is_missing() -> None:
    records = [
        samples(1, 2, 3, 4) + noted(("0.5", None, ""), ("0.502", "0.001", "lead-off V1")),
        samples(5, 6, 7, 8) + noted(("0.52", None, "")),
    ]
    found = read_edf(edf([signal(), NOTES], records, kind="EDF+D"), CHINA)
    assert found.missing == (Span(4, 10),)
    assert found.samples[:, 0].tolist() == [1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 5, 6, 7, 8]
    assert [(note.at, note.text) for note in found.annotations] == [(1, "lead-off V1")]
    assert found.descriptor.model == "Box A1"
    assert found.started_us == 1_795_323_907_500_000


def test_samples_that_were_filled_in_are_missing() -> None:
    record = samples(1, -32_768, -32_768, 4) + noted(("0", None, ""), ("0.002", "0.004", "No samples"))
    found = read_edf(edf([signal(), NOTES], [record], kind="EDF+D"), CHINA)
    assert (found.missing, found.samples[:, 0].tolist(), found.annotations) == (
        (Span(1, 3),),
        [1, 0, 0, 4],
        (),
    )
    without_length = samples(1, 2, 3, 4) + noted(("0", None, ""), ("0.002", None, "No samples"))
    assert read_edf(edf([signal(), NOTES], [without_length], kind="EDF+C"), CHINA).missing == ()


def test_a_file_that_was_not_finished_has_the_records_that_are_there() -> None:
    content = edf([signal()], [samples(1, 2, 3, 4)], count="-1") + b"\0\0\0"
    assert len(read_edf(content, CHINA).samples) == 4


def test_filters_and_limits_are_those_of_the_device() -> None:
    odd = signal("V1", "mV", ("5", "-5"), ("-2048", "2047"), "HP:0.05Hz LP:150Hz N:50Hz")
    found = read_edf(edf([odd], [samples(-2_048, 0, 1, 2_047)]), CHINA)
    described = found.descriptor
    assert (described.band_low_mhz, described.band_high_hz, described.notch_hz) == (50, 150, 50)
    assert described.resolution_nv == round(10_000_000 / 4_095)
    # Its electrodes are the other way round: a larger number is a lower voltage.
    assert found.samples[0, 0] > 0 > found.samples[3, 0]
    assert parse_edf_header(edf([signal(filters="HP:50mHz")], [])).signals[0].filters == {
        "HP": Fraction(1, 20)
    }


def test_signals_that_are_no_ecg_are_left_out() -> None:
    rows = [signal("EEG Fpz"), signal("SaO2", "%"), signal()]
    found = read_edf(edf(rows, [samples(*range(12))]), CHINA)
    assert (found.left_out, found.samples[:, 0].tolist()) == (("EEG Fpz", "SaO2"), [8, 9, 10, 11])


@pytest.mark.parametrize(
    ("day", "recording", "began"),
    [
        ("01.02.85", "", "1985-02-01 13:05:07"),
        ("01.02.84", "", "2084-02-01 13:05:07"),
        ("01.02.84", "Startdate 01-FEB-2184 X X X", "2184-02-01 13:05:07"),
        ("01.02.84", "Startdate", "2084-02-01 13:05:07"),
        ("01.01.85", "Startdate X X X X", "None"),
        ("99.99.99", "", "None"),
        ("01.02.26", "Startdate 99-FEB-2026 X X X", "None"),
    ],
)
def test_the_date_has_its_century_or_is_hidden(day: str, recording: str, began: str) -> None:
    header = parse_edf_header(edf([signal()], [], kind="EDF+C", day=day, recording=recording))
    assert str(header.began) == began
    hidden = edf(
        [signal(), NOTES], [samples(1, 2, 3, 4) + noted(("0", None, ""))], kind="EDF+C", day="99.99.99"
    )
    assert read_edf(hidden.replace(b"Startdate", b"Somewhere"), CHINA).started_us is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"0", ("TRUNCATED", "header")),
        (edf([signal()], [])[:300], ("TRUNCATED", "header")),
        (edf([], []), ("NO_LEADS", "")),
        (edf([signal()] * 65, []), ("TOO_MANY_LEADS", "")),
        (edf([signal()], [samples(1, 2, 3)], count="1"), ("TRUNCATED", "records")),
        (edf([signal()], []), ("NO_LEADS", "")),
        (edf([signal(per_record="0")], [b""]), ("NO_LEADS", "")),
        (edf([signal("EEG")], [samples(1, 2, 3, 4)]), ("NO_LEADS", "")),
        (edf([signal()], [], count="-2"), ("MALFORMED", "records")),
        (edf([signal()], [], count="x"), ("MALFORMED", "records")),
        (edf([signal()], [], record_s="-1"), ("MALFORMED", "records")),
        (edf([signal()], [], record_s="one"), ("MALFORMED", "duration")),
        (edf([signal()], [], record_s="NaN"), ("VALUE_UNSUITABLE", "duration")),
        (edf([signal()], [], record_s="1e99"), ("MALFORMED", "duration")),
        (edf([signal(limits=("inf", "5"))], []), ("VALUE_UNSUITABLE", "physical")),
        (edf([signal(digital=("5", "5"))], []), ("MALFORMED", "signal")),
        (edf([signal(per_record="-4")], []), ("MALFORMED", "signal")),
        (edf([signal()], [samples(1, 2, 3, 4)], record_s="0"), ("RATE_UNSUITABLE", "rates")),
        (edf([signal()], [samples(1, 2, 3, 4)], record_s="0.0077"), ("RATE_UNSUITABLE", "rate")),
        (edf([signal(), signal(per_record="2")], [bytes(12)]), ("RATE_UNSUITABLE", "rates")),
        (edf([signal(limits=("7", "7"))], [bytes(8)]), ("RESOLUTION_UNSUITABLE", "uV")),
        (edf([signal(limits=("999999", "999999.1"))], [bytes(8)]), ("VALUE_UNSUITABLE", "offset")),
        (edf([signal()], [bytes(8)], kind="EDF+D"), ("MALFORMED", "time")),
        (edf([signal(), NOTES], [bytes(88)], kind="EDF+C"), ("MALFORMED", "time")),
        (edf([signal(), NOTES], [bytes(8) + b"x" * 80], kind="EDF+C"), ("MALFORMED", "annotations")),
        (
            edf([signal(), NOTES], [bytes(8) + noted(("0", None, ""))] * 2, kind="EDF+D"),
            ("MALFORMED", "time"),
        ),
        (
            edf(
                [signal(), NOTES],
                [bytes(8) + noted((at, None, "")) for at in ("0", "999999999")],
                kind="EDF+D",
            ),
            ("TOO_LARGE", "samples"),
        ),
    ],
)
def test_a_bad_file_is_refused(content: bytes, expected: tuple[str, str]) -> None:
    assert refusal(content) == expected


def test_more_texts_than_a_day_has_beats_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edf_reader, "MAX_ANNOTATIONS", 0)
    record = bytes(8) + noted(("0", None, ""), ("0", None, "a"), ("0", None, "b"))
    assert refusal(edf([signal(), NOTES], [record], kind="EDF+C")) == ("TOO_LARGE", "annotations")


def test_texts_come_back_as_they_were_written() -> None:
    entries = [
        TimedText(Fraction(1, 3), None, ""),
        TimedText(Fraction(5), Fraction(1, 8), "导联脱落"),
        TimedText(Fraction(0), Fraction(2), "x"),
    ]
    content = format_texts(entries)
    assert content.startswith(b"+0.333333333\x14\x14\x00+5\x150.125\x14")
    again = parse_texts(content + bytes(7))
    assert [(round(entry.onset_s, 9), entry.duration_s, entry.text) for entry in again] == [
        (round(entry.onset_s, 9), entry.duration_s, entry.text) for entry in entries
    ]
    assert parse_texts(b"+1\x14a\x14b\x14\x00-2\x14\x00") == [
        TimedText(Fraction(1), None, "a"),
        TimedText(Fraction(1), None, "b"),
        TimedText(Fraction(-2), None, ""),
    ]


def test_a_real_file_reads() -> None:
    (content,) = one_file(PTB_EDF).values()
    found = read_edf(content, CHINA)
    assert found.samples.shape == (2_500, 12)
    # Startdate X: the date in the other field stands for none.
    assert found.started_us is None
    assert not found.samples.flags.writeable
    assert np.abs(found.samples).max() > 100
