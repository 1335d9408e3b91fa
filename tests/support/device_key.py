"""A device's key as a browser's WebCrypto makes it, and what the device signs with it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def base64url(data: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Ed25519Device:
    """crypto.subtle.generateKey("Ed25519")."""

    algorithm: str = "ed25519"
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public_key(self) -> str:
        """exportKey("raw")."""
        return base64url(self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, text: str) -> str:
        """crypto.subtle.sign."""
        return base64url(self.key.sign(text.encode()))


@dataclass
class P256Device:
    """crypto.subtle.generateKey({name: "ECDSA", namedCurve: "P-256"})."""

    algorithm: str = "ecdsa-p256"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_key(self) -> str:
        """exportKey("spki")."""
        return base64url(self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    def sign(self, text: str) -> str:
        """crypto.subtle.sign with SHA-256: r || s."""
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(SHA256())))
        return base64url(r.to_bytes(32) + s.to_bytes(32))


AnyDevice = Ed25519Device | P256Device


def enrolment(device: AnyDevice, code: str, at_ms: int) -> dict[str, Any]:
    """The body of POST /devices/enrol."""
    plain = code.replace("-", "").upper()
    text = f"lianzhen device enrolment v1\n{plain}\n{device.public_key}\n{at_ms}"
    return {
        "code": code,
        "algorithm": device.algorithm,
        "public_key": device.public_key,
        "device_time_ms": at_ms,
        "proof": device.sign(text),
    }


def signed_challenge(
    device: AnyDevice, name: str, challenge: str, *, received_at_ms: int, sent_at_ms: int
) -> dict[str, Any]:
    """The body of POST /devices/session."""
    text = f"lianzhen device session v1\n{name}\n{challenge}\n{received_at_ms}\n{sent_at_ms}"
    return {
        "device": name,
        "challenge": challenge,
        "received_at_ms": received_at_ms,
        "sent_at_ms": sent_at_ms,
        "signature": device.sign(text),
    }
