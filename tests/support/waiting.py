"""Waiting for a condition with a time-out that says what was missing: tests never sleep to synchronise."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Value = TypeVar("Value")

# For a loaded machine: LIANZHEN_TEST_PATIENCE=3 waits three times as long before a test fails.
PATIENCE = float(os.environ.get("LIANZHEN_TEST_PATIENCE", "1"))
HANG_S = 60.0 * PATIENCE
"""For waits whose end is what matters, not when: whatever takes longer hangs. No test is green by it."""
_POLL_S = 0.05


async def wait_until(
    read: Callable[[], Value | Awaitable[Value]],
    *,
    what: str,
    timeout_s: float = HANG_S,
    accept: Callable[[Value], bool] = bool,
    every_s: float = _POLL_S,
) -> Value:
    """The first value of ``read`` that ``accept`` takes; AssertionError with ``what`` after the time-out."""
    deadline = time.monotonic() + timeout_s
    while True:
        read_now = read()
        value = await read_now if inspect.isawaitable(read_now) else read_now
        if accept(value):
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s:g} s: {what}; last seen: {value!r}")
        await asyncio.sleep(every_s)
