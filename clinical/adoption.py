"""What the treating side decides about an opinion: adopted, partly, or not, with one answer for each advice.

The inviting institution keeps the decision (远程医疗服务管理规范, 2018); nothing is preset. The whole and its
parts must say the same:

    adoption   items                                       reasons
    full       every one adopted
    part       at least one adopted, at least one not      for every item that is not
    none       not one adopted                             for every item

Codes of OpinionRefused: ``adoption_items_wrong`` (not one answer for each advice), ``adoption_contradicts``,
``adoption_reason_missing``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from clinical.errors import OpinionRefused

MAX_REASON_CHARACTERS: Final = 500
"""A sentence or three; it is read beside the advice."""


class Adoption(StrEnum):
    """The decision as a whole."""

    FULL = "full"
    PART = "part"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """The answer to one advice; ``reason`` where it is not adopted."""

    adopted: bool
    reason: str = ""


def adoption_of(items: Sequence[ItemAnswer]) -> Adoption:
    """Returns what the answers come to, as the button says it ("已阅，部分采纳 3 / 4")."""
    adopted = sum(item.adopted for item in items)
    if adopted == len(items):
        return Adoption.FULL
    return Adoption.PART if adopted else Adoption.NONE


def check_adoption(adoption: Adoption, items: Sequence[ItemAnswer], *, advice_count: int) -> None:
    """Raises OpinionRefused where a decision is not one."""
    if len(items) != advice_count:
        raise OpinionRefused("adoption_items_wrong")
    if adoption is not adoption_of(items):
        raise OpinionRefused("adoption_contradicts")
    if any(not item.adopted and not item.reason.strip() for item in items):
        raise OpinionRefused("adoption_reason_missing")


def items_to_json(items: Sequence[ItemAnswer]) -> str:
    """Returns the answers as the store keeps them."""
    return json.dumps([asdict(item) for item in items], ensure_ascii=False, separators=(",", ":"))


def items_from_json(text: str) -> tuple[ItemAnswer, ...]:
    """Returns what ``items_to_json`` kept. Raises ValueError or TypeError for anything else."""
    return tuple(ItemAnswer(**one) for one in json.loads(text))
