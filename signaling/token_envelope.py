"""The envelope of a token: a JWS in compact form (RFC 7515), opened only if nothing about it is left to
choose.

The algorithm is the verifier's, not the token's. A header says what the token is (alg, typ, kid) and nothing
else: no key and no address of one (jku, jwk, x5u, x5c), nothing critical, no other coding of the payload.
Every text has one way to be written: base64url without padding and without loose bits, no key twice in an
object (RFC 8725 §2.4, 3.1, 3.10).
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping
from typing import Any, Final

from jwt.api_jws import PyJWS
from jwt.exceptions import InvalidAlgorithmError, InvalidSignatureError, PyJWTError

from signaling.errors import TokenRefused

ALGORITHM: Final = "HS256"
MAX_TOKEN_BYTES: Final = 48 * 1024
"""Metadata and attributes may be in it. Larger ones do not fit an HTTP header anyway."""
MAX_DEPTH: Final = 8
"""A grant in its claims is two deep; attributes three."""
_HEADER_NAMES: Final = frozenset({"alg", "typ", "kid"})
_TYPES: Final = frozenset({"JWT", "jwt"})

_jws = PyJWS(algorithms=[ALGORITHM])


def open_envelope(token: str, secret: str | bytes) -> bytes:
    """Returns the payload that ``secret`` signed with HS256.

    Raises TokenRefused: token_missing, token_malformed, token_forged.
    """
    if not token:
        raise TokenRefused("token_missing")
    if len(token) > MAX_TOKEN_BYTES or not token.isascii():
        raise TokenRefused("token_malformed")
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenRefused("token_malformed")
    header, payload, signature = (_decoded(part) for part in parts)
    if not payload:
        raise TokenRefused("token_malformed")
    fields = read_object(header)
    if fields.get("alg") != ALGORITHM:
        raise TokenRefused("token_forged")
    if not fields.keys() <= _HEADER_NAMES or fields.get("typ", "JWT") not in _TYPES:
        raise TokenRefused("token_malformed")
    if not isinstance(fields.get("kid", ""), str):
        raise TokenRefused("token_malformed")
    if len(signature) != 32:
        raise TokenRefused("token_forged")
    try:
        opened: bytes = _jws.decode(token, secret, algorithms=[ALGORITHM])
    except (InvalidSignatureError, InvalidAlgorithmError):
        raise TokenRefused("token_forged") from None
    except PyJWTError:
        raise TokenRefused("token_malformed") from None
    return opened


def read_object(content: bytes) -> Mapping[str, Any]:
    """Returns a JSON object that can be read in one way only. TokenRefused("token_malformed")."""
    try:
        value = json.loads(
            content.decode(), object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite
        )
        depth = _depth(value)
    except (ValueError, RecursionError):
        raise TokenRefused("token_malformed") from None
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        raise TokenRefused("token_malformed")
    return value


def _decoded(part: str) -> bytes:
    try:
        data = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise TokenRefused("token_malformed") from None
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != part:
        raise TokenRefused("token_malformed")
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key twice")
    return value


def _refuse(constant: str) -> Any:
    # NaN compares to nothing: such a time would never come.
    raise ValueError(constant)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("too large")
    return value


def _depth(value: Any) -> int:
    inner: list[Any] = []
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list):
        inner = value
    else:
        return 0
    return 1 + max((_depth(each) for each in inner), default=0)
