"""Refusals: every code that is raised anywhere has a status, two sentences, and the facts these ask for."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from signaling.api.problems import STATUSES, problem
from signaling.messages import CATALOGUES

_SIGNALING = Path(__file__).resolve().parents[4] / "signaling"
_RAISERS = {"Refusal", "ApiRefusal"}


def _refusals() -> Iterator[tuple[str, str, set[str] | None]]:
    """Place, code and facts (None where they are not written out) of every refusal in the source."""
    for path in sorted(_SIGNALING.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                not isinstance(node, ast.Call)
                or getattr(node.func, "id", "") not in _RAISERS
                or not node.args
            ):
                continue
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                names = [keyword.arg for keyword in node.keywords]
                facts = None if None in names else {name for name in names if name is not None}
                yield f"{path.relative_to(_SIGNALING)}:{node.lineno}", code.value, facts


def test_every_refusal_has_a_status_a_sentence_and_its_facts() -> None:
    wrong = []
    for place, code, facts in _refusals():
        if code not in STATUSES:
            wrong.append(f"{place}: {code} has no status in problems.py")
        for language, catalogue in CATALOGUES.items():
            sentence = catalogue.get(f"api.{code}")
            if sentence is None:
                wrong.append(f"{place}: {code} has no sentence in {language}")
            elif facts is not None:
                wanted = {name for _, name, _, _ in Formatter().parse(sentence) if name}
                wrong += [f"{place}: {code} says {name} without it" for name in wanted - facts]
    assert wrong == []


def test_a_problem_carries_its_facts_and_cannot_lose_its_members_to_them() -> None:
    answer = problem("password_wrong", "en", {"tries_left": 3, "status": 200, "code": "other"})
    assert answer.text is not None
    body = json.loads(answer.text)
    assert (answer.status, body["status"], body["code"], body["tries_left"]) == (
        401,
        401,
        "password_wrong",
        3,
    )
    assert body["detail"] == "Wrong password, 3 tries left"


def test_a_wait_is_told_in_the_header() -> None:
    answer = problem("too_many", "zh", {"retry_after_s": 7})
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert "Retry-After" not in problem("not_found", "zh").headers


def test_a_code_without_a_status_is_a_bug() -> None:
    with pytest.raises(KeyError):
        problem("no such code", "zh")
