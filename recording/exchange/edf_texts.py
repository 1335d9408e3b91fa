"""Times and texts in EDF+ files: time-stamped annotation lists, to bytes and back (EDF+ 2.2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.recorded import printable

_TIME: Final = re.compile(rb"([+-][0-9]{1,12}(?:\.[0-9]{1,9})?)(?:\x15([0-9]{1,12}(?:\.[0-9]{1,9})?))?")


class TimedText(NamedTuple):
    """One annotation; an empty text is the record's own time."""

    onset_s: Fraction
    """From the file's beginning."""
    duration_s: Fraction | None
    text: str


def parse_texts(content: bytes) -> list[TimedText]:
    """Returns the annotations of one record. Raises UnreadableFile: no list as EDF+ writes it."""
    found: list[TimedText] = []
    for entry in content.split(b"\x14\x00"):
        bare = entry.lstrip(b"\x00")
        if not bare:
            continue
        time, *texts = bare.split(b"\x14")
        shape = _TIME.fullmatch(time)
        if shape is None:
            raise UnreadableFile(Refusal.MALFORMED, "annotations")
        onset_s = Fraction(shape[1].decode())
        duration_s = Fraction(shape[2].decode()) if shape[2] is not None else None
        found += [
            TimedText(onset_s, duration_s, printable(text.decode("utf-8", "replace")))
            for text in texts or [b""]
        ]
    return found


def format_texts(entries: Iterable[TimedText]) -> bytes:
    """The annotations as bytes, each in a list of its own; the time of the record comes first."""
    return b"".join(
        b"+%s%s\x14%s\x14\x00"
        % (
            decimal(entry.onset_s),
            b"" if entry.duration_s is None else b"\x15" + decimal(entry.duration_s),
            entry.text.encode(),
        )
        for entry in entries
    )


def decimal(value: Fraction) -> bytes:
    """The number, not negative and without an exponent, to nine digits: no two sampling instants are one."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    text = f"{exact:.9f}".rstrip("0").rstrip(".")
    return text.encode()
