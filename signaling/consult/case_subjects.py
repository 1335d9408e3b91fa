"""A case as the table of rights sees it: whose it is, who was let in, whether it goes on."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consultation import ConsultationState
from signaling.api.route import Found
from signaling.auth.rights import State, Subject
from signaling.consult.cases import Case, find_case
from signaling.consult.parties import Party, PartyState, parties_of


def subject_of_case(case: Case, parties: Iterable[Party]) -> Subject:
    """Returns the case as a subject. It belongs to the institution that asks; the asked one is let in with
    the invitation, others one by one."""
    let_in = {case.inviter, case.host, case.expert}
    let_in |= {party.person for party in parties if party.state is not PartyState.REMOVED}
    if case.ring is not None:
        let_in |= {one.person for one in case.ring.called}
    if case.state is not ConsultationState.DRAFTED:
        let_in.add(case.invited_institution)
    state = State.ENDED if case.is_ended else State.ACTIVE
    return Subject(case.institution, parties=frozenset(let_in - {"", case.institution}), state=state)


async def found_case(connection: AsyncConnection, case_id: str) -> Found | None:
    """Returns a case with its subject, None where there is none."""
    case = await find_case(connection, case_id)
    if case is None:
        return None
    return Found(subject_of_case(case, await parties_of(connection, [case.id])), case)
