"""Reads EDF and EDF+ files, continuous (C) or not (D): what lies between a D file's records is missing."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from fractions import Fraction
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from media_server.ecg.spans import Span
from recording.exchange.absent import marked
from recording.exchange.civil_time import to_unix_us
from recording.exchange.edf_header import EdfHeader, EdfSignal, parse_edf_header
from recording.exchange.edf_texts import TimedText, parse_texts
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.lead_names import is_ecg_lead, lead_name
from recording.exchange.recorded import MAX_ANNOTATIONS, MAX_VALUES, Annotation, Recorded
from recording.exchange.simulated import source_of, without_mark
from recording.exchange.tables import Band, Lead, build_recorded
from recording.exchange.units import NV_PER_UNIT

EDF_MAGIC: Final = b"0       "
GAP_TEXT: Final = "No samples"
"""An annotation of our own files: the samples of its duration are filled in, not measured (EDF+ has no mark
for a part of a record).
"""
_SOURCE: Final = "edf"


def read_edf(content: bytes, zone: tzinfo) -> Recorded:
    """Returns what the file holds. Raises UnreadableFile."""
    header = parse_edf_header(content)
    records = _records(header, content)
    chosen = [
        signal
        for signal in header.signals
        if signal.unit in NV_PER_UNIT and not signal.is_annotations and is_ecg_lead(signal.label)
    ]
    if not chosen:
        raise UnreadableFile(Refusal.NO_LEADS)
    per_record = chosen[0].per_record
    if any(signal.per_record != per_record for signal in chosen) or not header.record_s:
        raise UnreadableFile(Refusal.RATE_UNSUITABLE, "rates")
    rate = per_record / header.record_s
    texts = _texts(header, records)
    starts = _starts(header, texts, rate, per_record, len(records))
    count = starts[-1] + per_record
    if count * len(chosen) > MAX_VALUES:
        raise UnreadableFile(Refusal.TOO_LARGE, "samples")
    rows = (np.array(starts)[:, None] + np.arange(per_record)).ravel()
    first_s = texts[0][0].onset_s if texts else Fraction(0)
    notes = [text for group in texts for text in group if text.text]
    absent = np.ones(count, np.bool_)
    absent[rows] = False
    absent |= marked(count, _filled(notes, rate, first_s))
    began = header.began and header.began + timedelta(microseconds=round(first_s * 1_000_000))
    return build_recorded(
        [_lead(header, records, signal, rows, absent) for signal in chosen],
        rate=rate,
        model=without_mark(header.device),
        source=source_of(header.device),
        started_us=None if began is None else to_unix_us(began, zone),
        band=_band(chosen[0]),
        annotations=tuple(
            Annotation(max(0, round((text.onset_s - first_s) * rate)), "", text.text, _SOURCE)
            for text in notes
            if text.text != GAP_TEXT
        ),
        left_out=tuple(
            signal.label for signal in header.signals if signal not in chosen and not signal.is_annotations
        ),
    )


def _records(header: EdfHeader, content: bytes) -> npt.NDArray[np.int16]:
    """One row a record."""
    if not header.record_bytes:
        raise UnreadableFile(Refusal.NO_LEADS)
    body = len(content) - header.length_bytes
    count = body // header.record_bytes if header.records == -1 else header.records
    if not count:
        raise UnreadableFile(Refusal.NO_LEADS)
    if body < count * header.record_bytes:
        raise UnreadableFile(Refusal.TRUNCATED, "records")
    numbers = np.frombuffer(content, "<i2", count * header.record_bytes // 2, header.length_bytes)
    return numbers.reshape(count, -1)


def _columns(header: EdfHeader, signal: EdfSignal) -> slice:
    before = header.signals[: [other is signal for other in header.signals].index(True)]
    start = sum(other.per_record for other in before)
    return slice(start, start + signal.per_record)


def _lead(
    header: EdfHeader,
    records: npt.NDArray[np.int16],
    signal: EdfSignal,
    rows: npt.NDArray[np.int64],
    absent: npt.NDArray[np.bool_],
) -> Lead:
    span = signal.physical_max - signal.physical_min
    step = span / (signal.digital_max - signal.digital_min)
    if not step:
        raise UnreadableFile(Refusal.RESOLUTION_UNSUITABLE, signal.unit)
    # The number that means 0 V; where it lies between two steps the nearer one is taken.
    zero = signal.digital_min - round(signal.physical_min / step)
    if abs(zero) >= 2**30:
        raise UnreadableFile(Refusal.VALUE_UNSUITABLE, "offset")
    values = np.zeros(len(absent), np.int32)
    values[rows] = records[:, _columns(header, signal)].ravel().astype(np.int32) - zero
    values[absent] = 0
    # A device whose electrodes are the other way round writes its limits the other way round (EDF+ 2.1.3.9).
    sign = -1 if step < 0 else 1
    return Lead(lead_name(signal.label), NV_PER_UNIT[signal.unit] * abs(step), values * sign, absent)


def _texts(header: EdfHeader, records: npt.NDArray[np.int16]) -> list[list[TimedText]]:
    """The annotations of each record; none at all in a plain EDF file."""
    signals = [signal for signal in header.signals if signal.is_annotations] if header.is_plus else []
    if not signals:
        return []
    columns = [_columns(header, signal) for signal in signals]
    found: list[list[TimedText]] = []
    total = 0
    for record in records:
        group = [text for part in columns for text in parse_texts(record[part].tobytes())]
        total += len(group)
        if total > MAX_ANNOTATIONS + len(records):
            raise UnreadableFile(Refusal.TOO_LARGE, "annotations")
        if not group:
            raise UnreadableFile(Refusal.MALFORMED, "time")
        found.append(group)
    return found


def _starts(
    header: EdfHeader, texts: list[list[TimedText]], rate: Fraction, per_record: int, records: int
) -> list[int]:
    """The number of each record's first sample."""
    if not header.is_discontinuous:
        return [per_record * place for place in range(records)]
    if not texts:
        raise UnreadableFile(Refusal.MALFORMED, "time")
    first_s = texts[0][0].onset_s
    starts = [round((group[0].onset_s - first_s) * rate) for group in texts]
    if any(after < before + per_record for before, after in pairwise(starts)):
        raise UnreadableFile(Refusal.MALFORMED, "time")
    return starts


def _filled(notes: list[TimedText], rate: Fraction, first_s: Fraction) -> list[Span]:
    return [
        Span(
            max(0, round((note.onset_s - first_s) * rate)),
            round((note.onset_s - first_s + note.duration_s) * rate),
        )
        for note in notes
        if note.text == GAP_TEXT and note.duration_s is not None
    ]


def _band(signal: EdfSignal) -> Band:
    notch = signal.filters.get("N", Fraction(0))
    return Band(signal.filters.get("HP"), signal.filters.get("LP"), int(notch))
