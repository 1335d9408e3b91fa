"""Whether a manifest is signed by the key that is trusted, and which file is at fault where it is not."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from recording.manifest import MANIFEST_FILE, SIGNATURE_FILE, Malformed, parse_signature
from recording.sealed_files import read_small
from recording.signing import ED25519_SUITE, fingerprint, is_signed
from recording.verdict import Fault, SignatureState

_NAMES: Final = MANIFEST_FILE, SIGNATURE_FILE


class SignedPart(Protocol):
    """What every manifest says of who signed it."""

    @property
    def suite(self) -> str:
        """Name of signature and hash algorithms."""

    @property
    def key(self) -> str:
        """The public key's fingerprint."""


def check_signature(
    folder: Path,
    manifest: SignedPart,
    manifest_bytes: bytes,
    public_key: Ed25519PublicKey,
    *,
    names: tuple[str, str] = _NAMES,
) -> tuple[SignatureState, Fault | None]:
    """Returns whether the trusted key signed it; where it did not, which of the two files is at fault.
    ``names`` are those of the manifest and of its signature.
    """
    manifest_file, signature_file = names
    content = read_small(folder / signature_file)
    if content is None:
        return "invalid", Fault(signature_file, None, "signature_missing")
    try:
        signature = parse_signature(content)
        signature_bytes = signature.signature_bytes()
    except Malformed as error:
        return "invalid", Fault(signature_file, error.offset, "signature_malformed")
    is_valid = is_signed(public_key, manifest_bytes, signature_bytes)
    is_about_manifest = signature.manifest_sha256 == hashlib.sha256(manifest_bytes).hexdigest()
    if is_valid and is_about_manifest and signature.suite == ED25519_SUITE:
        trusted = fingerprint(public_key)
        if signature.key != trusted:
            return "invalid", Fault(signature_file, 0, "signature_altered")
        if manifest.key != trusted or manifest.suite != ED25519_SUITE:
            return "invalid", Fault(manifest_file, 0, "manifest_names_another_key")
        return "valid", None
    if signature.key != fingerprint(public_key) and is_about_manifest and not is_valid:
        return "unknown_key", Fault(signature_file, 0, "unknown_key")
    if is_valid or is_about_manifest:
        return "invalid", Fault(signature_file, 0, "signature_altered")
    return "invalid", Fault(manifest_file, 0, "manifest_altered")
