"""One thread, a short queue, and a sentence for whoever finds it full."""

from __future__ import annotations

import asyncio
import threading

import pytest

from signaling.api.route import Refusal
from signaling.auth.password_process import PasswordProcessGone
from signaling.auth.password_worker import PasswordWorker
from signaling.auth.passwords import Checked
from tests.support.waiting import HANG_S


class HeldHashes:
    """Checks that end when the test says so."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.threads: set[int] = set()
        self.at_once = 0
        self.most_at_once = 0
        self.closed = 0

    def check(self, kept: str, password: str) -> Checked:
        self.threads.add(threading.get_ident())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.go.wait(HANG_S)
        self.at_once -= 1
        return Checked(is_right=password == kept)

    def hash(self, password: str) -> str:
        if not password:
            raise PasswordProcessGone
        return password

    def close(self) -> None:
        self.closed += 1


async def test_excess_is_refused_at_once_and_the_others_are_served_one_by_one() -> None:
    hashes = HeldHashes()
    worker = PasswordWorker(hashes, max_waiting=3)
    tasks = [asyncio.create_task(worker.check("a", "a")) for _ in range(3)]
    await asyncio.sleep(0)
    assert worker.stats() == {"password_queue": 3, "password_refused": 0}
    with pytest.raises(Refusal) as refused:
        await worker.check("a", "a")
    assert (refused.value.code, refused.value.facts) == ("sign_in_busy", {"retry_after_s": 2})
    hashes.go.set()
    assert await asyncio.gather(*tasks) == [Checked(is_right=True)] * 3
    assert worker.stats() == {"password_queue": 0, "password_refused": 1}
    assert (len(hashes.threads), hashes.most_at_once) == (1, 1)
    assert await worker.hash("x") == "x"
    assert hashes.closed == 0
    worker.close()
    worker.close()
    assert hashes.closed == 2


async def test_where_the_process_is_gone_whoever_asked_tries_again_later() -> None:
    worker = PasswordWorker(HeldHashes())
    with pytest.raises(Refusal) as refused:
        await worker.hash("")
    assert (refused.value.code, refused.value.facts) == ("sign_in_busy", {"retry_after_s": 2})
    assert worker.stats()["password_queue"] == 0
    worker.close()


async def test_a_caller_who_leaves_gives_the_place_back() -> None:
    hashes = HeldHashes()
    worker = PasswordWorker(hashes, max_waiting=1)
    task = asyncio.create_task(worker.check("a", "a"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    hashes.go.set()
    assert await worker.check("a", "b") == Checked(is_right=False)
    worker.close()
