"""Who may do what with an ECG's report and its critical value now: the words of ``allowed``.

The table of rights (auth/policy.py) says who may ask about an ECG at all. Readers are the specialists of the
institution that reads it: the one that its case asks, or, without a case, the one that takes it. The treating
side is the institution that takes it. A refusal is a code: ``not_permitted`` (it is another's to do),
``ecg_report_state``, ``ecg_report_same_person``, ``critical_value_ended``, ``critical_value_own``,
``critical_value_not_marker``, ``critical_value_calling``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clinical.critical_value import CriticalCall, CriticalState
from clinical.ecg_report import Report, ReportAct, possible_acts
from clinical.ids import InstitutionId
from signaling.api.route import Refusal
from signaling.auth.policy import CLINICIANS, effective_roles
from signaling.auth.rights import Caller, Role
from signaling.consult.case_rights import EXPERTS
from signaling.ecg.ecg_rights import OpenedEcg

_HEARERS: Final = CLINICIANS | {Role.SUPERVISOR}
"""Who can say at the treating side that they heard a critical value: supervisors are called as well."""


class ReportDeed(StrEnum):
    """What a person can do."""

    REPORT = "report"
    """Write, and see what is not signed yet."""
    SIGN = "sign"
    REVIEW = "review"
    RETURN = "return"
    AMEND = "amend"
    MARK_CRITICAL = "mark_critical"
    HEAR_CRITICAL = "hear_critical"
    """Acknowledge it for oneself."""
    NOTE_HEARD = "note_heard"
    """Write down who heard it by phone."""
    WITHDRAW_CRITICAL = "withdraw_critical"


@dataclass(frozen=True, slots=True)
class ReportStands:
    """What the rules look at besides the ECG: the report as it stands, the newest critical value, None before
    there is one.
    """

    report: Report
    critical: CriticalCall | None = None


def reading_institution(opened: OpenedEcg) -> InstitutionId:
    """Returns whose specialists read it."""
    return opened.ecg.institution if opened.case is None else opened.case.invited_institution


def institutions_of(opened: OpenedEcg) -> tuple[InstitutionId, ...]:
    """Returns those in whose ledgers its acts stand, the taking one first; one where they are the same."""
    case = opened.case
    return (opened.ecg.institution,) if case is None else case.institutions


def is_reader(opened: OpenedEcg, caller: Caller) -> bool:
    """Whether the caller reads ECGs where this one is read."""
    return caller.institution == reading_institution(opened) and bool(effective_roles(caller) & EXPERTS)


def is_treating(opened: OpenedEcg, caller: Caller) -> bool:
    """Whether the caller belongs to those who can hear of a critical value for the patient."""
    return caller.institution == opened.ecg.institution and bool(effective_roles(caller) & _HEARERS)


def refusal_of(deed: ReportDeed, opened: OpenedEcg, stands: ReportStands, caller: Caller) -> str:
    """Returns why the caller cannot do it now, "" where they can."""
    return _RULES[deed](opened, stands, caller)


def refuse(deed: ReportDeed, opened: OpenedEcg, stands: ReportStands, caller: Caller) -> None:
    """Raises Refusal where the caller cannot do it now."""
    refusal = refusal_of(deed, opened, stands, caller)
    if refusal:
        raise Refusal(refusal)


def deeds_of(opened: OpenedEcg, stands: ReportStands, caller: Caller) -> tuple[ReportDeed, ...]:
    """Returns what the caller may do now."""
    return tuple(deed for deed in ReportDeed if not refusal_of(deed, opened, stands, caller))


_Rule = Callable[[OpenedEcg, ReportStands, Caller], str]


def _of_reader(act: ReportAct) -> _Rule:
    def rule(opened: OpenedEcg, stands: ReportStands, caller: Caller) -> str:
        if not is_reader(opened, caller):
            return "not_permitted"
        return "" if act in possible_acts(stands.report.state) else "ecg_report_state"

    return rule


def _of_second_reader(act: ReportAct) -> _Rule:
    first = _of_reader(act)

    def rule(opened: OpenedEcg, stands: ReportStands, caller: Caller) -> str:
        reported = stands.report.reported
        refusal = first(opened, stands, caller)
        is_own = reported is not None and reported.person == caller.person
        return refusal or ("ecg_report_same_person" if is_own else "")

    return rule


def _mark(opened: OpenedEcg, stands: ReportStands, caller: Caller) -> str:
    if not is_reader(opened, caller):
        return "not_permitted"
    return "critical_value_calling" if _is_calling(stands) else ""


def _hear(opened: OpenedEcg, stands: ReportStands, caller: Caller) -> str:
    if not is_treating(opened, caller):
        return "not_permitted"
    if not _is_calling(stands):
        return "critical_value_ended"
    return "critical_value_own" if _is_marker(stands, caller) else ""


def _note_heard(opened: OpenedEcg, stands: ReportStands, caller: Caller) -> str:
    if not is_reader(opened, caller):
        return "not_permitted"
    return "" if _is_calling(stands) else "critical_value_ended"


def _withdraw(opened: OpenedEcg, stands: ReportStands, caller: Caller) -> str:
    refusal = _note_heard(opened, stands, caller)
    return refusal or ("" if _is_marker(stands, caller) else "critical_value_not_marker")


def _is_calling(stands: ReportStands) -> bool:
    return stands.critical is not None and stands.critical.state is CriticalState.CALLING


def _is_marker(stands: ReportStands, caller: Caller) -> bool:
    return stands.critical is not None and stands.critical.marked_by == caller.person


_RULES: Final[Mapping[ReportDeed, _Rule]] = {
    ReportDeed.REPORT: _of_reader(ReportAct.WRITE),
    ReportDeed.SIGN: _of_reader(ReportAct.SIGN),
    ReportDeed.REVIEW: _of_second_reader(ReportAct.REVIEW),
    ReportDeed.RETURN: _of_second_reader(ReportAct.RETURN),
    ReportDeed.AMEND: _of_reader(ReportAct.AMEND),
    ReportDeed.MARK_CRITICAL: _mark,
    ReportDeed.HEAR_CRITICAL: _hear,
    ReportDeed.NOTE_HEARD: _note_heard,
    ReportDeed.WITHDRAW_CRITICAL: _withdraw,
}
