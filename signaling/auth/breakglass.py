"""Break-glass: opening at once what one normally may not, never silently, for an hour, and with a review.

Whoever uses it gives a reason; everyone in the room, and the supervisors and auditors of all institutions
concerned, hear of it as it happens; and somebody else judges it by the end of the next day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import Select, insert, select, update

from clinical.ids import random_id
from signaling.api.route import Refusal
from signaling.auth.acts import act_of
from signaling.auth.rights import Caller
from signaling.roster.hospital_time import DAY_MS, day_began_ms
from signaling.store import tables as t
from signaling.store.store import Unit

OPEN_MS: Final = 60 * 60_000
"""The emergencies of domain.md §5.2 are handed over within the hour. A call under way is not cut after it."""
MIN_WORDS: Final = 3
"""Enough for "cardiac arrest, alone": a reason that another person can judge."""
CHARACTERS_A_WORD: Final = 2
"""Of Chinese, which writes no blanks."""


def is_reason(text: str) -> bool:
    """Returns whether the text says something: three words, or as many pairs of Chinese characters.

    A word counts once, and a character repeated counts once: "急急急急急急" says nothing.
    """
    chinese = {character for character in text if "\u3400" <= character <= "\u9fff"}
    other = "".join(" " if "\u3400" <= character <= "\u9fff" else character for character in text)
    words = {word for word in other.lower().split() if any(character.isalnum() for character in word)}
    return len(words) + len(chinese) // CHARACTERS_A_WORD >= MIN_WORDS


def due_at_ms(at_ms: int) -> int:
    """Returns the end of the hospital's day after."""
    return day_began_ms(at_ms) + 2 * DAY_MS


def new_breakglass_id() -> str:
    """Returns a fresh id: ``bg_`` and random letters."""
    return random_id("bg_")


# ---- what is stored, with its acts ----------------------------------------------------------------------


async def use(
    unit: Unit,
    caller: Caller,
    *,
    institution: str,
    others: Collection[str],
    room: str,
    patient: str,
    reason: str,
) -> Mapping[str, Any]:
    """Stores a use of break-glass; returns its row.

    ``institution`` is whose room or patient it is; its supervisors review. The act goes also into the chains
    of ``others`` and of the caller's institution.
    """
    ends_at_ms = unit.now_ms + OPEN_MS
    row = {
        "id": new_breakglass_id(),
        "institution": institution,
        "person": caller.person,
        "patient": patient,
        "room": room,
        "reason": reason,
        "at_ms": unit.now_ms,
        "ends_at_ms": ends_at_ms,
    }
    await unit.connection.execute(insert(t.breakglass).values(**row))
    for concerned in sorted({institution, caller.institution, *others}):
        unit.record(
            act_of(
                caller,
                "breakglass.used",
                unit.now_ms,
                institution=concerned,
                subject=_subject(row),
                after={"ends_at_ms": ends_at_ms, "due_at_ms": due_at_ms(unit.now_ms)},
                personal={"reason": reason},
            )
        )
    return row


async def review(unit: Unit, caller: Caller, breakglass: str, *, finding: str, note: str) -> None:
    """Keeps a finding. Refusal: not_found, breakglass_own, breakglass_reviewed."""
    b = t.breakglass.c
    rows = await unit.connection.execute(select(t.breakglass).where(b.id == breakglass).with_for_update())
    row = rows.mappings().one_or_none()
    if row is None:
        raise Refusal("not_found")
    if row["person"] == caller.person:
        raise Refusal("breakglass_own")
    if row["reviewed_at_ms"] is not None:
        raise Refusal("breakglass_reviewed")
    await unit.connection.execute(
        update(t.breakglass)
        .where(b.id == breakglass)
        .values(reviewed_at_ms=unit.now_ms, reviewer=caller.person, finding=finding, review_note=note)
    )
    unit.record(
        act_of(
            caller,
            "breakglass.reviewed",
            unit.now_ms,
            institution=row["institution"],
            subject=_subject(dict(row)),
            after={"finding": finding, "is_late": unit.now_ms > due_at_ms(row["at_ms"])},
            personal={"review_note": note} if note else {},
        )
    )


def with_names() -> Select[Any]:
    """Returns the query for uses with the names of who used and who reviewed."""
    user, reviewer = t.person.alias("user_of_it"), t.person.alias("reviewer_of_it")
    return (
        select(t.breakglass, user.c.name.label("person_name"), reviewer.c.name.label("reviewer_name"))
        .join(user, user.c.id == t.breakglass.c.person)
        .outerjoin(reviewer, reviewer.c.id == t.breakglass.c.reviewer)
    )


def _subject(row: Mapping[str, Any]) -> dict[str, str]:
    subject = {"breakglass": row["id"], "person": row["person"]}
    return subject | {name: row[name] for name in ("room", "patient") if row[name]}
