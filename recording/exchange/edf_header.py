"""The head of an EDF or EDF+ file: what its signals are, and how its records are laid out (edfplus.info)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final

from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.recorded import printable

MAX_SIGNALS: Final = 64
ANNOTATIONS_LABEL: Final = "EDF Annotations"
FIXED_BYTES: Final = 256
SIGNAL_BYTES: Final = 256
SIGNAL_WIDTHS: Final = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
"""Of a signal's fields: label, transducer, unit, physical and digital least and most, filters, samples a
record, reserved. Each field is there for all signals before the next begins.
"""
_FILTERS: Final = re.compile(r"(HP|LP|N):\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*(m?)Hz", re.IGNORECASE)
_MAX_EXPONENT: Final = 12


@dataclass(frozen=True, slots=True)
class EdfSignal:
    """What the head says of one signal."""

    label: str
    unit: str
    physical_min: Fraction
    physical_max: Fraction
    digital_min: int
    digital_max: int
    filters: dict[str, Fraction]
    """``HP``, ``LP`` and ``N`` in Hz, as far as they are written in the usual way."""
    per_record: int

    @property
    def is_annotations(self) -> bool:
        """Whether it holds text in place of samples."""
        return self.label == ANNOTATIONS_LABEL


@dataclass(frozen=True, slots=True)
class EdfHeader:
    """What is before the records. The fields that name the patient are not kept."""

    is_plus: bool
    is_discontinuous: bool
    began: datetime | None
    device: str
    records: int
    """-1 where the file was not finished."""
    record_s: Fraction
    signals: tuple[EdfSignal, ...]

    @property
    def length_bytes(self) -> int:
        """Of the head."""
        return FIXED_BYTES + SIGNAL_BYTES * len(self.signals)

    @property
    def record_bytes(self) -> int:
        """Of each record."""
        return 2 * sum(signal.per_record for signal in self.signals)


def parse_edf_header(content: bytes) -> EdfHeader:
    """Returns what the head says. Raises UnreadableFile."""
    if len(content) < FIXED_BYTES:
        raise UnreadableFile(Refusal.TRUNCATED, "header")
    reserved = _text(content, 192, 44)
    is_plus = reserved.startswith("EDF+")
    count = _whole(_text(content, 252, 4), "signals")
    if not 1 <= count <= MAX_SIGNALS:
        raise UnreadableFile(Refusal.NO_LEADS if count < 1 else Refusal.TOO_MANY_LEADS)
    if len(content) < FIXED_BYTES + SIGNAL_BYTES * count:
        raise UnreadableFile(Refusal.TRUNCATED, "header")
    records = _whole(_text(content, 236, 8), "records")
    record_s = _number(_text(content, 244, 8), "duration")
    if records < -1 or record_s < 0:
        raise UnreadableFile(Refusal.MALFORMED, "records")
    recording = _text(content, 88, 80)
    return EdfHeader(
        is_plus=is_plus,
        is_discontinuous=reserved.startswith("EDF+D"),
        began=_began(_text(content, 168, 8), _text(content, 176, 8), recording if is_plus else ""),
        device=_device(recording) if is_plus else "",
        records=records,
        record_s=record_s,
        signals=_signals(content, count),
    )


def _signals(content: bytes, count: int) -> tuple[EdfSignal, ...]:
    columns: list[list[str]] = []
    at = FIXED_BYTES
    for width in SIGNAL_WIDTHS:
        columns.append([_text(content, at + width * place, width) for place in range(count)])
        at += width * count
    return tuple(_signal(row) for row in zip(*columns, strict=True))


def _signal(row: tuple[str, ...]) -> EdfSignal:
    label, _, unit, physical_min, physical_max, digital_min, digital_max, filters, per_record, _ = row
    found = EdfSignal(
        label=label,
        unit=unit,
        physical_min=_number(physical_min, "physical"),
        physical_max=_number(physical_max, "physical"),
        digital_min=_whole(digital_min, "digital"),
        digital_max=_whole(digital_max, "digital"),
        filters=_filters(filters),
        per_record=_whole(per_record, "samples"),
    )
    if found.per_record < 0 or found.digital_min >= found.digital_max:
        raise UnreadableFile(Refusal.MALFORMED, "signal")
    return found


def _filters(text: str) -> dict[str, Fraction]:
    return {
        kind.upper(): Fraction(number) / (1000 if milli else 1)
        for kind, number, milli in _FILTERS.findall(text)
    }


def _began(day: str, moment: str, recording: str) -> datetime | None:
    """EDF+ 2.1.3.3: two digits of the year are of 1985 to 2084, unless the recording's field has all four;
    ``Startdate X`` hides the date.
    """
    fields = recording.split(" ")
    if fields[:2] == ["Startdate", "X"]:
        return None
    try:
        began = datetime.strptime(f"{day} {moment}", "%d.%m.%y %H.%M.%S")
        if fields[0] == "Startdate" and len(fields) > 1:
            return datetime.combine(datetime.strptime(fields[1].title(), "%d-%b-%Y"), began.time())
        year = int(day[6:8])
        return began.replace(year=year + (1900 if year >= 85 else 2000))
    except ValueError:
        return None


def _device(recording: str) -> str:
    """EDF+ 2.1.3.4: ``Startdate``, date, number of the investigation, technician, equipment."""
    fields = recording.split(" ")
    equipment = fields[4] if len(fields) > 4 and fields[0] == "Startdate" else "X"
    return "" if equipment == "X" else printable(equipment.replace("_", " "))


def _text(content: bytes, at: int, length: int) -> str:
    return content[at : at + length].decode("latin-1").strip(" \0")


def _whole(text: str, field: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UnreadableFile(Refusal.MALFORMED, field) from None


def _number(text: str, field: str) -> Fraction:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise UnreadableFile(Refusal.MALFORMED, field) from None
    if not found.is_finite():
        raise UnreadableFile(Refusal.VALUE_UNSUITABLE, field)
    if abs(found.adjusted()) > _MAX_EXPONENT:
        raise UnreadableFile(Refusal.MALFORMED, field)
    return Fraction(found)
