"""What is wrong with an ECG file that was given, or why what is kept does not fit into a format.

ExchangeError
├── UnreadableFile   the file's fault: refused as a whole
└── Unwritable       the format cannot hold what is kept
"""

# ruff: noqa: N818  (the shapes NotPermitted, Unavailable … are named so in every package)

from __future__ import annotations

from enum import StrEnum

from recording.errors import RecordingError


class Refusal(StrEnum):
    """Why a file is refused; stable, and fit for the wire."""

    KIND_UNKNOWN = "ecg_file_kind_unknown"
    """None of the formats that are read here."""
    PART_MISSING = "ecg_file_part_missing"
    """A file that another one names was not given, or a file too many was."""
    TOO_LARGE = "ecg_file_too_large"
    TRUNCATED = "ecg_file_truncated"
    MALFORMED = "ecg_file_malformed"
    UNSUPPORTED = "ecg_file_unsupported"
    """Well-formed, but in a way that is not read here."""
    CHECKSUM_WRONG = "ecg_file_checksum_wrong"
    RATE_UNSUITABLE = "ecg_file_rate_unsuitable"
    """No whole number of samples a second, out of range, or leads that differ."""
    RESOLUTION_UNSUITABLE = "ecg_file_resolution_unsuitable"
    """Steps that are no voltage, too coarse, or that have no common measure."""
    VALUE_UNSUITABLE = "ecg_file_value_unsuitable"
    """Not a number, infinite, or beyond what a sample holds."""
    NO_LEADS = "ecg_file_no_leads"
    """No signal in it is an ECG lead, or none has a sample."""
    TOO_MANY_LEADS = "ecg_file_too_many_leads"


class ExchangeError(RecordingError):
    """Base of what this package raises on purpose; ``detail`` names a field, never its content."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code} ({self.detail})" if self.detail else self.code


class UnreadableFile(ExchangeError):
    """A file that cannot be read; ``code`` is a Refusal."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(refusal.value, detail)


class Unwritable(ExchangeError):
    """What is kept does not fit into the format."""
