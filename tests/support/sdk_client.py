"""A participant that uses the LiveKit Python SDK, in a process of its own inside the clients' namespace."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from tests.support.namespaces import Namespace
from tests.support.server import OUT, REPOSITORY
from tests.support.waiting import HANG_S, wait_until

Message = dict[str, Any]

CLOSE_S = 10.0
"""What the SDK is given to say goodbye; one that does not end is killed, and no test is red for it."""


class SdkRefused(Exception):
    """The SDK raised; the text is its own."""


class SdkClient:
    """Commands the child; events it told are in ``events``, oldest first."""

    def __init__(self, identity: str, process: asyncio.subprocess.Process) -> None:
        self.identity = identity
        self.events: list[Message] = []
        self._process = process
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._reader = asyncio.get_running_loop().create_task(self._read())

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    async def run(self, command: str, *, timeout_s: float = HANG_S, **arguments: Any) -> Message:
        """Runs one command of ``sdk_process.Client``; SdkRefused when the SDK raised."""
        number = next(self._numbers)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, "do": command, **arguments}).encode() + b"\n")
        result = await asyncio.wait_for(answer, timeout_s)
        if "error" in result:
            raise SdkRefused(result["error"])
        return result

    async def report(self, **what: Any) -> Message:
        """What it has seen and heard so far (``sdk_process.Client.do_report``)."""
        return await self.run("report", **what)

    async def wait_for_event(
        self, name: str, accept: Callable[[Message], bool] = lambda _: True, timeout_s: float = HANG_S
    ) -> Message:
        """The first event of this name that ``accept`` takes."""

        def find() -> Message | None:
            return next(
                (event for event in self.events if event.get("event") == name and accept(event)), None
            )

        found = await wait_until(find, what=f"event {name} at {self.identity}", timeout_s=timeout_s)
        assert found is not None
        return found

    async def wait_for_media(
        self, identity: str, *, frames: int = 5, sound_frames: int = 20, timeout_s: float = HANG_S
    ) -> Message:
        """Waits until so many pictures and 10 ms of sound have been decoded from ``identity``."""

        async def read() -> Message:
            return (await self.report())["people"].get(identity, {"frames": 0, "sound_frames": 0})

        return await wait_until(
            read,
            what=f"{self.identity} decodes {identity}",
            accept=lambda person: person["frames"] >= frames and person["sound_frames"] >= sound_frames,
            timeout_s=timeout_s,
        )

    def kill(self) -> None:
        """kill -9: the other side hears nothing more, not even a goodbye."""
        self._process.kill()

    async def close(self) -> None:
        """Ends the child, politely first."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), CLOSE_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            message = json.loads(line)
            if "id" in message:
                waiting = self._answers.pop(message["id"], None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
            else:
                self.events.append(message)
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(SdkRefused("the SDK's process ended"))


@contextlib.asynccontextmanager
async def sdk_client(
    namespace: Namespace, identity: str, *, environment: Mapping[str, str] | None = None
) -> AsyncIterator[SdkClient]:
    """A child ready for commands; ended with the block."""
    OUT.mkdir(exist_ok=True)
    with (OUT / f"sdk-{identity}.log").open("a") as log:
        process = await asyncio.create_subprocess_exec(
            *namespace.command(sys.executable, "-m", "tests.support.sdk_process"),
            cwd=REPOSITORY,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("LIANZHEN_")},
                **(environment or {}),
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=1 << 24,
        )
    client = SdkClient(identity, process)
    try:
        await client.wait_for_event("ready")
        yield client
    finally:
        await client.close()
