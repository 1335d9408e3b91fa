"""What the API takes and gives about who can be asked and when.

    GET    /specialties               the codes of specialties and titles, with their words
    GET    /directory                 the specialties of the hospitals that can be asked, and who is on duty
    GET    /roster/shifts             the own hospital's shifts in a time, its gaps and overlaps
    POST   /roster/shifts             puts somebody on duty
    DELETE /roster/shifts/{id}
    GET    /roster/export             the shifts of a time as a file: CSV or iCalendar
    POST   /roster/import             takes such a file, all or nothing
    GET    /roster/phones             the duty phones
    PUT    /roster/phones             all of them at once
    GET    /slots                     the own hospital's slots in a time
    POST   /slots                     opens one
    DELETE /slots/{id}                closes one that is not booked
    GET    /slots/open?specialty=     the slots of all hospitals that can be booked

Times are milliseconds since the Unix epoch. A file travels as text in JSON, both ways, so that one form of
request and of refusal holds for it too.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from signaling.api.device_models import Milliseconds
from signaling.api.route import Model
from signaling.roster.roster_sheet import MAX_TEXT_BYTES

MAX_PHONES = 100
"""More than there are specialties."""
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z_]+$")]
PersonName = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^\w+$")]
FileFormat = Literal["csv", "ics"]
Line = Literal[1, 2]


class WordsView(Model):
    """One name in both languages."""

    zh: str
    en: str


class NamedCode(Model):
    """A code and its names."""

    code: str
    name: WordsView


class SpecialtyWords(Model):
    """The specialties and the titles one can ask for, in the order of a list."""

    specialties: list[NamedCode]
    titles: list[NamedCode]


class OnDutyView(Model):
    """Somebody who is on duty now."""

    person: str
    name: str
    title: str
    line: Line


class DirectoryEntry(Model):
    """One specialty of one hospital. ``expected_wait_s`` null: nobody is on duty, so nobody can say."""

    code: str
    name: WordsView
    institution: str
    institution_name: str
    on_duty: list[OnDutyView]
    duty_phone: str
    waiting: int
    expected_wait_s: int | None


class Directory(Model):
    """Whom one can ask."""

    specialties: list[DirectoryEntry]


class TimeQuery(Model):
    """A stretch of time, at most 62 days."""

    from_ms: Milliseconds
    until_ms: Milliseconds


class NewShift(Model):
    """Somebody to be on duty; ``line`` 1 first, 2 second."""

    specialty: Code
    line: Line
    person: PersonName
    from_ms: Milliseconds
    until_ms: Milliseconds


class ShiftView(Model):
    """Somebody on duty from ``from_ms`` until before ``until_ms``."""

    id: str
    specialty: str
    line: Line
    person: str
    name: str
    from_ms: int
    until_ms: int


class GapView(Model):
    """A time in which nobody is on the first line of a specialty that has a roster."""

    specialty: str
    line: Line
    from_ms: int
    until_ms: int


class OverlapView(Model):
    """Two shifts at the same time: two people on one line, or one person at two places."""

    kind: Literal["same_line", "same_person"]
    first: str
    second: str
    from_ms: int
    until_ms: int


class ShiftLines(Model):
    """The shifts that hold at some time of the stretch, by start. ``next`` is always null: ask for less."""

    shifts: list[ShiftView]
    gaps: list[GapView]
    overlaps: list[OverlapView]
    is_complete: bool
    """False where more than these fit; gaps and overlaps are then left out."""
    next: str | None = None


class ExportQuery(TimeQuery):
    """Which file."""

    format: FileFormat


class RosterFile(Model):
    """A file: ``name`` is what it may be saved as."""

    format: FileFormat
    name: str
    media_type: Literal["text/csv", "text/calendar"]
    text: str


class RosterUpload(Model):
    """A file to be taken, as its text."""

    format: FileFormat
    text: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=MAX_TEXT_BYTES)]
    """As it is in the file, to the last line feed: the ledger names it by its hash."""


class RosterTaken(Model):
    """What was taken: ``added`` shifts are new, ``known`` lines said what was there already."""

    added: int
    known: int


class PhoneView(Model):
    """The duty phone of a specialty."""

    specialty: Code
    phone: Annotated[str, Field(min_length=3, max_length=40)]


class Phones(Model):
    """All duty phones of a hospital."""

    phones: list[PhoneView] = Field(max_length=MAX_PHONES)


class NewSlot(Model):
    """A time to be booked."""

    specialty: Code
    person: PersonName
    from_ms: Milliseconds
    until_ms: Milliseconds


class OpenSlotsQuery(Model):
    """For which specialty."""

    specialty: Code


class SlotView(Model):
    """A time with a specialist."""

    id: str
    specialty: str
    institution: str
    institution_name: str
    person: str
    name: str
    title: str
    from_ms: int
    until_ms: int
    is_booked: bool


class SlotLines(Model):
    """Slots by their start. ``next`` is always null: ask for less."""

    slots: list[SlotView]
    is_complete: bool
    """False where more than these fit."""
    next: str | None = None
