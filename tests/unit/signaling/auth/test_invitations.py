"""Invitations: codes, states, and why one opens nothing."""

from __future__ import annotations

import pytest

from signaling.auth.invitations import TRANSITIONS, code_digest, new_code, refusal_of, shown_state


def test_codes_are_long_random_and_fit_a_link() -> None:
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(len(code) == 22 and code.replace("-", "").replace("_", "").isalnum() for code in codes)
    assert code_digest("a") != code_digest("b")


@pytest.mark.parametrize(
    ("state", "now_ms", "shown", "refusal"),
    [
        ("active", 9, "active", ""),
        ("active", 10, "expired", "invitation_expired"),
        ("used", 9, "used", "invitation_used"),
        ("used", 10, "used", "invitation_used"),
        ("ended", 9, "ended", "invitation_revoked"),
        ("ended", 11, "ended", "invitation_revoked"),
    ],
)
def test_what_is_not_active_says_why(state: str, now_ms: int, shown: str, refusal: str) -> None:
    assert shown_state(state, 10, now_ms) == shown
    assert refusal_of(state, 10, now_ms) == refusal


def test_an_ended_invitation_stays_so_and_a_used_one_is_not_used_again() -> None:
    assert TRANSITIONS["ended"] == {}
    assert "accept" not in TRANSITIONS["used"]
