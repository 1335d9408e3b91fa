"""Signing in and out: /api/v1/session and, in the demo, /api/v1/demo."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Final

from aiohttp import web

from recording.clock import Clock
from signaling.accounts import DEMO_PASSWORD, Account, AccountBook, Lockout
from signaling.browser_sessions import COOKIE, MAX_AGE_S, BrowserSessions
from signaling.pacing import Pacer, remote_host
from signaling.rest.answers import ApiRefusal, answer, api, read_json, text_of
from signaling.rest.callers import Callers, check_origin

MAX_ACCOUNT_CHARACTERS: Final = 64
MAX_PASSWORD_CHARACTERS: Final = 256
MAX_CHECKS_AT_ONCE: Final = 2
"""Each takes a core for tens of milliseconds and 19 MiB; packets come first on a small machine."""


class SessionPages:
    """The handlers of sign-in. ``is_demo`` shows the accounts with their password."""

    def __init__(
        self,
        *,
        accounts: AccountBook,
        sessions: BrowserSessions,
        callers: Callers,
        clock: Clock,
        pacer: Pacer,
        is_demo: bool,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._callers = callers
        self._clock = clock
        self._pacer = pacer
        self._is_demo = is_demo
        self._lockout = Lockout()
        self._checking = asyncio.Semaphore(MAX_CHECKS_AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes to add to the application."""
        return [
            web.post("/api/v1/session", self.sign_in),
            web.get("/api/v1/session", self.session),
            web.delete("/api/v1/session", self.sign_out),
            web.get("/api/v1/demo", self.demo),
        ]

    @api
    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """Signs in; five wrong passwords lock the account for a quarter of an hour."""
        check_origin(request, is_required=False)
        body = await read_json(request)
        name = text_of(body, "account", limit=MAX_ACCOUNT_CHARACTERS)
        password = text_of(body, "password", limit=MAX_PASSWORD_CHARACTERS)
        peer, now_ns = remote_host(request), self._clock.monotonic_ns()
        if not self._pacer.allows(peer, now_ns):
            raise ApiRefusal("too_many")
        self._refuse_locked(name, now_ns)
        async with self._checking:
            account = await asyncio.to_thread(self._accounts.check, name, password)
        # Another try of the same name may have locked it while this one was checked.
        self._refuse_locked(name, now_ns)
        if account is None:
            self._pacer.charge(peer, now_ns)
            raise ApiRefusal("password_wrong", tries_left=self._lockout.receive_wrong(name, now_ns))
        self._lockout.receive_right(name)
        response = answer({"account": asdict(account)})
        response.set_cookie(
            COOKIE,
            self._sessions.open(account, now_ns),
            max_age=MAX_AGE_S,
            httponly=True,
            samesite="Strict",
            secure=request.secure,
            path="/",
        )
        return response

    @api
    async def session(self, request: web.Request) -> web.StreamResponse:
        """Says who is signed in."""
        account = self._callers.account(request)
        if account is None:
            raise ApiRefusal("signed_out")
        return answer({"account": asdict(account)})

    @api
    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        """Signs out; also where nobody was signed in."""
        if COOKIE in request.cookies:
            check_origin(request, is_required=True)
            self._sessions.close(request.cookies[COOKIE])
        response = web.Response(status=204)
        response.del_cookie(COOKIE, path="/")
        return response

    @api
    async def demo(self, request: web.Request) -> web.StreamResponse:
        """Lists the demo's accounts with their password; not there outside the demo."""
        if not self._is_demo:
            raise ApiRefusal("not_found")
        return answer({"accounts": [_demo_line(account) for account in self._accounts.all()]})

    def _refuse_locked(self, name: str, now_ns: int) -> None:
        locked_for_s = self._lockout.locked_for_s(name, now_ns)
        if locked_for_s:
            raise ApiRefusal("account_locked", retry_after_s=locked_for_s, minutes=-(-locked_for_s // 60))


def _demo_line(account: Account) -> dict[str, str]:
    return {
        "account": account.account,
        "name": account.name,
        "place": account.place,
        "password": DEMO_PASSWORD,
    }
