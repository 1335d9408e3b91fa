"""How a receiver knows that an event is from here and from now: HMAC-SHA256 over time and body.

Lianzhen-Event: <institution>/<sequence>
Lianzhen-Timestamp: <seconds since the Unix epoch>
Lianzhen-Signature: v1=<hex>
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping


def signed_headers(
    secret: bytes, *, institution: str, sequence: int, at_s: int, body: bytes
) -> Mapping[str, str]:
    """Returns the headers of one try. The time is this try's: a receiver may refuse what is old."""
    return {
        "Content-Type": "application/json",
        "Lianzhen-Event": f"{institution}/{sequence}",
        "Lianzhen-Timestamp": str(at_s),
        "Lianzhen-Signature": f"v1={signature(secret, at_s, body)}",
    }


def signature(secret: bytes, at_s: int, body: bytes) -> str:
    """Returns hexadecimal HMAC-SHA256 with ``secret`` over ``<at_s>.<body>``."""
    return hmac.new(secret, b"%d." % at_s + body, hashlib.sha256).hexdigest()
