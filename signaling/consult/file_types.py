"""What a file is, by its bytes: what somebody says of it is believed only where the bytes say the same."""

from __future__ import annotations

import re
from typing import Final

JPEG, PNG, PDF, TEXT = "image/jpeg", "image/png", "application/pdf", "text/plain"
IMAGES: Final = frozenset({JPEG, PNG})
_BEGINNINGS: Final = (
    (b"\xff\xd8\xff", JPEG),  # ITU-T T.81: SOI, and the first marker's FF
    (b"\x89PNG\r\n\x1a\n", PNG),  # W3C PNG §5.2
    (b"%PDF-", PDF),  # ISO 32000-1 §7.5.2
)
_NOT_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def type_of_bytes(content: bytes) -> str | None:
    """Returns the media type that the bytes show; None for what is none of the four, and for nothing."""
    for beginning, media_type in _BEGINNINGS:
        if content.startswith(beginning):
            return media_type
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return TEXT if text and not _NOT_TEXT.search(text) else None
