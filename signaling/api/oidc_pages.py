"""Signing in through the hospital's identity provider."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from signaling.api.route import Call, Pace, Refusal, Route
from signaling.api.session_models import OidcDeparture, OidcOffer, OidcReturn
from signaling.api.session_views import set_cookie
from signaling.auth.oidc_desk import Departure, OidcDesk
from signaling.auth.rights import Action, Caller
from signaling.auth.short_lived import LIFE_MS

BROWSER_COOKIE: Final = "lianzhen_oidc"
COOKIE_PATH: Final = "/api/v1/session/oidc"
RETURN_PATH: Final = f"{COOKIE_PATH}/return"
_DEPARTING: Final = ("oidc_not_offered", "oidc_refused", "oidc_unreachable")


class OidcPages:
    """The routes of /session/oidc. ``desk`` None: no provider is configured."""

    def __init__(self, desk: OidcDesk | None) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Returns what is served."""
        return [
            Route(
                "GET",
                "/session/oidc",
                Action.API_READ,
                "Says whether the hospital's own sign-in is offered.",
                self.offer,
                answer=OidcOffer,
            ),
            Route(
                "POST",
                "/session/oidc",
                Action.SESSION_OPEN,
                "Gives the address at the identity provider to which the browser goes to sign in.",
                self.depart,
                answer=OidcDeparture,
                pace=Pace.LOGIN,
                refusals=_DEPARTING,
            ),
            Route(
                "POST",
                "/session/oidc/link",
                Action.SESSION_STRENGTHEN,
                "Gives the address at the identity provider that links the caller's own account.",
                self.depart_to_link,
                answer=OidcDeparture,
                pace=Pace.LOGIN,
                refusals=_DEPARTING,
            ),
            Route(
                "GET",
                "/session/oidc/return",
                Action.SESSION_OPEN,
                "Takes the browser back from the identity provider and sends it on to the pages: to /#/, or "
                "with the code of a refusal to /#/signin?refused=.",
                self.come_back,
                query=OidcReturn,
                status=303,
                pace=Pace.LOGIN,
            ),
        ]

    async def offer(self, call: Call) -> OidcOffer:
        """Says whether it is offered."""
        if self._desk is None:
            return OidcOffer(is_offered=False)
        return OidcOffer(is_offered=True, issuer_host=urlsplit(self._desk.issuer).hostname or "")

    async def depart(self, call: Call) -> web.Response:
        """Sends a browser to sign in."""
        return await self._depart(call, None)

    async def depart_to_link(self, call: Call) -> web.Response:
        """Sends a signed-in browser to link its account."""
        return await self._depart(call, call.caller)

    async def _depart(self, call: Call, linking: Caller | None) -> web.Response:
        if self._desk is None:
            raise Refusal("oidc_not_offered")
        # Callers has compared the Origin with the Host; behind a proxy only it knows of https.
        origin = call.request.headers.get("Origin") or f"{call.request.scheme}://{call.request.host}"
        departure: Departure = await self._desk.depart(origin + RETURN_PATH, call.now_ms, linking=linking)
        body = OidcDeparture(url=departure.url).model_dump_json()
        response = web.Response(text=body, content_type="application/json")
        response.set_cookie(
            BROWSER_COOKIE,
            departure.browser,
            max_age=LIFE_MS // 1000,
            httponly=True,
            # The way back is a link from another site, which a Strict cookie would not go along with.
            samesite="Lax",
            secure=call.request.secure,
            path=COOKIE_PATH,
        )
        return response

    async def come_back(self, call: Call) -> web.Response:
        """Receives a browser back; whatever happens, people see a page and not JSON."""
        try:
            return await self._received(call)
        except Refusal as refusal:
            return _on_to(f"/#/signin?refused={refusal.code}")

    async def _received(self, call: Call) -> web.Response:
        if self._desk is None:
            raise Refusal("oidc_not_offered")
        query: OidcReturn = call.query
        if query.error or not query.code or not query.state:
            raise Refusal("oidc_refused")
        if query.iss and query.iss != self._desk.issuer:
            # A mix-up of two providers (RFC 9207 §2.4).
            raise Refusal("oidc_refused")
        browser = call.request.cookies.get(BROWSER_COOKIE, "")
        done = await self._desk.come_back(query.state, query.code, browser, call.now_ms)
        response = _on_to("/#/" if done is not None else "/#/account?linked=1")
        if done is not None:
            set_cookie(response, call.request, done.session.secret)
        return response


def _on_to(page: str) -> web.Response:
    response = web.Response(status=303, headers={"Location": page, "Referrer-Policy": "no-referrer"})
    response.del_cookie(BROWSER_COOKIE, path=COOKIE_PATH)
    return response
