"""Acts of an ECG: chained in the unit of work that changes it; of a case's ECG in both institutions' ledgers
(docs/adr/0013), else in that of the institution that takes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from recording.summary import JsonValue
from signaling.auth.acts import act_of
from signaling.auth.rights import Caller
from signaling.consult.case_chain import chain_act
from signaling.consult.cases import Case, find_case
from signaling.ecg.ecgs import Ecg
from signaling.store.store import Unit

_NOTHING: Final[Mapping[str, JsonValue]] = {}
_NO_WORDS: Final[Mapping[str, str]] = {}


def chain_ecg_act(
    unit: Unit,
    caller: Caller,
    ecg: Ecg,
    case: Case | None,
    kind: str,
    *,
    subject: Mapping[str, str] = _NO_WORDS,
    before: Mapping[str, JsonValue] = _NOTHING,
    after: Mapping[str, JsonValue] = _NOTHING,
    personal: Mapping[str, str] = _NO_WORDS,
) -> None:
    """Records an act of an ECG. ``case`` is the one it belongs to. NOBODY is the system.

    ``subject`` is what it concerns besides patient, case and ECG.
    """
    concerned = {"ecg": ecg.id, **subject}
    if case is not None:
        chain_act(unit, caller, case, kind, subject=concerned, before=before, after=after, personal=personal)
        return
    unit.record(
        act_of(
            caller,
            kind,
            unit.now_ms,
            institution=ecg.institution,
            subject={"patient": ecg.patient, **concerned},
            before=before,
            after=after,
            personal=personal,
        )
    )


async def case_of(unit: Unit, ecg: Ecg) -> Case | None:
    """Returns the case that an ECG belongs to, None where it belongs to none."""
    return await find_case(unit.connection, ecg.case) if ecg.case else None
