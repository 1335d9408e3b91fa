"""A thread that puts on disk what has been written: flash that is full or worn makes whoever asks for it wait
for seconds, and the frames of an ECG wait for nobody.

What was written survives the end of the process without it (write(2)), so a frame goes up as before; what a
power cut could take is at most what waits here, and the server still asks for that.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

MOST_WAITING: Final = 16
"""Files and folders of a minute or so; whoever brings more waits for its own."""


class DiskThread:
    """The thread. Used from one other thread."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="gateway-disk")
        self._room = threading.Semaphore(MOST_WAITING)
        self._failed: deque[OSError] = deque(maxlen=1)

    def later(self, work: Callable[[], None]) -> None:
        """Has the work done, in the order in which it came; here and now where too much waits already. Raises
        OSError of work that is done here.
        """
        if not self._room.acquire(blocking=False):
            work()
            return
        self._thread.submit(self._do, work)

    def failed(self) -> OSError | None:
        """Returns what last failed, once."""
        return self._failed.popleft() if self._failed else None

    def close(self) -> None:
        """Returns when everything is done. Closing twice is harmless."""
        self._thread.shutdown()

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except OSError as error:
            self._failed.append(error)
        finally:
            self._room.release()
