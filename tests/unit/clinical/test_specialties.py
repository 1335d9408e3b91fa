"""Codes and their words."""

from __future__ import annotations

import re

import pytest

from clinical.specialties import (
    ANY_TITLE,
    SPECIALTIES,
    TITLES,
    Words,
    is_specialty,
    is_title,
    specialty_of_words,
    specialty_words,
    title_words,
)
from signaling.store import tables


@pytest.mark.parametrize("listed", [SPECIALTIES, TITLES])
def test_every_code_has_its_own_words_in_both_languages(listed: dict[str, Words]) -> None:
    assert all(re.fullmatch(r"[a-z_]+", code) for code in listed)
    assert all(words.zh and words.en for words in listed.values())
    assert len({words.zh for words in listed.values()}) == len(listed)
    assert len({words.en for words in listed.values()}) == len(listed)


def test_the_codes_fit_their_columns() -> None:
    column = tables.consultation.c
    assert max(map(len, SPECIALTIES)) <= column.specialty.type.length
    assert max(map(len, TITLES)) <= column.wanted_title.type.length


def test_what_is_listed() -> None:
    assert is_specialty("cardiology") and not is_specialty("心内科")
    assert is_title("chief") and is_title(ANY_TITLE) and not is_title("resident")
    assert specialty_words("cardiology") == Words("心内科", "Cardiology")
    assert title_words("chief") == Words("主任医师", "Chief physician")


def test_an_unlisted_code_is_its_own_name() -> None:
    assert specialty_words("leeches") == Words("leeches", "leeches")
    assert title_words("barber") == Words("barber", "barber")


@pytest.mark.parametrize("words", ["心内科", " 心内科 ", "cardiology", "CARDIOLOGY", "Cardiology"])
def test_a_specialty_is_found_by_its_words(words: str) -> None:
    assert specialty_of_words(words) == "cardiology"


@pytest.mark.parametrize("words", ["", "心", "alchemy"])
def test_other_words_are_no_specialty(words: str) -> None:
    assert specialty_of_words(words) is None
