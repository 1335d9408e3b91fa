"""The signing key in its folder: made once, private to its owner, the public half beside it for verifiers."""

from __future__ import annotations

import contextlib
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from recording.errors import UnusableKey
from recording.files import create_atomically, make_private_folder, write_atomically
from recording.signing import Ed25519Signer

KEYS_FOLDER = "keys"
PRIVATE_KEY_FILE = "signing.key"
PUBLIC_KEY_FILE = "signing.pub"


def load_or_create_signer(data_dir: Path) -> Ed25519Signer:
    """The signer of this data folder; makes ``keys/signing.key`` (0600) and ``keys/signing.pub`` the first
    time.

    Raises:
        UnusableKey: ``signing.key`` is there and is not an Ed25519 private key.
        OSError: the folder cannot be written.
    """
    folder = data_dir / KEYS_FOLDER
    make_private_folder(folder)
    private_path = folder / PRIVATE_KEY_FILE
    if not private_path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        # Of two processes that start at once in a new folder, the second takes the key of the first.
        with contextlib.suppress(FileExistsError):
            create_atomically(private_path, pem)
    private_key = _load_private(private_path)
    public_path = folder / PUBLIC_KEY_FILE
    public_pem = private_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if not public_path.exists() or public_path.read_bytes() != public_pem:
        write_atomically(public_path, public_pem)
    return Ed25519Signer(private_key)


def load_public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file. Raises UnusableKey, OSError."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except ValueError:
        raise UnusableKey(path.name) from None
    if not isinstance(key, Ed25519PublicKey):
        raise UnusableKey(path.name)
    return key


def trusted_key_path(recording_folder: Path) -> Path:
    """Where the trusted key of a recording lies that is still in its data folder:
    ``DATA/keys/signing.pub``.
    """
    return recording_folder.absolute().parent.parent / KEYS_FOLDER / PUBLIC_KEY_FILE


def _load_private(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise UnusableKey(path.name) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UnusableKey(path.name)
    return key
