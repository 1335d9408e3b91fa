"""Serves routes: who calls, what it is about, whether they may, what they sent, the handler, the answer.

Nothing of a route runs before the table of rights has allowed it, and what cannot be told apart for others
(absent, another institution's, guessed) gets one answer, made in one place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final, Protocol

from aiohttp import web
from pydantic import BaseModel

from clinical.ids import PersonId
from recording.clock import Clock
from signaling.api.languages import language_of
from signaling.api.problems import STATUSES, problem
from signaling.api.reading import parse_body, parse_path, parse_query, read_body
from signaling.api.route import Call, Pace, Refusal, Route
from signaling.auth.policy import ABSENT, Decision, decide
from signaling.auth.rights import Action, Assurance, Caller, Role, State, Subject
from signaling.errors import TokenRefused, Unavailable
from signaling.messages import Language
from signaling.tokens import Claims

PREFIX: Final = "/api/v1"
_NS_PER_MS: Final = 1_000_000
_OF_THE_CALLER: Final = (Decision.SIGNED_OUT, Decision.SECOND_FACTOR_NEEDED, Decision.NOT_PERMITTED)
"""What the table says without a look at the subject."""
_BESIDE_QUERY: Final = frozenset({"access_token"})
"""Where players and sockets, which send no headers of ours, put a room token."""


class CallerFinder(Protocol):
    """Finds out who is calling (signaling/auth/callers.py)."""

    async def caller(self, request: web.Request) -> Caller:
        """Returns who is calling, NOBODY where nobody has signed in. Refusal, StoreUnavailable."""

    def claims(self, request: web.Request) -> Claims | None:
        """Returns what the request's room token says, None where it shows none. TokenRefused, Refusal."""


class RequestLimits(Protocol):
    """Says whether one more request is heard (limits.py)."""

    def check(self, request: web.Request, pace: Pace, caller: Caller, claims: Claims | None) -> None:
        """Counts the request. Refusal: too_many."""

    def open_socket(self, request: web.Request, identity: str) -> None:
        """Counts a socket of a caller known by that identity in rooms. Refusal: too_many."""

    def close_socket(self, request: web.Request) -> None:
        """Counts it no longer."""


class ApiServer:
    """The routes as aiohttp serves them, below /api/v1."""

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        callers: CallerFinder,
        clock: Clock,
        limits: RequestLimits,
        decision: Callable[[Caller, Action, Subject | None], Decision] = decide,
    ) -> None:
        self.declared = tuple(routes)
        self._callers = callers
        self._clock = clock
        self._limits = limits
        self._decision = decision

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes to add to the application: each, then what is not there and what is not done."""
        by_path: dict[str, list[Route]] = {}
        for route in self.declared:
            by_path.setdefault(route.path, []).append(route)
        definitions = []
        # Names before patterns, so that /devices/enrol is never taken for the device "enrol".
        for path in sorted(by_path, key=lambda path: ("{" in path, path)):
            served = by_path[path]
            definitions += [web.route(r.method, PREFIX + path, self._handler(r)) for r in served]
            methods = {route.method for route in served}
            definitions.append(web.route("*", PREFIX + path, _method_unknown(sorted(methods))))
        definitions.append(web.route("*", "/api/{tail:.*}", _unknown))
        return definitions

    def _handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            language = language_of(request.headers.get("Accept-Language", ""))
            try:
                return await self._serve(route, request, language)
            except Refusal as refusal:
                return problem(refusal.code, language, refusal.facts, detail=refusal.detail)
            except TokenRefused:
                return problem("token_refused", language)
            except Unavailable as error:
                return problem(error.code if error.code in STATUSES else "unavailable", language)

        return serve

    async def _serve(self, route: Route, request: web.Request, language: Language) -> web.StreamResponse:
        path = parse_path(request.match_info)
        # Before the caller is looked up: what is revoked from here on concerns whatever this request gives.
        now_ms = self._clock.wall_ns() // _NS_PER_MS
        claims = self._callers.claims(request) if route.accepts_room_tokens else None
        caller = await self._callers.caller(request) if claims is None else guest_of(claims)
        self._limits.check(request, route.pace, caller, claims)
        call = Call(request, caller, path, None, None, now_ms, language, claims=claims)
        # Who may not do this to anything at all is refused before anything is read or looked for.
        self._refuse(route, self._decision(caller, route.action, ABSENT), is_final=False)
        if route.is_subject_in_body:
            call = await _read(route, call)
        row = await self._permit(route, call)
        if not route.is_subject_in_body:
            call = await _read(route, call)
        call = replace(call, found=row)
        if route.status != HTTPStatus.SWITCHING_PROTOCOLS:
            return _answer(route, await route.handler(call))
        self._limits.open_socket(request, caller.login)
        try:
            return _answer(route, await route.handler(call))
        finally:
            self._limits.close_socket(request)

    async def _permit(self, route: Route, call: Call) -> object:
        """Returns what was loaded with the subject. Refusal: what the table says, or that there is none."""
        if route.find is None:
            own = None
            if route.collection_state is not State.NONE:
                own = Subject(call.caller.institution, state=route.collection_state)
            self._refuse(route, self._decision(call.caller, route.action, own), is_final=True)
            return None
        found = await route.find(call)
        subject = ABSENT if found is None else found.subject
        self._refuse(route, self._decision(call.caller, route.action, subject), is_final=True)
        if found is None:
            raise Refusal(route.missing)
        return found.row

    @staticmethod
    def _refuse(route: Route, decision: Decision, *, is_final: bool) -> None:
        if decision in _OF_THE_CALLER or (is_final and decision is not Decision.ALLOWED):
            raise Refusal(route.missing if decision is Decision.NOT_FOUND else decision.value)


def guest_of(claims: Claims) -> Caller:
    """Returns the holder of a room token as the table of rights knows them: a guest, party to one room."""
    return Caller(
        person=PersonId(f"guest:{claims.identity}"),
        roles=frozenset({Role.GUEST}),
        assurance=Assurance.PASSWORD,
        name=claims.name or claims.identity,
        login=claims.identity,
    )


async def _read(route: Route, call: Call) -> Call:
    content = await read_body(call.request, limit_bytes=route.max_body_bytes)
    names = _BESIDE_QUERY if route.accepts_room_tokens else frozenset()
    return replace(
        call,
        query=parse_query(call.request.query, route.query, call.language, ignored=names),
        body=parse_body(content, call.request.content_type, route.body, call.language),
    )


def _answer(route: Route, result: BaseModel | web.StreamResponse | None) -> web.StreamResponse:
    if isinstance(result, web.StreamResponse):
        return result
    if result is None:
        return web.Response(status=204)
    text = result.model_dump_json()
    return web.Response(text=text, status=route.status, content_type="application/json")


def _method_unknown(methods: Sequence[str]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    allowed = ", ".join(methods)

    async def refuse(request: web.Request) -> web.StreamResponse:
        language = language_of(request.headers.get("Accept-Language", ""))
        return problem("method_unknown", language, headers={"Allow": allowed})

    return refuse


async def _unknown(request: web.Request) -> web.StreamResponse:
    return problem("not_found", language_of(request.headers.get("Accept-Language", "")))
