"""Who else sits in a case: asked in, waiting at the door, admitted, gone, put out. Rows and values.

The inviting doctor and the accepted expert are no rows: the case itself names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import CaseId, InstitutionId, PersonId
from signaling.store import tables as t
from signaling.store.store import Unit

_C: Final = t.consultation_party.c
_OF_CASES: Final = (
    select(t.consultation_party)
    .where(_C.case_id.in_(bindparam("cases", expanding=True)))
    .order_by(_C.at_ms, _C.person)
)


class PartyState(StrEnum):
    """Where somebody stands."""

    INVITED = "invited"
    """Asked in by the host; the door opens when they come."""
    WAITING = "waiting"
    """At the door: the host admits them, or does not."""
    ADMITTED = "admitted"
    LEFT = "left"
    """Was the expert, and handed the case on."""
    REMOVED = "removed"


SEATED: Final = frozenset({PartyState.INVITED, PartyState.ADMITTED})
"""Whom the door lets through."""


@dataclass(frozen=True, slots=True)
class Party:
    """One of them."""

    case: CaseId
    person: PersonId
    institution: InstitutionId
    state: PartyState
    added_by: str
    at_ms: int


async def parties_of(connection: AsyncConnection, cases: Iterable[str]) -> list[Party]:
    """Returns the parties of cases, who came first first."""
    return [
        Party(
            CaseId(row.case_id),
            PersonId(row.person),
            InstitutionId(row.institution),
            PartyState(row.state),
            row.added_by,
            row.at_ms,
        )
        for row in await connection.execute(_OF_CASES, {"cases": list(cases)})
    ]


async def put_party(unit: Unit, party: Party) -> None:
    """Stores somebody's state in a case, new or changed."""
    values = {
        "institution": party.institution,
        "state": party.state.value,
        "added_by": party.added_by,
        "at_ms": party.at_ms,
    }
    done = await unit.connection.execute(
        update(t.consultation_party)
        .where(_C.case_id == party.case, _C.person == party.person)
        .values(**values)
    )
    if not done.rowcount:
        await unit.connection.execute(
            insert(t.consultation_party).values(case_id=party.case, person=party.person, **values)
        )


def party_of(parties: Sequence[Party], person: str) -> Party | None:
    """Returns somebody among the parties."""
    return next((party for party in parties if party.person == person), None)


def seated_of(parties: Iterable[Party]) -> frozenset[str]:
    """Returns whom the door lets through."""
    return frozenset(party.person for party in parties if party.state in SEATED)
