"""What the media threads are given, by what the system permits."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from media_server.precedence import NICENESS, REAL_TIME_PRIORITY, Precedence, hasten


class Kernel:
    """Stands in for sched(7): permits what it is told to, and keeps who was given it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *permitted: Precedence) -> None:
        self.permitted = permitted
        self.given: list[tuple[int, Precedence, int]] = []
        monkeypatch.setattr(os, "sched_setscheduler", self.set_class)
        monkeypatch.setattr(os, "setpriority", self.set_niceness)

    def set_class(self, thread: int, policy: int, parameters: Any) -> None:
        """sched_setscheduler(2)."""
        assert policy == os.SCHED_RR
        self._give(thread, Precedence.REAL_TIME, parameters.sched_priority)

    def set_niceness(self, which: int, thread: int, niceness: int) -> None:
        """setpriority(2)."""
        assert which == os.PRIO_PROCESS
        self._give(thread, Precedence.NICE, niceness)

    def _give(self, thread: int, precedence: Precedence, number: int) -> None:
        if precedence not in self.permitted:
            raise OSError(errno.EPERM, "not permitted")
        self.given.append((thread, precedence, number))


def test_where_real_time_is_permitted_all_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, Precedence.REAL_TIME, Precedence.NICE)
    assert hasten([7, 8]) is Precedence.REAL_TIME
    assert kernel.given == [(number, Precedence.REAL_TIME, REAL_TIME_PRIORITY) for number in (7, 8)]


def test_else_a_larger_share(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, Precedence.NICE)
    assert hasten([7, 8]) is Precedence.NICE
    assert kernel.given == [(number, Precedence.NICE, NICENESS) for number in (7, 8)]


def test_else_nothing_and_that_is_no_reason_not_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Kernel(monkeypatch).given == []
    assert hasten([7]) is Precedence.EQUAL
