"""Routes served to a test: real HTTP and the real engine, a caller of the test's choice, no limits.

async with api_client(pages.routes(), caller=doctor()) as api:
    answer = await api.ask("POST", "/patients", {"name": "王小明"})
    assert (answer.status, answer.body["state"]) == (201, "active")
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from clinical.ids import DeviceId, InstitutionId, PersonId
from recording.clock import Clock, SystemClock
from signaling.api.engine import PREFIX, ApiServer, RequestLimits
from signaling.api.route import Pace, Route
from signaling.auth.rights import NOBODY, Assurance, Caller, Role
from signaling.http_shell import add_security_headers, guard
from signaling.tokens import Claims
from tests.support.waiting import HANG_S

_CALLER_HEADER = "X-Test-Caller"


def person(
    *roles: Role,
    institution: str = "in_a",
    name: str = "pe_a",
    assurance: Assurance = Assurance.TWO_FACTORS,
) -> Caller:
    """A person of an institution, signed in."""
    return Caller(
        institution=InstitutionId(institution),
        person=PersonId(name),
        roles=frozenset(roles),
        assurance=assurance,
        name=f"Dr {name}",
        login=name,
        session=f"se_{name}",
    )


def device(*, institution: str = "in_a", name: str = "dv_a") -> Caller:
    """An enrolled device."""
    return Caller(
        institution=InstitutionId(institution),
        device=DeviceId(name),
        roles=frozenset({Role.DEVICE}),
        assurance=Assurance.PASSWORD,
        name=name,
        login=name,
        session=f"se_{name}",
    )


@dataclass
class SettledClock:
    """A clock that a test sets; both sides go on only by ``advance_ms``."""

    wall: int = 1_763_700_000_000 * 1_000_000
    monotonic: int = 10_000_000_000

    def monotonic_ns(self) -> int:
        return self.monotonic

    def wall_ns(self) -> int:
        return self.wall

    def advance_ms(self, milliseconds: int) -> None:
        self.wall += milliseconds * 1_000_000
        self.monotonic += milliseconds * 1_000_000


@dataclass(frozen=True)
class Answer:
    """An answer, read to its end. ``body`` is parsed where it is JSON (problems are), else text."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """The code of a refusal, "" where it is none."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) and self.status >= 400 else ""


@dataclass
class KnownCallers:
    """Believes the header that the test's client sends; without it, whom the test has named."""

    caller_now: Caller = NOBODY
    known: dict[str, Caller] = field(default_factory=dict)
    claims_now: Claims | None = None

    async def caller(self, request: web.Request) -> Caller:
        key = request.headers.get(_CALLER_HEADER)
        return self.caller_now if key is None else self.known[key]

    def claims(self, request: web.Request) -> Claims | None:
        return self.claims_now

    def header(self, caller: Caller) -> dict[str, str]:
        key = str(hash(caller))
        self.known[key] = caller
        return {_CALLER_HEADER: key}


@dataclass
class ApiClient:
    """Asks a served API. ``caller`` may be set between requests, or given with one of several at once."""

    url: str
    session: aiohttp.ClientSession
    server: ApiServer
    _callers: KnownCallers

    @property
    def caller(self) -> Caller:
        return self._callers.caller_now

    @caller.setter
    def caller(self, caller: Caller) -> None:
        self._callers.caller_now = caller

    def header(self, caller: Caller) -> dict[str, str]:
        """What makes a request this caller's: for sockets, and for answers that are no text."""
        return self._callers.header(caller)

    def show_room_token(self, claims: Claims | None) -> None:
        """From now on every request shows this room token, where it is accepted."""
        self._callers.claims_now = claims

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        caller: Caller | None = None,
        language: str = "zh-CN",
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request. ``path`` is below /api/v1; ``content`` is a body as it is, ``body`` one of JSON."""
        sent = {"Accept-Language": language, **(headers or {})}
        if caller is not None:
            sent |= self._callers.header(caller)
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        async with self.session.request(
            method, f"{self.url}{path}", json=body, data=content, params=query, headers=sent
        ) as response:
            content_type = response.content_type
            text = await response.text()
            is_json = content_type.endswith("json") and bool(text)
            return Answer(response.status, json.loads(text) if is_json else text, response.headers)


ANSWER_LIMIT_S = HANG_S
"""A request that is never answered fails its test, and not the whole run by its length."""


class NoLimits:
    """For tests that ask faster than people do."""

    def check(self, request: web.Request, pace: Pace, caller: Caller, claims: Claims | None) -> None:
        """Lets everything through."""

    def open_socket(self, request: web.Request, identity: str) -> None:
        """Lets everything through."""

    def close_socket(self, request: web.Request) -> None:
        """Counts nothing."""


@asynccontextmanager
async def api_client(
    routes: Iterable[Route],
    caller: Caller = NOBODY,
    *,
    clock: Clock | None = None,
    limits: RequestLimits | None = None,
    extra: Iterable[web.RouteDef] = (),
) -> AsyncIterator[ApiClient]:
    """Serves the routes on loopback while the context is open; ``extra`` beside the API."""
    callers = KnownCallers(caller)
    server = ApiServer(routes, callers=callers, clock=clock or SystemClock(), limits=limits or NoLimits())
    app = web.Application(middlewares=[guard])
    app.on_response_prepare.append(add_security_headers)
    app.add_routes([*extra, *server.routes()])
    limit = aiohttp.ClientTimeout(total=ANSWER_LIMIT_S)
    async with TestServer(app) as http, aiohttp.ClientSession(timeout=limit) as session:
        yield ApiClient(f"http://{http.host}:{http.port}{PREFIX}", session, server, callers)
