"""The table of rights against the composed service: every route, asked by everybody about everything.

A cell is a caller (roles, assurance, institution) and a route with what it is about (whose, in which state).
Each is sent as a real request; only who is calling comes from the test. A request that is allowed carries a
field that no route knows, so it is refused by its form after the check and changes nothing either.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from clinical.ids import DeviceId, InstitutionId, PersonId
from media_server.ids import ParticipantIdentity, RoomName
from recording.clock import SystemClock
from recording.recorder import Recorder
from signaling import composition
from signaling.api.engine import PREFIX, ApiServer
from signaling.api.route import Route
from signaling.api_keys import ApiKey
from signaling.auth.policy import CLINICIANS, RULES
from signaling.auth.rights import NOBODY, Action, Assurance, Caller, Relation, Role, State
from signaling.composition import Service, build_service
from signaling.http_shell import guard
from signaling.settings import Settings
from signaling.store.database_url import SQLITE_FILE
from signaling.tokens import Claims
from tests.support.api import NoLimits
from tests.support.fake_sfu import FakeSfu
from tests.support.rights_world import (
    FOREIGN_MARK,
    GUEST_ACTOR,
    GUEST_LOGIN,
    HERE,
    ME,
    MY_DEVICE,
    MY_LOGIN,
    OTHER_PARTS,
    SPECIMENS,
    THERE,
    Specimen,
    populate,
    recording_detail,
    rooms,
)

LEAST_CELLS = 20_000
_KEY = ApiKey("matrix", "Zt7kQ2mWc9pLx4vBn8sHy3dFg6jRa1eU")
_HEADER = "X-Matrix-Caller"
_REFUSALS = {
    "signed_out": 401,
    "second_factor_needed": 403,
    "not_permitted": 403,
    "not_found": 404,
    "state_refused": 409,
}
_PEOPLE = [role for role in Role if role not in (Role.DEVICE, Role.GUEST)]
_AT_ONCE = 32
"""Requests on their way to the server on one connection."""
_LINES = 4
"""Connections: while one waits for the store, the others are served."""
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Cell:
    """One request and what must be answered: "allowed" or the code of a refusal."""

    caller_key: str
    caller: Caller
    route: Route
    specimen: Specimen | None
    expected: str

    def __str__(self) -> str:
        who = "+".join(sorted(self.caller.roles)) or "nobody"
        about = (
            self.specimen.name if self.specimen is not None else self.caller.institution or "no institution"
        )
        return f"{self.route.method} {self.route.path} by {who} ({self.caller.assurance.name}) about {about}"


class MatrixCallers:
    """Believes the header. A guest shows a room token, as guests do."""

    def __init__(self) -> None:
        self.known: dict[str, Caller] = {}

    async def caller(self, request: web.Request) -> Caller:
        caller = self.known[request.headers[_HEADER]]
        return NOBODY if caller.roles == {Role.GUEST} else caller

    def claims(self, request: web.Request) -> Claims | None:
        if self.known[request.headers[_HEADER]].roles != {Role.GUEST}:
            return None
        return Claims(identity=ParticipantIdentity(GUEST_LOGIN), room=RoomName("own-room"), may_join=True)


def _callers(institution: str) -> Iterator[Caller]:
    """Everybody: no role, each role, each two roles together; with every assurance."""
    yield NOBODY
    at = InstitutionId(institution)
    for assurance in Assurance:
        for roles in [frozenset[Role](), *(frozenset({role}) for role in _PEOPLE)]:
            yield Caller(at, PersonId(ME), DeviceId(""), roles, assurance, ME, MY_LOGIN, "se_me")
        yield Caller(at, device=DeviceId(MY_DEVICE), roles=frozenset({Role.DEVICE}), assurance=assurance)
    for pair in combinations(Role, 2):
        roles = frozenset(pair)
        yield Caller(at, PersonId(ME), DeviceId(""), roles, Assurance.TWO_FACTORS, ME, MY_LOGIN, "se_me")
    yield Caller(person=PersonId(GUEST_ACTOR), roles=frozenset({Role.GUEST}), assurance=Assurance.PASSWORD)


def _expected(caller: Caller, route: Route, specimen: Specimen | None) -> str:
    """What docs/RIGHTS.md says, read row by row."""
    if caller.roles == {Role.GUEST} and not route.accepts_room_tokens:
        caller = NOBODY
    is_known = caller.assurance > Assurance.NOBODY and bool(caller.actor)
    is_two_in_one = {Role.ADMINISTRATOR, Role.AUDITOR} <= caller.roles or (
        len(caller.roles) > 1 and bool({Role.DEVICE, Role.GUEST} & caller.roles)
    )
    roles = caller.roles if is_known and not is_two_in_one else frozenset()
    rows = [row for row in RULES if row.action is route.action and (row.roles is None or row.roles & roles)]
    if not rows:
        return "not_permitted" if is_known else "signed_out"
    rows = [row for row in rows if row.assurance <= caller.assurance]
    if not rows:
        return "second_factor_needed"
    relation, state = _standing(caller, specimen)
    rows = [row for row in rows if relation in row.relations]
    if not rows:
        return route.missing if relation is Relation.STRANGER else "not_permitted"
    return "allowed" if any(state in row.states for row in rows) else "state_refused"


def _standing(caller: Caller, specimen: Specimen | None) -> tuple[Relation, State]:
    if specimen is None:
        return (Relation.INSTITUTION if caller.institution else Relation.STRANGER), State.NONE
    home = caller.institution if specimen.institution == "*" else specimen.institution
    if specimen.owner and specimen.owner == caller.actor:
        return Relation.SELF, specimen.state
    is_named = caller.actor in specimen.parties
    if home and home == caller.institution:
        return (Relation.SELF if is_named else Relation.INSTITUTION), specimen.state
    return (Relation.PARTY if is_named else Relation.STRANGER), specimen.state


def _specimens(route: Route) -> Sequence[Specimen | None]:
    if route.find is None:
        return [None]
    whole = f"{route.method} {route.path}"
    for key, specimens in SPECIMENS.items():
        if key == whole or route.path == key or (key[0] == "/" and route.path.startswith(key + "/")):
            return specimens
    raise AssertionError(f"tests/support/rights_world.py has nothing to ask {whole} about")


def _acts_on_anything(route: Route) -> bool:
    """Whether an unknown field does not keep the handler from running."""
    if (
        route.method == "GET"
        and route.query is not None
        and route.query.model_config.get("extra") != "forbid"
    ):
        return True
    return route.is_subject_in_body


def _request(cell: Cell) -> bytes:
    parts = dict(OTHER_PARTS)
    body, query = b"", ""
    if cell.specimen is not None:
        parts |= cell.specimen.path
    if cell.route.is_subject_in_body and cell.specimen is not None:
        query = urlencode(cell.specimen.query)
        body = b"" if cell.specimen.body is None else json.dumps(cell.specimen.body).encode()
    elif cell.route.method == "GET":
        query = "matrix_field=1"
    else:
        body = b'{"matrix_field": 1}'
    path = PREFIX + cell.route.path.format(**parts) + (f"?{query}" if query else "")
    return (
        f"{cell.route.method} {path} HTTP/1.1\r\nHost: matrix\r\n{_HEADER}: {cell.caller_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), 0)
    return int(lines[0].split()[1]), await reader.readexactly(length)


class Matrix:
    """The service, asked over connections that are kept full."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service = service
        self.callers = MatrixCallers()
        self._database = folder / SQLITE_FILE
        self.server = ApiServer(
            service.api.declared, callers=self.callers, clock=SystemClock(), limits=NoLimits()
        )
        self.wrong: list[str] = []
        self.answered = Counter[str]()

    def cells(self, route: Route) -> Iterator[Cell]:
        specimens = _specimens(route)
        for institution in (HERE, THERE, "") if route.find is None else (HERE,):
            for caller in _callers(institution):
                key = hashlib.sha256(repr(caller).encode()).hexdigest()[:16]
                self.callers.known[key] = caller
                for specimen in specimens:
                    yield Cell(key, caller, route, specimen, _expected(caller, route, specimen))

    def digest(self) -> str:
        """Of everything in the database."""
        connection = sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)
        try:
            return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()
        finally:
            connection.close()

    async def ask(self, cells: Sequence[Cell], lines: Sequence[Line]) -> None:
        shares = [cells[number :: len(lines)] for number in range(len(lines))]
        await asyncio.gather(*(self._ask(*each) for each in zip(shares, lines, strict=True)))

    async def _ask(self, cells: Sequence[Cell], line: Line) -> None:
        reader, writer = line
        for start in range(0, len(cells), _AT_ONCE):
            batch = cells[start : start + _AT_ONCE]
            writer.write(b"".join(_request(cell) for cell in batch))
            for cell in batch:
                self._compare(cell, *await _read_answer(reader))

    def _compare(self, cell: Cell, status: int, body: bytes) -> None:
        try:
            code = str(json.loads(body).get("code", "")) if status >= 400 else ""
        except ValueError:
            code = "no problem+json"
        if _acts_on_anything(cell.route):
            is_allowed = status < 500 and code not in {*_REFUSALS, cell.route.missing}
        else:
            is_allowed = (status, code) == (400, "bad_request")
        if cell.expected == "allowed":
            is_right = is_allowed
        else:
            status_expected = 404 if cell.expected == cell.route.missing else _REFUSALS[cell.expected]
            is_right = (status, code) == (status_expected, cell.expected)
        self.answered[cell.expected if is_right else "wrong"] += 1
        if not is_right:
            self.wrong.append(f"{cell}: {status} {code}, expected {cell.expected}")


@pytest_asyncio.fixture
async def matrix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Matrix]:
    monkeypatch.setattr(composition, "demo_rooms", rooms)
    monkeypatch.setattr(Recorder, "detail", recording_detail)
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    settings = Settings(data_dir=tmp_path, web_dir=tmp_path / "web")
    service = build_service(settings, _KEY, FakeSfu(), is_demo=True)
    await service.store.open()
    try:
        await populate(service.store)
        yield Matrix(service, tmp_path)
    finally:
        await service.store.close()
        service.identity.close()
        structlog.configure(**before)


async def test_every_cell_of_the_table_is_answered_as_it_says(matrix: Matrix) -> None:
    app = web.Application(middlewares=[guard])
    app.add_routes(matrix.server.routes())
    started = time.monotonic()
    cells = 0
    async with TestServer(app) as server:
        lines = [await asyncio.open_connection(server.host, server.port) for _ in range(_LINES)]
        for route in matrix.service.api.declared:
            asked = list(matrix.cells(route))
            cells += len(asked)
            denied = [cell for cell in asked if cell.expected != "allowed"]
            allowed = [cell for cell in asked if cell.expected == "allowed"]
            before = matrix.digest()
            await matrix.ask(denied, lines)
            assert matrix.digest() == before, f"a refused {route.method} {route.path} changed something"
            # What really runs is asked one after the other: a service may refuse the fourth file at once.
            await matrix.ask(allowed, lines[:1] if _acts_on_anything(route) else lines)
            if not _acts_on_anything(route):
                assert matrix.digest() == before, f"{route.method} {route.path} acted on a wrong request"
        for _, writer in lines:
            writer.close()
    took_s = time.monotonic() - started
    print(
        f"\nrights: {cells} cells over {len(matrix.service.api.declared)} routes, {len(matrix.wrong)} wrong, "
        f"{took_s:.1f} s; {dict(matrix.answered)}"
    )
    assert not matrix.wrong, "\n".join(matrix.wrong[:40])
    assert cells >= LEAST_CELLS


async def test_routes_and_actions_know_each_other(matrix: Matrix) -> None:
    served = {route.action for route in matrix.service.api.declared}
    assert set(Action) - served == set(), "actions that no route serves"
    paths = Counter((route.method, route.path) for route in matrix.service.api.declared)
    assert max(paths.values()) == 1


async def test_what_the_law_asks_holds_in_the_cells_themselves(matrix: Matrix) -> None:
    """Said once more without the table: a slip in the table shows here."""
    data = (
        "/patients", "/consents", "/consultations", "/rooms", "/recordings", "/trace", "/breakglass",
        "/invitations", "/ecgs",
    )  # fmt: skip
    public = {"/consents/texts", "/invitations/accept"}
    for route in matrix.service.api.declared:
        for cell in matrix.cells(route):
            if cell.expected != "allowed":
                continue
            roles, about = cell.caller.roles, cell.specimen
            if route.path.startswith(data) and route.path not in public:
                assert roles - {Role.ADMINISTRATOR}, f"an administrator sees care: {cell}"
                assert cell.caller.assurance is Assurance.TWO_FACTORS or roles <= {Role.DEVICE, Role.GUEST}, (
                    cell
                )
            if route.method != "GET" and roles == {Role.AUDITOR} and route.path.startswith(data):
                judges = {"/trace/searches", "/trace/exports/{id}/decide", "/breakglass/{id}/review"}
                assert route.path in judges | public, f"an auditor changes something: {cell}"
            if about is not None and FOREIGN_MARK in str(about.path) + str(about.query) + str(about.body):
                assert about.parties & {cell.caller.actor}, f"across institutions: {cell}"
            if not roles and cell.caller != NOBODY:
                assert any(row.roles is None for row in RULES if row.action is route.action), cell
            if route.path.endswith(("/roles", "/suspend", "/resume")) and about is not None:
                assert about.owner != cell.caller.actor, f"somebody raises themselves: {cell}"
            if route.action in (Action.PATIENT_READ, Action.PATIENT_CREATE, Action.CONSENT_RECORD):
                assert roles & CLINICIANS, cell


async def test_no_list_shows_anything_of_another_institution(matrix: Matrix) -> None:
    app = web.Application(middlewares=[guard])
    app.add_routes(matrix.server.routes())
    asked = 0
    async with TestServer(app) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        for route in matrix.service.api.declared:
            if route.method != "GET" or route.find is not None or route.path == "/events":
                continue
            for caller in _callers(HERE):
                if len(caller.roles) > 1 or _expected(caller, route, None) != "allowed":
                    continue
                matrix.callers.known["list"] = caller
                path = PREFIX + route.path.format(**OTHER_PARTS)
                writer.write(f"GET {path} HTTP/1.1\r\nHost: matrix\r\n{_HEADER}: list\r\n\r\n".encode())
                status, body = await _read_answer(reader)
                asked += 1
                assert status < 500
                text = body.decode()
                if route.path in ("/institutions", "/directory"):
                    # Whom one can consult: names are for all, codes are not.
                    assert f"{THERE} code" not in text
                elif route.path == "/rooms":
                    continue
                elif route.path in ("/ecgs", "/ecg/work-list"):
                    # Those of a case one is asked for are there, and no others of its institution.
                    assert "ec_asked_zzforeign" in text and "ec_zzforeign" not in text, route.path
                else:
                    assert FOREIGN_MARK not in text, f"{route.path} to {set(caller.roles)}"
        writer.close()
    assert asked > 50
