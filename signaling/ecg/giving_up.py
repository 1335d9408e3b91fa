"""Declaring lost what is missing of an ECG whose gateway has not returned: by whom, when, and what follows.

Who reads the ECG, and the host of its case, can: the lock is on what they are to sign. See given_up.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clinical.ids import EcgId
from signaling.api.route import Refusal
from signaling.auth.rights import Caller
from signaling.ecg.ecg_chain import chain_ecg_act
from signaling.ecg.ecg_rights import OpenedEcg
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecgs import Ecg, store_ecg
from signaling.ecg.given_up import GIVE_UP_AFTER_MS, GivenUp
from signaling.ecg.opened_ecg import opened_in
from signaling.ecg.report_rights import is_reader
from signaling.ecg.settling import ending_words
from signaling.store.store import Unit

GIVE_UP: Final = "give_up"
"""The word of ``allowed``: that it is theirs to do, at ``give_up_from_ms`` at the earliest."""


def refusal_of_giving_up(opened: OpenedEcg, caller: Caller) -> str:
    """Returns why the caller cannot declare the rest lost, "" where they can once the gateway has been away
    for long enough: ``not_permitted``, ``ecg_not_missing``.
    """
    is_host = opened.case is not None and opened.case.host == caller.person
    if not (is_host or is_reader(opened, caller)):
        return "not_permitted"
    return "ecg_not_missing" if opened.ecg.is_settled else ""


def give_up_from_ms(ecg: Ecg) -> int:
    """Returns from when on the rest can be declared lost; 0 where nothing is to be."""
    return 0 if ecg.is_settled else ecg.heard_at_ms + GIVE_UP_AFTER_MS


async def give_up_rest(unit: Unit, caller: Caller, ecg_id: EcgId, reason: str, *, heard_at_ms: int) -> Ecg:
    """Declares the rest of an ECG lost, and ends it where it goes on. ``heard_at_ms``: when its gateway was
    last heard of it.

    Refusal: not_found, not_permitted, ecg_not_missing, ecg_gateway_recent.
    """
    opened = await opened_in(unit, ecg_id)
    refusal = refusal_of_giving_up(opened, caller)
    if refusal:
        raise Refusal(refusal)
    if unit.now_ms < heard_at_ms + GIVE_UP_AFTER_MS:
        raise Refusal("ecg_gateway_recent", minutes=GIVE_UP_AFTER_MS // 60_000)
    before = opened.ecg
    after = replace(
        before,
        state=EcgState.ENDED,
        ended_at_ms=before.ended_at_ms or unit.now_ms,
        given_up=GivenUp(unit.now_ms, caller.person, reason, before.missing_ms),
    )
    if before.state is not EcgState.ENDED:
        chain_ecg_act(unit, caller, after, opened.case, "ecg.ended", after=ending_words(after, "given_up"))
    chain_ecg_act(
        unit,
        caller,
        after,
        opened.case,
        "ecg.given_up",
        after={
            "missing_ms": before.missing_ms,
            "stretches": len(before.missing),
            "is_end_known": before.declared is not None,
            "away_ms": unit.now_ms - heard_at_ms,
        },
        personal={"reason": reason},
    )
    return await store_ecg(unit, after)
