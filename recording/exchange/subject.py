"""Who an exported ECG is of: only as far as a format has a place for it, and only what the caller gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Sex = Literal["male", "female", "unknown"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Of the patient; every field may be empty."""

    identifier: str = ""
    """In the caller's own numbering."""
    name: str = ""
    sex: Sex = "unknown"


NOBODY: Final = Subject()
