"""Lets the media threads run before everything else here: a packet does not wait until Python has thought.

sched(7): a waking thread of an equal share may wait for the end of another one's slice, some 3 ms. The
real-time class is served first; a media thread works some tens of microseconds at a time and sleeps again,
and the kernel leaves a twentieth of each second to the others whatever it does (sched_rt_runtime_us).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

import structlog

REAL_TIME_PRIORITY: Final = 1
"""The lowest of its class: what the system itself runs there (1 to 99) comes first."""
NICENESS: Final = -15
"""Some thirty times an equal share, and an earlier turn."""

_log = structlog.get_logger(__name__)


class Precedence(StrEnum):
    """What the media threads were given."""

    REAL_TIME = "real_time"
    """SCHED_RR."""
    NICE = "nice"
    """A larger share."""
    EQUAL = "equal"
    """Nothing: neither is permitted (CAP_SYS_NICE, or RLIMIT_RTPRIO and RLIMIT_NICE)."""


def hasten(threads: Sequence[int]) -> Precedence:
    """Gives these threads (by their kernel numbers) the best that is permitted; returns what all of them
    have, and logs it."""
    permitted = (precedence for precedence, give in _WAYS if _given(give, threads))
    precedence = next(permitted, Precedence.EQUAL)
    _log.info("media_threads", count=len(threads), state=precedence.value)
    return precedence


def _given(give: Callable[[int], None], threads: Sequence[int]) -> bool:
    try:
        for thread in threads:
            give(thread)
    except OSError:
        return False
    return True


def _real_time(thread: int) -> None:
    os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(REAL_TIME_PRIORITY))


def _nice(thread: int) -> None:
    os.setpriority(os.PRIO_PROCESS, thread, NICENESS)


_WAYS: Final = ((Precedence.REAL_TIME, _real_time), (Precedence.NICE, _nice))
