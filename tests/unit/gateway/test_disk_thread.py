"""What waits for the disk holds up nobody, is done in order, and is told where it fails."""

from __future__ import annotations

import errno
import threading

import pytest

from clients.gateway.disk_thread import MOST_WAITING, DiskThread


def test_work_is_done_in_its_order_by_the_end_at_the_latest() -> None:
    disk, done = DiskThread(), list[int]()
    for number in range(MOST_WAITING):
        disk.later(lambda number=number: done.append(number))  # type: ignore[misc]
    disk.close()
    disk.close()
    assert done == list(range(MOST_WAITING))
    assert disk.failed() is None


def test_what_fails_is_told_once() -> None:
    disk = DiskThread()

    def fail() -> None:
        raise OSError(errno.EIO, "gone")

    disk.later(fail)
    disk.close()
    failed = disk.failed()
    assert failed is not None and failed.errno == errno.EIO
    assert disk.failed() is None


def test_whoever_brings_more_than_may_wait_waits_for_its_own() -> None:
    disk, held, done = DiskThread(), threading.Event(), list[int]()
    disk.later(held.wait)  # type: ignore[arg-type]
    for number in range(1, MOST_WAITING):
        disk.later(lambda number=number: done.append(number))  # type: ignore[misc]
    disk.later(lambda: done.append(0))
    assert done == [0]

    def fail() -> None:
        raise OSError(errno.EIO, "gone")

    with pytest.raises(OSError, match="gone"):
        disk.later(fail)
    held.set()
    disk.close()
    assert done == list(range(MOST_WAITING))
    assert disk.failed() is None
