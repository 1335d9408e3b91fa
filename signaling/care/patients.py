"""Patients as one institution knows them: created, found, and erased down to a tombstone.

Whoever is erased stays as an id. Name, card number, sex and year of birth go, and with them every personal
field that lies beside the chain for this patient: salt and value, so that no guess at a name can be checked
against the commitment any more. The events stay as they were, and the chain verifies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, and_, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId, PatientId, new_patient_id
from signaling.store import tables
from signaling.store.store import Unit

MAX_FOUND: Final = 20
"""Of one search: whoever means one of more than these has to say more, and sees nobody they did not mean."""
_CARD_END_CHARACTERS: Final = 4


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient. Personal fields are "" or None once erased."""

    id: PatientId
    institution: InstitutionId
    name: str
    card_number: str
    sex: str
    birth_year: int | None
    state: str
    created_at_ms: int

    @property
    def card_end(self) -> str:
        """The last characters of the card number: enough to tell two of one name apart."""
        return self.card_number[-_CARD_END_CHARACTERS:]


class CardNumberTaken(Exception):  # noqa: N818
    """Another patient of the institution has this card number."""


class ReviewOutstanding(Exception):  # noqa: N818
    """A break-glass use on this patient waits for its review, which needs the reason that would be erased."""


async def create_patient(
    unit: Unit,
    institution: InstitutionId,
    *,
    name: str,
    card_number: str,
    sex: str,
    birth_year: int | None,
) -> Patient:
    """Stores a new patient. Raises CardNumberTaken."""
    patient = Patient(
        new_patient_id(), institution, name, card_number, sex, birth_year, "active", unit.now_ms
    )
    if card_number and await _by_card(unit.connection, institution, card_number):
        raise CardNumberTaken
    try:
        await unit.connection.execute(
            insert(_T).values(
                id=patient.id,
                institution=institution,
                name=name,
                card_number=card_number,
                sex=sex,
                birth_year=birth_year,
                state=patient.state,
                created_at_ms=patient.created_at_ms,
            )
        )
    except IntegrityError:
        # Two of them at once, on a database that lets two writers in.
        raise CardNumberTaken from None
    return patient


async def find_patient(connection: AsyncConnection, patient: str) -> Patient | None:
    """Returns the patient of an id, of any institution: the caller checks whose it is."""
    row = (await connection.execute(_select().where(_T.c.id == patient))).one_or_none()
    return None if row is None else _patient(row)


async def search_patients(
    connection: AsyncConnection, institution: str, text: str, *, limit: int = MAX_FOUND
) -> Sequence[Patient]:
    """Returns up to ``limit`` + 1 patients of an institution: whose id or card number is the text, and where
    there is none, whose name holds it, by name. Erased ones are found by their id only.
    """
    own = _select().where(_T.c.institution == institution)
    # Each by its own index, and names last: looking into every name of a large hospital takes milliseconds.
    is_here = and_(_T.c.state == "active", _T.c.card_number == text, _T.c.card_number != "")
    has_case = text.lower() != text.upper()
    named = (_T.c.name.icontains if has_case else _T.c.name.contains)(text, autoescape=True)
    for query in (
        own.where(_T.c.id == text),
        own.where(is_here),
        own.where(_T.c.state == "active", named).order_by(_T.c.name, _T.c.id).limit(limit + 1),
    ):
        found = [_patient(row) for row in await connection.execute(query)]
        if found:
            return found
    return []


async def erase_patient(unit: Unit, patient: PatientId) -> int:
    """Erases what tells who a patient is. Returns how many personal fields beside the chain were erased.

    Raises ReviewOutstanding.
    """
    glass, fields = tables.breakglass, tables.personal_field
    waiting = await unit.connection.scalar(
        select(func.count()).where(glass.c.patient == patient, glass.c.reviewed_at_ms.is_(None))
    )
    if waiting:
        raise ReviewOutstanding
    await unit.connection.execute(
        update(_T)
        .where(_T.c.id == patient)
        .values(name="", card_number="", sex="unknown", birth_year=None, state="erased")
    )
    await unit.connection.execute(
        update(glass).where(glass.c.patient == patient).values(reason="", review_note="")
    )
    erased = await unit.connection.execute(
        update(fields)
        .where(fields.c.patient == patient, fields.c.erased_at_ms.is_(None))
        .values(salt=None, value=None, erased_at_ms=unit.now_ms)
    )
    return erased.rowcount


_T: Final = tables.patient


def _select() -> Select[Any]:
    return select(_T)


async def _by_card(connection: AsyncConnection, institution: str, card_number: str) -> bool:
    query = select(_T.c.id).where(_T.c.institution == institution, _T.c.card_number == card_number)
    return (await connection.execute(query)).first() is not None


def _patient(row: Row[Any]) -> Patient:
    return Patient(
        PatientId(row.id),
        InstitutionId(row.institution),
        row.name,
        row.card_number,
        row.sex,
        row.birth_year,
        row.state,
        row.created_at_ms,
    )
