"""The table of rights, and the decision that reads it."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical.ids import DeviceId, InstitutionId, PersonId
from signaling.auth.policy import (
    ABSENT,
    CLINICIANS,
    RULES,
    STAFF,
    Decision,
    decide,
    effective_roles,
    may_be_one,
    standing,
)
from signaling.auth.rights import NOBODY, Action, Assurance, Caller, Relation, Role, State, Subject

_HERE = InstitutionId("in_here")
_ELSEWHERE = InstitutionId("in_elsewhere")
_ME = PersonId("pe_me")
_PATIENT_DATA = (
    "room.", "recording.", "invitation.", "patient.", "consent.", "breakglass.", "trace.", "case.",
)  # fmt: skip
_READS = {
    Action.SESSION_READ,
    Action.API_READ,
    Action.INSTITUTION_LIST,
    Action.INSTITUTION_READ,
    Action.PERSON_LIST,
    Action.PERSON_READ,
    Action.RECORDING_LIST,
    Action.RECORDING_VERIFY,
    Action.BREAKGLASS_LIST,
    Action.TRACE_SEARCH,
    Action.TRACE_READ,
    Action.LEDGER_READ,
    Action.LEDGER_VERIFY,
    Action.KEY_LIST,
    Action.SETTING_READ,
    Action.WEBHOOK_LIST,
    Action.EVENT_FOLLOW,
    Action.ROSTER_READ,
}
_OF_ANYBODY = {rule.action for rule in RULES if rule.roles is None}
_OWN_SESSION = {action for action in Action if action.value.startswith("session.")}
_CROSSES = {Relation.PARTY, Relation.STRANGER}


def _caller(*roles: Role, assurance: Assurance = Assurance.TWO_FACTORS) -> Caller:
    return Caller(institution=_HERE, person=_ME, roles=frozenset(roles), assurance=assurance)


def _own(state: State = State.ACTIVE) -> Subject:
    return Subject(_HERE, state=state)


callers = st.builds(
    Caller,
    institution=st.sampled_from([_HERE, _ELSEWHERE, InstitutionId("")]),
    person=st.sampled_from([_ME, PersonId("pe_other"), PersonId("")]),
    device=st.sampled_from([DeviceId(""), DeviceId("dv_one")]),
    roles=st.frozensets(st.sampled_from(Role), max_size=4),
    assurance=st.sampled_from(Assurance),
)
subjects = st.builds(
    Subject,
    institution=st.sampled_from([_HERE, _ELSEWHERE, InstitutionId("")]),
    owner=st.sampled_from([None, _ME, PersonId("pe_other"), DeviceId("dv_one")]),
    parties=st.frozensets(st.sampled_from([_HERE, _ELSEWHERE, _ME, "dv_one"])),
    state=st.sampled_from(State),
)
actions = st.sampled_from(Action)


class TestTable:
    def test_every_action_has_a_rule(self) -> None:
        assert {rule.action for rule in RULES} == set(Action)

    def test_no_rule_is_empty_or_without_a_role(self) -> None:
        for rule in RULES:
            assert rule.roles is None or rule.roles
            assert rule.relations
            assert rule.states

    def test_what_anybody_may_is_short_and_never_reads_what_is_kept(self) -> None:
        assert {
            Action.SESSION_OPEN,
            Action.SESSION_READ,
            Action.SESSION_CLOSE,
            Action.API_READ,
            Action.DEVICE_ENROL,
            Action.INVITATION_ACCEPT,
        } == _OF_ANYBODY

    def test_one_factor_is_enough_only_for_the_own_session_devices_and_guests(self) -> None:
        for rule in RULES:
            if rule.assurance is Assurance.PASSWORD and rule.action not in _OWN_SESSION:
                assert rule.roles is not None
                assert rule.roles <= {Role.DEVICE, Role.GUEST}
            if rule.assurance is Assurance.NOBODY:
                assert rule.roles is None

    def test_no_rule_lets_a_stranger_at_something_that_is_there_unless_anybody_may(self) -> None:
        for rule in RULES:
            if Relation.STRANGER in rule.relations and rule.roles is not None:
                assert rule.states == {State.NONE}

    def test_only_those_who_care_or_supervise_and_were_let_in_reach_another_institution(self) -> None:
        for rule in RULES:
            if rule.roles is not None and rule.relations & _CROSSES:
                assert rule.roles <= CLINICIANS | {Role.DEVICE, Role.GUEST, Role.SUPERVISOR}

    def test_who_may_something_at_their_institution_may_it_where_let_in_by_name(self) -> None:
        """SELF is nearer than INSTITUTION; only judging, raising and locking out leave oneself out."""
        for rule in RULES:
            if Relation.INSTITUTION in rule.relations and rule.states != {State.NONE}:
                is_of_colleagues = rule.action.value.split(".")[0] in {"person", "role", "licence", "account"}
                is_of_all = rule.action.value.split(".")[0] in {
                    "institution", "ledger", "setting", "webhook", "breakglass", "trace", "roster", "slot",
                }  # fmt: skip
                assert Relation.SELF in rule.relations or is_of_colleagues or is_of_all

    def test_the_administrator_sees_no_patient_no_picture_and_no_recording(self) -> None:
        for rule in RULES:
            if rule.roles is not None and Role.ADMINISTRATOR in rule.roles:
                assert not rule.action.value.startswith(_PATIENT_DATA)

    def test_the_auditor_changes_nothing_but_bears_witness_and_is_the_second_person(self) -> None:
        given_to_auditor = {
            rule.action for rule in RULES if rule.roles is not None and Role.AUDITOR in rule.roles
        }
        own = {Action.SESSION_CLOSE, Action.SESSION_STRENGTHEN}
        judges = {Action.LEDGER_COSIGN, Action.TRACE_APPROVE, Action.BREAKGLASS_REVIEW}
        assert given_to_auditor <= _READS | own | judges

    def test_nobody_changes_their_own_roles_or_reviews_their_own_emergency(self) -> None:
        once = (Action.ROLE_CHANGE, Action.PERSON_SUSPEND, Action.BREAKGLASS_REVIEW, Action.TRACE_APPROVE)
        for action in once:
            assert all(Relation.SELF not in rule.relations for rule in RULES if rule.action is action)

    def test_only_the_supervisor_asks_for_the_trace_and_another_person_lets_it_out(self) -> None:
        asks = [rule for rule in RULES if rule.action is Action.TRACE_EXPORT]
        assert {rule.roles for rule in asks} == {frozenset({Role.SUPERVISOR})}
        # Taken out is what somebody has decided on.
        assert all(State.ACTIVE not in rule.states for rule in asks)
        decides = [rule for rule in RULES if rule.action is Action.TRACE_APPROVE]
        assert all(Relation.SELF not in rule.relations for rule in decides)

    def test_a_device_has_its_session_and_its_rooms(self) -> None:
        of_devices = {rule.action for rule in RULES if rule.roles is not None and Role.DEVICE in rule.roles}
        assert of_devices == {
            Action.SESSION_READ,
            Action.SESSION_CLOSE,
            Action.DEVICE_READ,
            Action.ROOM_JOIN,
            Action.ROOM_READ,
            Action.ROOM_MARK,
            Action.EVENT_FOLLOW,
            # A kiosk's nightly test of itself, and whom its first page can call.
            Action.DEVICE_SELFTEST,
            Action.DIRECTORY_READ,
            # A gateway brings curves.
            Action.ECG_SEND,
        }


class TestDecision:
    def test_what_a_row_lists_is_allowed(self) -> None:
        assert decide(_caller(Role.SPECIALIST), Action.PATIENT_READ, _own()) is Decision.ALLOWED

    def test_lists_and_creation_have_no_subject(self) -> None:
        assert decide(_caller(Role.ADMINISTRATOR), Action.PERSON_CREATE, None) is Decision.ALLOWED
        assert decide(NOBODY, Action.PERSON_CREATE, None) is Decision.SIGNED_OUT

    def test_who_is_not_known_is_asked_to_sign_in_whatever_it_is_about(self) -> None:
        for subject in (None, _own(), ABSENT):
            assert decide(NOBODY, Action.PATIENT_READ, subject) is Decision.SIGNED_OUT

    def test_a_known_person_without_a_fitting_role_is_refused_whatever_it_is_about(self) -> None:
        for subject in (None, _own(), ABSENT):
            assert decide(_caller(), Action.PATIENT_READ, subject) is Decision.NOT_PERMITTED

    def test_one_factor_is_asked_for_the_second_whatever_it_is_about(self) -> None:
        caller = _caller(Role.SPECIALIST, assurance=Assurance.PASSWORD)
        for subject in (None, _own(), ABSENT):
            assert decide(caller, Action.PATIENT_READ, subject) is Decision.SECOND_FACTOR_NEEDED

    def test_another_institutions_and_what_is_not_there_are_the_same(self) -> None:
        caller = _caller(Role.SPECIALIST)
        for subject in (Subject(_ELSEWHERE), ABSENT):
            assert decide(caller, Action.PATIENT_READ, subject) is Decision.NOT_FOUND

    def test_a_party_reads_and_does_not_write(self) -> None:
        caller, theirs = _caller(Role.SPECIALIST), Subject(_ELSEWHERE, parties=frozenset({_HERE}))
        assert decide(caller, Action.PATIENT_READ, theirs) is Decision.ALLOWED
        assert decide(caller, Action.CONSENT_RECORD, theirs) is Decision.NOT_PERMITTED

    def test_what_has_ended_refuses_by_its_state(self) -> None:
        answer = decide(_caller(Role.ADMINISTRATOR), Action.DEVICE_REVOKE, _own(State.ENDED))
        assert answer is Decision.STATE_REFUSED

    def test_each_answer_has_its_status(self) -> None:
        assert [decision.status for decision in Decision] == [200, 401, 403, 403, 404, 409]


class TestRoles:
    def test_administrator_and_auditor_are_never_one(self) -> None:
        both = _caller(Role.ADMINISTRATOR, Role.AUDITOR)
        assert not may_be_one(both.roles)
        assert effective_roles(both) == frozenset()
        assert decide(both, Action.SETTING_READ, None) is Decision.NOT_PERMITTED

    @pytest.mark.parametrize("role", [Role.DEVICE, Role.GUEST])
    def test_a_device_and_a_guest_are_nothing_else(self, role: Role) -> None:
        assert may_be_one({role})
        assert not may_be_one({role, Role.SPECIALIST})

    def test_every_other_pair_of_roles_may_meet_in_one_person(self) -> None:
        refused = {pair for pair in combinations(sorted(STAFF), 2) if not may_be_one(pair)}
        assert refused == {(Role.ADMINISTRATOR, Role.AUDITOR)}


class TestStanding:
    def test_without_a_subject_it_is_the_own_institution(self) -> None:
        assert standing(_caller(), None) == (Relation.INSTITUTION, State.NONE)
        assert standing(NOBODY, None) == (Relation.STRANGER, State.NONE)

    def test_the_owner_and_a_colleague_let_in_by_name_are_nearest(self) -> None:
        assert Subject(_ELSEWHERE, owner=_ME).relation_to(_caller()) is Relation.SELF
        assert Subject(_HERE, parties=frozenset({_ME})).relation_to(_caller()) is Relation.SELF
        assert Subject(_HERE).relation_to(_caller()) is Relation.INSTITUTION

    def test_nobody_is_a_stranger_even_to_what_names_nobody(self) -> None:
        assert Subject(InstitutionId(""), parties=frozenset({""})).relation_to(NOBODY) is Relation.STRANGER


class TestInvariants:
    @given(caller=callers, action=actions, subject=st.none() | subjects)
    def test_what_is_allowed_stands_in_a_row(
        self, caller: Caller, action: Action, subject: Subject | None
    ) -> None:
        relation, state = standing(caller, subject)
        rows = [
            rule
            for rule in RULES
            if rule.action is action
            and (rule.roles is None or rule.roles & effective_roles(caller))
            and relation in rule.relations
            and state in rule.states
            and rule.assurance <= caller.assurance
        ]
        assert (decide(caller, action, subject) is Decision.ALLOWED) == bool(rows)

    @given(caller=callers, action=actions, state=st.sampled_from(State))
    def test_a_stranger_never_reaches_anything_unless_anybody_may(
        self, caller: Caller, action: Action, state: State
    ) -> None:
        theirs = Subject(InstitutionId("in_third"), owner=PersonId("pe_third"), state=state)
        if decide(caller, action, theirs) is Decision.ALLOWED:
            assert action in _OF_ANYBODY or state is State.NONE

    @given(caller=callers, action=actions)
    def test_absent_and_foreign_give_the_same_answer(self, caller: Caller, action: Action) -> None:
        foreign = Subject(InstitutionId("in_third"), owner=PersonId("pe_third"), state=ABSENT.state)
        assert decide(caller, action, foreign) is decide(caller, action, ABSENT)

    @given(caller=callers, action=actions, subject=st.none() | subjects)
    def test_a_better_assurance_never_takes_a_right_away(
        self, caller: Caller, action: Action, subject: Subject | None
    ) -> None:
        if decide(caller, action, subject) is Decision.ALLOWED:
            surer = replace(caller, assurance=Assurance.TWO_FACTORS)
            if effective_roles(surer) == effective_roles(caller):
                assert decide(surer, action, subject) is Decision.ALLOWED

    @given(caller=callers, action=actions, subject=st.none() | subjects)
    def test_who_is_not_known_gets_only_what_anybody_gets(
        self, caller: Caller, action: Action, subject: Subject | None
    ) -> None:
        unknown = replace(caller, assurance=Assurance.NOBODY)
        answer = decide(unknown, action, subject)
        assert (answer is Decision.ALLOWED) <= (action in _OF_ANYBODY)
