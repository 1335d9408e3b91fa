"""Codes of an authenticator app (TOTP, RFC 6238): six digits, 30 s, each step accepted once."""

from __future__ import annotations

import hmac
from typing import Final

import pyotp

STEP_S: Final = 30
SKEW_STEPS: Final = 1
"""A phone's clock may be half a minute off either way (RFC 6238 §5.2 recommends no more)."""
ISSUER: Final = "Lianzhen"
_MS_PER_S: Final = 1000


def fresh_secret() -> str:
    """Returns a new secret in base32 (160 bits, RFC 4226 §4 R6)."""
    return pyotp.random_base32()


def uri_of(secret: str, login: str) -> str:
    """Returns the otpauth URI for the app's QR code."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=login, issuer_name=ISSUER)


def accepted_step(secret: str, code: str, *, last_step: int, now_ms: int) -> int | None:
    """Returns the time step whose code this is, None where it is none of now or not newer than the last one
    used: a code seen over a shoulder is worth nothing (RFC 6238 §5.2).
    """
    totp = pyotp.TOTP(secret, interval=STEP_S)
    now_step = now_ms // _MS_PER_S // STEP_S
    for step in range(now_step - SKEW_STEPS, now_step + SKEW_STEPS + 1):
        is_it = hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
        if is_it and step > last_step:
            return step
    return None
