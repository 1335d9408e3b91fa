"""An ECG as the table of rights sees it, and what somebody may do with it now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.api.route import Found
from signaling.auth.policy import CLINICIANS, effective_roles
from signaling.auth.rights import Caller, State, Subject
from signaling.consult.case_subjects import subject_of_case
from signaling.consult.cases import Case, find_case
from signaling.consult.parties import parties_of
from signaling.ecg.ecg_state import EcgAct, EcgState, next_state
from signaling.ecg.ecgs import Ecg, find_ecg


@dataclass(frozen=True, slots=True)
class OpenedEcg:
    """An ECG with the case it belongs to, where it belongs to one."""

    ecg: Ecg
    case: Case | None


class EcgDeed(StrEnum):
    """What a person can do with an ECG: the words of ``allowed``."""

    STOP = "stop"


def refusal_of(deed: EcgDeed, ecg: Ecg, caller: Caller) -> str:
    """Returns why the caller cannot do it now, "" where they can: ``not_permitted``, ``ecg_state``."""
    is_taking = caller.institution == ecg.institution and bool(effective_roles(caller) & CLINICIANS)
    if not is_taking:
        return "not_permitted"
    return "" if next_state(ecg.state, EcgAct.STOP) is not None else "ecg_state"


def deeds_of(ecg: Ecg, caller: Caller) -> tuple[EcgDeed, ...]:
    """Returns what the caller may do now."""
    return tuple(deed for deed in EcgDeed if not refusal_of(deed, ecg, caller))


async def found_ecg(connection: AsyncConnection, name: str) -> Found | None:
    """Returns an ECG with its subject, None where there is none. The row is an ``OpenedEcg``."""
    ecg = await find_ecg(connection, name)
    if ecg is None:
        return None
    case = await find_case(connection, ecg.case) if ecg.case else None
    return Found(await subject_of_ecg(connection, ecg, case), OpenedEcg(ecg, case))


async def subject_of_ecg(connection: AsyncConnection, ecg: Ecg, case: Case | None) -> Subject:
    """Returns the ECG as a subject: it belongs to where it is taken, and whoever is let into its case is let
    in here.
    """
    parties: frozenset[str] = frozenset()
    if case is not None:
        parties = subject_of_case(case, await parties_of(connection, [case.id])).parties
    state = State.ENDED if ecg.state is EcgState.ENDED else State.ACTIVE
    return Subject(ecg.institution, parties=parties, state=state)
