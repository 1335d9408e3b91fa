"""Signed-in browsers: a random cookie value for each, kept here only as its hash, bounded in number and
age."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from signaling.accounts import Account

COOKIE: Final = "lianzhen_session"
MAX_AGE_S: Final = 12 * 3600
"""A shift. A browser that is left on signs its user out overnight."""
MAX_SESSIONS: Final = 10_000
_NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Session:
    account: Account
    until_ns: int


class BrowserSessions:
    """Who is signed in, by cookie."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[bytes, _Session] = OrderedDict()

    def open(self, account: Account, now_ns: int) -> str:
        """Returns the cookie value of a new session."""
        value = secrets.token_urlsafe(32)
        self._sessions[_digest(value)] = _Session(account, now_ns + MAX_AGE_S * _NS_PER_S)
        while len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)
        return value

    def find(self, value: str, now_ns: int) -> Account | None:
        """Returns who is signed in with that cookie."""
        session = self._sessions.get(_digest(value))
        if session is None or now_ns >= session.until_ns:
            self.close(value)
            return None
        return session.account

    def close(self, value: str) -> None:
        """Signs out; harmless where nobody is signed in."""
        self._sessions.pop(_digest(value), None)


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()
