"""The public keys with which the ledger is checked: this service's own, and those of the witnesses whom its
operator trusts.

    DATA/keys/signing.pub              signs checkpoints and recordings
    DATA/keys/cosigners/<name>.pub     a second key that is kept elsewhere; its name is the file's
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from recording.audit.suites import PublicKey, parse_public_key
from recording.errors import UnusableKey
from recording.keys import KEYS_FOLDER, PUBLIC_KEY_FILE

COSIGNERS_FOLDER: Final = "cosigners"
MAX_COSIGNERS: Final = 20
"""Each note is checked against each: a county has one or two witnesses."""
_MAX_FILE_BYTES: Final = 4_096


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key and what it may do."""

    name: str
    purpose: Literal["signing", "cosigning"]
    key: PublicKey


def trusted_keys(data_dir: Path) -> Sequence[TrustedKey]:
    """Returns the keys in a data folder, the own one first. Files that are no keys are left out.

    Reads a handful of small files: call it in a thread. Raises OSError.
    """
    folder = data_dir / KEYS_FOLDER
    found = [_read(folder / PUBLIC_KEY_FILE, "signing")]
    if (folder / COSIGNERS_FOLDER).is_dir():
        files = sorted((folder / COSIGNERS_FOLDER).glob("*.pub"))[:MAX_COSIGNERS]
        found += [_read(file, "cosigning") for file in files]
    return [key for key in found if key is not None]


def _read(path: Path, purpose: Literal["signing", "cosigning"]) -> TrustedKey | None:
    with path.open("rb") as file:
        content = file.read(_MAX_FILE_BYTES)
    try:
        return TrustedKey(path.stem, purpose, parse_public_key(content, path.name))
    except UnusableKey:
        return None
