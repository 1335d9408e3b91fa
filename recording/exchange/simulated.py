"""The mark of an ECG that was made, not measured: what our writers put into files, and readers know again.

Without it a simulated ECG that is handed out and brought in again would pass for a patient's.
"""

from __future__ import annotations

from typing import Final

from media_server.ecg.descriptor import Source

SIMULATED: Final = "SIMULATED"
SIMULATED_TEXT: Final = "SIMULATED, not measured"
"""Where there is room for a sentence."""


def source_of(*texts: str) -> Source:
    """Returns what an ECG is that a file says this of: simulated where any text begins or ends with our mark,
    as a word of its own, else a recording.
    """
    is_marked = any(_is_marked(text) for text in texts)
    return Source.SIMULATOR if is_marked else Source.REPLAY


def without_mark(text: str) -> str:
    """Returns what else a text says that ``source_of`` takes for marked."""
    return " ".join(word for word in text.split() if word != SIMULATED)


def _is_marked(text: str) -> bool:
    words = text.replace(",", " ").split()
    return bool(words) and SIMULATED in (words[0], words[-1])
