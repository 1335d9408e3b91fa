"""What verifying a recording finds: two verdicts, each with its first fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

SignatureState: TypeAlias = Literal["valid", "invalid", "unknown_key"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong first: a stable code, the file, and where in it.

    ``offset`` is a byte's: the beginning of the first fragment or event that is not as it was written; in
    manifest and signature the first byte that cannot stand there. None where there is no such place.
    """

    file: str
    offset: int | None
    code: str


@dataclass(frozen=True, slots=True)
class Integrity:
    """Whether what is here is what was recorded; ``segments`` is how many were found to be."""

    verdict: Literal["unaltered", "altered", "unchecked"]
    segments: int
    signature: SignatureState
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class KnownGap:
    """A gap that the manifest explains."""

    track: str
    identity: str
    from_ms: int
    to_ms: int
    cause: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether all that was recorded is here; events are numbered from 1 to ``events_to``."""

    verdict: Literal["nothing_missing", "something_missing", "unchecked"]
    events_from: int
    events_to: int
    known_gaps: tuple[KnownGap, ...]
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Both verdicts; ``recording`` is the id in the manifest, empty where there is none to be trusted."""

    recording: str
    integrity: Integrity
    completeness: Completeness

    @property
    def is_sound(self) -> bool:
        """Unaltered and nothing missing."""
        return self.integrity.verdict == "unaltered" and self.completeness.verdict == "nothing_missing"


def untrusted(signature: SignatureState, fault: Fault) -> Verdict:
    """Of a folder whose manifest is not to be trusted: nothing that it says was looked at."""
    return Verdict("", Integrity("altered", 0, signature, fault), Completeness("unchecked", 1, 0, (), None))
