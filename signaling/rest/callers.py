"""Who is calling the API: a signed-in account by its cookie, or the holder of a room token.

A browser sends its cookie along with whatever page makes it ask, so requests with a cookie that change
something must come from this site's own pages: their Origin is checked (RFC 6265bis SameSite=Strict is the
second lock).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from media_server.ids import ParticipantIdentity, RoomName
from recording.clock import Clock
from signaling.accounts import Account
from signaling.browser_sessions import COOKIE, BrowserSessions
from signaling.errors import TokenRefused
from signaling.livekit.endpoint import bearer
from signaling.pacing import Pacer, remote_host
from signaling.rest.answers import ApiRefusal
from signaling.tokens import Claims, TokenDesk

_SAFE_METHODS: Final = ("GET", "HEAD")
_NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: exactly one of ``account`` and ``claims`` is set."""

    identity: ParticipantIdentity
    name: str
    account: Account | None = None
    claims: Claims | None = None

    def may_enter(self, room: RoomName) -> bool:
        """Returns whether they may know of that room at all; accounts may enter every standing room."""
        return self.claims is None or self.claims.room == room

    def may_record(self, room: RoomName) -> bool:
        """Returns whether they may start and stop recordings in that room."""
        if self.account is not None:
            return self.account.may_record
        return self.claims is not None and self.claims.api.may_record and self.claims.room == room

    def sees_recordings_of(self, room: str) -> bool:
        """Returns whether recordings of that room are shown also where they took no part: to its
        administrators."""
        if self.claims is None or not self.claims.api.is_room_admin:
            return False
        return self.claims.room == room or self.claims.api.may_list_rooms


class Callers:
    """Finds out who is calling."""

    def __init__(self, *, sessions: BrowserSessions, tokens: TokenDesk, clock: Clock, pacer: Pacer) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._clock = clock
        self._pacer = pacer

    def caller(self, request: web.Request) -> Caller:
        """Returns who is calling. ApiRefusal: signed_out, origin_refused, too_many; TokenRefused."""
        token = bearer(request)
        if token:
            return self._by_token(request, token)
        account = self.account(request)
        if account is None:
            raise ApiRefusal("signed_out")
        if request.method not in _SAFE_METHODS or request.headers.get("Upgrade"):
            check_origin(request, is_required=True)
        return Caller(account.identity, account.name, account=account)

    def account(self, request: web.Request) -> Account | None:
        """Returns who is signed in with the request's cookie."""
        value = request.cookies.get(COOKIE, "")
        return self._sessions.find(value, self._clock.monotonic_ns()) if value else None

    def _by_token(self, request: web.Request, token: str) -> Caller:
        peer, now_ns = remote_host(request), self._clock.monotonic_ns()
        if not self._pacer.allows(peer, now_ns):
            raise ApiRefusal("too_many")
        try:
            claims = self._tokens.verify(token, now_s=self._clock.wall_ns() / _NS_PER_S)
        except TokenRefused:
            self._pacer.charge(peer, now_ns)
            raise
        return Caller(claims.identity, claims.name or claims.identity, claims=claims)


def check_origin(request: web.Request, *, is_required: bool) -> None:
    """Raises ApiRefusal("origin_refused") for a request that another site's page made."""
    origin = request.headers.get("Origin", "")
    if not origin and not is_required:
        return
    if not origin or urlsplit(origin).netloc.lower() != request.host.lower():
        raise ApiRefusal("origin_refused")
