"""A WFDB annotation file (``.atr``), read and written: beats, rhythms, notes (annot(5), MIT format)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.recorded import MAX_ANNOTATIONS, Annotation, printable

CODES: Final = (
    dict(enumerate("NLRaVFJASEj/Q~", 1)) | {16: "|"} | dict(enumerate('sT*D"=pB^t+u?![]en@xf()r', 18))
)
"""The letter of each kind, annot(5)."""
_NOTE: Final = 22
_KINDS: Final = {letter: kind for kind, letter in CODES.items()}
_MAX_DELTA: Final = 0x3FF
_MAX_AUX_BYTES: Final = 255
"""Older readers take no more."""
_SKIP, _NUMBER, _SUBTYPE, _CHANNEL, _AUX = 59, 60, 61, 62, 63
_RESOLUTION: Final = re.compile(r"## time resolution: (\d{1,6}(?:\.\d{1,6})?)\s*")
_SOURCE: Final = "wfdb"


@dataclass(slots=True)
class _Cursor:
    content: bytes
    offset: int = 0

    def word(self) -> int:
        """The next two bytes, or 0, which ends the file, where there are none."""
        pair = self.take(2)
        return int.from_bytes(pair, "little")

    def take(self, length: int) -> bytes:
        taken = self.content[self.offset : self.offset + length]
        if len(taken) < length:
            raise UnreadableFile(Refusal.TRUNCATED, "annotations")
        self.offset += length
        return taken


def parse_wfdb_annotations(content: bytes) -> tuple[Annotation, ...]:
    """Returns the annotations; ``at`` counts the samples of the record's frames.

    Raises UnreadableFile: no end mark, a kind unknown, a time before the beginning, too many, or times
    counted at another rate than the record's.
    """
    cursor = _Cursor(content)
    found: list[Annotation] = []
    at = 0
    while word := cursor.word():
        kind, value = word >> 10, word & 0x3FF
        if kind == _SKIP:
            high, low = cursor.word(), cursor.word()
            jump = high << 16 | low
            at += jump - 2**32 if jump & 2**31 else jump
        elif kind == _AUX:
            text = cursor.take(value + value % 2)[:value].decode("utf-8", "replace")
            if not found:
                raise UnreadableFile(Refusal.MALFORMED, "annotations")
            if _RESOLUTION.match(text):
                raise UnreadableFile(Refusal.UNSUPPORTED, "time resolution")
            found[-1] = replace(found[-1], text=printable(text))
        elif kind not in (_NUMBER, _SUBTYPE, _CHANNEL):
            at += value
            if kind not in CODES or at < 0:
                raise UnreadableFile(Refusal.MALFORMED, "annotations")
            if len(found) == MAX_ANNOTATIONS:
                raise UnreadableFile(Refusal.TOO_LARGE, "annotations")
            found.append(Annotation(at, CODES[kind], "", _SOURCE))
    return tuple(found)


def format_wfdb_annotations(annotations: Iterable[Annotation]) -> bytes:
    """The annotations as bytes, in order of time; those of the whole stand at the beginning.

    A code that WFDB does not have becomes a note that says it. No note stands at the first sample: wfdb takes
    one there for a definition of its own, and drops it.
    """
    content = b""
    last = 0
    for at, note in sorted(((_place(note), note) for note in annotations), key=lambda pair: pair[0]):
        if at - last > _MAX_DELTA:
            jump = at - last
            content += struct.pack("<HHH", _SKIP << 10, jump >> 16, jump & 0xFFFF)
            last = at
        kind = _KINDS.get(note.code, _NOTE)
        content += struct.pack("<H", kind << 10 | at - last)
        last = at
        text = note.text if note.code in _KINDS else f"{note.code} {note.text}".strip()
        aux = text.encode()[:_MAX_AUX_BYTES]
        if aux:
            content += struct.pack("<H", _AUX << 10 | len(aux)) + aux + bytes(len(aux) % 2)
    return content + bytes(2)


def _place(note: Annotation) -> int:
    return max(note.at or 0, 0 if note.code in _KINDS else 1)
