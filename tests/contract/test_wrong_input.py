"""Wrong input to every route that takes a body: one sentence, in both languages, and nothing changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.auth.policy import Decision, decide
from signaling.auth.rights import Action, Role
from signaling.store import tables as t
from tests.support.api import person
from tests.support.served_service import ServedService, served_service
from tests.support.waiting import HANG_S

LOGINS: Mapping[Role, str] = {
    Role.CLINIC_DOCTOR: "zhoulan",
    Role.SUPERVISOR: "qianhui",
    Role.ADMINISTRATOR: "sunli",
    Role.AUDITOR: "hejing",
}
JSON = "application/json"
WRONG: Mapping[str, tuple[bytes, str, set[int]]] = {
    "an unknown field": (b'{"no_such_field": 1}', JSON, {400}),
    "a list": (b"[]", JSON, {400}),
    "a text": (b'"text"', JSON, {400}),
    "no JSON": (b"{", JSON, {400}),
    "nothing": (b"", JSON, {400}),
    "no UTF-8": (b'{"a": "\xff\xfe"}', JSON, {400}),
    "half a surrogate pair": (b'{"a": "\\ud800"}', JSON, {400}),
    "not a number": (b'{"a": NaN}', JSON, {400}),
    "deep lists": (b'{"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", JSON, {400}),
    "a form": (b"name=a", "application/x-www-form-urlencoded", {415}),
    "a page": (b"<html>", "text/html", {415}),
    "ten megabytes": (b'{"a": "' + b"x" * 10_000_000 + b'"}', JSON, {413}),
}
FILES = "/ecgs/import"
"""Takes ECG files of sixteen megabytes: what is too much for all others is not too much there."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedService]:
    with served_service(tmp_path_factory.mktemp("wrong")) as service:
        yield service


def operations(served: ServedService) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Method, path and description of every operation that takes a body."""
    document = requests.get(f"{served.url}/api/v1/openapi.json", timeout=HANG_S).json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation:
                yield method, path, operation


def able(served: ServedService, action: str) -> Mapping[str, str]:
    """Somebody who may do that to something, or nobody where nobody has to be known."""
    for role, login in LOGINS.items():
        if decide(person(role), Action(action), None) is Decision.ALLOWED:
            return served.headers_of(login)
    return served.headers_of("zhoulan")


def size_of_ledger(served: ServedService) -> int:
    async def count(connection: AsyncConnection) -> int:
        return int((await connection.execute(select(func.sum(t.chain.c.size)))).scalar_one() or 0)

    return served.run(served.service.store.read(count))


def is_problem(answer: requests.Response, language: str) -> bool:
    """Whether an answer is one sentence that a person can read, and no more."""
    body = answer.json()
    sentence = body["detail"]
    is_chinese = any("\u4e00" <= character <= "\u9fff" for character in sentence)
    return (
        answer.headers["Content-Type"].startswith("application/problem+json")
        and 2 <= len(sentence) <= 200
        and is_chinese == (language == "zh")
        and "Traceback" not in answer.text
    )


def test_bodies_that_cannot_be_read_change_nothing_and_are_refused_in_a_sentence(
    served: ServedService,
) -> None:
    before, wrong = size_of_ledger(served), []
    for method, path, operation in operations(served):
        headers = able(served, operation["x-action"])
        url = f"{served.url}/api/v1{path.replace('{', '').replace('}', '')}"
        for name, (content, content_type, statuses) in WRONG.items():
            content = 3 * content if path == FILES and 413 in statuses else content
            for language in ("zh", "en"):
                sent = {**headers, "Content-Type": content_type, "Accept-Language": language}
                answer = requests.request(method, url, data=content, headers=sent, timeout=HANG_S)
                # What is named in the path may be looked for first.
                if answer.status_code not in statuses | ({404, 403, 409} if "{" in path else set()):
                    wrong.append(f"{method} {path}: {name}: {answer.status_code}")
                elif not is_problem(answer, language):
                    wrong.append(f"{method} {path}: {name}: {answer.text[:200]}")
    assert wrong == []
    assert size_of_ledger(served) == before
