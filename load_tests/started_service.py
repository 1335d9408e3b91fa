"""`lianzhen` in a process of its own, on ports of its own, for as long as a load test lasts."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0
_READY = "ready "
OWN_PORTS = {"LIANZHEN_HTTPS_PORT": "0"}
"""Of a demo, which would listen for HTTPS on a port that everybody knows."""


@dataclass(frozen=True)
class Started:
    """Where it is reached, and which process it is."""

    url: str
    pid: int


@contextlib.contextmanager
def started(
    command: str,
    address: str = "127.0.0.1",
    *,
    prefix: Sequence[str | Path] = (),
    cpus: set[int] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Started]:
    """Yields `lianzhen COMMAND` when it is ready at this address; its folder goes with it. Settings of this
    process's own environment do not reach it.

    Raises:
        SystemExit: it does not start.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIANZHEN_")}
    with tempfile.TemporaryDirectory() as folder:
        own = {
            "LIANZHEN_HTTP_HOST": address,
            "LIANZHEN_HTTP_PORT": "0",
            "LIANZHEN_MEDIA_PORT": "0",
            "LIANZHEN_ECG_PORT": "0",
            "LIANZHEN_MEDIA_ADDRESSES": address,
            "LIANZHEN_DATA_DIR": folder,
            "LIANZHEN_LOG_LEVEL": "warning",
        }
        process = subprocess.Popen(
            [*prefix, Path(sys.executable).with_name("lianzhen"), command],
            env={**inherited, **own, **(settings or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if cpus is not None:
            os.sched_setaffinity(process.pid, cpus)
        assert process.stdout is not None
        impatience = threading.Timer(START_LIMIT_S, process.kill)
        impatience.start()
        try:
            ready = next((line for line in process.stdout if line.startswith(_READY)), "")
            impatience.cancel()
            if not ready:
                raise SystemExit(f"lianzhen {command} did not start")
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield Started(ready.split()[1], process.pid)
        finally:
            impatience.cancel()
            process.terminate()
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
