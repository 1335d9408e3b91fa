"""The authenticator app of an expert in the random walks, and what the service has to make of its codes.

Each time step's code is accepted once and none older than the last; the fifth wrong one in a row locks the
account for a quarter of an hour (RFC 6238 §5.2, GB/T 22239 8.1.4.1).
"""

from __future__ import annotations

import asyncio
import random
from typing import Final

import pyotp

SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP_MS: Final = 30_000
MAX_WRONG: Final = 5
LOCK_MS: Final = 900_000
_WRONG_SHARE: Final = 0.15
_APP: Final = pyotp.TOTP(SECRET)


class AppOfExpert:
    """One person's app. ``lock`` is held from choosing a code until the service has answered."""

    def __init__(self, choice: random.Random) -> None:
        self.lock = asyncio.Lock()
        self._random = choice
        self._last_step = self._wrong = self._wrong_at_ms = 0

    def code(self, now_ms: int) -> str:
        """Returns a code: right mostly, also half a minute off; else one used already, or none at all."""
        usable = [step for step in _steps(now_ms) if step > self._last_step]
        if usable and self._random.random() > _WRONG_SHARE:
            return _code_of(self._random.choice(usable))
        if self._last_step and self._random.random() < 0.5:
            return _code_of(self._last_step)
        taken = {_code_of(step) for step in _steps(now_ms)}
        return next(code for n in range(10) if (code := f"{n:06d}") not in taken)

    def receive(self, code: str, now_ms: int) -> bool:
        """Returns whether the service has to take the code for a signature that nothing else hinders."""
        if self._wrong >= MAX_WRONG and now_ms < self._wrong_at_ms + LOCK_MS:
            return False
        steps = [step for step in _steps(now_ms) if step > self._last_step and _code_of(step) == code]
        if steps:
            self._last_step, self._wrong = steps[0], 0
            return True
        is_old = now_ms - self._wrong_at_ms >= LOCK_MS
        self._wrong = 1 if is_old else min(self._wrong + 1, MAX_WRONG)
        self._wrong_at_ms = now_ms
        return False


def _steps(now_ms: int) -> range:
    return range(now_ms // STEP_MS - 1, now_ms // STEP_MS + 2)


def _code_of(step: int) -> str:
    return str(_APP.generate_otp(step))
