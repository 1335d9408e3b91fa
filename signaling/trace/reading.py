"""The ledger read for people: a page of events, whom a text means, and one event with what lies beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Select, desc, exists, or_, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from recording.audit.chain import genesis
from recording.audit.commitments import commitment
from signaling.store import tables
from signaling.trace.search import MAX_ACTORS, PAGE_EVENTS, Place, Walk, Wanted, walks_of

_E: Final = tables.event


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """One event as the store holds it."""

    institution: str
    sequence: int
    line: bytes
    hash: bytes
    fields: Mapping[str, Any]
    """The line, parsed."""


@dataclass(frozen=True, slots=True)
class PersonalValue:
    """What lies beside an event under one name. ``value`` is None once erased; ``is_sound`` says whether salt
    and value meet the commitment in the chain, None where they are erased.
    """

    name: str
    commitment: str
    value: str | None
    erased_at_ms: int | None
    is_sound: bool | None


@dataclass(frozen=True, slots=True)
class WholeEvent:
    """One event with what lies beside it. ``is_chained``: its hash is that of its line, and what it names as
    the hash before is the hash of the event before.
    """

    event: ReadEvent
    personal: tuple[PersonalValue, ...]
    is_chained: bool


async def find_page(connection: AsyncConnection, wanted: Wanted) -> tuple[list[ReadEvent], Place | None]:
    """Returns the newest events that fit, newest first, and the place of the last where more follow."""
    query = page_query(wanted)
    if query is None:
        return [], None
    places = [Place(row.at_ms, row.sequence) for row in await connection.execute(query)]
    shown = places[:PAGE_EVENTS]
    found = await connection.execute(
        select(_E.c.institution, _E.c.sequence, _E.c.line, _E.c.hash).where(
            _E.c.institution == wanted.institution,
            _E.c.sequence.in_([place.sequence for place in shown]),
        )
    )
    by_sequence = {row.sequence: _event(row) for row in found}
    events = [by_sequence[place.sequence] for place in shown]
    return events, shown[-1] if len(places) > PAGE_EVENTS else None


def page_query(wanted: Wanted) -> Select[Any] | None:
    """Returns the query for places, one more than a page holds; None where nobody fits."""
    stretches = [_stretch(wanted, walk) for walk in walks_of(wanted)]
    if not stretches:
        return None
    if len(stretches) == 1:
        return stretches[0]
    # SQLite takes ORDER BY and LIMIT in a part of UNION ALL only inside a SELECT of its own.
    merged = union_all(*(select(stretch.subquery()) for stretch in stretches)).subquery()
    order = (merged.c.at_ms.desc(), merged.c.sequence.desc())
    return select(merged.c.at_ms, merged.c.sequence).order_by(*order).limit(PAGE_EVENTS + 1)


async def actors_meant(connection: AsyncConnection, institution: str, text: str) -> list[str]:
    """Returns the ids of those in an institution's chain whose id is the text or whose name holds it: people
    and devices, up to MAX_ACTORS + 1. Who never acted there is not found, whoever they are.
    """
    parts = []
    for table in (tables.person, tables.device):
        acted = exists().where(_E.c.institution == institution, _E.c.actor == table.c.id)
        means = or_(table.c.id == text, table.c.name.icontains(text, autoescape=True))
        parts.append(select(table.c.id).where(means, acted).limit(MAX_ACTORS + 1).subquery())
    rows = await connection.execute(union_all(*(select(part.c.id) for part in parts)))
    found = [row.id for row in rows]
    return [*found, text] if text == "system" else found


async def kinds_of(connection: AsyncConnection, institution: str) -> list[str]:
    """Returns the kinds of events in a chain, in alphabetical order. Jumps along the index from kind to kind:
    their number counts, not that of the events.
    """
    kinds: list[str] = []
    last = ""
    while True:
        query = select(_E.c.kind).where(_E.c.institution == institution, _E.c.kind > last)
        following = await connection.scalar(query.order_by(_E.c.kind).limit(1))
        if following is None:
            return kinds
        kinds.append(following)
        last = following


async def find_event(connection: AsyncConnection, institution: str, sequence: int) -> WholeEvent | None:
    """Returns one event with its personal fields."""
    before = sequence - 1
    rows = await connection.execute(
        select(_E.c.institution, _E.c.sequence, _E.c.line, _E.c.hash).where(
            _E.c.institution == institution, _E.c.sequence.in_([before, sequence])
        )
    )
    by_sequence = {row.sequence: row for row in rows}
    if sequence not in by_sequence:
        return None
    event = _event(by_sequence[sequence])
    previous = by_sequence[before].hash if before in by_sequence else b""
    if sequence == 1:
        previous = genesis(institution).head
    is_chained = (
        hashlib.sha256(event.line).digest() == event.hash and event.fields["previous"] == previous.hex()
    )
    return WholeEvent(event, await _personal(connection, event), is_chained)


async def _personal(connection: AsyncConnection, event: ReadEvent) -> tuple[PersonalValue, ...]:
    table = tables.personal_field
    rows = await connection.execute(
        select(table).where(table.c.institution == event.institution, table.c.sequence == event.sequence)
    )
    kept = {row.name: row for row in rows}
    values = []
    for name, committed in event.fields["personal"].items():
        row = kept.get(name)
        if row is None or row.value is None or row.salt is None:
            erased_at_ms = None if row is None else row.erased_at_ms
            values.append(PersonalValue(name, committed, None, erased_at_ms, None))
        else:
            is_sound = commitment(row.salt, row.value) == committed
            values.append(PersonalValue(name, committed, row.value, None, is_sound))
    return tuple(values)


def _stretch(wanted: Wanted, walk: Walk) -> Select[Any]:
    conditions = [_E.c.institution == wanted.institution]
    conditions += [_E.c[name] == value for name, value in walk.fixed.items()]
    conditions += [_E.c[name].in_(values) for name, values in walk.filters.items()]
    if wanted.from_ms is not None:
        conditions.append(_E.c.at_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        conditions.append(_E.c.at_ms < wanted.to_ms)
    if wanted.after is not None:
        place = tuple_(_E.c.at_ms, _E.c.sequence)
        conditions.append(place < tuple_(wanted.after.at_ms, wanted.after.sequence))
    order = (desc(_E.c.at_ms), desc(_E.c.sequence))
    return select(_E.c.at_ms, _E.c.sequence).where(*conditions).order_by(*order).limit(PAGE_EVENTS + 1)


def _event(row: Any) -> ReadEvent:
    return ReadEvent(row.institution, row.sequence, row.line, row.hash, orjson.loads(row.line))


def patients_in(events: Sequence[ReadEvent]) -> set[str]:
    """Returns the patients that events concern."""
    return {event.fields["subject"]["patient"] for event in events if "patient" in event.fields["subject"]}
