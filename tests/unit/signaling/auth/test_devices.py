"""Enrolment codes as people type them, and the states of a device."""

from __future__ import annotations

import pytest

from signaling.api.route import Refusal
from signaling.auth.devices import TRANSITIONS, code_digest, new_code, next_state, plain_code


def test_a_code_is_eight_letters_and_digits_that_nobody_mistakes() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    for code in codes:
        plain = plain_code(code)
        assert plain is not None
        assert len(plain) == 8
        assert (code[4], code.replace("-", "")) == ("-", plain)
        assert not set(plain) & set("01IO")


@pytest.mark.parametrize(
    "typed", ["7KQM-2XWD", "7kqm2xwd", " 7kqm 2xwd ", "７ＫＱＭ－２ＸＷＤ", "7KQM–2XWD", "7kqm_2xwd"]
)
def test_a_code_is_typed_in_any_case_with_or_without_hyphen_and_in_full_width(typed: str) -> None:
    assert plain_code(typed) == "7KQM2XWD"


@pytest.mark.parametrize("typed", ["", "7KQM", "7KQM-2XWDX", "7KQM-2XW0", "7KQM-2XWé", "7KQM+2XWD"])
def test_what_can_be_no_code_is_none(typed: str) -> None:
    assert plain_code(typed) is None


def test_the_store_keeps_no_code() -> None:
    assert code_digest("7KQM2XWD") != code_digest("7KQM2XWE")
    assert "7KQM" not in code_digest("7KQM2XWD")


@pytest.mark.parametrize("state", TRANSITIONS)
@pytest.mark.parametrize("event", ["enrol", "revoke", "anything"])
def test_what_the_table_does_not_list_is_refused(state: str, event: str) -> None:
    following = TRANSITIONS[state].get(event)
    if following is not None:
        assert next_state(state, event) == following
    else:
        with pytest.raises(Refusal) as refused:
            next_state(state, event)
        assert refused.value.code == "device_state"
