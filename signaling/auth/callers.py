"""Who is calling: a browser by its cookie, a device by its bearer secret, or the holder of a room token.

A browser sends its cookie along with whatever page makes it ask, so requests with a cookie that change
something must come from this site's own pages: their Origin is checked (RFC 6265bis SameSite=Strict is the
second lock).
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from recording.clock import Clock
from signaling.api.route import Refusal
from signaling.auth.rights import NOBODY, Caller
from signaling.auth.sessions import OpenSession, find_session, touch_session
from signaling.auth.sign_in import is_touch_due
from signaling.errors import TokenRefused
from signaling.livekit.endpoint import bearer
from signaling.pacing import Pacer, remote_host
from signaling.store.store import Store, StoreUnavailable
from signaling.tokens import Claims, TokenDesk

COOKIE: Final = "lianzhen_session"
MAX_SECRET_CHARACTERS: Final = 128
"""A session's secret has 43."""
_SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000


class Callers:
    """Finds out who is calling."""

    def __init__(self, *, store: Store, tokens: TokenDesk, clock: Clock, pacer: Pacer) -> None:
        self._store = store
        self._tokens = tokens
        self._clock = clock
        self._pacer = pacer

    async def caller(self, request: web.Request) -> Caller:
        """Returns who is calling, NOBODY where nobody is signed in (also for room tokens: see ``claims``).

        Raises Refusal (origin_refused, too_many), StoreUnavailable.
        """
        session = await self.session(request)
        return NOBODY if session is None else session.caller

    async def session(self, request: web.Request) -> OpenSession | None:
        """Returns the caller's session. Raises as ``caller`` does."""
        token = bearer(request)
        if token:
            return None if is_room_token(token) else await self._by_bearer(request, token)
        secret = request.cookies.get(COOKIE, "")
        session = await self._find(secret) if secret else None
        if request.method not in _SAFE_METHODS or request.headers.get("Upgrade"):
            check_origin(request, is_required=session is not None)
        return session

    def claims(self, request: web.Request) -> Claims | None:
        """Returns what the request's room token says, None where it brings none.

        Raises TokenRefused, Refusal (too_many).
        """
        token = bearer(request)
        if not token or not is_room_token(token):
            return None
        try:
            return self._tokens.verify(token, now_s=self._clock.wall_ns() / _NS_PER_S)
        except TokenRefused:
            self._charge(request)
            raise

    async def _by_bearer(self, request: web.Request, secret: str) -> OpenSession | None:
        session = await self._find(secret)
        if session is None:
            self._charge(request)
        return session

    def _charge(self, request: web.Request) -> None:
        # A good secret is never slowed by the bad ones of others behind the same address.
        peer, now_ns = remote_host(request), self._clock.monotonic_ns()
        if not self._pacer.allows(peer, now_ns):
            raise Refusal("too_many", retry_after_s=1)
        self._pacer.charge(peer, now_ns)

    async def _find(self, secret: str) -> OpenSession | None:
        if len(secret) > MAX_SECRET_CHARACTERS:
            return None
        now_ms = self._clock.wall_ns() // _NS_PER_MS
        session = await self._store.read(lambda connection: find_session(connection, secret, now_ms))
        if session is not None and is_touch_due(seen_at_ms=session.seen_at_ms, now_ms=now_ms):
            await self._touch(session.caller.session)
        return session

    async def _touch(self, session: str) -> None:
        try:
            await self._store.write(lambda unit: touch_session(unit, session))
        except StoreUnavailable:
            # Who could be read may go on reading: only the idle time is not prolonged.
            return


def is_room_token(token: str) -> bool:
    """Returns whether a bearer's text is a JWT (RFC 7519), not a device's secret."""
    return token.count(".") == 2


def check_origin(request: web.Request, *, is_required: bool) -> None:
    """Raises Refusal("origin_refused") for a request that another site's page made."""
    origin = request.headers.get("Origin", "")
    if not origin and not is_required:
        return
    if not origin or urlsplit(origin).netloc.lower() != request.host.lower():
        raise Refusal("origin_refused")
