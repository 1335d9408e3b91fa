"""A real `lianzhen` on 127.0.0.1 in a process of its own, with everything it says kept."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.waiting import HANG_S

LIANZHEN = Path(sys.executable).with_name("lianzhen")


@dataclass
class LocalService:
    """The running service: its addresses and its output so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def ready(self) -> list[str]:
        """The words of the ready line; empty before it."""
        return next((line.split() for line in self.lines if line.startswith("ready ")), [])

    @property
    def url(self) -> str:
        """Where it speaks HTTP."""
        return self.ready[1]

    @property
    def output(self) -> str:
        """Everything it has said."""
        return "\n".join(self.lines)


@contextlib.contextmanager
def local_service(data_dir: Path, command: str = "demo", **settings: str) -> Iterator[LocalService]:
    """Starts it and ends it; ``settings`` are environment variables without their prefix."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIANZHEN_")}
    ours: Mapping[str, str] = {
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": "0",
        "HTTPS_PORT": "0",
        "MEDIA_PORT": "0",
        "ECG_PORT": "0",
        "MEDIA_ADDRESSES": "127.0.0.1",
        "DATA_DIR": str(data_dir),
        **settings,
    }
    process = subprocess.Popen(
        [LIANZHEN, command],
        env=environment | {f"LIANZHEN_{name}": value for name, value in ours.items()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    service = LocalService(process)
    reader = threading.Thread(target=_collect, args=(service,), daemon=True)
    reader.start()
    try:
        deadline_s = time.monotonic() + 3 * HANG_S
        while not service.ready:
            assert process.poll() is None, service.output
            assert time.monotonic() < deadline_s, service.output
            time.sleep(0.05)
        yield service
    finally:
        process.terminate()
        try:
            process.wait(HANG_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)


def _collect(service: LocalService) -> None:
    assert service.process.stdout is not None
    for line in service.process.stdout:
        service.lines.append(line.rstrip("\n"))
