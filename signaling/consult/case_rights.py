"""Who may do what with a case now: the rule behind every act of it, and behind what pages offer.

The table of rights (auth/policy.py) says who may ask about a case at all; here it is decided what follows
from its state and from the caller's part in it. A refusal is a code: ``not_permitted`` (it is another's to
do), ``consultation_state``, ``consultation_taken``, ``consultation_not_called``, ``consultation_no_backup``,
``consultation_offline``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final

from clinical.consultation import (
    IN_THE_ROOM,
    ConsultationAct,
    ConsultationKind,
    ConsultationState,
    possible_acts,
)
from clinical.escalation import Stage, is_ringing_for, may_pass_on
from clinical.ids import PersonId
from signaling.auth.policy import CLINICIANS, effective_roles
from signaling.auth.rights import Caller, Role
from signaling.consult.cases import Case

EXPERTS: Final = frozenset({Role.SPECIALIST, Role.DUTY_EXPERT})
"""Who is asked."""
_S, _A = ConsultationState, ConsultationAct
_TAKEN: Final = frozenset({_S.ACCEPTED, _S.ACTIVE, _S.SIGNED, _S.ACKNOWLEDGED})


class Deed(StrEnum):
    """What a person can do with a case: the words of ``allowed``."""

    AMEND = "amend"
    INVITE = "invite"
    ACCEPT = "accept"
    DECLINE = "decline"
    PASS = "pass"  # noqa: S105  (handing on, not a password)
    RECALL = "recall"
    TRANSFER = "transfer"
    CANCEL = "cancel"
    ROOM = "room"
    ADMIT = "admit"
    """Ask people in, admit them one by one, put them out."""
    HOST = "host"
    SIGN = "sign"
    """Also draft the opinion."""
    ACKNOWLEDGE = "acknowledge"
    WRITE = "write"
    """Messages, attachments, steps of the ladder."""


def refusal_of(deed: Deed, case: Case, caller: Caller, seated: Iterable[str]) -> str:
    """Returns why the caller cannot do it now, "" where they can. ``seated``: people who were admitted."""
    return _RULES[deed](case, caller, frozenset(seated))


def deeds_of(case: Case, caller: Caller, seated: Iterable[str]) -> tuple[Deed, ...]:
    """Returns what the caller may do now."""
    people = frozenset(seated)
    return tuple(deed for deed in Deed if not refusal_of(deed, case, caller, people))


def is_inviting(case: Case, caller: Caller) -> bool:
    """Whether the caller cares for patients at the institution that asks."""
    return caller.institution == case.institution and bool(effective_roles(caller) & CLINICIANS)


def is_asked(case: Case, caller: Caller) -> bool:
    """Whether the caller could be the expert: a specialist of the asked hospital who has not asked."""
    is_there = caller.institution == case.invited_institution and caller.person != case.inviter
    return is_there and bool(effective_roles(caller) & EXPERTS)


def is_inside(case: Case, person: str, seated: Iterable[str]) -> bool:
    """Whether somebody belongs into the case's room without waiting."""
    return bool(person) and person in {case.inviter, case.expert, case.host, *seated}


def may_be_inside(case: Case, person: str) -> bool:
    """Whether the state opens the room to them: to the host while somebody is called, who then is met without
    waiting for cameras and links (docs/adr/0017); to everybody else once the case is taken.
    """
    is_waiting_host = case.state is _S.RINGING and bool(person) and person == case.host
    return case.state in IN_THE_ROOM or is_waiting_host


def _of_inviting(act: ConsultationAct) -> Callable[[Case, Caller, frozenset[str]], str]:
    def rule(case: Case, caller: Caller, _: frozenset[str]) -> str:
        if not is_inviting(case, caller):
            return "not_permitted"
        return "" if act in possible_acts(case.state) else "consultation_state"

    return rule


def _accept(case: Case, caller: Caller, _: frozenset[str]) -> str:
    if not is_asked(case, caller):
        return "not_permitted"
    if case.state in _TAKEN:
        return "consultation_taken"
    if _A.ACCEPT not in possible_acts(case.state):
        return "consultation_state"
    if case.state is not _S.RINGING or case.ring is None:
        return ""
    # Once the duty phone is shown, whoever was reached by it takes the case from the work list.
    is_called = any(one.person == caller.person for one in case.ring.called)
    return "" if is_called or case.ring.stage >= Stage.DUTY_PHONE else "consultation_not_called"


def _decline(case: Case, caller: Caller, _: frozenset[str]) -> str:
    if not is_asked(case, caller):
        return "not_permitted"
    if case.state is not _S.RINGING or case.ring is None:
        return "consultation_state"
    return "" if is_ringing_for(case.ring, caller.person) else "consultation_not_called"


def _pass(case: Case, caller: Caller, seated: frozenset[str]) -> str:
    refusal = _decline(case, caller, seated)
    if refusal or case.ring is None:
        return refusal
    return "" if may_pass_on(case.ring, caller.person) else "consultation_no_backup"


def _recall(case: Case, caller: Caller, seated: frozenset[str]) -> str:
    if case.request.kind is ConsultationKind.OFFLINE and case.state is _S.INVITED:
        return "consultation_offline" if is_inviting(case, caller) else "not_permitted"
    return _of_inviting(_A.RING)(case, caller, seated)


def _transfer(case: Case, caller: Caller, _: frozenset[str]) -> str:
    if not (is_inviting(case, caller) or _is_expert(case, caller)):
        return "not_permitted"
    return "" if _A.TRANSFER in possible_acts(case.state) else "consultation_state"


def _room(case: Case, caller: Caller, _: frozenset[str]) -> str:
    if case.request.kind is ConsultationKind.OFFLINE:
        return "consultation_offline"
    return "" if may_be_inside(case, caller.person) else "consultation_state"


def _admit(case: Case, caller: Caller, _: frozenset[str]) -> str:
    if caller.person not in (case.host, case.expert) or not caller.person:
        return "not_permitted"
    if case.request.kind is ConsultationKind.OFFLINE:
        return "consultation_offline"
    return "consultation_state" if case.is_ended or case.state is _S.DRAFTED else ""


def _host(case: Case, caller: Caller, seated: frozenset[str]) -> str:
    if caller.person != case.host or not caller.person:
        return "not_permitted"
    return _admit(case, caller, seated)


def _sign(case: Case, caller: Caller, _: frozenset[str]) -> str:
    if not _is_expert(case, caller):
        return "not_permitted"
    return "" if _A.SIGN in possible_acts(case.state) else "consultation_state"


def _write(case: Case, caller: Caller, seated: frozenset[str]) -> str:
    if not (is_inviting(case, caller) or is_inside(case, caller.person, seated)):
        return "not_permitted"
    return "consultation_state" if case.is_ended else ""


def _is_expert(case: Case, caller: Caller) -> bool:
    return bool(case.expert) and PersonId(case.expert) == caller.person


_RULES: Final[Mapping[Deed, Callable[[Case, Caller, frozenset[str]], str]]] = {
    Deed.AMEND: _of_inviting(_A.AMEND),
    Deed.INVITE: _of_inviting(_A.INVITE),
    Deed.ACCEPT: _accept,
    Deed.DECLINE: _decline,
    Deed.PASS: _pass,
    Deed.RECALL: _recall,
    Deed.TRANSFER: _transfer,
    Deed.CANCEL: _of_inviting(_A.CANCEL),
    Deed.ROOM: _room,
    Deed.ADMIT: _admit,
    Deed.HOST: _host,
    Deed.SIGN: _sign,
    Deed.ACKNOWLEDGE: _of_inviting(_A.ACKNOWLEDGE),
    Deed.WRITE: _write,
}
