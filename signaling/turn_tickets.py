"""Names and passwords for TURN: good for five minutes, and made of a secret, so that none has to be kept.

The name tells until when it may be used and whose seat it belongs to; the password follows from it
(draft-uberti-behave-turn-rest). Whoever has one can reach this server's own media port through it, and
nothing else; a call that has begun lives on.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

LIFE_S: Final = 300
"""For a client to begin with; it comes anew with each join and each resume."""
_SECRET_BYTES: Final = 32
_HTTPS_PORT: Final = 443


@dataclass(frozen=True, slots=True)
class TurnServer:
    """What a client is told."""

    urls: tuple[str, ...]
    """Within TLS first; and without, for a client that does not know the hospital's authority: what it
    carries is encrypted anyhow, and no password is sent."""
    username: str
    password: str


class TurnTickets:
    """Makes them; none before the TLS port is open."""

    def __init__(self, secret: bytes | None = None) -> None:
        self.secret = secret or secrets.token_bytes(_SECRET_BYTES)
        self._port: int | None = None

    def open(self, port: int) -> None:
        """Notes the port at which TURN is spoken from now on."""
        self._port = port

    def servers(self, *, host: str, is_secure: bool, sid: str, now_s: float) -> list[TurnServer]:
        """Returns how the holder of a seat reaches TURN by the host that a request named; nothing where that
        is no host, or no TLS port is open."""
        if self._port is None:
            return []
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname, parts.port
        except ValueError:
            return []
        if not name:
            return []
        # Who came over TLS came to this very port, whatever number it has on the outside.
        outside = (port or _HTTPS_PORT) if is_secure else self._port
        username = f"{int(now_s) + LIFE_S}:{sid}"
        shown = f"[{name}]" if ":" in name else name
        urls = tuple(f"{scheme}:{shown}:{outside}?transport=tcp" for scheme in ("turns", "turn"))
        return [TurnServer(urls, username, self._password(username))]

    def _password(self, username: str) -> str:
        digest = hmac.digest(self.secret, username.encode(), "sha1")
        return base64.b64encode(digest).decode()
