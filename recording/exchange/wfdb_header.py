"""A WFDB record's header (``.hea``): what its signal files hold, line by line (WFDB, header(5))."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from fractions import Fraction
from typing import Final

from media_server.ecg.descriptor import Source
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.recorded import printable
from recording.exchange.simulated import source_of

MAX_SIGNALS: Final = 64
"""A polysomnogram has some thirty; the fields of a line are few."""
MAX_HEADER_BYTES: Final = 65_536
_DEFAULT_RATE: Final = "250"
_DEFAULT_GAIN: Final = "200"
_RECORD: Final = re.compile(r"([-\w]{1,64})(/\d+)?")
_RATE: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(?:/[-+.\de]+(?:\([-+.\de]+\))?)?")
_FORMAT: Final = re.compile(r"(\d{1,3})(?:x(\d{1,4}))?(?::(\d{1,6}))?(?:\+(\d{1,9}))?")
_GAIN: Final = re.compile(r"(-?\d{0,9}\.?\d{0,9}(?:[eE][-+]?\d{1,2})?)(?:\((-?\d{1,10})\))?(?:/(\S{1,20}))?")
_FILE: Final = re.compile(r"[-\w.]{1,80}")
_WHOLE: Final = re.compile(r"-?\d{1,10}")


@dataclass(frozen=True, slots=True)
class WfdbSignal:
    """One signal line."""

    file: str
    format: int
    per_frame: int
    """Samples of it in a frame of the record."""
    skew: int
    offset_bytes: int
    """Of the first sample in its file."""
    gain: Fraction
    """Steps a unit."""
    baseline: int
    """The number that means 0."""
    unit: str
    checksum: int | None
    """Of all its samples, modulo 65,536, where the line has it."""
    name: str


@dataclass(frozen=True, slots=True)
class WfdbHeader:
    """The record line and its signals. Comments are not kept: they are where these files name patients. Only
    our own mark among them is looked for.
    """

    record: str
    frame_rate: Fraction
    """Frames a second."""
    frames: int | None
    """How many there are, where the line says so."""
    began: datetime | None
    """On a clock without a zone; None unless both date and time are given."""
    signals: tuple[WfdbSignal, ...]
    source: Source
    """By the mark."""


def parse_wfdb_header(content: bytes) -> WfdbHeader:
    """Returns what the header says. Raises UnreadableFile."""
    if len(content) > MAX_HEADER_BYTES:
        raise UnreadableFile(Refusal.TOO_LARGE, "header")
    text = content.decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines()]
    comments = [line.lstrip("#") for line in lines if line.startswith("#")]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise UnreadableFile(Refusal.MALFORMED, "record")
    fields = lines[0].split()
    record = _matched(_RECORD, fields[0], "record")
    if record[2] is not None:
        raise UnreadableFile(Refusal.UNSUPPORTED, "segments")
    signals = _whole(fields[1] if len(fields) > 1 else "", "signals")
    if not 1 <= signals <= MAX_SIGNALS:
        raise UnreadableFile(Refusal.NO_LEADS if signals < 1 else Refusal.TOO_MANY_LEADS)
    if len(lines) < 1 + signals:
        raise UnreadableFile(Refusal.TRUNCATED, "header")
    frames = _whole(fields[3], "samples") if len(fields) > 3 else 0
    if frames < 0:
        raise UnreadableFile(Refusal.MALFORMED, "samples")
    rate = Fraction(_matched(_RATE, fields[2] if len(fields) > 2 else _DEFAULT_RATE, "rate")[1])
    return WfdbHeader(
        record=record[1],
        frame_rate=rate,
        # 0 means unknown, header(5).
        frames=frames or None,
        began=_began(fields[4:6]),
        signals=tuple(_signal(line) for line in lines[1 : 1 + signals]),
        source=source_of(*comments),
    )


def signal_files(header: WfdbHeader) -> tuple[str, ...]:
    """The names of the files that hold the signals, each once, in the header's order."""
    return tuple(dict.fromkeys(signal.file for signal in header.signals))


def _signal(line: str) -> WfdbSignal:
    fields = line.split(maxsplit=8)
    if len(fields) < 2 or not _FILE.fullmatch(fields[0]):
        raise UnreadableFile(Refusal.MALFORMED, "signal")
    coding = _matched(_FORMAT, fields[1], "format")
    gain = _matched(_GAIN, fields[2] if len(fields) > 2 else _DEFAULT_GAIN, "gain")
    try:
        steps = Fraction(gain[1]) or Fraction(_DEFAULT_GAIN)
    except ValueError:
        raise UnreadableFile(Refusal.MALFORMED, "gain") from None
    if steps < 0:
        raise UnreadableFile(Refusal.RESOLUTION_UNSUITABLE, "gain")
    zero = _whole(fields[4], "zero") if len(fields) > 4 else 0
    return WfdbSignal(
        file=fields[0],
        format=int(coding[1]),
        per_frame=int(coding[2] or 1),
        skew=int(coding[3] or 0),
        offset_bytes=int(coding[4] or 0),
        gain=steps,
        baseline=zero if gain[2] is None else int(gain[2]),
        unit=gain[3] or "mV",
        checksum=_whole(fields[6], "checksum") % 65_536 if len(fields) > 6 else None,
        name=printable(fields[8] if len(fields) > 8 else ""),
    )


def _began(fields: list[str]) -> datetime | None:
    if len(fields) < 2:
        return None
    try:
        day = datetime.strptime(fields[1], "%d/%m/%Y")
        whole, _, part = fields[0].partition(".")
        hours, minutes, seconds = ([0, 0] + [int(number) for number in whole.split(":")])[-3:]
        moment = time(hours, minutes, seconds, int(part.ljust(6, "0")[:6]) if part else 0)
    except ValueError:
        raise UnreadableFile(Refusal.MALFORMED, "time") from None
    return datetime.combine(day, moment)


def _matched(shape: re.Pattern[str], text: str, field: str) -> re.Match[str]:
    found = shape.fullmatch(text)
    if found is None:
        raise UnreadableFile(Refusal.MALFORMED, field)
    return found


def _whole(text: str, field: str) -> int:
    return int(_matched(_WHOLE, text, field)[0])
