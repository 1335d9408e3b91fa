"""A device's own key: which keys are taken, what is signed with them, and challenges that are signed once.

Keys are those of browsers' WebCrypto: Ed25519 (RFC 8032), raw; ECDSA over P-256 with SHA-256, as
SubjectPublicKeyInfo, its signatures r || s (IEEE P1363). Each signed text begins with what it is for, so that
a proof given for one purpose is none for another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

ED25519: Final = "ed25519"
ECDSA_P256: Final = "ecdsa-p256"
ED25519_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
"""Of both algorithms."""
CHALLENGE_TTL_MS: Final = 60_000
"""A signature takes milliseconds; a minute forgives a network that drops in between."""
MAX_USED_CHALLENGES: Final = 10_000
"""Within one minute, each signed by an enrolled device. Above that nobody signs in: no replay slips by."""
_NONCE_BYTES: Final = 16
_TIME_BYTES: Final = 8
_SEAL_BYTES: Final = 16
"""128 bits of HMAC-SHA-256 (RFC 2104 §5)."""
_ORDER_P256: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class KeyRefused(ValueError):  # noqa: N818
    """The text is no public key of the named algorithm."""


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A public key: ``data`` is what the store keeps."""

    algorithm: str
    data: bytes

    def sha256(self) -> str:
        """Returns the fingerprint, hex."""
        return hashlib.sha256(self.data).hexdigest()

    def verifies(self, signature: str, message: bytes) -> bool:
        """Returns whether ``signature`` (base64url, 64 bytes) is this key's over ``message``."""
        raw = from_base64url(signature)
        if raw is None or len(raw) != SIGNATURE_BYTES:
            return False
        try:
            if self.algorithm == ED25519:
                Ed25519PublicKey.from_public_bytes(self.data).verify(raw, message)
            else:
                _p256(self.data).verify(_der_of(raw), message, ec.ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True


def read_key(algorithm: str, text: str) -> DeviceKey:
    """Returns the key that ``text`` (base64url) holds. Raises KeyRefused."""
    data = from_base64url(text)
    if data is None:
        raise KeyRefused("not base64url")
    if algorithm == ED25519:
        if len(data) != ED25519_KEY_BYTES:
            raise KeyRefused("not 32 bytes")
    elif algorithm == ECDSA_P256:
        _p256(data)
    else:
        raise KeyRefused("unknown algorithm")
    return DeviceKey(algorithm, data)


def enrolment_message(*, code: str, public_key: str, device_time_ms: int) -> bytes:
    """Returns what a device signs to enrol; ``code`` without hyphens, in capitals."""
    return f"lianzhen device enrolment v1\n{code}\n{public_key}\n{device_time_ms}".encode()


def session_message(*, device: str, challenge: str, received_at_ms: int, sent_at_ms: int) -> bytes:
    """Returns what a device signs to get a session."""
    return f"lianzhen device session v1\n{device}\n{challenge}\n{received_at_ms}\n{sent_at_ms}".encode()


class ChallengeDesk:
    """Makes challenges and takes each back once.

    A challenge carries its own time and a seal over it and the device, so that asking for one leaves nothing
    behind here; only challenges that were signed by their device are remembered, until they expire.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._used: dict[bytes, int] = {}

    def issue(self, device: str, *, now_ms: int) -> str:
        """Returns a fresh challenge for that device."""
        head = secrets.token_bytes(_NONCE_BYTES) + now_ms.to_bytes(_TIME_BYTES)
        return to_base64url(head + self._seal(device, head))

    def issued_at_ms(self, device: str, challenge: str, *, now_ms: int) -> int | None:
        """Returns when that challenge was made for that device; None where it is not good any more, or never
        was."""
        raw = from_base64url(challenge)
        if raw is None or len(raw) != _NONCE_BYTES + _TIME_BYTES + _SEAL_BYTES:
            return None
        head, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
        at_ms = int.from_bytes(head[_NONCE_BYTES:])
        is_ours = hmac.compare_digest(seal, self._seal(device, head))
        if not is_ours or not 0 <= now_ms - at_ms <= CHALLENGE_TTL_MS or head in self._used:
            return None
        return at_ms

    def use(self, challenge: str, *, now_ms: int) -> bool:
        """Spends a challenge that its device has signed; False where it is spent already, or too many are."""
        raw = from_base64url(challenge)
        if raw is None:
            return False
        head = raw[:-_SEAL_BYTES]
        if len(self._used) >= MAX_USED_CHALLENGES:
            self._used = {used: at for used, at in self._used.items() if now_ms - at <= CHALLENGE_TTL_MS}
        if head in self._used or len(self._used) >= MAX_USED_CHALLENGES:
            return False
        self._used[head] = int.from_bytes(head[_NONCE_BYTES:])
        return True

    def _seal(self, device: str, head: bytes) -> bytes:
        return hmac.digest(self._key, head + device.encode(), "sha256")[:_SEAL_BYTES]


def to_base64url(data: bytes) -> str:
    """Returns base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes | None:
    """Returns the bytes; None for anything but the one way to write them."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    # Two texts for the same bytes (loose bits at the end) would be two names of one key.
    return data if to_base64url(data) == text else None


def _p256(data: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyRefused("not a public key") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyRefused("not on P-256")
    if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != data:
        raise KeyRefused("not as WebCrypto writes it")
    return key


def _der_of(raw: bytes) -> bytes:
    r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
    if not (0 < r < _ORDER_P256 and 0 < s < _ORDER_P256):
        # FIPS 186-5 §6.4.2, step 1.
        raise ValueError("r or s out of range")
    return encode_dss_signature(r, s)
