"""Everything the gateway says is said in both languages, with the same facts."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from clients.gateway.errors import DoorRefused, SourceFault
from clients.gateway.messages import CHINESE, ENGLISH, say
from recording.exchange.errors import Refusal

SOURCES = Path(__file__).parents[3] / "clients/gateway"
RAISED = re.compile(r"(?:SourceFault|ServerFault|GatewayUnfit|_LinkGone|tell|teller)\(\s*\"([a-z0-9_]+)\"")


def facts(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_messages_and_facts() -> None:
    assert {key: facts(text) for key, text in CHINESE.items()} == {
        key: facts(text) for key, text in ENGLISH.items()
    }


def test_every_code_that_is_raised_has_its_sentence() -> None:
    texts = [path.read_text() for path in SOURCES.rglob("*.py")]
    raised = {code for text in texts for code in RAISED.findall(text)}
    assert len(raised) > 30
    assert raised | {refusal.value for refusal in Refusal} <= set(CHINESE)


def test_every_fact_that_a_sentence_needs_is_given() -> None:
    """Each raise with a literal code names just the facts of its sentence."""
    wrong = []
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("SourceFault", "ServerFault", "GatewayUnfit", "tell", "_tell", "teller"):
                key, given = node.args[0].value, {each.arg for each in node.keywords}
                if None not in given and facts(CHINESE[key]) != given:
                    wrong.append((path.name, key, given))
    assert wrong == []


@pytest.mark.parametrize(("language", "text"), [("zh", "已连接服务器"), ("en", "Connected to the server")])
def test_one_language_or_both_chinese_first(language: str, text: str) -> None:
    assert say("link_open", language) == text  # type: ignore[arg-type]
    assert say("link_open", None) == "已连接服务器 / Connected to the server"


def test_an_error_says_its_code_and_facts() -> None:
    assert str(SourceFault("rate_wrong", declared_hz=500, measured_hz=250.0)) == (
        "rate_wrong declared_hz=500 measured_hz=250.0"
    )
    assert DoorRefused("too_many", "慢一点").sentence == "慢一点"
