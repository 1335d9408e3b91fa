"""Planted names, card numbers, passwords and tokens come out nowhere but where they were meant to.

Every text field of every route is filled with a word of its own, by every kind of caller; so are headers,
cookies, queries and paths. Not planted are names of fields, since a refusal says which one it means. Then the
log at its most talkative, the metrics and every refusal are searched.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.support.local_service import LocalService, local_service

PEOPLE = ("zhoulan", "wangmin", "qianhui", "sunli", "hejing", "liuyang")
LEAST_PLANTED = 200
METHODS_WITH_BODY = ("post", "put", "patch")


class Canaries:
    """Words that nobody would write, each used once."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.planted: list[str] = []

    def word(self, limit: int = 40) -> str:
        word = f"Kanari{next(self._numbers):05d}"[: max(6, limit)]
        self.planted.append(word)
        return word

    def found_in(self, text: str) -> list[str]:
        return [word for word in self.planted if word in text]


class Walker:
    """Makes a body from a schema, with a canary in every text."""

    def __init__(self, document: Mapping[str, Any], canaries: Canaries) -> None:
        self._document, self._canaries = document, canaries

    def body(self, operation: Mapping[str, Any]) -> Any:
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return None if schema is None else self.value(schema)

    def value(self, schema: Mapping[str, Any]) -> Any:
        if "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            return self.value(found)
        for way in ("anyOf", "oneOf", "allOf"):
            if way in schema:
                return self.value(schema[way][0])
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        match schema.get("type"):
            case "object":
                return {name: self.value(part) for name, part in schema.get("properties", {}).items()}
            case "array":
                return [self.value(schema.get("items", {}))]
            case "string":
                return self._canaries.word(schema.get("maxLength", 40))
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return True
        return self._canaries.word()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    with local_service(tmp_path_factory.mktemp("data"), LOG_LEVEL="debug") as running:
        yield running


async def test_nothing_planted_comes_out(service: LocalService) -> None:
    canaries, refusals = Canaries(), []
    async with aiohttp.ClientSession() as nobody:
        async with nobody.get(f"{service.url}/api/v1/openapi.json") as answer:
            document = await answer.json()
        async with nobody.get(f"{service.url}/api/v1/demo") as answer:
            password = (await answer.json())["accounts"][0]["password"]
        refusals += await _call_all(service, nobody, document, canaries)
    for login in PEOPLE:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": service.url}) as session:
            body = {"account": login, "password": password}
            async with session.post(f"{service.url}/api/v1/session", json=body) as answer:
                assert answer.status == 200, await answer.text()
            refusals += await _call_all(service, session, document, canaries)
    async with aiohttp.ClientSession() as nobody:
        refusals += await _strange_calls(service, nobody, canaries)
        async with nobody.get(f"{service.url}/metrics") as answer:
            metrics = await answer.text()
    assert len(canaries.planted) >= LEAST_PLANTED
    assert service.output.count('"path"') + service.output.count("path=") > len(PEOPLE)
    assert canaries.found_in(service.output) == []
    assert canaries.found_in(metrics) == []
    assert [text for text in refusals if canaries.found_in(text)] == []


async def _call_all(
    service: LocalService, session: aiohttp.ClientSession, document: Mapping[str, Any], canaries: Canaries
) -> list[str]:
    """Calls every operation once; returns the texts of refusals."""
    walker, refusals = Walker(document, canaries), []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method not in ("get", "delete", *METHODS_WITH_BODY) or (method, path) == (
                "delete",
                "/api/v1/session",
            ):
                continue
            target = path
            while "{" in target:
                before, _, rest = target.partition("{")
                target = before + canaries.word() + rest.partition("}")[2]
            query = {
                parameter["name"]: str(walker.value(parameter.get("schema", {})))
                for parameter in operation.get("parameters", ())
                if parameter.get("in") == "query"
            }
            body = walker.body(operation)
            sent = {} if body is None else {"json": body}
            url = f"{service.url}{target}"
            async with session.request(method, url, params=query, allow_redirects=False, **sent) as answer:
                assert answer.status < 500 or answer.status == 503, (method, path, await answer.text())
                if answer.status >= 400:
                    refusals.append(await answer.text())
    return refusals


async def _strange_calls(
    service: LocalService, session: aiohttp.ClientSession, canaries: Canaries
) -> list[str]:
    """What no page of ours sends."""
    tries: list[dict[str, Any]] = [
        {"headers": {"Authorization": f"Bearer {canaries.word()}"}},
        {"headers": {"Cookie": f"lianzhen_session={canaries.word()}"}},
        {"headers": {"User-Agent": canaries.word(), "Referer": f"http://x/{canaries.word()}"}},
        {"params": {"q": canaries.word()}},
        {"data": canaries.word().encode() + b"\xff"},
        {"data": json.dumps({"patient": [canaries.word()]}), "headers": {"Content-Type": "text/plain"}},
    ]
    paths = [
        "/api/v1/session",
        "/api/v1/patients",
        f"/api/v1/{canaries.word()}",
        f"/{quote(canaries.word())}",
        "/rtc",
    ]
    refusals = []
    for path, more in itertools.product(paths, tries):
        for method in ("GET", "POST"):
            url = (
                f"{service.url}{path}?access_token={canaries.word()}"
                if path == "/rtc"
                else service.url + path
            )
            async with session.request(method, url, allow_redirects=False, **more) as answer:
                assert answer.status < 500
                if answer.status >= 400:
                    refusals.append(await answer.text())
    return refusals
