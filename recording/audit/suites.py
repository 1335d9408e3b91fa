"""Signature suites by name, and public keys in PEM: what a verifier needs, with packages or without.

Ed25519 is checked by ``cryptography`` where that is installed, else by recording/audit/ed25519.py. SM2 with
SM3 (GB/T 32918, GB/T 32905) needs the extra ``sm``. No private key comes here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from recording.audit import ed25519
from recording.errors import UnusableKey

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    IS_FAST = False
else:
    IS_FAST = True


class SuiteMissing(Exception):  # noqa: N818  (a fact about this machine)
    """This machine cannot check signatures of the suite: its package is not installed."""

    def __init__(self, suite: str) -> None:
        super().__init__(suite)
        self.suite = suite


@dataclass(frozen=True, slots=True)
class Suite:
    """How notes are signed: the name written into them, and the type bytes of C2SP key ids."""

    name: str
    note_type: bytes
    cosignature_type: bytes
    spki_prefix: bytes
    """Of a public key in DER (RFC 5480): what stands before the raw key."""
    is_signed: Callable[[bytes, bytes, bytes], bool]
    """(raw public key, message, signature). Raises SuiteMissing."""


def _is_signed_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    if not IS_FAST:
        return ed25519.is_valid(public_key, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _is_signed_sm2(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        from recording.audit import sm2
    except ImportError:
        raise SuiteMissing(SM2.name) from None
    return sm2.is_signed(public_key, message, signature)


ED25519: Final = Suite(
    "ed25519-sha256",
    b"\x01",
    b"\x04",
    bytes.fromhex("302a300506032b6570032100"),
    _is_signed_ed25519,
)
SM2: Final = Suite(
    # 0xff: a type without a number of its own; its name follows (C2SP signed-note).
    "sm2sm3-sha256",
    b"\xfflianzhen/sm2-sm3",
    b"\xfflianzhen/sm2-sm3-cosignature",
    bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200"),
    _is_signed_sm2,
)
SUITES: Final[Mapping[str, Suite]] = {suite.name: suite for suite in (ED25519, SM2)}
_RAW_BYTES: Final[Mapping[str, int]] = {ED25519.name: 32, SM2.name: 65}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key to check signatures with."""

    suite: Suite
    raw: bytes

    @property
    def fingerprint(self) -> str:
        """``sha256:`` and the hex digest of the raw key, as recording/signing.py names it."""
        return "sha256:" + hashlib.sha256(self.raw).hexdigest()

    def id_as(self, name: str, *, is_cosigner: bool = False) -> bytes:
        """Returns the 4 bytes that name this key in a signed note under a key name."""
        return key_id(name, self.suite, self.raw, is_cosigner=is_cosigner)

    def is_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the key's holder signed the message. Raises SuiteMissing."""
        return self.suite.is_signed(self.raw, message, signature)

    def pem(self) -> bytes:
        """Returns the key as PEM (SubjectPublicKeyInfo)."""
        content = base64.b64encode(self.suite.spki_prefix + self.raw).decode()
        lines = [content[at : at + 64] for at in range(0, len(content), 64)]
        return "\n".join(("-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", "")).encode()


def key_id(name: str, suite: Suite, raw: bytes, *, is_cosigner: bool) -> bytes:
    """Returns SHA-256(name ‖ LF ‖ type ‖ public key), its first 4 bytes (C2SP signed-note)."""
    kind = suite.cosignature_type if is_cosigner else suite.note_type
    return hashlib.sha256(name.encode() + b"\n" + kind + raw).digest()[:4]


def parse_public_key(content: bytes, file: str) -> PublicKey:
    """Returns the key in a PEM file's content. Raises UnusableKey naming ``file``."""
    lines = content.decode("ascii", "replace").split()
    text = " ".join(lines)
    begin, end = "-----BEGIN PUBLIC KEY----- ", " -----END PUBLIC KEY-----"
    if not (text.startswith(begin) and text.endswith(end)):
        raise UnusableKey(file)
    try:
        der = base64.b64decode(text[len(begin) : -len(end)].replace(" ", ""), validate=True)
    except (binascii.Error, ValueError):
        raise UnusableKey(file) from None
    for suite in SUITES.values():
        raw = der.removeprefix(suite.spki_prefix)
        if len(raw) == _RAW_BYTES[suite.name] and raw != der:
            return PublicKey(suite, raw)
    raise UnusableKey(file)
