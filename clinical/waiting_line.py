"""The line in which cases wait for a specialty: who comes next, and how long it will take about.

Emergency before urgent before routine; within one urgency who has waited longest. The expected wait is an
estimate and is shown as one: the median of how long the last cases took, times how often the specialists on
duty have to be free again before it is this case's turn. It promises nothing and orders nothing.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from clinical.consultation import Urgency
from clinical.ids import CaseId

DEFAULT_SERVICE_S: Final = 15 * 60
"""While no case has been finished yet; what domain.md §5.1 takes a consultation to last, and some room."""
RECENT_CASES: Final = 20
"""A morning of one specialty: today's pace, and one long case does not move the median."""
_ORDER: Final = {urgency: place for place, urgency in enumerate(Urgency)}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that nobody has taken yet. ``since_ms``: when it was sent."""

    case: CaseId
    urgency: Urgency
    since_ms: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands: 1 is next. ``expected_wait_s`` None: nobody is on duty, so nobody can say."""

    place: int
    expected_wait_s: int | None


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Returns the cases in the order in which they are to be taken."""
    return sorted(waiting, key=lambda one: (_ORDER[one.urgency], one.since_ms, one.case))


def place_of(
    case: CaseId,
    waiting: Iterable[Waiting],
    *,
    being_served: int,
    on_duty: int,
    service_times_s: Sequence[int],
) -> Place | None:
    """Returns where a case stands; None where it does not wait. ``being_served``: cases of the specialty that
    somebody has taken and not signed; ``service_times_s``: of finished cases, the newest last.
    """
    for ahead, one in enumerate(in_order(waiting)):
        if one.case == case:
            wait_s = expected_wait_s(ahead + being_served, on_duty=on_duty, service_times_s=service_times_s)
            return Place(ahead + 1, wait_s)
    return None


def expected_wait_s(ahead: int, *, on_duty: int, service_times_s: Sequence[int]) -> int | None:
    """Returns the seconds until a case's turn with ``ahead`` cases before it, waiting or being served; None
    with nobody on duty.
    """
    if on_duty < 1:
        return None
    recent = service_times_s[-RECENT_CASES:]
    service_s = statistics.median(recent) if recent else DEFAULT_SERVICE_S
    return round(ahead // on_duty * service_s)
