"""The catalogue of coded statements: complete in both languages, and found by code."""

from __future__ import annotations

import re

from clinical.ecg_statements import STATEMENTS, StatementGroup, statement_of, unknown_codes


def test_every_code_stands_once_and_looks_like_one_of_scp_ecg() -> None:
    codes = [statement.code for statement in STATEMENTS]
    assert len(set(codes)) == len(codes)
    assert [code for code in codes if not re.fullmatch(r"[A-Z0-9]{2,5}", code)] == []


def test_every_statement_has_a_text_of_its_own_in_both_languages() -> None:
    for language in ("zh", "en"):
        texts = [statement.text(language) for statement in STATEMENTS]
        assert len(set(texts)) == len(texts)
    assert [one.code for one in STATEMENTS if not re.search(r"[\u4e00-\u9fff]", one.zh)] == []
    assert [one.code for one in STATEMENTS if not one.en.isascii()] == []


def test_the_groups_follow_each_other_and_none_is_empty() -> None:
    seen = list(dict.fromkeys(statement.group for statement in STATEMENTS))
    assert seen == list(StatementGroup)


def test_a_statement_is_found_by_its_code() -> None:
    found = statement_of("AFIB")
    assert found is not None
    assert (found.zh, found.text("en"), found.text("zh")) == ("心房颤动", "atrial fibrillation", "心房颤动")
    assert statement_of("STEMI") is None


def test_codes_that_are_none_are_named() -> None:
    assert unknown_codes(["SR", "XX", "AFIB", "YY"]) == ("XX", "YY")
    assert unknown_codes([]) == ()
