"""The language of an answer: Accept-Language, Chinese where it names neither."""

from __future__ import annotations

import pytest

from signaling.api.languages import language_of


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("de", "zh"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("de,en;q=0.5,zh;q=0.4", "en"),
        ("en;q=0.3,zh;q=0.4", "zh"),
        ("en;q=0", "zh"),
        ("en;q=nan", "zh"),
        ("en;q=2", "zh"),
        ("en;q=x", "zh"),
        ("en;level=1", "en"),
        ("," * 5_000 + "en", "zh"),
    ],
)
def test_the_best_liked_of_the_two_is_spoken(header: str, language: str) -> None:
    assert language_of(header) == language
