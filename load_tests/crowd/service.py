"""The service under test: `lianzhen serve` in a process of its own, on ports of its own."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jwt

API_KEY = "load"
START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0
TOKEN_TTL_S = 3_600
_READY = "ready "


@dataclass(frozen=True)
class Service:
    """A running service."""

    url: str
    pid: int
    secret: str = field(repr=False)

    def token(self, room: str, identity: str) -> str:
        """A token for a seat; the room comes to be with the first."""
        return room_token(self.secret, room, identity)


def room_token(secret: str, room: str, identity: str) -> str:
    """Returns a LiveKit token of the key API_KEY."""
    payload = {
        "iss": API_KEY,
        "sub": identity,
        "name": identity,
        "exp": int(time.time()) + TOKEN_TTL_S,
        "video": {"roomJoin": True, "room": room},
    }
    return jwt.encode(payload, secret, "HS256")


@contextlib.contextmanager
def service(
    address: str,
    *,
    prefix: Sequence[str] = (),
    cpus: set[int] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """Yields a service that has just started at this address. SystemExit if it does not start."""
    program = Path(sys.executable).with_name("lianzhen")
    secret = secrets.token_urlsafe(32)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIANZHEN_")}
    with tempfile.TemporaryDirectory() as folder:
        own = {
            "LIANZHEN_HTTP_HOST": address,
            "LIANZHEN_HTTP_PORT": "0",
            "LIANZHEN_MEDIA_PORT": "0",
            "LIANZHEN_ECG_PORT": "0",
            "LIANZHEN_MEDIA_ADDRESSES": address,
            "LIANZHEN_DATA_DIR": folder,
            "LIANZHEN_API_KEY": API_KEY,
            "LIANZHEN_API_SECRET": secret,
            "LIANZHEN_LOG_LEVEL": "warning",
        }
        process = subprocess.Popen(
            [*prefix, program, "serve"],
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
                raise SystemExit("the service did not start")
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield Service(ready.split()[1], process.pid, secret)
        finally:
            impatience.cancel()
            process.terminate()
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
