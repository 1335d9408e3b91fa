"""The routes of the roster: shifts, duty phones, and the roster's files. What is changed is in the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Final

from clinical.duty import FIRST_LINE, Shift, gaps, overlaps
from clinical.errors import RosterRefused
from clinical.ids import PersonId, ShiftId
from signaling.api.roster_models import (
    ExportQuery,
    GapView,
    NewShift,
    OverlapView,
    Phones,
    PhoneView,
    RosterFile,
    RosterTaken,
    RosterUpload,
    ShiftLines,
    ShiftView,
    TimeQuery,
)
from signaling.api.route import Call, Found, Refusal, Route
from signaling.auth.rights import Action, State, Subject
from signaling.messages import Language, say
from signaling.roster.hospital_time import write_time
from signaling.roster.import_plan import ImportPlan
from signaling.roster.phones import phones_of, set_phones
from signaling.roster.roster_calendar import read_calendar, write_calendar
from signaling.roster.roster_csv import read_csv, write_csv
from signaling.roster.roster_sheet import MAX_TEXT_BYTES, Fault, NamedShift
from signaling.roster.shifts import (
    MAX_LISTED,
    add_shift,
    find_shift,
    import_shifts,
    list_shifts,
    remove_shift,
)
from signaling.store.store import Store, Unit

MAX_RANGE_MS: Final = 62 * 24 * 3_600_000
"""Two months: what a page shows and a file holds; a longer look comes in pieces."""
MAX_BODY_BYTES: Final = 2 * MAX_TEXT_BYTES
"""The file's text with what JSON adds to it."""
_SHIFT_REFUSALS: Final = (
    "shift_ends_early",
    "shift_too_long",
    "shift_specialty_unknown",
    "shift_person_twice",
    "person_no_expert",
    "roster_full",
)


class RosterPages:
    """The handlers of /roster."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/roster/shifts",
                Action.ROSTER_READ,
                "Lists the own hospital's shifts in a time, the gaps of the first line and the overlaps.",
                self.list,
                query=TimeQuery,
                answer=ShiftLines,
                refusals=("roster_range_wrong",),
            ),
            Route(
                "POST",
                "/roster/shifts",
                Action.ROSTER_CHANGE,
                "Puts a specialist or duty expert of the own hospital on duty.",
                self.add,
                body=NewShift,
                answer=ShiftView,
                status=201,
                refusals=_SHIFT_REFUSALS,
            ),
            Route(
                "DELETE",
                "/roster/shifts/{id}",
                Action.ROSTER_CHANGE,
                "Takes a shift off the roster; one that is over stays.",
                self.remove,
                status=204,
                find=self._find,
            ),
            Route(
                "GET",
                "/roster/export",
                Action.ROSTER_READ,
                "Gives the shifts of a time as a file: CSV for spreadsheets, or iCalendar.",
                self.export,
                query=ExportQuery,
                answer=RosterFile,
                refusals=("roster_range_wrong", "roster_too_long"),
            ),
            Route(
                "POST",
                "/roster/import",
                Action.ROSTER_CHANGE,
                "Takes a roster's file, all or nothing; what is wrong is told line by line.",
                self.take,
                body=RosterUpload,
                answer=RosterTaken,
                refusals=("roster_not_taken", "roster_full"),
                max_body_bytes=MAX_BODY_BYTES,
            ),
            Route(
                "GET",
                "/roster/phones",
                Action.ROSTER_READ,
                "Lists the own hospital's duty phones.",
                self.phones,
                answer=Phones,
            ),
            Route(
                "PUT",
                "/roster/phones",
                Action.ROSTER_CHANGE,
                "Sets all duty phones of the own hospital.",
                self.set_phones,
                body=Phones,
                answer=Phones,
                refusals=("phone_unreadable", "phone_twice", "shift_specialty_unknown"),
            ),
        ]

    async def list(self, call: Call) -> ShiftLines:
        """Lists shifts, and names what is missing or double."""
        query: TimeQuery = call.query
        shifts = await self._shifts(call, query)
        if len(shifts) > MAX_LISTED:
            shown = [_view(shift) for shift in shifts[:MAX_LISTED]]
            return ShiftLines(shifts=shown, gaps=[], overlaps=[], is_complete=False)
        bare = [_bare(shift) for shift in shifts]
        return ShiftLines(
            shifts=[_view(shift) for shift in shifts],
            gaps=[
                GapView.model_validate(asdict(gap))
                for specialty in sorted({shift.specialty for shift in bare})
                for gap in gaps(bare, specialty, FIRST_LINE, query.from_ms, query.until_ms)
            ],
            overlaps=[
                OverlapView(
                    kind=one.kind.value,
                    first=one.first.id,
                    second=one.second.id,
                    from_ms=one.from_ms,
                    until_ms=one.until_ms,
                )
                for one in overlaps(bare)
            ],
            is_complete=True,
        )

    async def add(self, call: Call) -> ShiftView:
        """Stores a shift."""
        new: NewShift = call.body

        async def work(unit: Unit) -> NamedShift:
            return await add_shift(
                unit,
                call.caller,
                specialty=new.specialty,
                line=new.line,
                person=new.person,
                from_ms=new.from_ms,
                until_ms=new.until_ms,
            )

        with roster_refusals():
            return _view(await self._store.write(work))

    async def remove(self, call: Call) -> None:
        """Removes a shift."""
        shift: NamedShift = call.found
        if not await self._store.write(lambda unit: remove_shift(unit, call.caller, shift)):
            raise Refusal("not_found")

    async def export(self, call: Call) -> RosterFile:
        """Writes a file. A person's name stands in it: it is the roster that hangs in the ward."""
        query: ExportQuery = call.query
        shifts = await self._shifts(call, query)
        if len(shifts) > MAX_LISTED:
            raise Refusal("roster_too_long", limit=MAX_LISTED)
        day = write_time(query.from_ms).partition(" ")[0]
        if query.format == "csv":
            text = write_csv(shifts)
            return RosterFile(format="csv", name=f"roster-{day}.csv", media_type="text/csv", text=text)
        text = write_calendar(shifts, now_ms=call.now_ms)
        return RosterFile(format="ics", name=f"roster-{day}.ics", media_type="text/calendar", text=text)

    async def take(self, call: Call) -> RosterTaken:
        """Takes a file, or says what is wrong with it."""
        upload: RosterUpload = call.body
        sheet = read_csv(upload.text) if upload.format == "csv" else read_calendar(upload.text)

        async def work(unit: Unit) -> ImportPlan:
            return await import_shifts(unit, call.caller, sheet, upload.text)

        with roster_refusals():
            plan = await self._store.write(work)
        if plan.faults:
            raise RosterFaults(plan.faults, upload.format, call.language)
        return RosterTaken(added=len(plan.added), known=plan.known)

    async def phones(self, call: Call) -> Phones:
        """Lists the phones."""
        institution = call.caller.institution
        return _phones(await self._store.read(lambda connection: phones_of(connection, institution)))

    async def set_phones(self, call: Call) -> Phones:
        """Sets the phones."""
        wanted: Phones = call.body
        phones = {one.specialty: one.phone for one in wanted.phones}
        if len(phones) < len(wanted.phones):
            raise Refusal("phone_twice")
        with roster_refusals():
            return _phones(await self._store.write(lambda unit: set_phones(unit, call.caller, phones)))

    async def _shifts(self, call: Call, query: TimeQuery) -> Sequence[NamedShift]:
        check_range(query)
        institution = call.caller.institution
        return await self._store.read(
            lambda connection: list_shifts(connection, institution, query.from_ms, query.until_ms)
        )

    async def _find(self, call: Call) -> Found | None:
        found = await self._store.read(lambda connection: find_shift(connection, call.path["id"]))
        if found is None:
            return None
        institution, shift = found
        state = State.ACTIVE if call.now_ms < shift.until_ms else State.ENDED
        return Found(Subject(institution, state=state), shift)


class RosterFaults(Refusal):
    """A file that was not taken: each fault with its line, a stable reason and a sentence."""

    def __init__(self, faults: Sequence[Fault], file_format: str, language: Language) -> None:
        told = [
            {
                "line": fault.number,
                "reason": fault.reason,
                "detail": _sentence(fault, file_format, language),
            }
            for fault in faults
        ]
        super().__init__("roster_not_taken", faults=told)
        self.detail = say("api.roster_not_taken", language, first=told[0]["detail"])


@contextmanager
def roster_refusals() -> Iterator[None]:
    """Turns what the rules of rosters, phones and slots refuse into the API's refusals."""
    try:
        yield
    except RosterRefused as refused:
        raise Refusal(refused.code) from None


def check_range(query: TimeQuery) -> None:
    """Raises Refusal(roster_range_wrong) for a stretch that ends before it begins, or is too long."""
    if not query.from_ms < query.until_ms <= query.from_ms + MAX_RANGE_MS:
        raise Refusal("roster_range_wrong")


def _sentence(fault: Fault, file_format: str, language: Language) -> str:
    sentence = say(f"roster.fault.{fault.reason}", language, written=fault.written)
    if fault.number == 0:
        return sentence
    return say(f"roster.at_line.{file_format}", language, number=fault.number, sentence=sentence)


def _bare(shift: NamedShift) -> Shift:
    person = PersonId(shift.person)
    return Shift(ShiftId(shift.shift), shift.specialty, shift.line, person, shift.from_ms, shift.until_ms)


def _view(shift: NamedShift) -> ShiftView:
    return ShiftView.model_validate(
        {
            "id": shift.shift,
            "specialty": shift.specialty,
            "line": shift.line,
            "person": shift.person,
            "name": shift.name,
            "from_ms": shift.from_ms,
            "until_ms": shift.until_ms,
        }
    )


def _phones(phones: dict[str, str]) -> Phones:
    return Phones(phones=[PhoneView(specialty=code, phone=phone) for code, phone in phones.items()])
