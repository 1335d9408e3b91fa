"""What the roster, the directory and the slots say in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ROSTER_ENGLISH: Final[Mapping[str, str]] = {
    "api.shift_ends_early": "The end has to be after the start",
    "api.shift_too_long": "A shift has at most 72 hours; please check the dates",
    "api.shift_specialty_unknown": "There is no such specialty",
    "api.shift_person_twice": "This doctor is on duty for this specialty at that time already",
    "api.person_no_expert": "This person is no active specialist or duty expert of the hospital",
    "api.roster_full": "Too many shifts or slots to keep; please enter the next weeks first",
    "api.roster_range_wrong": "The end has to be after the start, and at most 62 days later",
    "api.roster_too_long": "More than {limit} shifts in this time; please export it in parts",
    "api.roster_not_taken": "Nothing was imported, nothing was changed. {first}",
    "api.phone_unreadable": "A duty phone has digits, spaces, hyphens and an extension: 0571-88001234 x602",
    "api.phone_twice": "A specialty has one duty phone",
    "api.slot_too_long": "A slot has at most 4 hours",
    "api.slot_past": "This time has begun or is over",
    "api.slot_overlaps": "This doctor has a slot at that time already",
    "api.slot_booked": "This slot is booked and cannot be closed; cancel that consultation first",
    "roster.at_line.csv": "Line {number}: {sentence}.",
    "roster.at_line.ics": "Event {number}: {sentence}.",
    "roster.fault.empty": "There is no shift in the file",
    "roster.fault.not_a_table": "This is no table: save the spreadsheet as CSV; quotes come in pairs",
    "roster.fault.not_a_calendar": "This is no calendar file (iCalendar, .ics)",
    "roster.fault.too_many_lines": "A file holds at most {written} shifts; please split it",
    "roster.fault.header_missing": "These columns are missing from the first line: {written}",
    "roster.fault.specialty_unknown": "There is no such specialty: “{written}”",
    "roster.fault.line_unknown": "The line is “first” or “second”; this says “{written}”",
    "roster.fault.time_unreadable": "This is no time: “{written}”; please write it as 2026-11-22 08:00",
    "roster.fault.person_missing": "The name is missing",
    "roster.fault.person_unknown": "Nobody of the hospital is called “{written}”; add the person first",
    "roster.fault.person_ambiguous": "There are several “{written}”: say which in the column 人员编号",
    "roster.fault.person_no_expert": "“{written}” is no specialist or duty expert: set the role first",
    "roster.fault.shift_ends_early": "The shift of “{written}” does not end after its start",
    "roster.fault.shift_too_long": "The shift of “{written}” has more than 72 hours; please check the dates",
    "roster.fault.shift_person_twice": "“{written}” is on duty for this specialty at that time already",
    "roster.fault.repeats": "“{written}” repeats: write each shift out, then import it again",
    "roster.fault.no_times": "“{written}” has no hours: a whole-day event is no shift",
    "roster.fault.summary_unreadable": "The title says no shift: “{written}”; write: Cardiology first 王敏",
}
