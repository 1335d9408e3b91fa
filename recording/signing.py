"""Who signs manifests and how it is checked: a plug-in with a suite name, Ed25519 (RFC 8032) by default."""

from __future__ import annotations

import hashlib
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519_SUITE = "ed25519-sha256"
"""Signature by Ed25519, hashes by SHA-256. A signer with SM2 and SM3 would name another suite."""


class Signer(Protocol):
    """Signs the bytes of a manifest. The key may live in a file, a card or another machine."""

    @property
    def suite(self) -> str:
        """Name of signature and hash algorithms, written into the manifest."""

    @property
    def key_fingerprint(self) -> str:
        """Names the public key: see ``fingerprint``."""

    @property
    def public_key(self) -> bytes:
        """The public key, raw: what a signed note's key id is made of."""

    def sign(self, message: bytes) -> bytes:
        """The detached signature of ``message``."""


class Ed25519Signer:
    """Signs with an Ed25519 private key held in memory."""

    suite = ED25519_SUITE

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.key_fingerprint = fingerprint(private_key.public_key())
        self.public_key = private_key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """64 bytes (RFC 8032 §5.1.6)."""
        return self._private_key.sign(message)


def fingerprint(public_key: Ed25519PublicKey) -> str:
    """``sha256:`` and the hex digest of the 32 raw public key bytes."""
    return "sha256:" + hashlib.sha256(public_key.public_bytes_raw()).hexdigest()


def is_signed(public_key: Ed25519PublicKey, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` over ``message`` was made by the holder of the key."""
    try:
        public_key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
