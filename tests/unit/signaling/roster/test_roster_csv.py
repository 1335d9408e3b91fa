"""The roster as CSV: out and in again, and files that spreadsheets and clerks have been at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical.specialties import SPECIALTIES
from signaling.roster.hospital_time import read_time
from signaling.roster.roster_csv import read_csv, write_csv
from signaling.roster.roster_sheet import MAX_FAULTS, MAX_LINES, Fault, NamedShift, RosterLine

HEADER = "专科,线,姓名,开始,结束\n"
FROM, UNTIL = read_time("2026-11-22 08:00") or 0, read_time("2026-11-23 08:00") or 0
ROW = "心内科,一线,王敏,2026-11-22 08:00,2026-11-23 08:00\n"
LINE = RosterLine(2, "cardiology", 1, "王敏", "", FROM, UNTIL)
SHIFT = NamedShift("sh_1", "cardiology", 1, "pe_wang", "王敏", FROM, UNTIL)


def test_the_file_is_what_a_spreadsheet_opens() -> None:
    assert write_csv([SHIFT]) == (
        "\ufeff专科,线,姓名,开始,结束,人员编号\r\n"
        "心内科,一线,王敏,2026-11-22 08:00,2026-11-23 08:00,pe_wang\r\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        HEADER + ROW,
        "\ufeff" + HEADER + ROW,
        (HEADER + ROW).replace(",", ";"),
        (HEADER + ROW).replace(",", "\t"),
        (HEADER + ROW).replace("\n", "\r\n"),
        HEADER + ROW.replace(",", " , "),
        "specialty,line,name,from,until\nCardiology,First,王敏,2026/11/22 8:00,2026/11/22 24:00\n".replace(
            "2026/11/22 24:00", "2026/11/23 8:00"
        ),
        HEADER + ROW.rstrip("\n") + ",,,\n",
    ],
)
def test_what_spreadsheets_make_of_it_is_understood(text: str) -> None:
    assert read_csv(text).lines == [LINE]
    assert read_csv(text).faults == []


def test_columns_in_any_order_and_one_too_many() -> None:
    text = "备注,姓名,结束,开始,线,专科\n节日,王敏,2026-11-23 08:00,2026-11-22 08:00,备班,心内科\n"
    (line,) = read_csv(text).lines
    assert (line.line, line.name, line.from_ms, line.until_ms) == (2, "王敏", FROM, UNTIL)


def test_lines_are_counted_as_the_spreadsheet_counts_them() -> None:
    sheet = read_csv("\n" + HEADER + "\n" + ROW)
    assert [line.number for line in sheet.lines] == [4]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault(0, "empty")),
        (" , ,\n", Fault(0, "empty")),
        (HEADER, Fault(0, "empty")),
        ('专科,"线\n', Fault(0, "not_a_table")),
        ("姓名\n王敏\n", Fault(1, "header_missing", "专科、线、开始、结束")),
        (HEADER + ROW * (MAX_LINES + 1), Fault(0, "too_many_lines", str(MAX_LINES))),
        (HEADER + ROW.replace("心内科", "心内可"), Fault(2, "specialty_unknown", "心内可")),
        (HEADER + ROW.replace("一线", "四线"), Fault(2, "line_unknown", "四线")),
        (HEADER + ROW.replace("2026-11-22 08:00", "周日  早上"), Fault(2, "time_unreadable", "周日 早上")),
        (HEADER + ROW.replace("2026-11-23", "2026-11-32"), Fault(2, "time_unreadable", "2026-11-32 08:00")),
        (HEADER + ROW.replace("王敏", ""), Fault(2, "person_missing")),
        (HEADER + ROW.replace("心内科", "字" * 60), Fault(2, "specialty_unknown", "字" * 40)),
    ],
)
def test_a_fault_names_its_line_and_what_stands_there(text: str, fault: Fault) -> None:
    assert read_csv(text).faults == [fault]


def test_a_short_line_misses_what_it_misses() -> None:
    reasons = [fault.reason for fault in read_csv(HEADER + "心内科,一线\n").faults]
    assert reasons == ["time_unreadable", "time_unreadable", "person_missing"]


def test_not_more_faults_than_one_can_mend() -> None:
    assert len(read_csv(HEADER + "x,x,x,x,x\n" * 100).faults) == MAX_FAULTS


def test_a_name_that_a_spreadsheet_would_run_is_text() -> None:
    shift = NamedShift("sh_1", "cardiology", 1, "", "=HYPERLINK(1)", FROM, UNTIL)
    text = write_csv([shift])
    assert ",'=HYPERLINK(1)," in text
    assert read_csv(text).lines[0].name == "=HYPERLINK(1)"


NAMES = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
SHIFTS = st.lists(
    st.builds(
        lambda specialty, line, person, name, from_h, hours: NamedShift(
            "sh", specialty, line, person, name, from_h * 3_600_000, (from_h + hours) * 3_600_000
        ),
        st.sampled_from(list(SPECIALTIES)),
        st.sampled_from([1, 2]),
        st.text("abcdef0123456789_", max_size=8),
        NAMES.filter(lambda name: not name.startswith("'")),
        st.integers(0, 500_000),
        st.integers(1, 72),
    ),
    min_size=1,
    max_size=8,
)


@given(SHIFTS)
def test_what_is_written_is_read_back(shifts: list[NamedShift]) -> None:
    sheet = read_csv(write_csv(shifts))
    assert sheet.faults == []
    assert list(sheet.lines) == [
        RosterLine(number, one.specialty, one.line, one.name, one.person, one.from_ms, one.until_ms)
        for number, one in enumerate(shifts, 2)
    ]


@given(st.text())
def test_whatever_a_file_holds_it_is_lines_or_faults(text: str) -> None:
    sheet = read_csv(text)
    assert sheet.lines or sheet.faults
