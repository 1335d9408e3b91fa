"""Who may do what: the one table of rights, and the decision that reads it.

A request goes through four questions, always in this order, so that nobody learns more than they may know:
who is it, may such a one ever do this, is it theirs to see, is it in a state for it. The first two do not
look at the subject: what they refuse they refuse alike for what is there, what is another's and what is not
there.

Duties are kept apart: administrators run the service and see no patient, no picture and no recording;
auditors read the trace and the ledger and change nothing (they cosign and judge); supervisors look
into other people's care, with a purpose; those who care for patients do it at their own institution and where
they were let in; a device and a guest have their own room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from clinical.ids import InstitutionId
from signaling.auth.rights import Action, Assurance, Caller, Relation, Role, Rule, State, Subject

ABSENT: Final = Subject(InstitutionId(""))
"""What is not there. ``decide`` answers for it as for another institution's."""


class Decision(StrEnum):
    """What is answered; all but ALLOWED are codes of refusals."""

    ALLOWED = "allowed"
    SIGNED_OUT = "signed_out"
    SECOND_FACTOR_NEEDED = "second_factor_needed"
    NOT_PERMITTED = "not_permitted"
    NOT_FOUND = "not_found"
    STATE_REFUSED = "state_refused"

    @property
    def status(self) -> int:
        """Returns the HTTP status of a refusal; 200 for ALLOWED."""
        return _STATUSES[self]


_STATUSES: Final[Mapping[Decision, int]] = {
    Decision.ALLOWED: 200,
    Decision.SIGNED_OUT: 401,
    Decision.SECOND_FACTOR_NEEDED: 403,
    Decision.NOT_PERMITTED: 403,
    Decision.NOT_FOUND: 404,
    Decision.STATE_REFUSED: 409,
}

CLINICIANS: Final = frozenset({Role.CLINIC_DOCTOR, Role.SPECIALIST, Role.DUTY_EXPERT, Role.AMBULANCE_CREW})
"""Those who care for patients."""
STAFF: Final = CLINICIANS | {Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR}
"""All people with an account of their own."""
_EXPERTS: Final = frozenset({Role.SPECIALIST, Role.DUTY_EXPERT})
_SUPERVISOR: Final = frozenset({Role.SUPERVISOR})
_ADMINISTRATOR: Final = frozenset({Role.ADMINISTRATOR})
_AUDITOR: Final = frozenset({Role.AUDITOR})
_DEVICE: Final = frozenset({Role.DEVICE})
_GUEST: Final = frozenset({Role.GUEST})
_ONE_KEY: Final = _DEVICE | _GUEST
"""Whose only factor is a key or a token: nobody stands there who could touch a second one."""
_LOOKS_IN: Final = _SUPERVISOR | _AUDITOR

_ANY: Final = frozenset(Relation)
_OWN: Final = frozenset({Relation.SELF, Relation.INSTITUTION})
_LET_IN: Final = frozenset({Relation.SELF, Relation.PARTY})
_CARE: Final = _OWN | _LET_IN
_COLLEAGUE: Final = frozenset({Relation.INSTITUTION})
"""Of the institution and not oneself: nobody judges, raises or locks out themselves."""
_SELF: Final = frozenset({Relation.SELF})
_INSTITUTION: Final = frozenset({Relation.INSTITUTION})
"""The relation of lists, searches and creation: they stay within the caller's institution."""
_PARTY: Final = frozenset({Relation.PARTY})

_NEW: Final = frozenset({State.NONE})
_ACTIVE: Final = frozenset({State.ACTIVE})
_ENDED: Final = frozenset({State.ENDED})
_KEPT: Final = frozenset({State.ACTIVE, State.ENDED})
_THERE: Final = _KEPT | {State.ERASED}
_OR_NEW: Final = _ACTIVE | _NEW

_KEY: Final = Assurance.PASSWORD
"""One factor: the way to the second, and all that a device has."""
_UNKNOWN: Final = Assurance.NOBODY

RULES: Final[tuple[Rule, ...]] = (
    # ---- the own session; signing in, enrolling and accepting prove themselves by what they bring
    Rule(Action.SESSION_OPEN, None, _ANY, _OR_NEW, _UNKNOWN),
    Rule(Action.SESSION_READ, None, _ANY, _NEW, _UNKNOWN),
    Rule(Action.SESSION_READ, STAFF | _DEVICE, _SELF, _KEPT, _KEY),
    Rule(Action.SESSION_CLOSE, None, _ANY, _NEW, _UNKNOWN),
    Rule(Action.SESSION_CLOSE, STAFF | _DEVICE, _SELF, _ACTIVE, _KEY),
    Rule(Action.SESSION_STRENGTHEN, STAFF, _OWN, _NEW, _KEY),
    Rule(Action.SESSION_STRENGTHEN, STAFF, _SELF, _ACTIVE, _KEY),
    Rule(Action.API_READ, None, _ANY, _NEW, _UNKNOWN),
    # ---- institutions, people, devices
    Rule(Action.INSTITUTION_LIST, STAFF, _INSTITUTION, _NEW),
    Rule(Action.INSTITUTION_READ, STAFF, _INSTITUTION, _KEPT),
    Rule(Action.INSTITUTION_CREATE, _ADMINISTRATOR, _INSTITUTION, _NEW),
    Rule(Action.INSTITUTION_CHANGE, _ADMINISTRATOR, _INSTITUTION, _ACTIVE),
    Rule(Action.PERSON_LIST, STAFF, _INSTITUTION, _NEW),
    Rule(Action.PERSON_READ, STAFF, _OWN, _KEPT),
    Rule(Action.PERSON_CREATE, _ADMINISTRATOR, _INSTITUTION, _NEW),
    Rule(Action.PERSON_CHANGE, _ADMINISTRATOR, _OWN, _ACTIVE),
    Rule(Action.PERSON_SUSPEND, _ADMINISTRATOR, _COLLEAGUE, _KEPT),
    Rule(Action.ROLE_CHANGE, _ADMINISTRATOR, _COLLEAGUE, _ACTIVE),
    Rule(Action.LICENCE_ADD, _ADMINISTRATOR, _COLLEAGUE, _ACTIVE),
    Rule(Action.LICENCE_END, _ADMINISTRATOR, _COLLEAGUE, _ACTIVE),
    Rule(Action.ACCOUNT_CREATE, _ADMINISTRATOR, _COLLEAGUE, _ACTIVE),
    Rule(Action.ACCOUNT_RESET, _ADMINISTRATOR, _COLLEAGUE, _ACTIVE),
    Rule(Action.DEVICE_LIST, _ADMINISTRATOR, _INSTITUTION, _NEW),
    Rule(Action.DEVICE_READ, _ADMINISTRATOR, _OWN, _KEPT),
    Rule(Action.DEVICE_READ, _DEVICE, _SELF, _ACTIVE, _KEY),
    Rule(Action.DEVICE_CREATE, _ADMINISTRATOR, _INSTITUTION, _NEW),
    Rule(Action.DEVICE_ENROL, None, _ANY, _OR_NEW, _UNKNOWN),
    Rule(Action.DEVICE_REVOKE, _ADMINISTRATOR, _OWN, _ACTIVE),
    Rule(Action.DEVICE_SELFTEST, CLINICIANS | _ADMINISTRATOR, _INSTITUTION, _NEW),
    Rule(Action.DEVICE_SELFTEST, _DEVICE, _INSTITUTION, _NEW, _KEY),
    # ---- rooms and recordings
    Rule(Action.ROOM_LIST, CLINICIANS | _SUPERVISOR, _INSTITUTION, _NEW),
    Rule(Action.ROOM_LIST, _GUEST, _ANY, _NEW, _KEY),
    Rule(Action.ROOM_JOIN, CLINICIANS, _CARE, _ACTIVE),
    Rule(Action.ROOM_JOIN, _SUPERVISOR, _OWN, _ACTIVE),  # watches, and is seen by everyone inside
    Rule(Action.ROOM_JOIN, _DEVICE, _LET_IN, _ACTIVE, _KEY),
    Rule(Action.ROOM_READ, CLINICIANS, _CARE, _KEPT),
    Rule(Action.ROOM_READ, _SUPERVISOR, _OWN, _KEPT),
    Rule(Action.ROOM_READ, _ONE_KEY, _LET_IN, _ACTIVE, _KEY),
    Rule(Action.ROOM_MARK, CLINICIANS, _CARE, _ACTIVE),
    Rule(Action.ROOM_MARK, _ONE_KEY, _LET_IN, _ACTIVE, _KEY),
    Rule(Action.ROOM_RECORD, CLINICIANS, _CARE, _ACTIVE),
    Rule(Action.ROOM_RECORD, _GUEST, _PARTY, _ACTIVE, _KEY),
    Rule(Action.RECORDING_LIST, CLINICIANS | _SUPERVISOR | _AUDITOR, _INSTITUTION, _NEW),
    Rule(Action.RECORDING_LIST, _GUEST, _ANY, _NEW, _KEY),
    Rule(Action.RECORDING_PLAY, CLINICIANS, _LET_IN, _KEPT),
    Rule(Action.RECORDING_PLAY, _SUPERVISOR, _OWN, _KEPT),
    Rule(Action.RECORDING_PLAY, _GUEST, _PARTY, _KEPT, _KEY),
    Rule(Action.RECORDING_VERIFY, CLINICIANS, _LET_IN, _THERE),
    Rule(Action.RECORDING_VERIFY, _LOOKS_IN, _OWN, _THERE),
    Rule(Action.RECORDING_VERIFY, _GUEST, _PARTY, _KEPT, _KEY),
    Rule(Action.INVITATION_CREATE, CLINICIANS, _OWN, _OR_NEW),
    Rule(Action.INVITATION_ACCEPT, None, _ANY, _OR_NEW, _UNKNOWN),
    Rule(Action.INVITATION_REVOKE, CLINICIANS, _OWN, _ACTIVE),
    # ---- patients; only the institution that cares writes, a party reads while there is something to read
    Rule(Action.PATIENT_SEARCH, CLINICIANS, _INSTITUTION, _NEW),
    Rule(Action.PATIENT_READ, CLINICIANS, _OWN, _ACTIVE | {State.ERASED}),
    Rule(Action.PATIENT_READ, CLINICIANS, _PARTY, _ACTIVE),
    Rule(Action.PATIENT_CREATE, CLINICIANS, _INSTITUTION, _NEW),
    Rule(Action.PATIENT_ERASE, _SUPERVISOR, _OWN, _ACTIVE),
    Rule(Action.CONSENT_LIST, CLINICIANS | _SUPERVISOR, _OWN, _NEW | _THERE),
    Rule(Action.CONSENT_LIST, CLINICIANS, _PARTY, _ACTIVE),
    Rule(Action.CONSENT_RECORD, CLINICIANS, _OWN, _OR_NEW),
    Rule(Action.CONSENT_WITHDRAW, CLINICIANS, _OWN, _ACTIVE),
    # ---- whom one can ask is for all who may; who is on duty is the hospital's own to keep
    Rule(Action.DIRECTORY_READ, CLINICIANS | _SUPERVISOR | _ADMINISTRATOR, _INSTITUTION, _NEW),
    Rule(Action.DIRECTORY_READ, _DEVICE, _INSTITUTION, _NEW, _KEY),
    Rule(Action.ROSTER_READ, STAFF, _INSTITUTION, _NEW),
    Rule(Action.ROSTER_CHANGE, _ADMINISTRATOR, _INSTITUTION, _OR_NEW),
    Rule(Action.SLOT_LIST, CLINICIANS | _SUPERVISOR | _ADMINISTRATOR, _INSTITUTION, _NEW),
    Rule(Action.SLOT_CHANGE, _ADMINISTRATOR, _INSTITUTION, _OR_NEW),
    # ---- consultations belong to who asks; the asked hospital and others are let in; consult/case_rights.py
    # says what follows from the state of a case and from somebody's part in it
    Rule(Action.CASE_LIST, CLINICIANS | _SUPERVISOR, _INSTITUTION, _NEW),
    Rule(Action.CASE_READ, CLINICIANS | _SUPERVISOR, _CARE, _KEPT),
    Rule(Action.CASE_CREATE, CLINICIANS, _OWN, _ACTIVE),
    Rule(Action.CASE_CHANGE, CLINICIANS, _OWN, _ACTIVE),
    Rule(Action.CASE_ANSWER, _EXPERTS, _CARE, _ACTIVE),
    Rule(Action.CASE_TRANSFER, CLINICIANS, _CARE, _ACTIVE),
    Rule(Action.CASE_JOIN, CLINICIANS | _SUPERVISOR, _CARE, _ACTIVE),  # others than its own wait at the door
    Rule(Action.CASE_ADMIT, CLINICIANS, _CARE, _ACTIVE),
    Rule(Action.CASE_WRITE, CLINICIANS, _CARE, _ACTIVE),
    # ---- ECGs belong to where they are taken; whoever is let into a case is let into its ECGs
    Rule(Action.ECG_LIST, CLINICIANS | _SUPERVISOR, _INSTITUTION, _NEW),
    Rule(Action.ECG_READ, CLINICIANS | _SUPERVISOR, _CARE, _KEPT),
    Rule(Action.ECG_START, CLINICIANS, _OWN, _ACTIVE),
    Rule(Action.ECG_STOP, CLINICIANS, _OWN, _ACTIVE),
    Rule(Action.ECG_GIVE_UP, CLINICIANS, _CARE, _KEPT),  # ecg/giving_up.py says who of them
    Rule(Action.ECG_SEND, _DEVICE, _INSTITUTION, _NEW, _KEY),
    # ecg/report_rights.py says who reports, reviews and hears
    Rule(Action.ECG_REPORT, _EXPERTS, _CARE, _KEPT),
    Rule(Action.ECG_CRITICAL, _EXPERTS, _CARE, _KEPT),
    Rule(Action.ECG_HEAR, CLINICIANS | _SUPERVISOR, _CARE, _KEPT),
    Rule(Action.BREAKGLASS_USE, CLINICIANS, _CARE, _OR_NEW),
    Rule(Action.BREAKGLASS_LIST, _LOOKS_IN, _INSTITUTION, _NEW),
    Rule(Action.BREAKGLASS_REVIEW, _LOOKS_IN, _COLLEAGUE, _ACTIVE),
    # ---- the trace and its proof
    Rule(Action.TRACE_SEARCH, _LOOKS_IN, _INSTITUTION, _NEW),
    Rule(Action.TRACE_READ, _LOOKS_IN, _OWN, _THERE),
    Rule(Action.TRACE_EXPORT, _SUPERVISOR, _INSTITUTION, _NEW),
    Rule(Action.TRACE_EXPORT, _SUPERVISOR, _OWN, _ENDED),
    Rule(Action.TRACE_APPROVE, _LOOKS_IN, _INSTITUTION, _NEW),
    Rule(Action.TRACE_APPROVE, _LOOKS_IN, _COLLEAGUE, _ACTIVE),
    Rule(Action.LEDGER_READ, _LOOKS_IN | _ADMINISTRATOR, _INSTITUTION, _OR_NEW),
    Rule(Action.LEDGER_VERIFY, _LOOKS_IN, _INSTITUTION, _OR_NEW),
    Rule(Action.LEDGER_COSIGN, _AUDITOR, _INSTITUTION, _OR_NEW),
    Rule(Action.KEY_LIST, _LOOKS_IN | _ADMINISTRATOR, _INSTITUTION, _NEW),
    # ---- running the service
    Rule(Action.SETTING_READ, _ADMINISTRATOR | _AUDITOR, _INSTITUTION, _OR_NEW),
    Rule(Action.SETTING_CHANGE, _ADMINISTRATOR, _INSTITUTION, _OR_NEW),
    Rule(Action.WEBHOOK_LIST, _ADMINISTRATOR | _AUDITOR, _INSTITUTION, _NEW),
    Rule(Action.WEBHOOK_CHANGE, _ADMINISTRATOR, _INSTITUTION, _OR_NEW),
    Rule(Action.EVENT_FOLLOW, STAFF, _INSTITUTION, _NEW),
    Rule(Action.EVENT_FOLLOW, _GUEST, _ANY, _NEW, _KEY),
    Rule(Action.EVENT_FOLLOW, _DEVICE, _INSTITUTION, _NEW, _KEY),
)

_RULES_OF: Final[Mapping[Action, tuple[Rule, ...]]] = {
    action: tuple(rule for rule in RULES if rule.action is action) for action in Action
}


def decide(caller: Caller, action: Action, subject: Subject | None) -> Decision:
    """Returns whether the caller may do this to the subject, or the code of the refusal.

    ``subject`` None is the caller's own institution in state NONE: lists, searches, creation. For something
    that was not found pass ABSENT: the answer is then the same as for another institution's. Where that is
    ALLOWED (what anybody may), the answer is still that there is nothing.
    """
    roles = effective_roles(caller)
    rules = [rule for rule in _RULES_OF[action] if rule.roles is None or rule.roles & roles]
    is_known = caller.assurance > Assurance.NOBODY and bool(caller.actor)
    if not rules:
        return Decision.NOT_PERMITTED if is_known else Decision.SIGNED_OUT
    rules = [rule for rule in rules if rule.assurance <= caller.assurance]
    if not rules:
        return Decision.SECOND_FACTOR_NEEDED
    relation, state = standing(caller, subject)
    rules = [rule for rule in rules if relation in rule.relations]
    if not rules:
        return Decision.NOT_FOUND if relation is Relation.STRANGER else Decision.NOT_PERMITTED
    return Decision.ALLOWED if any(state in rule.states for rule in rules) else Decision.STATE_REFUSED


def effective_roles(caller: Caller) -> frozenset[Role]:
    """Returns the roles that count: none before the caller is known, none where two must not meet."""
    is_known = caller.assurance > Assurance.NOBODY and bool(caller.actor)
    return caller.roles if is_known and may_be_one(caller.roles) else frozenset()


def may_be_one(roles: Iterable[Role]) -> bool:
    """Returns whether one person may hold these roles together.

    Who runs the service must not be who watches over it; a device and a guest are nothing else besides.
    """
    held = frozenset(roles)
    if held & _ONE_KEY:
        return len(held) == 1
    return not {Role.ADMINISTRATOR, Role.AUDITOR} <= held


def standing(caller: Caller, subject: Subject | None) -> tuple[Relation, State]:
    """Returns the caller's relation to the subject, and the subject's state."""
    if subject is not None:
        return subject.relation_to(caller), subject.state
    return (Relation.INSTITUTION if caller.institution else Relation.STRANGER), State.NONE
