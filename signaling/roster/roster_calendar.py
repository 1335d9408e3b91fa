"""A roster as a calendar: iCalendar (RFC 5545), one event a shift.

What we write names specialty, line and person in properties of our own (X-LIANZHEN-…, RFC 5545 §3.8.8.2) and
the shift in the UID, so that what comes back is the same roster. What another program writes is understood
where its SUMMARY says the same words: "心内科 一线 王敏". A repeating event is refused: which days it means
is the other program's to say, and a wrong guess is a night without a doctor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from icalendar import Calendar, Event

from clinical.specialties import specialty_of_words, specialty_words
from signaling.roster.hospital_time import milliseconds_of, moment_of
from signaling.roster.roster_sheet import (
    LINE_WORDS,
    MAX_FAULTS,
    MAX_LINES,
    Fault,
    NamedShift,
    RosterLine,
    RosterSheet,
    fault,
    line_of_words,
)

PRODUCT: Final = "-//lianzhen//duty roster//ZH"
_UID_END: Final = "@roster.lianzhen"
_SPECIALTY, _LINE, _PERSON = "X-LIANZHEN-SPECIALTY", "X-LIANZHEN-LINE", "X-LIANZHEN-PERSON"
_WORDS_IN_SUMMARY: Final = 3
_REPEATS: Final = ("RRULE", "RDATE", "RECURRENCE-ID")


def write_calendar(shifts: Iterable[NamedShift], *, now_ms: int) -> str:
    """Returns the file's text; ``now_ms`` is when it was made (DTSTAMP)."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    for shift in shifts:
        event = Event()
        event.add("uid", shift.shift + _UID_END)
        event.add("dtstamp", moment_of(now_ms))
        event.add("dtstart", moment_of(shift.from_ms))
        event.add("dtend", moment_of(shift.until_ms))
        words = (specialty_words(shift.specialty).zh, LINE_WORDS[shift.line], shift.name)
        event.add("summary", " ".join(words))
        event.add(_SPECIALTY, shift.specialty)
        event.add(_LINE, str(shift.line))
        event.add(_PERSON, shift.person)
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written.decode()


def read_calendar(text: str) -> RosterSheet:
    """Returns what the file says. Nothing is raised for whatever it holds: its faults say what is wrong."""
    try:
        calendar = Calendar.from_ical(text.removeprefix("\ufeff"))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        # Not all that icalendar raises for a broken file is documented; all of it is the file's fault.
        return RosterSheet(faults=[fault(0, "not_a_calendar")])
    events = [one for one in calendar.walk("VEVENT") if str(one.get("STATUS", "")).upper() != "CANCELLED"]
    if not events:
        return RosterSheet(faults=[fault(0, "empty")])
    if len(events) > MAX_LINES:
        return RosterSheet(faults=[fault(0, "too_many_lines", str(MAX_LINES))])
    lines: list[RosterLine] = []
    faults: list[Fault] = []
    for number, event in enumerate(events, 1):
        read = _read_event(number, event)
        if isinstance(read, RosterLine):
            lines.append(read)
        else:
            faults.append(read)
    return RosterSheet(lines, faults[:MAX_FAULTS])


def _read_event(number: int, event: Any) -> RosterLine | Fault:
    if any(name in event for name in _REPEATS):
        return fault(number, "repeats", _text(event, "SUMMARY"))
    times = [_moment(event, name) for name in ("DTSTART", "DTEND")]
    if times[0] is None or times[1] is None:
        return fault(number, "no_times", _text(event, "SUMMARY"))
    from_ms, until_ms = milliseconds_of(times[0]), milliseconds_of(times[1])
    person = _text(event, _PERSON)
    words = _words(event)
    specialty, line = specialty_of_words(next(words, "")), line_of_words(next(words, ""))
    name = " ".join(words)
    if specialty is None or line is None or not (name or person):
        return fault(number, "summary_unreadable", _text(event, "SUMMARY"))
    return RosterLine(number, specialty, line, name, person, from_ms, until_ms)


def _words(event: Any) -> Iterator[str]:
    """Specialty, line, and then the name: of our own properties, else of the summary."""
    summary = _text(event, "SUMMARY").split(maxsplit=_WORDS_IN_SUMMARY - 1)
    if _SPECIALTY in event and _LINE in event:
        yield _text(event, _SPECIALTY)
        yield _text(event, _LINE)
        yield from summary[_WORDS_IN_SUMMARY - 1 :]
    else:
        yield from summary


def _text(event: Any, name: str) -> str:
    value = event.get(name, "")
    return str(value[0] if isinstance(value, list) else value).strip()


def _moment(event: Any, name: str) -> datetime | None:
    # A property that stands twice is a list, a whole day a date: neither is a time that a shift can have.
    moment = getattr(event.get(name), "dt", None)
    return moment if isinstance(moment, datetime) else None
