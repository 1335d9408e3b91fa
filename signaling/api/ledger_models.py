"""What the API takes and gives about the ledger's proof.

GET  /ledger/checkpoints     the signed sizes and roots of the institution's chain, newest first
GET  /ledger/cosignatures    what other keys have signed of them
POST /ledger/cosignatures    a second key, kept elsewhere, bears witness to a checkpoint
POST /ledger/verify          checks the whole chain now: two verdicts
GET  /keys                   the public keys to check all this with
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from signaling.api.route import Model

Size = Annotated[int, Field(ge=0, le=2**53 - 1)]
PageSize = Annotated[int, Field(ge=1, le=200)]


class CheckpointQuery(Model):
    """Which page."""

    before: Size | None = None
    """Only checkpoints of a smaller size: the ``next`` of the page before."""
    limit: PageSize = 50


class SignedText(Model):
    """Holds signed text, whose line ends count."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


class CheckpointLine(SignedText):
    """A checkpoint: what the chain was at a size. ``note`` is the signed note itself (C2SP)."""

    institution: str
    size: int
    at_ms: int
    root: str
    """Base64, as in the note."""
    head: str
    """Hash of the last event, hex."""
    note: str
    cosigned_by: list[str]
    """Names of the keys that bore witness."""
    is_stamped: bool
    """Whether a time-stamping authority has stamped it (RFC 3161)."""


class CheckpointList(Model):
    """One page of checkpoints, newest first."""

    checkpoints: list[CheckpointLine]
    next: str | None


class CosignatureLine(SignedText):
    """One cosignature: the line as it stands under the note."""

    institution: str
    size: int
    key_name: str
    line: str
    received_at_ms: int


class CosignatureList(Model):
    """The newest cosignatures, at most 200."""

    cosignatures: list[CosignatureLine]
    next: str | None = None


class NewCosignature(Model):
    """A witness's line under the checkpoint of that size. Its key must be one of the trusted keys."""

    size: Annotated[int, Field(ge=1, le=2**53 - 1)]
    line: Annotated[str, Field(min_length=1, max_length=1_000)]


class VerdictLine(Model):
    """One verdict and, where it is not sound, the first fault."""

    verdict: Literal["sound", "faulty", "unchecked"]
    code: str
    """Which fault, "" where there is none."""
    sequence: int | None
    """Where: an event's number."""
    detail: str
    """One sentence in the caller's language, "" where there is no fault."""


class LedgerVerdict(Model):
    """What a check of the institution's whole chain found."""

    institution: str
    integrity: VerdictLine
    completeness: VerdictLine
    events: int
    checkpoint_size: int
    """What the last good checkpoint proves: so many events, unaltered. 0 where there is none."""
    checkpoint_at_ms: int | None
    checked_at_ms: int


class KeyLine(SignedText):
    """A public key of this service or of a witness."""

    name: str
    purpose: Literal["signing", "cosigning"]
    suite: str
    fingerprint: str
    public_key: str
    """PEM for a key of this service; the note's verifier key for a witness."""


class KeyList(Model):
    """All public keys."""

    keys: list[KeyLine]
    next: str | None = None
