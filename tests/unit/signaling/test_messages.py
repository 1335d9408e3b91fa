"""The texts: both languages say the same things about the same facts."""

from __future__ import annotations

import string

import pytest

from signaling.messages import CATALOGUES, say, say_to


def _facts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_every_text() -> None:
    assert set(CATALOGUES["zh"]) == set(CATALOGUES["en"])


@pytest.mark.parametrize("key", CATALOGUES["zh"])
def test_both_languages_tell_the_same_facts(key: str) -> None:
    assert _facts(CATALOGUES["zh"][key]) == _facts(CATALOGUES["en"][key])


@pytest.mark.parametrize("text", [text for texts in CATALOGUES.values() for text in texts.values()])
def test_texts_do_not_shout(text: str) -> None:
    assert "!" not in text and "！" not in text


def test_the_reader_chooses_or_gets_both() -> None:
    assert say("verify.unaltered", "en") == "Unaltered"
    assert say_to("verify.unaltered", None) == "未改动 / Unaltered"
    assert say_to("verify.unaltered", "zh") == "未改动"
