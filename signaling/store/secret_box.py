"""Secrets that the service must read again (TOTP, webhooks), sealed at rest: AES-256-GCM with a key that is
not in the database.

    suite (1 byte, 1 = AES-256-GCM) | nonce (12) | ciphertext and tag (16)

The context (whose secret it is) is authenticated too, so a sealed secret moved to another row does not open.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recording.errors import UnusableKey
from signaling.api_keys import KEYS_FOLDER, write_private

KEY_FILE: Final = "secret_box.key"
KEY_BYTES: Final = 32
_SUITE: Final = b"\x01"
_NONCE_BYTES: Final = 12


class BoxBroken(Exception):  # noqa: N818
    """What lies there was not sealed with this key for this context: nothing can be read of it."""

    code = "box_broken"


class SecretBox:
    """Seals and opens with one key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, secret: bytes, context: str) -> bytes:
        """Returns what may be stored."""
        nonce = os.urandom(_NONCE_BYTES)
        return _SUITE + nonce + self._cipher.encrypt(nonce, secret, _SUITE + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Returns the secret. Raises BoxBroken."""
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _SUITE or len(nonce) != _NONCE_BYTES:
            raise BoxBroken
        try:
            return self._cipher.decrypt(nonce, rest, _SUITE + context.encode())
        except InvalidTag:
            raise BoxBroken from None


def load_or_create_box(data_dir: Path) -> SecretBox:
    """Returns the box of a data folder, with a key made now where there is none. Raises UnusableKey,
    OSError."""
    folder = data_dir / KEYS_FOLDER
    path = folder / KEY_FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, secrets.token_bytes(KEY_BYTES))
    except FileExistsError:
        pass
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise UnusableKey(KEY_FILE)
    return SecretBox(key)
