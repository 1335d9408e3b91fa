"""What is hashed for the chain: the word before its first event, and a personal value with its salt."""

from __future__ import annotations

import hashlib


def first_previous(institution: str) -> bytes:
    """Returns the hash that an institution's first event names as the one before it."""
    return hashlib.sha256(b"lianzhen-ledger-1\n" + institution.encode()).digest()


def commitment(salt: bytes, value: str) -> str:
    """Returns what stands in the chain for a personal value: hex."""
    return hashlib.sha256(salt + value.encode()).hexdigest()
