"""The table of the consultation, and the fields the law asks for. domain.md §2.2, §5.1."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from clinical.consultation import (
    BEFORE_ACCEPTANCE,
    ENDS,
    IN_THE_ROOM,
    MANDATED,
    TRANSITIONS,
    ConsultationAct,
    ConsultationKind,
    ConsultationState,
    Request,
    Urgency,
    check_complete,
    next_state,
    possible_acts,
)
from clinical.errors import ConsultationRefused

S, A = ConsultationState, ConsultationAct
WHOLE = Request(
    ConsultationKind.LIVE, Urgency.URGENT, "cardiology", "any", "胸闷 2 小时", "会诊", "61 岁，男"
)


@pytest.mark.parametrize(("state", "act"), list(product(S, A)))
def test_what_is_not_listed_is_refused(state: ConsultationState, act: ConsultationAct) -> None:
    if (state, act) in TRANSITIONS:
        assert next_state(state, act) is TRANSITIONS[state, act]
        assert act in possible_acts(state)
    else:
        assert act not in possible_acts(state)
        with pytest.raises(ConsultationRefused) as refused:
            next_state(state, act)
        assert refused.value.code == "consultation_state"


def test_the_story_of_the_domain_is_possible() -> None:
    state = S.DRAFTED
    for act in (A.AMEND, A.INVITE, A.RING, A.RING_ON, A.ACCEPT, A.MEET, A.SIGN, A.ACKNOWLEDGE, A.CLOSE):
        state = next_state(state, act)
    assert state is S.CLOSED


def test_only_the_ends_lead_nowhere_and_everything_leads_to_an_end() -> None:
    assert {state for state in S if not possible_acts(state)} == ENDS
    leads_to_end = set(ENDS)
    for _ in S:
        leads_to_end |= {before for (before, _), after in TRANSITIONS.items() if after in leads_to_end}
    assert leads_to_end == set(S)


def test_every_state_can_be_reached() -> None:
    assert {S.DRAFTED, *TRANSITIONS.values()} == set(S)


def test_a_signed_opinion_cannot_be_lost_by_a_cancel() -> None:
    after_signing = {S.SIGNED, S.ACKNOWLEDGED, S.CLOSED}
    assert not any((state, A.CANCEL) in TRANSITIONS for state in after_signing)
    assert not BEFORE_ACCEPTANCE & IN_THE_ROOM
    assert not BEFORE_ACCEPTANCE & after_signing


@pytest.mark.parametrize("field", MANDATED)
@pytest.mark.parametrize("empty", ["", " \t"])
def test_a_mandated_field_is_named_where_it_is_empty(field: str, empty: str) -> None:
    check_complete(WHOLE)
    with pytest.raises(ConsultationRefused) as refused:
        check_complete(replace(WHOLE, **{field: empty}))  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.missing) == ("consultation_incomplete", (field,))


def test_all_empty_fields_are_named_at_once() -> None:
    empty = replace(WHOLE, reason="", purpose="", summary="", specialty="", wanted_title="")
    with pytest.raises(ConsultationRefused) as refused:
        check_complete(empty)
    assert refused.value.missing == MANDATED
