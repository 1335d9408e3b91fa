"""Which of the two languages a caller reads, from the Accept-Language header (RFC 9110 §12.5.4)."""

from __future__ import annotations

from typing import Final

from signaling.messages import Language

DEFAULT: Final[Language] = "zh"
MAX_HEADER_CHARACTERS: Final = 256
"""Browsers send less than a hundred; what comes after is not read."""


def language_of(header: str) -> Language:
    """Returns the language that the header likes best, Chinese where it names neither."""
    best: Language = DEFAULT
    best_quality = 0.0
    for part in header[:MAX_HEADER_CHARACTERS].split(","):
        tag, _, parameters = part.partition(";")
        primary = tag.strip().partition("-")[0].lower()
        quality = _quality(parameters)
        if quality <= best_quality:
            continue
        if primary == "zh":
            best, best_quality = "zh", quality
        elif primary == "en":
            best, best_quality = "en", quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    # "nan" compares to nothing and "inf" is no quality.
    return quality if 0.0 <= quality <= 1.0 else 0.0
