"""Acts and chains of acts for the tests of recording/audit."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Final

from recording.audit.act import Act, DeviceTime, MediaPosition
from recording.audit.chain import SALT_BYTES, ChainedAct, ChainHead, chain, genesis

INSTITUTION: Final = "in_0123456789abcdef0123456789abcdef"
FULL_ACT: Final = Act(
    institution=INSTITUTION,
    kind="consent.granted",
    actor="pe_1",
    at_ms=1_800_000_000_000,
    actor_role="clinic_doctor",
    device="dv_1",
    device_time=DeviceTime(1_799_999_999_900, 100, 5),
    subject={"patient": "pt_1", "case": "ca_1", "room": "会诊一室"},
    before={"state": None},
    after={"state": "granted", "count": 3, "is_emergency": False, "purposes": ["recording", {"of": 1}]},
    media=MediaPosition("RC_one", 1_500),
    personal={"reason": "复查心电图", "name": "王某某"},
)


def counted_salts() -> Callable[[], bytes]:
    """Salts that are the same in every run."""
    numbers = itertools.count(1)
    return lambda: next(numbers).to_bytes(SALT_BYTES, "big")


def plain_act(number: int, institution: str = INSTITUTION) -> Act:
    """An act that says its number; every third has a personal field."""
    personal = {"note": f"备注 {number}"} if number % 3 == 0 else {}
    after = {"number": number}
    return Act(institution, "mark.added", "pe_1", 1_800_000_000_000 + number, after=after, personal=personal)


def chained(acts: Sequence[Act], head: ChainHead | None = None) -> list[ChainedAct]:
    """The acts one after the other, from the beginning of their institution's chain."""
    head = genesis(acts[0].institution) if head is None else head
    salts = counted_salts()
    events: list[ChainedAct] = []
    for act in acts:
        events.append(chain(head, act, new_salt=salts))
        head = events[-1].head
    return events
