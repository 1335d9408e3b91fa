"""Signing in and out with a password, setting passwords, and the demo's accounts."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from signaling.api.route import Call, Pace, Refusal, Route
from signaling.api.session_models import (
    Activation,
    ActivationAnswer,
    CodeToLookAt,
    DemoAccount,
    DemoAccounts,
    PasswordChange,
    SessionAnswer,
    SignIn,
)
from signaling.api.session_views import answer_for, answer_for_secret, with_cookie
from signaling.auth.acts import act_of
from signaling.auth.callers import COOKIE
from signaling.auth.password_desk import PasswordDesk
from signaling.auth.rights import Action
from signaling.auth.sessions import close_session
from signaling.auth.sign_in_desk import SignInDesk
from signaling.store.store import Store, Unit

PASSWORD_FAULTS = ("password_short", "password_is_login", "password_common")


class SessionPages:
    """The routes of /session. ``demo`` holds the accounts to show, none outside the demo."""

    def __init__(
        self,
        *,
        store: Store,
        sign_in: SignInDesk,
        passwords: PasswordDesk,
        demo: Sequence[DemoAccount] = (),
    ) -> None:
        self._store = store
        self._sign_in = sign_in
        self._passwords = passwords
        self._demo = demo

    def routes(self) -> list[Route]:
        """Returns what is served."""
        return [
            Route(
                "POST",
                "/session",
                Action.SESSION_OPEN,
                "Signs in with login and password; five wrong tries lock the account for 15 minutes.",
                self.open,
                body=SignIn,
                answer=SessionAnswer,
                pace=Pace.LOGIN,
                refusals=("password_wrong", "account_locked", "account_suspended", "sign_in_busy"),
            ),
            Route(
                "GET",
                "/session",
                Action.SESSION_READ,
                "Says who is signed in, and what is still to be proved.",
                self.read,
                answer=SessionAnswer,
            ),
            Route(
                "DELETE",
                "/session",
                Action.SESSION_CLOSE,
                "Signs out; also where nobody was signed in.",
                self.close,
            ),
            Route(
                "POST",
                "/session/password",
                Action.SESSION_STRENGTHEN,
                "Changes the caller's own password; every other session of the account ends.",
                self.change_password,
                body=PasswordChange,
                pace=Pace.LOGIN,
                refusals=(
                    "password_wrong",
                    "account_locked",
                    "password_unchanged",
                    "sign_in_busy",
                    *PASSWORD_FAULTS,
                ),
            ),
            Route(
                "POST",
                "/session/activation/look",
                Action.SESSION_OPEN,
                "Says whose account a one-time code activates, and leaves the code unused.",
                self.look_at_code,
                body=CodeToLookAt,
                answer=ActivationAnswer,
                pace=Pace.LOGIN,
                refusals=("code_spent",),
            ),
            Route(
                "POST",
                "/session/activation",
                Action.SESSION_OPEN,
                "Sets the password of the account that a one-time code is for; then sign in with it.",
                self.activate,
                body=Activation,
                answer=ActivationAnswer,
                pace=Pace.LOGIN,
                refusals=("code_spent", "sign_in_busy", *PASSWORD_FAULTS),
            ),
            Route(
                "GET",
                "/demo",
                Action.API_READ,
                "Lists the demo's accounts with their public password; there are none outside the demo.",
                self.demo,
                answer=DemoAccounts,
            ),
        ]

    async def open(self, call: Call) -> web.Response:
        """Signs in."""
        done = await self._sign_in.sign_in(call.body.account, call.body.password, call.now_ms)
        answer = await answer_for_secret(self._store, done.session, call.now_ms)
        return with_cookie(call.request, answer.model_dump_json(), done.session)

    async def read(self, call: Call) -> SessionAnswer:
        """Says who is signed in."""
        return await self._store.read(lambda connection: answer_for(connection, call.caller))

    async def close(self, call: Call) -> web.Response:
        """Signs out."""
        caller = call.caller

        async def work(unit: Unit) -> None:
            if await close_session(unit, caller.session):
                subject = {"session": caller.session}
                if caller.person:
                    subject["person"] = caller.person
                unit.record(act_of(caller, "session.closed", unit.now_ms, subject=subject))

        if caller.session:
            await self._store.write(work)
        response = web.Response(status=204)
        response.del_cookie(COOKIE, path="/")
        return response

    async def change_password(self, call: Call) -> None:
        """Changes the own password."""
        body = call.body
        await self._passwords.change(call.caller, body.password, body.new_password, call.now_ms)

    async def look_at_code(self, call: Call) -> ActivationAnswer:
        """Says whose account a code is for."""
        return ActivationAnswer(login=await self._passwords.login_of(call.body.code, call.now_ms))

    async def activate(self, call: Call) -> ActivationAnswer:
        """Sets the first password."""
        login = await self._passwords.activate(call.body.code, call.body.password, call.now_ms)
        return ActivationAnswer(login=login)

    async def demo(self, call: Call) -> DemoAccounts:
        """Lists the demo's accounts."""
        if not self._demo:
            raise Refusal("not_found")
        return DemoAccounts(accounts=list(self._demo))
