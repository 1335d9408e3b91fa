"""A security key in software: WebAuthn level 2 as a browser and a key do it together, with a P-256 key."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

_PRESENT, _ATTESTED = 0x01, 0x40


def text_of(data: bytes) -> str:
    """base64url without padding, as browsers write it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """The reverse."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One key that answers for the page at ``origin``; ``count`` rises with each use."""

    origin: str
    rp_id: str
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    count: int = 0

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What navigator.credentials.create gives, as JSON."""
        client = self._client_data("webauthn.create", options["challenge"])
        self.count += 1
        credential = len(self.credential_id).to_bytes(2, "big") + self.credential_id + self._cose_key()
        data = self._head(_PRESENT | _ATTESTED) + bytes(16) + credential
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": text_of(client), "attestationObject": text_of(attestation)})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What navigator.credentials.get gives, as JSON."""
        client = self._client_data("webauthn.get", options["challenge"])
        self.count += 1
        data = self._head(_PRESENT)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": text_of(client),
                "authenticatorData": text_of(data),
                "signature": text_of(signature),
            }
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _head(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _cose_key(self) -> bytes:
        point = self.key.public_key().public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        name = text_of(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }
