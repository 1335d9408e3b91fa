"""Pointing at an ECG together: what one page shows to the others, read unbelieving, how often it may, and
what stands until it is taken away.

The words are those of clients/web/src/ecg/pointer.ts:

    {"type": "point", "show": "pointer", "lead": "V3", "epoch": 0, "sample": 1234, "is_kept": false}
    {"type": "point", "show": "caliper", "lead": …, "epoch": …, "points": [{"sample", "mv"}, {…}], "is_kept"}
    {"type": "point", "show": "nothing", "is_kept": false}
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from clinical.ids import PersonId
from media_server.ecg.frame import MAX_COUNT
from recording.summary import JsonValue
from signaling.ecg.inventory import MAX_EPOCH

MAX_CHARACTERS: Final = 600
PER_SECOND: Final = 10
"""Points of one page that are passed on."""
KEPT_PER_SECOND: Final = 2
"""Of them into the ledger: a person sets no more."""
GONE_NS: Final = 10_000_000_000
"""A page that was only cut off is back by then, most often, and shows its caliper anew; that of one that
died is taken away."""
_LEAD: Final = re.compile(r"[A-Za-z0-9+-]{1,8}")
_MAX_MV: Final = 1_000
_NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Point:
    """One showing. ``words`` go to other pages as they are."""

    words: Mapping[str, Any]
    is_kept: bool

    @property
    def ledger_words(self) -> dict[str, JsonValue]:
        """What the ledger says of it: whole numbers, microvolts."""
        if self.words["show"] != "caliper":
            return {
                name: self.words[name] for name in ("show", "lead", "epoch", "sample") if name in self.words
            }
        (first, second) = self.words["points"]
        return {
            "show": "caliper",
            "lead": self.words["lead"],
            "epoch": self.words["epoch"],
            "first_sample": first["sample"],
            "second_sample": second["sample"],
            "first_uv": round(first["mv"] * 1000),
            "second_uv": round(second["mv"] * 1000),
        }


def read_point(text: str) -> Point | None:
    """Returns what a page shows; None for what is nothing of the kind."""
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        value = json.loads(text)
        if value["type"] != "point" or not isinstance(value["is_kept"], bool):
            return None
        words = _words(value)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return Point(words, value["is_kept"] and words["show"] != "nothing")


@dataclass(slots=True)
class PointPace:
    """How much one page has shown in the second that goes on."""

    _second: int = -1
    _shown: int = 0
    _kept: int = 0

    def receive_point(self, point: Point, now_ns: int) -> bool:
        """Returns whether it is passed on."""
        second = now_ns // _NS_PER_S
        if second != self._second:
            self._second, self._shown, self._kept = second, 0, 0
        self._shown += 1
        self._kept += point.is_kept
        return self._shown <= PER_SECOND and self._kept <= KEPT_PER_SECOND


@dataclass(slots=True)
class _Standing:
    page: object
    told: str
    left_ns: int | None = None


@dataclass(slots=True)
class StandingPoints:
    """The calipers of an ECG that stand, one a person; pages forget places that were pointed at by
    themselves. ``page`` is the connection by which it came.
    """

    _of_person: dict[PersonId, _Standing] = field(default_factory=dict)

    def receive_point(self, page: object, person: PersonId, point: Point, told: str) -> None:
        """Notes what was passed on to the others as ``told``."""
        self._of_person.pop(person, None)
        if point.words["show"] == "caliper":
            self._of_person[person] = _Standing(page, told)

    def leave(self, page: object, now_ns: int) -> None:
        """The connection is gone."""
        for standing in self._of_person.values():
            if standing.page is page:
                standing.left_ns = now_ns

    def told_to(self, person: PersonId) -> list[str]:
        """Returns what somebody who comes now is told of the others."""
        return [standing.told for who, standing in self._of_person.items() if who != person]

    def take_gone(self, now_ns: int) -> list[PersonId]:
        """Returns whose is to be taken away, once."""
        gone = [
            person
            for person, standing in self._of_person.items()
            if standing.left_ns is not None and now_ns - standing.left_ns > GONE_NS
        ]
        for person in gone:
            del self._of_person[person]
        return gone


def _words(value: Mapping[str, Any]) -> dict[str, Any]:
    show = value["show"]
    if show == "nothing":
        return {"show": show}
    lead = value["lead"]
    if not isinstance(lead, str) or not _LEAD.fullmatch(lead):
        raise ValueError("lead")
    words: dict[str, Any] = {"show": show, "lead": lead, "epoch": _count(value["epoch"], MAX_EPOCH)}
    if show == "pointer":
        return words | {"sample": _count(value["sample"], MAX_COUNT)}
    if show != "caliper" or len(value["points"]) != 2:
        raise ValueError("show")
    return words | {"points": [_corner(each) for each in value["points"]]}


def _corner(value: Mapping[str, Any]) -> dict[str, Any]:
    mv = value["mv"]
    if type(mv) not in (int, float) or not math.isfinite(mv) or abs(mv) > _MAX_MV:
        raise ValueError("mv")
    return {"sample": _count(value["sample"], MAX_COUNT), "mv": mv}


def _count(value: object, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError("count")
    return value
