"""SM2 signatures with SM3 (GB/T 32918.2) by Tongsuo, for the optional extra ``sm``."""

from __future__ import annotations

import hashlib

from tongsuopy.crypto import hashes, serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InternalError, InvalidSignature

from recording.audit.suites import SM2
from recording.errors import UnusableKey


class Sm2Signer:
    """Signs with an SM2 private key held in memory; stands wherever an Ed25519Signer does."""

    suite = SM2.name

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._private_key = private_key
        numbers = private_key.public_key().public_numbers()
        self.public_key = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        self.key_fingerprint = "sha256:" + hashlib.sha256(self.public_key).hexdigest()

    @classmethod
    def generate(cls) -> Sm2Signer:
        """Returns a signer with a new key."""
        return cls(ec.generate_private_key(ec.SM2()))

    @classmethod
    def from_pem(cls, content: bytes, file: str) -> Sm2Signer:
        """Returns the signer whose private key is in a PEM file's content. Raises UnusableKey."""
        try:
            key = serialization.load_pem_private_key(content, None)
        except (ValueError, TypeError):
            raise UnusableKey(file) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise UnusableKey(file)
        return cls(key)

    def sign(self, message: bytes) -> bytes:
        """Returns the signature in DER, with the standard's default user id in its digest."""
        signature: bytes = self._private_key.sign(message, ec.ECDSA(hashes.SM3()))
        return signature


def is_signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` was made by the holder of the key, a point of 65 bytes."""
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SM2(), public_key)
        key.verify(signature, message, ec.ECDSA(hashes.SM3()))
    except (InvalidSignature, InternalError, ValueError):
        # InternalError: bytes that are no DER at all.
        return False
    return True
