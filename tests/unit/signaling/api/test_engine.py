"""The engine over HTTP: who is refused with what, in which order, and what reaches a handler."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from aiohttp import web
from pydantic import Field

from clinical.ids import InstitutionId
from media_server.ids import ParticipantIdentity, RoomName
from signaling.api.limits import Limits
from signaling.api.route import Call, Found, Model, Route
from signaling.auth.rights import NOBODY, Action, Assurance, Role, State, Subject
from signaling.errors import TokenRefused
from signaling.store.store import StoreUnavailable
from signaling.tokens import Claims
from tests.support.api import ApiClient, SettledClock, api_client, person

DOCTOR = person(Role.CLINIC_DOCTOR)
STRANGER = person(Role.CLINIC_DOCTOR, institution="in_b", name="pe_b")
AUDITOR = person(Role.AUDITOR, name="pe_auditor")


class Entry(Model):
    name: Annotated[str, Field(min_length=1, max_length=10)]
    count: Annotated[int, Field(ge=0, le=9)] = 0
    words: Annotated[list[str], Field(max_length=3, default_factory=list)]


class Search(Model):
    name: str = ""
    limit: Annotated[int, Field(ge=1, le=50)] = 20
    kinds: tuple[str, ...] = ()


class Seen(Model):
    told: str


class Pages:
    """Routes over a shelf of things: ``kept`` is everything that has reached a handler."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.looked_for: list[str] = []

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/things", Action.PATIENT_SEARCH, "Lists.", self.list, query=Search, answer=Seen),
            Route(
                "POST",
                "/things",
                Action.PATIENT_CREATE,
                "Makes.",
                self.make,
                body=Entry,
                answer=Seen,
                status=201,
            ),
            Route(
                "GET",
                "/things/{thing}",
                Action.PATIENT_READ,
                "Reads.",
                self.read,
                answer=Seen,
                find=self.find,
            ),
            Route("DELETE", "/things/{thing}", Action.CONSENT_WITHDRAW, "Ends.", self.end, find=self.find),
            Route("POST", "/things/special", Action.PATIENT_CREATE, "Named.", self.end),
            Route("GET", "/down", Action.API_READ, "Fails.", self.fail),
            Route("GET", "/bug", Action.API_READ, "Breaks.", self.bug),
            Route(
                "GET",
                "/rooms/{room}",
                Action.ROOM_READ,
                "Guests.",
                self.room,
                answer=Seen,
                find=self.find_room,
                accepts_room_tokens=True,
                missing="recording_missing",
            ),
        ]

    async def find(self, call: Call) -> Found | None:
        thing = call.path["thing"]
        self.looked_for.append(thing)
        if thing == "none":
            return None
        state = State.ENDED if thing == "ended" else State.ACTIVE
        return Found(Subject(InstitutionId("in_a"), state=state), thing)

    async def find_room(self, call: Call) -> Found | None:
        is_let_in = call.claims is not None and call.claims.room == call.path["room"]
        return Found(
            Subject(InstitutionId("in_a"), parties=frozenset({call.caller.actor} if is_let_in else {}))
        )

    async def list(self, call: Call) -> Seen:
        return Seen(told=repr((call.query.name, call.query.limit, call.query.kinds)))

    async def make(self, call: Call) -> Seen:
        self.kept.append(call.body)
        return Seen(told=call.body.name)

    async def read(self, call: Call) -> Seen:
        return Seen(told=call.found)

    async def room(self, call: Call) -> Seen:
        return Seen(told=call.caller.login)

    async def end(self, call: Call) -> None:
        self.kept.append(call.path)

    async def fail(self, call: Call) -> None:
        raise StoreUnavailable

    async def bug(self, call: Call) -> None:
        raise RuntimeError("the patient's name")


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
async def api(pages: Pages) -> AsyncIterator[ApiClient]:
    async with api_client(pages.routes(), DOCTOR) as client:
        yield client


async def test_what_is_allowed_is_done_and_answered(api: ApiClient) -> None:
    made = await api.ask("POST", "/things", {"name": " 听诊器 "})
    assert (made.status, made.body) == (201, {"told": "听诊器"})
    assert (await api.ask("GET", "/things/one")).body == {"told": "one"}
    assert (await api.ask("DELETE", "/things/one")).status == 204


async def test_a_refusal_is_a_problem_with_one_sentence_in_the_callers_language(api: ApiClient) -> None:
    refused = await api.ask("GET", "/things/none")
    assert refused.headers["Content-Type"] == "application/problem+json; charset=utf-8"
    assert refused.headers["Content-Language"] == "zh-CN"
    assert {name: refused.body[name] for name in ("type", "title", "status", "detail", "code")} == {
        "type": "/docs#not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "没有这一项",
        "code": "not_found",
    }
    refused = await api.ask("GET", "/things/none", language="en-GB,en;q=0.8,zh;q=0.1")
    assert refused.body["detail"] == "There is no such thing"


async def test_what_is_absent_and_what_is_another_institutions_get_the_same_answer(api: ApiClient) -> None:
    absent = await api.ask("GET", "/things/none", caller=STRANGER)
    foreign = await api.ask("GET", "/things/one", caller=STRANGER)
    assert absent == foreign or (absent.status, absent.body) == (foreign.status, foreign.body)
    assert (await api.ask("DELETE", "/things/one", caller=STRANGER)).body == (
        await api.ask("DELETE", "/things/none", caller=STRANGER)
    ).body


async def test_who_may_never_do_it_is_refused_before_anything_is_looked_for(
    api: ApiClient, pages: Pages
) -> None:
    one_factor = person(Role.CLINIC_DOCTOR, assurance=Assurance.PASSWORD)
    for caller, status, code in (
        (NOBODY, 401, "signed_out"),
        (one_factor, 403, "second_factor_needed"),
        (AUDITOR, 403, "not_permitted"),
    ):
        for thing in ("one", "none"):
            answer = await api.ask("GET", f"/things/{thing}", caller=caller)
            assert (answer.status, answer.code) == (status, code)
    assert pages.looked_for == []
    assert (await api.ask("GET", "/things/one", caller=NOBODY)).headers["WWW-Authenticate"]


async def test_a_state_that_does_not_allow_it_is_a_conflict(api: ApiClient, pages: Pages) -> None:
    answer = await api.ask("DELETE", "/things/ended")
    assert (answer.status, answer.code, pages.kept) == (409, "state_refused", [])


async def test_a_body_is_not_read_for_those_who_may_not(api: ApiClient) -> None:
    assert (await api.ask("POST", "/things", {"wrong": 1}, caller=AUDITOR)).status == 403


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ({}, "name", "missing"),
        ({"name": "a", "colour": "red"}, "colour", "unknown"),
        ({"name": 1}, "name", "not_text"),
        ({"name": "  "}, "name", "too_short"),
        ({"name": "x" * 11}, "name", "too_long"),
        ({"name": "a", "count": "1"}, "count", "not_whole"),
        ({"name": "a", "count": True}, "count", "not_whole"),
        ({"name": "a", "count": 10}, "count", "too_large"),
        ({"name": "a", "count": -1}, "count", "too_small"),
        ({"name": "a", "count": 2**60}, "count", "too_large"),
        ({"name": "a", "words": "b"}, "words", "not_a_list"),
        ({"name": "a", "words": ["b", 1]}, "words.1", "not_text"),
        ({"name": "a", "words": ["b"] * 4}, "words", "too_many_items"),
        ({"name": "a\0b"}, "name", "control_character"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_field_that_is_wrong_is_named_in_a_sentence_and_nothing_changes(
    api: ApiClient, pages: Pages, body: Any, field: str, reason: str, language: str
) -> None:
    answer = await api.ask("POST", "/things", body, language=language)
    assert (answer.status, answer.code) == (400, "bad_request")
    assert (answer.body["errors"][0]["field"], answer.body["errors"][0]["reason"]) == (field, reason)
    assert answer.body["detail"] == answer.body["errors"][0]["detail"]
    assert "{" not in answer.body["detail"]
    assert pages.kept == []


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"", "application/json", 400, "bad_request"),
        (b"[]", "application/json", 400, "bad_request"),
        (b"\xff\xfe{", "application/json", 400, "bad_request"),
        (b'{"name": "a"', "application/json", 400, "bad_request"),
        (b'{"name": NaN}', "application/json", 400, "bad_request"),
        (b'{"name": "\\ud800"}', "application/json", 400, "bad_request"),
        (b'{"a\\u0000b": 1, "name": "a"}', "application/json", 400, "bad_request"),
        (b"[" * 60_000, "application/json", 400, "bad_request"),
        (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "application/json", 400, "bad_request"),
        (b'{"name": "a"}', "text/plain", 415, "content_type_wrong"),
        (b'{"name": "a"}', "application/x-www-form-urlencoded", 415, "content_type_wrong"),
        (b'{"name": "' + b"x" * 70_000 + b'"}', "application/json", 413, "body_too_large"),
        (b'{"name": "' + b"x" * 10_000_000 + b'"}', "application/json", 413, "body_too_large"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_in_a_sentence(
    api: ApiClient, pages: Pages, content: bytes, content_type: str, status: int, code: str
) -> None:
    answer = await api.ask("POST", "/things", content=content, headers={"Content-Type": content_type})
    assert (answer.status, answer.code, pages.kept) == (status, code, [])
    assert answer.body["detail"]


async def test_a_body_without_a_stated_length_is_read_no_further_than_the_limit(
    api: ApiClient, pages: Pages
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b'{"name": "' + b"x" * 8_000

    async with api.session.post(
        f"{api.url}/things", data=endless(), headers={"Content-Type": "application/json"}
    ) as response:
        assert (response.status, (await response.json(content_type=None))["code"]) == (413, "body_too_large")
    assert pages.kept == []


async def test_a_compressed_body_is_refused(api: ApiClient, pages: Pages) -> None:
    answer = await api.ask("POST", "/things", content=b"x", headers={"Content-Encoding": "br"})
    assert (answer.status, pages.kept) in ((415, []), (400, []))


async def test_a_route_without_a_body_takes_none(api: ApiClient, pages: Pages) -> None:
    assert (await api.ask("POST", "/things/special", {})).status == 204
    assert (await api.ask("POST", "/things/special", {"a": 1})).code == "bad_request"
    assert len(pages.kept) == 1


@pytest.mark.parametrize(
    ("query", "field", "reason"),
    [
        ("limit=x", "limit", "not_whole"),
        ("limit=0", "limit", "too_small"),
        ("limit=51", "limit", "too_large"),
        ("colour=red", "colour", "unknown"),
        ("name=a&name=b", "name", "twice"),
        ("name=%00", "name", "control_character"),
    ],
)
async def test_a_query_that_is_wrong_names_its_field(
    api: ApiClient, query: str, field: str, reason: str
) -> None:
    answer = await api.ask("GET", f"/things?{query}")
    assert (answer.status, answer.body["errors"][0]["field"]) == (400, field)
    assert answer.body["errors"][0]["reason"] == reason


async def test_a_query_reads_numbers_and_lists(api: ApiClient) -> None:
    answer = await api.ask("GET", "/things?limit=3&kinds=a&kinds=b&name=%E7%8E%8B")
    assert answer.body["told"] == repr(("王", 3, ("a", "b")))
    assert (await api.ask("GET", "/down?x=1")).code == "bad_request"


@pytest.mark.parametrize("thing", ["%00", "a%0Ab", "x" * 201, "%ED%A0%80"])
async def test_a_name_in_the_path_that_none_looks_like_is_absent(
    api: ApiClient, pages: Pages, thing: str
) -> None:
    answer = await api.ask("GET", f"/things/{thing}")
    assert answer.status in (200, 404)
    assert not [name for name in pages.looked_for if not name.isprintable()]


async def test_an_unknown_method_is_refused_with_those_that_there_are(api: ApiClient) -> None:
    answer = await api.ask("PATCH", "/things/one")
    assert (answer.status, answer.code, answer.headers["Allow"]) == (405, "method_unknown", "DELETE, GET")
    answer = await api.ask("GET", "/things/special")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert (await api.ask("GET", "/nothing")).code == "not_found"


async def test_a_store_that_does_not_answer_is_said_with_what_still_works(api: ApiClient) -> None:
    answer = await api.ask("GET", "/down")
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "store_unavailable", "2")
    assert "通话" in answer.body["detail"]


async def test_a_bug_is_answered_in_a_sentence_that_tells_nothing_of_it(api: ApiClient) -> None:
    answer = await api.ask("GET", "/bug")
    assert (answer.status, answer.code) == (500, "internal")
    assert "patient" not in json.dumps(answer.body)


async def test_a_room_token_opens_its_own_room_and_no_other_route(api: ApiClient) -> None:
    api.caller = NOBODY
    api.show_room_token(Claims(identity=ParticipantIdentity("guest"), room=RoomName("ward")))
    assert (await api.ask("GET", "/rooms/ward?access_token=x")).body == {"told": "guest"}
    answer = await api.ask("GET", "/rooms/other")
    assert (answer.status, answer.code) == (404, "recording_missing")
    assert (await api.ask("GET", "/things/one")).code == "signed_out"


async def test_a_head_request_is_a_get_without_its_content(api: ApiClient) -> None:
    answer = await api.ask("HEAD", "/things/one")
    assert (answer.status, answer.body) == (200, "")


class Named(Model):
    """A body that names what it is about."""

    thing: str


async def test_a_body_that_names_the_subject_is_read_before_it_is_looked_for() -> None:
    async def find(call: Call) -> Found | None:
        return Found(Subject(InstitutionId("in_a")), call.body.thing) if call.body.thing == "one" else None

    async def tell(call: Call) -> Seen:
        return Seen(told=call.found)

    route = Route(
        "POST",
        "/acts",
        Action.CONSENT_RECORD,
        "Acts.",
        tell,
        body=Named,
        answer=Seen,
        find=find,
        is_subject_in_body=True,
    )
    async with api_client([route], DOCTOR) as api:
        assert (await api.ask("POST", "/acts", {"thing": "one"})).body == {"told": "one"}
        assert (await api.ask("POST", "/acts", {"thing": "none"})).code == "not_found"
        assert (await api.ask("POST", "/acts", {"thing": "one"}, caller=STRANGER)).code == "not_found"
        assert (await api.ask("POST", "/acts", {})).code == "bad_request"
        assert (await api.ask("POST", "/acts", {}, caller=AUDITOR)).code == "not_permitted"


async def test_a_route_of_the_whole_institution_may_ask_for_a_state() -> None:
    async def nothing(call: Call) -> None:
        return None

    routes = [
        Route("GET", f"/{state}", Action.CONSENT_LIST, "Lists.", nothing, collection_state=state)
        for state in (State.NONE, State.ACTIVE)
    ] + [Route("GET", "/x", Action.PATIENT_SEARCH, "Searches.", nothing, collection_state=State.ENDED)]
    async with api_client(routes, DOCTOR) as api:
        assert [(await api.ask("GET", f"/{part}")).status for part in ("none", "active", "x")] == [
            204,
            204,
            409,
        ]


async def test_a_token_that_is_not_good_is_told_as_such(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(request: web.Request) -> None:
        raise TokenRefused("token_expired")

    monkeypatch.setattr(api._callers, "claims", refuse)
    answer = await api.ask("GET", "/rooms/ward")
    assert (answer.status, answer.code) == (401, "token_refused")


async def test_a_socket_counts_until_it_is_closed() -> None:
    async def serve(call: Call) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(call.request)
        async for _ in socket:
            pass
        return socket

    limits = Limits(clock=SettledClock(), is_in_room=lambda _: False, max_sockets=1)
    route = Route("GET", "/socket", Action.API_READ, "Follows.", serve, status=101)
    async with api_client([route], limits=limits) as api:
        first = await api.session.ws_connect(f"{api.url}/socket")
        answer = await api.ask("GET", "/socket")
        assert (answer.status, answer.code) == (429, "too_many")
        await first.close()
        second = await api.session.ws_connect(f"{api.url}/socket")
        await second.close()
