"""A part of the measurement in a process of its own: nothing that another part does can hold it up."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
from collections.abc import Callable, Coroutine
from multiprocessing.connection import Connection
from typing import Any

ANSWER_LIMIT_S = 60.0
END_LIMIT_S = 10.0


class Line:
    """A process's end of the pipe to the measurement."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def tell(self, what: object) -> None:
        """Sends something picklable."""
        self._pipe.send(what)

    async def ask(self) -> Any:
        """Returns what the measurement sends next. EOFError when it is gone."""
        return await asyncio.get_running_loop().run_in_executor(None, self._pipe.recv)


class Part:
    """A running part. ``main`` gets a Line and the arguments; close it when it has told everything."""

    def __init__(
        self, main: Callable[..., Coroutine[Any, Any, None]], *arguments: object, niceness: int = 0
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, end = context.Pipe()
        self._name = main.__module__
        self._process = context.Process(target=_run, args=(end, niceness, main, arguments), daemon=True)
        self._process.start()
        end.close()

    def tell(self, what: object) -> None:
        """Sends something picklable."""
        self._pipe.send(what)

    def hear(self) -> Any:
        """Returns what it tells next. SystemExit if it ends or is silent for ANSWER_LIMIT_S."""
        try:
            if self._pipe.poll(ANSWER_LIMIT_S):
                return self._pipe.recv()
        except EOFError:
            raise SystemExit(f"{self._name} ended early") from None
        raise SystemExit(f"{self._name} is silent")

    def close(self) -> None:
        """Waits for its end, then ends it."""
        self._process.join(END_LIMIT_S)
        self._process.terminate()
        self._pipe.close()


def _run(
    pipe: Connection,
    niceness: int,
    main: Callable[..., Coroutine[Any, Any, None]],
    arguments: tuple[object, ...],
) -> None:
    os.nice(niceness)
    # A collection in the middle would be taken for a delay of the server; a minute's garbage fits in memory.
    gc.freeze()
    gc.disable()
    asyncio.run(main(Line(pipe), *arguments))
