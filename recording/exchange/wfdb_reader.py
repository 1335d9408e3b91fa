"""Reads a WFDB record: header, signal files and, where it is given, one annotation file."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import tzinfo
from fractions import Fraction
from typing import Final

import numpy as np

from media_server.ecg.frame import MAX_VALUE
from recording.exchange.civil_time import to_unix_us
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.lead_names import is_ecg_lead, lead_name
from recording.exchange.recorded import MAX_VALUES, Annotation, Recorded
from recording.exchange.tables import Lead, build_recorded
from recording.exchange.units import NV_PER_UNIT
from recording.exchange.wfdb_annotations import parse_wfdb_annotations
from recording.exchange.wfdb_header import WfdbHeader, WfdbSignal, parse_wfdb_header, signal_files
from recording.exchange.wfdb_signals import MISSING, Numbers, decode_numbers, stored_count

HEADER_SUFFIX: Final = ".hea"
_ANNOTATIONS: Final = (".atr", ".qrs", ".ecg", ".ann")


def read_wfdb(files: Mapping[str, bytes], zone: tzinfo) -> Recorded:
    """Returns the record whose header is among ``files`` (by name, without folder). Raises UnreadableFile."""
    headers = [name for name in files if name.endswith(HEADER_SUFFIX)]
    if len(headers) != 1:
        raise UnreadableFile(Refusal.PART_MISSING, "header")
    header = parse_wfdb_header(files[headers[0]])
    numbers: dict[int, Numbers] = {}
    for name in signal_files(header):
        if name not in files:
            raise UnreadableFile(Refusal.PART_MISSING, "signals")
        numbers.update(_signals_of(header, name, files[name]))
        if sum(map(len, numbers.values())) > MAX_VALUES:
            raise UnreadableFile(Refusal.TOO_LARGE, "samples")
    places = [
        place
        for place, signal in enumerate(header.signals)
        if signal.unit in NV_PER_UNIT and is_ecg_lead(signal.name)
    ]
    _check(header, [header.signals[place] for place in places])
    per_frame = header.signals[places[0]].per_frame
    return build_recorded(
        [_lead(header.signals[place], numbers[place]) for place in places],
        rate=header.frame_rate * per_frame,
        model="",
        source=header.source,
        started_us=None if header.began is None else to_unix_us(header.began, zone),
        annotations=_annotations(files, per_frame),
        left_out=tuple(signal.name for place, signal in enumerate(header.signals) if place not in places),
    )


def _check(header: WfdbHeader, chosen: list[WfdbSignal]) -> None:
    if not chosen:
        raise UnreadableFile(Refusal.NO_LEADS)
    if len({signal.per_frame for signal in chosen}) > 1:
        raise UnreadableFile(Refusal.RATE_UNSUITABLE, "rates")
    if any(signal.skew for signal in chosen):
        raise UnreadableFile(Refusal.UNSUPPORTED, "skew")


def _lead(signal: WfdbSignal, numbers: Numbers) -> Lead:
    absent = numbers == MISSING[signal.format]
    # A number of 32 bits less its baseline may not fit into 32 bits; others are not made larger than needed.
    is_wide = signal.format == 32 or abs(signal.baseline) > MAX_VALUE
    values = np.where(absent, 0, (numbers.astype(np.int64) if is_wide else numbers) - signal.baseline)
    return Lead(lead_name(signal.name), Fraction(NV_PER_UNIT[signal.unit]) / signal.gain, values, absent)


def _signals_of(header: WfdbHeader, name: str, content: bytes) -> dict[int, Numbers]:
    """The numbers of all signals in one file, by their place in the header."""
    inside = [(place, signal) for place, signal in enumerate(header.signals) if signal.file == name]
    first = inside[0][1]
    if {(signal.format, signal.offset_bytes) for _, signal in inside} != {(first.format, first.offset_bytes)}:
        raise UnreadableFile(Refusal.UNSUPPORTED, "format")
    content = content[first.offset_bytes :]
    width = sum(signal.per_frame for _, signal in inside)
    if not all(signal.per_frame for _, signal in inside):
        raise UnreadableFile(Refusal.MALFORMED, "format")
    frames = header.frames
    if frames is None:
        frames = stored_count(first.format, len(content)) // width
    if frames * width > MAX_VALUES:
        raise UnreadableFile(Refusal.TOO_LARGE, "samples")
    table = decode_numbers(first.format, content, frames * width).reshape(frames, width)
    ends = itertools.accumulate(signal.per_frame for _, signal in inside)
    found: dict[int, Numbers] = {}
    for (place, signal), end in zip(inside, ends, strict=True):
        numbers = table[:, end - signal.per_frame : end].ravel()
        if signal.checksum is not None and int(numbers.sum(dtype=np.int64)) % 65_536 != signal.checksum:
            raise UnreadableFile(Refusal.CHECKSUM_WRONG, f"signal {place}")
        found[place] = numbers
    return found


def _annotations(files: Mapping[str, bytes], per_frame: int) -> tuple[Annotation, ...]:
    for name, content in files.items():
        if name.endswith(_ANNOTATIONS):
            return tuple(
                replace(found, at=found.at * per_frame) if found.at is not None else found
                for found in parse_wfdb_annotations(content)
            )
    return ()
