"""The work list of ECGs at a reading centre: which are to be read or reviewed, and in which order.

Emergency before urgent before routine; within one urgency who has waited longest, whether for the report or
for its review. The urgency is what a person said; nothing here reads an ECG.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clinical.consultation import Urgency
from clinical.ids import EcgId, PersonId

REPORT_TARGET_MS: Final = 10 * 60_000
"""First ECG to its diagnosis within ten minutes: what chest-pain centres are measured by (domain.md §2.5)."""
_ORDER: Final = {urgency: place for place, urgency in enumerate(Urgency)}


class WorkStep(StrEnum):
    """What an ECG waits for."""

    REPORT = "report"
    """报告: somebody who reads it and signs first."""
    REVIEW = "review"
    """审核: somebody else, who signs second."""


@dataclass(frozen=True, slots=True)
class EcgWork:
    """An ECG with something left to do; live or stored and forwarded alike."""

    ecg: EcgId
    urgency: Urgency
    since_ms: int
    """When the ECG came, since the Unix epoch; its review waits since then as well: so does the patient."""
    step: WorkStep
    reported_by: PersonId | None = None
    """Who signed first; None before."""


def in_order(work: Iterable[EcgWork]) -> list[EcgWork]:
    """Returns the ECGs in the order in which they are to be taken."""
    return sorted(work, key=lambda one: (_ORDER[one.urgency], one.since_ms, one.ecg))


def work_for(person: PersonId, work: Iterable[EcgWork]) -> list[EcgWork]:
    """Returns what somebody can do, in order: nobody reviews their own report."""
    own = WorkStep.REVIEW, person
    return in_order(one for one in work if (one.step, one.reported_by) != own)


def waited_ms(work: EcgWork, now_ms: int) -> int:
    """Returns how long an ECG has waited; 0 where the clocks disagree."""
    return max(now_ms - work.since_ms, 0)


def is_beyond_target(work: EcgWork, now_ms: int) -> bool:
    """Whether an emergency's ECG has waited longer for its report than ``REPORT_TARGET_MS``."""
    is_measured = work.urgency is Urgency.EMERGENCY and work.step is WorkStep.REPORT
    return is_measured and waited_ms(work, now_ms) > REPORT_TARGET_MS
