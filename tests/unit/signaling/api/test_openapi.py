"""The description: made of the routes, true to what the engine takes and answers, readable as a page."""

from __future__ import annotations

import json
from typing import Annotated

import pytest
from pydantic import Field

from signaling.api.description_pages import DescriptionPages
from signaling.api.docs_page import docs_page
from signaling.api.openapi import describe, sentence_of
from signaling.api.problems import STATUSES
from signaling.api.route import Call, Model, Route
from signaling.auth.rights import Action
from signaling.messages import CATALOGUES
from tests.support.api import api_client


class Inner(Model):
    words: list[str]


class Body(Model):
    """Something."""

    name: Annotated[str, Field(min_length=1, max_length=10)]
    count: int = 0
    inner: Inner | None = None


class Query(Model):
    limit: Annotated[int, Field(ge=1, le=50)] = 20
    kind: str | None = None
    kinds: tuple[str, ...] = ()


async def nothing(call: Call) -> None:
    return None


ROUTES = (
    Route("GET", "/things", Action.PATIENT_SEARCH, "Lists <things>.", nothing, query=Query, answer=Body),
    Route(
        "POST", "/things", Action.PATIENT_CREATE, "Makes one.", nothing, body=Body, answer=Body, status=201
    ),
    Route("DELETE", "/things/{thing}", Action.PATIENT_ERASE, "Ends one.", nothing, missing="media_missing"),
    Route("GET", "/things/{thing}/file", Action.PATIENT_READ, "A file.", nothing, media_type="video/webm"),
    Route("GET", "/socket", Action.EVENT_FOLLOW, "Follows.", nothing, status=101),
    Route("GET", "/on", Action.EVENT_FOLLOW, "Sends on.", nothing, status=303),
    Route("POST", "/door", Action.SESSION_OPEN, "Opens.", nothing, accepts_room_tokens=True),
)
DOCUMENT = describe(ROUTES, version="1")


def test_every_route_is_there_with_what_it_takes() -> None:
    assert set(DOCUMENT["paths"]) == {route.path for route in ROUTES}
    make = DOCUMENT["paths"]["/things"]["post"]
    schema = make["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    body = DOCUMENT["components"]["schemas"][schema.rpartition("/")[2]]
    assert body["additionalProperties"] is False
    assert body["required"] == ["name"]
    assert body["properties"]["count"]["maximum"] == 2**53 - 1
    search = DOCUMENT["paths"]["/things"]["get"]
    assert [(p["name"], p["schema"].get("type")) for p in search["parameters"]] == [
        ("limit", "integer"),
        ("kind", "string"),
        ("kinds", "array"),
    ]
    (thing,) = DOCUMENT["paths"]["/things/{thing}"]["delete"]["parameters"]
    assert (thing["name"], thing["in"], thing["required"]) == ("thing", "path", True)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/things", "post", "201"),
        ("/things", "get", "200"),
        ("/things/{thing}", "delete", "204"),
        ("/things/{thing}/file", "get", "200"),
        ("/socket", "get", "101"),
        ("/on", "get", "303"),
    ],
)
def test_every_answer_is_there(path: str, method: str, status: str) -> None:
    responses = DOCUMENT["paths"][path][method]["responses"]
    assert [known for known in responses if known < "400"] == [status]
    assert {"400", "401", "403", "404", "409", "413", "415", "429", "503"} <= set(responses)


def test_the_missing_code_of_a_route_is_told() -> None:
    responses = DOCUMENT["paths"]["/things/{thing}"]["delete"]["responses"]
    assert "media_missing" in responses["404"]["description"]


def test_who_may_ask_is_told() -> None:
    assert {} in DOCUMENT["paths"]["/door"]["post"]["security"]
    assert {"room_token": []} in DOCUMENT["paths"]["/door"]["post"]["security"]
    assert {} not in DOCUMENT["paths"]["/things"]["get"]["security"]


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(DOCUMENT)
    for part in text.split('"$ref": "#/components/schemas/')[1:]:
        assert part.partition('"')[0] in DOCUMENT["components"]["schemas"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_every_route_and_code_and_escapes_what_it_shows(language: str) -> None:
    page = docs_page(DOCUMENT, "zh" if language == "zh" else "en")
    for path in DOCUMENT["paths"]:
        assert f"/api/v1{path}" in page
    assert "Lists &lt;things&gt;." in page and "<things>" not in page
    for code in STATUSES:
        assert f'id="{code}"' in page
    assert "<script" not in page and "style=" not in page and "http" not in page.replace("https", "")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("code", sorted(STATUSES))
def test_every_code_has_a_sentence(code: str, language: str) -> None:
    chosen = "zh" if language == "zh" else "en"
    assert f"api.{code}" in CATALOGUES[chosen]
    assert "{" not in sentence_of(code, chosen)


async def test_the_document_and_the_page_are_served_to_anybody() -> None:
    pages = DescriptionPages()
    routes = [*ROUTES, *pages.routes()]
    pages.describe(routes)
    async with api_client(routes, extra=pages.page_routes()) as api:
        document = await api.ask("GET", "/openapi.json")
        assert document.status == 200 and "/openapi.json" in document.body["paths"]
        assert (await api.ask("GET", "/health")).body == {"status": "ok"}
        root = api.url.removesuffix("/api/v1")
        for query, lang in (("", 'lang="zh-CN"'), ("?language=en", 'lang="en"')):
            async with api.session.get(f"{root}/docs{query}") as response:
                text = await response.text()
                assert response.content_type == "text/html" and lang in text
                assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        async with api.session.get(f"{root}/docs/page.css") as response:
            assert response.content_type == "text/css"
