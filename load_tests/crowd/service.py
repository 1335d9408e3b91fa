"""The service under test with one API key, by which seats in rooms are given out."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import jwt

from load_tests.started_service import started

API_KEY = "load"
TOKEN_TTL_S = 3_600


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
    secret = secrets.token_urlsafe(32)
    own = {"LIANZHEN_API_KEY": API_KEY, "LIANZHEN_API_SECRET": secret, **(settings or {})}
    with started("serve", address, prefix=prefix, cpus=cpus, settings=own) as process:
        yield Service(process.url, process.pid, secret)
