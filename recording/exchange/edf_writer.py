"""Writes an EDF+ file: records of up to a second; those of which nothing is kept are left out, which makes it
discontinuous (EDF+D).

Of a record that is kept in part, the missing samples have the lowest number, and an annotation names the
stretch: EDF+ has no mark for a part of a record, and a shorter record is not allowed.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from media_server.ecg.descriptor import Descriptor, Source
from recording.exchange.absent import stretches
from recording.exchange.civil_time import from_unix_us
from recording.exchange.edf_header import ANNOTATIONS_LABEL, FIXED_BYTES, SIGNAL_BYTES, SIGNAL_WIDTHS
from recording.exchange.edf_reader import GAP_TEXT
from recording.exchange.edf_texts import TimedText, decimal, format_texts
from recording.exchange.errors import Unwritable
from recording.exchange.recorded import Recorded
from recording.exchange.session import absent_of
from recording.exchange.simulated import SIMULATED
from recording.exchange.subject import Subject

ROUND_LIMIT: Final = 32_000
"""Numbers up to here have limits in whole microvolts, whatever the resolution: 32,000 nV is 32 µV."""
MAX_RECORD_BYTES: Final = 61_440
"""What the format recommends for old readers."""
MAX_LIST_BYTES: Final = 2_048
"""Of texts in a record: all records have room for as much as the fullest, a second of signal has 12 kB."""
_PARTS: Final = (1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100)
"""Of a second, as records may be: their length has at most eight characters."""
_SEXES: Final = {"male": "M", "female": "F", "unknown": "X"}
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NO_DATE: Final = "01.01.85"
_NUMBER_WIDTH: Final = 8
_UNKNOWN: Final = "X"
"""In a subfield of which nothing can be said."""


def write_edf(recorded: Recorded, subject: Subject, zone: tzinfo) -> bytes:
    """Returns the file; ``zone`` is that of its clock, which names none.

    Raises Unwritable: a sample that 16 bits do not hold, or limits that eight characters do not.
    """
    described = recorded.descriptor
    low, high = _limits(recorded)
    size = _record_samples(described)
    absent = absent_of(recorded)
    stored = _padded(np.where(absent, low, recorded.samples), size, low).astype("<i2")
    missing = _padded(absent, size, 1).astype(np.bool_)
    kept = [place for place in range(len(stored)) if not missing[place].all()]
    if not kept:
        raise Unwritable("ecg_export_empty")
    began = None if recorded.started_us is None else from_unix_us(recorded.started_us, zone)
    texts = _texts(recorded, missing, size, began)
    lists = [format_texts(group) for group in _spread([texts[place] for place in kept])]
    list_bytes = max(map(len, lists))
    list_bytes += list_bytes % 2
    body = b"".join(
        stored[place].T.tobytes() + text.ljust(list_bytes, b"\0")
        for place, text in zip(kept, lists, strict=True)
    )
    is_continuous = len(kept) == kept[-1] + 1
    head = _fixed(described, subject, began, is_continuous=is_continuous, records=len(kept), size=size)
    return head + _signals(described, low, high, size, list_bytes // 2) + body


def _limits(recorded: Recorded) -> tuple[int, int]:
    """The lowest and the highest number of the file. The lowest is no sample's."""
    top = max(int(recorded.samples.max()), -int(recorded.samples.min()))
    if top < ROUND_LIMIT:
        return -ROUND_LIMIT, ROUND_LIMIT
    if top < 2**15:
        return -(2**15), 2**15 - 1
    raise Unwritable("ecg_export_value_too_large")


def _record_samples(described: Descriptor) -> int:
    """How many samples of each lead a record has: a whole part of a second."""
    for part in _PARTS:
        samples, rest = divmod(described.rate_hz, part)
        if not rest and 2 * samples * len(described.leads) <= MAX_RECORD_BYTES:
            return samples
    raise Unwritable("ecg_export_rate")


def _padded(table: npt.NDArray[Any], size: int, fill: int) -> npt.NDArray[Any]:
    """The table cut into records of ``size`` rows, the last one filled up."""
    rest = -len(table) % size
    whole = np.concatenate([table, np.full((rest, table.shape[1]), fill, table.dtype)])
    return whole.reshape(-1, size, table.shape[1])


def _texts(
    recorded: Recorded, missing: npt.NDArray[np.bool_], size: int, began: datetime | None
) -> list[list[TimedText]]:
    """What each record's list says: its own time first, then what is missing in it, then annotations."""
    rate_hz = recorded.descriptor.rate_hz
    # A clock of the head has whole seconds: the first record's time is what is left of one.
    first_s = Fraction(0 if began is None else began.microsecond, 1_000_000)

    def at(row: int) -> Fraction:
        return first_s + Fraction(row, rate_hz)

    found = [[TimedText(at(place * size), None, "")] for place in range(len(missing))]
    for place, record in enumerate(missing):
        for start, end in stretches(np.asarray(record.any(axis=1))):
            found[place].append(TimedText(at(place * size + start), Fraction(end - start, rate_hz), GAP_TEXT))
    for note in recorded.annotations:
        place = (note.at or 0) // size
        # What is said of a time of which no record is kept stands in the next one that is.
        while place < len(missing) - 1 and missing[place].all():
            place += 1
        found[place].append(TimedText(at(note.at or 0), None, f"{note.code} {note.text}".strip()))
    return found


def _spread(groups: list[list[TimedText]]) -> list[list[TimedText]]:
    """The same lists, or, where one would make every record much longer, their texts in equal parts.

    A text may stand in any record; only each record's own time has its place.
    """
    if max(len(format_texts(group)) for group in groups) <= MAX_LIST_BYTES:
        return groups
    texts = [text for group in groups for text in group[1:]]
    share = -(-len(texts) // len(groups))
    return [[group[0], *texts[place * share : (place + 1) * share]] for place, group in enumerate(groups)]


def _fixed(
    described: Descriptor,
    subject: Subject,
    began: datetime | None,
    *,
    is_continuous: bool,
    records: int,
    size: int,
) -> bytes:
    day, moment, start = _NO_DATE, "00.00.00", "X"
    if began is not None:
        day, moment = began.strftime("%d.%m.%y"), began.strftime("%H.%M.%S")
        start = f"{began.day:02}-{_MONTHS[began.month - 1]}-{began.year}"
    patient = " ".join((_word(subject.identifier), _SEXES[subject.sex], "X", _word(subject.name)))
    equipment = _word(described.model)
    if described.source is Source.SIMULATOR:
        # First, as the field may end before a long model does.
        equipment = SIMULATED if equipment == _UNKNOWN else f"{SIMULATED}_{equipment}"
    fields = (
        ("0", 8),
        (patient, 80),
        (f"Startdate {start} X X {equipment}", 80),
        (day, 8),
        (moment, 8),
        (str(FIXED_BYTES + SIGNAL_BYTES * (len(described.leads) + 1)), 8),
        ("EDF+C" if is_continuous else "EDF+D", 44),
        (str(records), 8),
        (decimal(Fraction(size, described.rate_hz)).decode(), 8),
        (str(len(described.leads) + 1), 4),
    )
    return b"".join(_field(text, width) for text, width in fields)


def _signals(described: Descriptor, low: int, high: int, size: int, list_words: int) -> bytes:
    filters = f"HP:{described.band_low_mhz / 1000:g}Hz LP:{described.band_high_hz}Hz"
    if described.notch_hz:
        filters += f" N:{described.notch_hz}Hz"
    limits = [_microvolts(number * described.resolution_nv) for number in (low, high)]
    rows = [
        (lead, "", "uV", *limits, str(low), str(high), filters, str(size), "") for lead in described.leads
    ]
    rows.append((ANNOTATIONS_LABEL, "", "", "-1", "1", "-32768", "32767", "", str(list_words), ""))
    columns = zip(*rows, strict=True)
    return b"".join(
        _field(text, width) for column, width in zip(columns, SIGNAL_WIDTHS, strict=True) for text in column
    )


def _microvolts(value_nv: int) -> str:
    text = ("-" if value_nv < 0 else "") + decimal(Fraction(abs(value_nv), 1_000)).decode()
    if len(text) > _NUMBER_WIDTH:
        raise Unwritable("ecg_export_resolution")
    return text


def _word(text: str) -> str:
    """One subfield: US-ASCII without spaces (EDF+ 2.1.3.3)."""
    return "_".join(text.split()) if text.isascii() and text.isprintable() and text.strip() else _UNKNOWN


def _field(text: str, width: int) -> bytes:
    return text.encode("ascii", "replace")[:width].ljust(width)
