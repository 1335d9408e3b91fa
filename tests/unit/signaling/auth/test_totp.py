"""Codes of an authenticator app (RFC 6238)."""

from __future__ import annotations

import base64

import pyotp
import pytest

from signaling.auth.totp import STEP_S, accepted_step, fresh_secret, uri_of

# RFC 6238 appendix B, SHA-1, the last six of its eight digits.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("at_s", "code"), RFC_VECTORS)
def test_the_vectors_of_the_rfc_are_accepted_at_their_time(at_s: int, code: str) -> None:
    assert accepted_step(RFC_SECRET, code, last_step=0, now_ms=at_s * 1000) == at_s // STEP_S


@pytest.mark.parametrize(
    ("steps_off", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_one_step_off(steps_off: int, *, is_taken: bool) -> None:
    now_s = 1_700_000_000
    code = pyotp.TOTP(RFC_SECRET).at(now_s + steps_off * STEP_S)
    step = accepted_step(RFC_SECRET, code, last_step=0, now_ms=now_s * 1000)
    assert step == (now_s // STEP_S + steps_off if is_taken else None)


def test_a_step_is_taken_once_and_none_before_it_afterwards() -> None:
    now_s = 1_700_000_000
    step = now_s // STEP_S
    code, earlier = pyotp.TOTP(RFC_SECRET).at(now_s), pyotp.TOTP(RFC_SECRET).at(now_s - STEP_S)
    assert accepted_step(RFC_SECRET, code, last_step=step, now_ms=now_s * 1000) is None
    assert accepted_step(RFC_SECRET, earlier, last_step=step, now_ms=now_s * 1000) is None
    assert accepted_step(RFC_SECRET, code, last_step=step - 1, now_ms=now_s * 1000) == step


def test_a_secret_is_fresh_and_its_uri_names_the_account() -> None:
    assert fresh_secret() != fresh_secret()
    assert len(base64.b32decode(fresh_secret())) == 20
    uri = uri_of(RFC_SECRET, "zhoulan")
    assert uri.startswith("otpauth://totp/Lianzhen:zhoulan?") and f"secret={RFC_SECRET}" in uri
