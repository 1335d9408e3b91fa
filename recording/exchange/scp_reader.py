"""Reads an SCP-ECG file (EN 1064): leads, rhythm data, the device's global measurements and its statements.

Rhythm data may be plain numbers or packed with the default Huffman table, as differences or not. Files that
subtract a reference beat, take samples away between beats (bimodal) or bring tables of their own are refused.
"""

from __future__ import annotations

import binascii
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from media_server.ecg.descriptor import Source
from media_server.ecg.frame import MAX_LEADS
from recording.exchange.civil_time import to_unix_us
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.lead_names import SCP_LEADS
from recording.exchange.recorded import MAX_VALUES, Annotation, Measurement, Recorded, printable
from recording.exchange.scp_huffman import decode_default_table, undo_differences
from recording.exchange.tables import Band, Lead, build_recorded

SCP_MAGIC: Final = b"SCPECG"
SCP_MAGIC_AT: Final = 16
"""In the reserved bytes of the pointer section's head, 5.3.3."""
DEFAULT_TABLE: Final = 19_999
NOT_MEASURED: Final = 29_999
NO_AXIS: Final = 999
MAX_LEAD_SAMPLES: Final = 2**19
"""What 65,535 bytes, the longest lead, hold where each sample is one bit."""
_SECTION_HEAD: Final = struct.Struct("<HHIBB6s")
_POINTER: Final = struct.Struct("<HII")
_LEAD: Final = struct.Struct("<IIB")
_RHYTHM: Final = struct.Struct("<HHBB")
_BEAT: Final = struct.Struct("<5H3h")
_PATIENT, _TABLES, _LEADS, _RHYTHM_DATA, _GLOBAL, _STATEMENTS = 1, 2, 3, 6, 7, 8
_DEVICE, _DATE, _TIME, _HIGH_PASS, _LOW_PASS, _FILTERS, _ZONE, _END = 14, 25, 26, 27, 28, 29, 34, 255
_MODEL_AT, _MODEL_BYTES = 8, 6
_NOTCHES: Final = ((1, 60), (2, 50))
"""Bits of tag 29."""


class _Place(NamedTuple):
    start: int
    end: int
    lead: int


@dataclass(frozen=True, slots=True)
class _Facts:
    """What section 1 says of the device and the time; nothing in it of the patient is kept."""

    model: str
    began: datetime | None
    band: Band


def read_scp(content: bytes, zone: tzinfo) -> Recorded:
    """Returns what the file holds. Raises UnreadableFile."""
    sections = _sections(content)
    try:
        return _recorded(sections, zone)
    except (struct.error, IndexError):
        raise UnreadableFile(Refusal.TRUNCATED, "section") from None


def _recorded(sections: dict[int, bytes], zone: tzinfo) -> Recorded:
    if not sections.get(_LEADS) or not sections.get(_RHYTHM_DATA):
        raise UnreadableFile(Refusal.NO_LEADS)
    facts = _facts(sections.get(_PATIENT, b""))
    places = _places(sections[_LEADS])
    step_nv, interval_us = _RHYTHM.unpack_from(sections[_RHYTHM_DATA])[:2]
    if not interval_us:
        raise UnreadableFile(Refusal.RATE_UNSUITABLE, "interval")
    source = f"SCP-ECG {facts.model}".strip()
    return build_recorded(
        _leads(sections, places, Fraction(step_nv)),
        rate=Fraction(1_000_000, interval_us),
        model=facts.model,
        source=Source.REPLAY,
        started_us=None if facts.began is None else to_unix_us(facts.began, zone),
        band=facts.band,
        measurements=_measurements(sections.get(_GLOBAL, b""), source),
        annotations=_statements(sections.get(_STATEMENTS, b""), source),
    )


def _sections(content: bytes) -> dict[int, bytes]:
    """The bodies of the sections that are there, by number."""
    if len(content) < 6 + _SECTION_HEAD.size:
        raise UnreadableFile(Refusal.TRUNCATED, "header")
    checksum, length = struct.unpack_from("<HI", content)
    if length > len(content):
        raise UnreadableFile(Refusal.TRUNCATED, "header")
    _check(content[2:length], checksum, "file")
    body = _section(content, 6, 0)
    found: dict[int, bytes] = {}
    for at in range(0, len(body) - len(body) % _POINTER.size, _POINTER.size):
        number, size, place = _POINTER.unpack_from(body, at)
        if size > _SECTION_HEAD.size and number:
            # Places are counted from 1.
            found[number] = _section(content, place - 1, number)
    return found


def _section(content: bytes, at: int, number: int) -> bytes:
    if not 0 <= at <= len(content) - _SECTION_HEAD.size:
        raise UnreadableFile(Refusal.TRUNCATED, f"section {number}")
    checksum, found, size, *_ = _SECTION_HEAD.unpack_from(content, at)
    if found != number or size < _SECTION_HEAD.size:
        raise UnreadableFile(Refusal.MALFORMED, f"section {number}")
    if at + size > len(content):
        raise UnreadableFile(Refusal.TRUNCATED, f"section {number}")
    _check(content[at + 2 : at + size], checksum, f"section {number}")
    return content[at + _SECTION_HEAD.size : at + size]


def _check(content: bytes, checksum: int, field: str) -> None:
    # CRC-CCITT, 5.3.1.
    if binascii.crc_hqx(content, 0xFFFF) != checksum:
        raise UnreadableFile(Refusal.CHECKSUM_WRONG, field)


def _places(section: bytes) -> list[_Place]:
    count, flags = section[0], section[1]
    if flags & 1:
        raise UnreadableFile(Refusal.UNSUPPORTED, "reference beat")
    if not count:
        raise UnreadableFile(Refusal.NO_LEADS)
    if count > MAX_LEADS:
        raise UnreadableFile(Refusal.TOO_MANY_LEADS)
    places = [_Place(*_LEAD.unpack_from(section, 2 + number * _LEAD.size)) for number in range(count)]
    if any(not 0 <= place.end - place.start < MAX_LEAD_SAMPLES for place in places):
        raise UnreadableFile(Refusal.MALFORMED, "leads")
    return places


def _leads(sections: dict[int, bytes], places: list[_Place], step_nv: Fraction) -> list[Lead]:
    rhythm = sections[_RHYTHM_DATA]
    order, bimodal = _RHYTHM.unpack_from(rhythm)[2:]
    if bimodal or order > 2:
        raise UnreadableFile(Refusal.UNSUPPORTED, "bimodal" if bimodal else "differences")
    is_packed = _is_packed(sections.get(_TABLES, b""))
    lengths = struct.unpack_from(f"<{len(places)}H", rhythm, _RHYTHM.size)
    at = _RHYTHM.size + 2 * len(places)
    columns: list[npt.NDArray[np.int64]] = []
    for place, length in zip(places, lengths, strict=True):
        numbers = _numbers(rhythm[at : at + length], place, is_packed=is_packed)
        columns.append(undo_differences(numbers, order))
        at += length
    # Leads that were taken one after the other begin at their own sample.
    origin = min(place.start for place in places)
    count = max(place.start - origin + len(column) for place, column in zip(places, columns, strict=True))
    if count * len(places) > MAX_VALUES:
        raise UnreadableFile(Refusal.TOO_LARGE, "samples")
    return [
        _lead(place, column, place.start - origin, count, step_nv)
        for place, column in zip(places, columns, strict=True)
    ]


def _is_packed(tables: bytes) -> bool:
    if not tables:
        return False
    (number,) = struct.unpack_from("<H", tables)
    if number != DEFAULT_TABLE:
        raise UnreadableFile(Refusal.UNSUPPORTED, "tables")
    return True


def _numbers(content: bytes, place: _Place, *, is_packed: bool) -> npt.NDArray[np.int64]:
    count = place.end - place.start + 1
    if is_packed:
        return np.array(decode_default_table(content, count), np.int64)
    # Some devices count their first sample as 0 and their last from 1.
    if len(content) // 2 < count - (place.start == 0):
        raise UnreadableFile(Refusal.TRUNCATED, "samples")
    return np.frombuffer(content, "<i2", min(count, len(content) // 2)).astype(np.int64)


def _lead(place: _Place, column: npt.NDArray[np.int64], start: int, count: int, step_nv: Fraction) -> Lead:
    values = np.zeros(count, np.int64)
    values[start : start + len(column)] = column
    absent = np.ones(count, np.bool_)
    absent[start : start + len(column)] = False
    return Lead(SCP_LEADS.get(place.lead, f"SCP{place.lead}"), step_nv, values, absent)


def _facts(section: bytes) -> _Facts:
    tags = _tags(section)
    device = tags.get(_DEVICE, b"")
    model = device[_MODEL_AT : _MODEL_AT + _MODEL_BYTES].split(b"\0")[0].decode("ascii", "ignore")
    high_pass, low_pass, filters = (
        int.from_bytes(tags.get(tag, b""), "little") for tag in (_HIGH_PASS, _LOW_PASS, _FILTERS)
    )
    notch_hz = next((hz for bit, hz in _NOTCHES if filters & bit), 0)
    band = Band(Fraction(high_pass, 100) or None, Fraction(low_pass) or None, notch_hz)
    return _Facts(printable(model), _began(tags), band)


def _tags(section: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at + 3 <= len(section) and section[at] != _END:
        tag, length = struct.unpack_from("<BH", section, at)
        value = section[at + 3 : at + 3 + length]
        if len(value) < length:
            raise UnreadableFile(Refusal.TRUNCATED, "section 1")
        found.setdefault(tag, value)
        at += 3 + length
    return found


def _began(tags: dict[int, bytes]) -> datetime | None:
    day, moment, zone = tags.get(_DATE, b""), tags.get(_TIME, b""), tags.get(_ZONE, b"")
    if len(day) != 4 or len(moment) != 3:
        return None
    try:
        began = datetime(int.from_bytes(day[:2], "little"), day[2], day[3], *moment)
        minutes = int.from_bytes(zone[:2], "little", signed=True)
        # 0x7FFF: the device does not know its zone.
        if not zone or minutes == 0x7FFF:
            return began
        return began.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    except ValueError:
        return None


def _measurements(section: bytes, source: str) -> tuple[Measurement, ...]:
    if len(section) < 6 + _BEAT.size or not section[0]:
        return ()
    rr_ms, pp_ms = struct.unpack_from("<2H", section, 2)
    p_on, p_off, qrs_on, qrs_off, t_off, *axes = _BEAT.unpack_from(section, 6)
    found = [("RR", rr_ms, "ms"), ("PP", pp_ms, "ms")]
    for name, start, end in (("P", p_on, p_off), ("PR", p_on, qrs_on), ("QRS", qrs_on, qrs_off)):
        found.append((name, _between(start, end), "ms"))
    found.append(("QT", _between(qrs_on, t_off), "ms"))
    found += [
        (name, NOT_MEASURED if abs(axis) == NO_AXIS else axis, "deg")
        for name, axis in zip(("P axis", "QRS axis", "T axis"), axes, strict=True)
    ]
    return tuple(
        Measurement("", name, str(value), unit, source)
        for name, value, unit in found
        if value < NOT_MEASURED and (value or unit == "deg")
    )


def _between(start_ms: int, end_ms: int) -> int:
    return end_ms - start_ms if start_ms <= end_ms < NOT_MEASURED else NOT_MEASURED


def _statements(section: bytes, source: str) -> tuple[Annotation, ...]:
    """5.11: confirmed or not, date and time, then how many sentences, each with its number and length."""
    found: list[Annotation] = []
    at = 9
    for _ in range(section[8] if len(section) > 8 else 0):
        _, length = struct.unpack_from("<BH", section, at)
        text = section[at + 3 : at + 3 + length].split(b"\0")[0].decode("utf-8", "replace")
        found.append(Annotation(None, "", printable(text), source))
        at += 3 + length
    return tuple(found)
