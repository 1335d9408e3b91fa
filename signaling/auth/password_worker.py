"""The one worker that hashes passwords, and the short queue before it.

Argon2 takes a core and 19 MiB for each password. One process of low urgency leaves the machine to live calls
however many sign in at once; whoever finds the queue full is refused at once with a sentence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol, TypeVar

from signaling.api.route import Refusal
from signaling.auth.password_process import PasswordProcess, PasswordProcessGone
from signaling.auth.passwords import Checked

T = TypeVar("T")

MAX_WAITING: Final = 25
"""About one second of work at 40 ms each: nobody should wait longer for an answer to a password."""
RETRY_AFTER_S: Final = 2


class Hashes(Protocol):
    """What makes and checks hashes, on the worker's thread."""

    def hash(self, password: str) -> str:
        """Returns the hash to keep. Raises PasswordProcessGone."""

    def check(self, kept: str, password: str) -> Checked:
        """Returns whether the password is that of the kept hash. Raises PasswordProcessGone."""

    def close(self) -> None:
        """Gives back what it holds; twice is harmless."""


class PasswordWorker:
    """Hashes and checks passwords one after another. Close it to end its thread and process."""

    def __init__(self, hashes: Hashes | None = None, *, max_waiting: int = MAX_WAITING) -> None:
        self._hashes = hashes or PasswordProcess()
        self._max_waiting = max_waiting
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="passwords")
        self._waiting = 0
        self.refused = 0
        """How many found the queue full."""

    async def hash(self, password: str) -> str:
        """Returns the hash to keep. Raises Refusal("sign_in_busy")."""
        return await self._run(lambda: self._hashes.hash(password))

    async def check(self, kept: str, password: str) -> Checked:
        """Returns whether the password is right; "" stands for no account. Raises Refusal("sign_in_busy")."""
        return await self._run(lambda: self._hashes.check(kept, password))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._max_waiting:
            self.refused += 1
            raise Refusal("sign_in_busy", retry_after_s=RETRY_AFTER_S)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        except PasswordProcessGone:
            raise Refusal("sign_in_busy", retry_after_s=RETRY_AFTER_S) from None
        finally:
            self._waiting -= 1

    def stats(self) -> dict[str, int]:
        """Returns the queue's length and how many were refused."""
        return {"password_queue": self._waiting, "password_refused": self.refused}

    def close(self) -> None:
        """Ends both after what they do now; twice is harmless."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._hashes.close()
