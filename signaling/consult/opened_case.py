"""A case taken up for an act: read for writing in its unit, with the caller's right to it checked."""

from __future__ import annotations

from collections.abc import Iterable

from clinical.errors import ConsultationRefused
from signaling.api.route import Refusal
from signaling.auth.rights import Caller
from signaling.consult.case_rights import Deed, refusal_of
from signaling.consult.cases import Case, lock_case
from signaling.consult.parties import Party, parties_of, seated_of
from signaling.store.store import Unit


async def open_case(unit: Unit, caller: Caller, case_id: str, deed: Deed) -> tuple[Case, list[Party]]:
    """Returns the case and its parties. Raises Refusal(not_permitted), ConsultationRefused."""
    case = await lock_case(unit, case_id)
    parties = await parties_of(unit.connection, [case.id])
    refuse(deed, case, caller, seated_of(parties))
    return case, parties


def refuse(deed: Deed, case: Case, caller: Caller, seated: Iterable[str]) -> None:
    """Raises Refusal(not_permitted) or ConsultationRefused where the caller cannot do it now."""
    refusal = refusal_of(deed, case, caller, seated)
    if refusal == "not_permitted":
        raise Refusal(refusal)
    if refusal:
        raise ConsultationRefused(refusal)
