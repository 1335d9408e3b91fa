"""The routes of the directory and of slots: whom one can ask, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from clinical.specialties import SPECIALTIES, TITLES, Words, specialty_words
from signaling.api.roster_models import (
    Directory,
    DirectoryEntry,
    NamedCode,
    NewSlot,
    OnDutyView,
    OpenSlotsQuery,
    SlotLines,
    SlotView,
    SpecialtyWords,
    TimeQuery,
    WordsView,
)
from signaling.api.roster_pages import check_range, roster_refusals
from signaling.api.route import Call, Found, Refusal, Route
from signaling.auth.rights import Action, State, Subject
from signaling.roster.directory import Entry, read_directory
from signaling.roster.slots import MAX_LISTED, Slot, close_slot, find_slot, list_slots, open_slot, open_slots
from signaling.store.store import Store, Unit


class SlotPages:
    """The handlers of /directory and /slots."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Returns the routes; /slots/open before what takes any word in its place."""
        return [
            Route(
                "GET",
                "/specialties",
                Action.DIRECTORY_READ,
                "Lists the specialties and titles that can be asked for, in both languages.",
                self.specialties,
                answer=SpecialtyWords,
            ),
            Route(
                "GET",
                "/directory",
                Action.DIRECTORY_READ,
                "Lists the specialties of the hospitals that can be asked, who is on duty, and the wait.",
                self.directory,
                answer=Directory,
            ),
            Route(
                "GET",
                "/slots/open",
                Action.SLOT_LIST,
                "Lists the slots of all hospitals that can be booked for a specialty.",
                self.open,
                query=OpenSlotsQuery,
                answer=SlotLines,
            ),
            Route(
                "GET",
                "/slots",
                Action.SLOT_LIST,
                "Lists the own hospital's slots in a time.",
                self.list,
                query=TimeQuery,
                answer=SlotLines,
                refusals=("roster_range_wrong",),
            ),
            Route(
                "POST",
                "/slots",
                Action.SLOT_CHANGE,
                "Opens a slot with a specialist of the own hospital.",
                self.add,
                body=NewSlot,
                answer=SlotView,
                status=201,
                refusals=(
                    "shift_specialty_unknown",
                    "shift_ends_early",
                    "slot_too_long",
                    "slot_past",
                    "slot_overlaps",
                    "person_no_expert",
                    "roster_full",
                ),
            ),
            Route(
                "DELETE",
                "/slots/{id}",
                Action.SLOT_CHANGE,
                "Closes a slot that nobody has booked.",
                self.close,
                status=204,
                find=self._find,
                refusals=("slot_booked",),
            ),
        ]

    async def specialties(self, call: Call) -> SpecialtyWords:
        """Lists the codes and their words."""
        return SpecialtyWords(specialties=_named(SPECIALTIES), titles=_named(TITLES))

    async def directory(self, call: Call) -> Directory:
        """Lists whom one can ask."""
        entries = await self._store.read(lambda connection: read_directory(connection, call.now_ms))
        return Directory(specialties=[_entry(entry) for entry in entries])

    async def open(self, call: Call) -> SlotLines:
        """Lists what can be booked."""
        specialty = call.query.specialty
        return _lines(
            await self._store.read(lambda connection: open_slots(connection, specialty, call.now_ms))
        )

    async def list(self, call: Call) -> SlotLines:
        """Lists the hospital's own."""
        query: TimeQuery = call.query
        check_range(query)
        institution = call.caller.institution
        return _lines(
            await self._store.read(
                lambda connection: list_slots(connection, institution, query.from_ms, query.until_ms)
            )
        )

    async def add(self, call: Call) -> SlotView:
        """Opens a slot."""
        new: NewSlot = call.body

        async def work(unit: Unit) -> Slot:
            return await open_slot(
                unit,
                call.caller,
                specialty=new.specialty,
                person=new.person,
                from_ms=new.from_ms,
                until_ms=new.until_ms,
            )

        with roster_refusals():
            return _view(await self._store.write(work))

    async def close(self, call: Call) -> None:
        """Closes a slot."""
        slot: Slot = call.found
        if not await self._store.write(lambda unit: close_slot(unit, call.caller, slot)):
            raise Refusal("slot_booked")

    async def _find(self, call: Call) -> Found | None:
        slot = await self._store.read(lambda connection: find_slot(connection, call.path["id"]))
        if slot is None:
            return None
        state = State.ACTIVE if call.now_ms < slot.until_ms else State.ENDED
        return Found(Subject(slot.institution, state=state), slot)


def _named(words: Mapping[str, Words]) -> list[NamedCode]:
    return [NamedCode(code=code, name=WordsView(zh=one.zh, en=one.en)) for code, one in words.items()]


def _entry(entry: Entry) -> DirectoryEntry:
    words = specialty_words(entry.code)
    return DirectoryEntry(
        code=entry.code,
        name=WordsView(zh=words.zh, en=words.en),
        institution=entry.institution,
        institution_name=entry.institution_name,
        on_duty=[OnDutyView.model_validate(asdict(one)) for one in entry.on_duty],
        duty_phone=entry.duty_phone,
        waiting=entry.waiting,
        expected_wait_s=entry.expected_wait_s,
    )


def _lines(slots: Sequence[Slot]) -> SlotLines:
    return SlotLines(slots=[_view(slot) for slot in slots[:MAX_LISTED]], is_complete=len(slots) <= MAX_LISTED)


def _view(slot: Slot) -> SlotView:
    return SlotView(
        id=slot.id,
        specialty=slot.specialty,
        institution=slot.institution,
        institution_name=slot.institution_name,
        person=slot.person,
        name=slot.name,
        title=slot.title,
        from_ms=slot.from_ms,
        until_ms=slot.until_ms,
        is_booked=slot.case != "",
    )
