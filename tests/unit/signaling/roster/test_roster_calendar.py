"""The roster as iCalendar: out and in again, and what other calendars write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.roster.hospital_time import read_time
from signaling.roster.roster_calendar import read_calendar, write_calendar
from signaling.roster.roster_sheet import MAX_LINES, Fault, NamedShift, RosterLine

FROM, UNTIL = read_time("2026-11-22 08:00") or 0, read_time("2026-11-23 08:00") or 0
SHIFT = NamedShift("sh_1", "cardiology", 2, "pe_wang", "王敏", FROM, UNTIL)
TIMES = "DTSTART:20261122T000000Z\r\nDTEND:20261123T000000Z\r\n"


def calendar(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\r\n{event}END:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{body}END:VCALENDAR\r\n"


def test_what_is_written_says_it_in_words_too() -> None:
    text = write_calendar([SHIFT], now_ms=FROM)
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    for line in (
        "UID:sh_1@roster.lianzhen",
        "SUMMARY:心内科 二线 王敏",
        "DTSTART:20261122T000000Z",
        "DTEND:20261123T000000Z",
        "X-LIANZHEN-PERSON:pe_wang",
    ):
        assert f"{line}\r\n" in text


def test_what_is_written_is_read_back() -> None:
    other = NamedShift("sh_2", "respiratory", 1, "pe_chen", "陈 志远", FROM, UNTIL)
    sheet = read_calendar("\ufeff" + write_calendar([SHIFT, other], now_ms=FROM))
    assert sheet.faults == []
    assert list(sheet.lines) == [
        RosterLine(1, "cardiology", 2, "王敏", "pe_wang", FROM, UNTIL),
        RosterLine(2, "respiratory", 1, "陈 志远", "pe_chen", FROM, UNTIL),
    ]


@pytest.mark.parametrize(
    "times",
    [
        TIMES,
        "DTSTART:20261122T080000\r\nDTEND:20261123T080000\r\n",
        "DTSTART;TZID=Asia/Shanghai:20261122T080000\r\nDTEND;TZID=Asia/Shanghai:20261123T080000\r\n",
    ],
)
def test_another_calendars_words_and_times(times: str) -> None:
    sheet = read_calendar(calendar(f"UID:1\r\n{times}SUMMARY:心内科 备班 王敏\r\n"))
    assert list(sheet.lines) == [RosterLine(1, "cardiology", 2, "王敏", "", FROM, UNTIL)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault(0, "not_a_calendar")),
        ("专科,线\n", Fault(0, "not_a_calendar")),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", Fault(0, "not_a_calendar")),
        (calendar(), Fault(0, "empty")),
        (calendar(f"{TIMES}SUMMARY:心内科 一线 王敏\r\nSTATUS:CANCELLED\r\n"), Fault(0, "empty")),
        (calendar(f"{TIMES}SUMMARY:a\r\nRRULE:FREQ=DAILY\r\n"), Fault(1, "repeats", "a")),
        (calendar("DTSTART;VALUE=DATE:20261122\r\nSUMMARY:a\r\n"), Fault(1, "no_times", "a")),
        (calendar("DTSTART:20261122T000000Z\r\nSUMMARY:a\r\n"), Fault(1, "no_times", "a")),
        (calendar(f"{TIMES}SUMMARY:王敏 值班\r\n"), Fault(1, "summary_unreadable", "王敏 值班")),
        (calendar(f"{TIMES}SUMMARY:心内科 一线\r\n"), Fault(1, "summary_unreadable", "心内科 一线")),
        (calendar(TIMES), Fault(1, "summary_unreadable")),
        (
            calendar(*[f"{TIMES}SUMMARY:心内科 一线 王敏\r\n"] * (MAX_LINES + 1)),
            Fault(0, "too_many_lines", str(MAX_LINES)),
        ),
    ],
)
def test_a_fault_names_its_event_and_what_stands_there(text: str, fault: Fault) -> None:
    assert read_calendar(text).faults == [fault]


def test_a_property_that_stands_twice_is_no_time() -> None:
    twice = "DTSTART:20261122T000000Z\r\nDTSTART:20261123T000000Z\r\nDTEND:20261123T000000Z\r\n"
    sheet = read_calendar(calendar(f"{twice}SUMMARY:心内科 一线 王敏\r\nSUMMARY:b\r\n"))
    assert sheet.faults == [Fault(1, "no_times", "心内科 一线 王敏")]


LINES = st.sampled_from(
    [
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "SUMMARY:心内科 一线 王敏",
        "DTSTART:20261122T000000Z",
        "DTEND:2026",
        "RRULE:FREQ=",
        "DTSTART;TZID=Nowhere:20261122T080000",
        "x",
    ]
)


@given(st.lists(st.one_of(LINES, st.text(max_size=20)), max_size=12))
def test_whatever_a_file_holds_it_is_lines_or_faults(lines: list[str]) -> None:
    sheet = read_calendar("\r\n".join(lines))
    assert sheet.lines or sheet.faults
