"""An ECG taken up for an act: read in its unit, with the case it belongs to."""

from __future__ import annotations

from clinical.ids import EcgId
from signaling.api.route import Refusal
from signaling.consult.cases import find_case
from signaling.ecg.ecg_rights import OpenedEcg
from signaling.ecg.ecgs import lock_ecg
from signaling.store.store import Unit


async def opened_in(unit: Unit, ecg: EcgId) -> OpenedEcg:
    """Returns the ECG, held against other writers. Raises Refusal(not_found)."""
    found = await lock_ecg(unit, ecg)
    if found is None:
        raise Refusal("not_found")
    case = await find_case(unit.connection, found.case) if found.case else None
    return OpenedEcg(found, case)
