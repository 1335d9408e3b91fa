"""The manifest of a sealed ECG: its files with their hashes, what is missing, and where the ledger stood.

Canonical JSON beside the frames, signed as a recording's manifest is (docs/RECORDING_FORMAT.md).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recording.canonical import parse_canonical
from recording.manifest import Malformed

FORMAT: Final = "lianzhen-ecg/1"
VITALS_FILE: Final = "vitals.jsonl"
STATED_FILE: Final = "stated.json"
"""What an imported file said besides its samples."""
_MARK: Final = b'"format":"' + FORMAT.encode() + b'"'
Count: TypeAlias = Annotated[int, Field(ge=0, le=2**53)]
Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_FILES: Final = r"[0-9]{6}\.e1|vitals\.jsonl|stated\.json|manifest-[0-9]{4}\.(json|sig)"
EcgFile: TypeAlias = Annotated[str, Field(pattern=rf"^({_FILES})$")]


class _Part(BaseModel):
    """Exactly these fields, exactly these types: a manifest with anything else is not one of ours."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Stretch(_Part):
    """Samples from ``first`` (inside) to ``end`` (not)."""

    first: Count
    end: Count


class SealedEpoch(_Part):
    """From the first sample that is kept of an epoch to the one after its last; ``gaps`` lie between."""

    epoch: Count
    first: Count
    end: Count
    first_taken_us: Count
    gaps: list[Stretch]


class SealedFile(_Part):
    """A file of frames, the vital signs beside them, what an imported file said, or a former manifest and its
    signature (ecg_sealing.set_aside).
    """

    file: EcgFile
    bytes: Count
    sha256: Sha256


class LostStretch(Stretch):
    """Of an epoch, which may have no other samples."""

    epoch: Count


class LostRest(_Part):
    """That somebody has declared lost what was missing then. ``stretches``: what is known of it;
    ``is_end_known`` false: its gateway may have measured more after the last sample.
    """

    declared_at_ms: Count
    is_end_known: bool
    stretches: list[LostStretch]


class LedgerHead(_Part):
    """The ledger of the institution at the time of sealing: how many events, and the last one's hash."""

    count: Count
    head: str


class EcgManifest(_Part):
    """The whole manifest. ``descriptor`` is what ``parse_descriptor`` takes; ``lost`` is there only where the
    rest of the ECG was given up.
    """

    format: Literal["lianzhen-ecg/1"]
    suite: str
    key: str
    ecg: str
    descriptor: dict[str, Any]
    epochs: list[SealedEpoch]
    files: list[SealedFile]
    ledger: LedgerHead
    sealed_at_ms: Count
    lost: LostRest | None = None


def is_ecg_manifest(content: bytes) -> bool:
    """Whether a manifest claims to be an ECG's: what it then says is still to be proved."""
    return _MARK in content


def parse_ecg_manifest(content: bytes) -> EcgManifest:
    """Returns the manifest. Raises Malformed."""
    fields = parse_canonical(content)
    if isinstance(fields, int):
        raise Malformed(fields)
    try:
        return EcgManifest.model_validate(fields)
    except (ValidationError, RecursionError):
        raise Malformed(0) from None
