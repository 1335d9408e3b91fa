"""ECG waves and vital signs in HL7 v2 ORU^R01 messages, as IHE's waveform profile (PCD WCM) writes them.

Of each message only this is read::

    MSH   separators, sending application (3), control id (10)
    OBR   begin of the observation (7)
    OBX   NA, MDC_ECG_ELEC_POTL_<lead>     samples, separated by ^, in µV or mV (6)
          NM, MDC_ATTR_SAMP_RATE           samples a second
          NM, MDC_ATTR_NU_MSMT_RES         size of a step, in µV or mV
          NM, a vital sign's name          its value

Patient segments are passed over unread. HL7 has no sample counter: the number of the first sample comes from
OBR-7 (WaveCounter).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Final

import numpy as np

from clients.gateway.errors import SourceFault
from clients.gateway.vital_signs import UNITS
from media_server.ecg.descriptor import (
    MAX_RATE_HZ,
    MAX_RESOLUTION_NV,
    MIN_RATE_HZ,
    STANDARD_LEADS,
    Descriptor,
    Source,
)
from media_server.ecg.frame import MAX_VALUE, Samples

MAX_MESSAGE_BYTES: Final = 1_000_000
"""12 leads at 1000 Hz for ten seconds; gateways of monitors send a second or less."""
MAX_SEGMENTS: Final = 1_000
MAX_WAVE_SAMPLES: Final = 60_000
JITTER_MS: Final = 100
"""Of stamps with a fraction: a monitor stamps when it puts a message together."""
SURE: Final = 3
"""Messages in a row."""
_FOLLOWED_PART: Final = 16
CHINA: Final = timezone(timedelta(hours=8))
"""Of time stamps that name no zone."""
_LEADS: Final = {f"MDC_ECG_ELEC_POTL_{lead.upper()}": lead for lead in STANDARD_LEADS}
_STEP_NV: Final = {
    "uv": 1_000,
    "mv": 1_000_000,
    "mdc_dim_micro_volt": 1_000,
    "mdc_dim_milli_volt": 1_000_000,
}
_USUAL_RESOLUTION_NV: Final = 1_000
"""Where none is told: whole microvolts."""
_TIME: Final = re.compile(r"(\d{14})(?:\.(\d{1,6})\d*)?(?:([+-])(\d{2})(\d{2}))?")
_NOT_MODEL: Final = re.compile(r"[^ -~]")


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a message's first sample was taken, as the message says."""

    at_us: int
    is_whole_second: bool
    """Whether it says no fraction, and may be off by a second."""


@dataclass(slots=True)
class Hl7Message:
    """What a message holds for us."""

    control: str
    model: str
    began: Stamp | None = None
    rate_hz: int | None = None
    resolution_nv: int = _USUAL_RESOLUTION_NV
    waves_nv: dict[str, list[Decimal]] = field(default_factory=dict)
    vitals: list[tuple[str, float]] = field(default_factory=list)


def read_hl7(content: bytes) -> Hl7Message:
    """Returns what the message holds. Raises SourceFault: hl7_malformed names the field at fault."""
    segments = content.decode("utf-8", "replace").replace("\n", "\r").split("\r")
    head = segments[0]
    if not head.startswith("MSH") or len(head) < 8 or len(segments) > MAX_SEGMENTS:
        raise SourceFault("hl7_malformed", field="MSH")
    separator, parts = head[3], head[4]
    fields = head.split(separator)
    message = Hl7Message(_at(fields, 9), _NOT_MODEL.sub("", _at(fields, 2).split(parts)[0])[:64])
    for segment in segments[1:]:
        fields = segment.split(separator)
        if fields[0] == "OBR" and message.began is None:
            message.began = _stamp(_at(fields, 7))
        elif fields[0] == "OBX":
            _read_observation(message, fields, parts)
    return message


def control_of(content: bytes) -> str:
    """Returns the control id of whatever this is; empty where it has none."""
    head = content[:512].decode("ascii", "replace").split("\r")[0]
    return re.sub(r"[^ -~]", "", _at(head.split(head[3:4] or "|"), 9))[:50]


def acknowledgement(control: str, *, is_taken: bool) -> bytes:
    """Returns the ACK message: AA, or AE for a message that was refused."""
    code = "AA" if is_taken else "AE"
    head = "MSH|^~\\&|LIANZHEN|GATEWAY|||||ACK^R01^ACK|" + control + "|P|2.6"
    return f"{head}\rMSA|{code}|{control}\r".encode()


def descriptor_of(message: Hl7Message) -> Descriptor | None:
    """Returns what the message says of the device; None where it holds no waves. Raises SourceFault."""
    if not message.waves_nv:
        return None
    if message.rate_hz is None:
        raise SourceFault("hl7_malformed", field="MDC_ATTR_SAMP_RATE")
    return Descriptor(
        rate_hz=message.rate_hz,
        resolution_nv=message.resolution_nv,
        leads=tuple(lead for lead in STANDARD_LEADS if lead in message.waves_nv),
        # What its filters do the message does not tell: as wide as the rate allows.
        band_low_mhz=0,
        band_high_hz=max(1, message.rate_hz // 2),
        notch_hz=0,
        model=message.model or "HL7",
        source=Source.DEVICE,
        latency_ms=0,
    )


def samples_of(message: Hl7Message, descriptor: Descriptor) -> Samples:
    """Returns the waves as samples of that device. Raises SourceFault: other leads than it has, leads of
    unlike length, or a value between two steps.
    """
    if set(message.waves_nv) != set(descriptor.leads):
        raise SourceFault("hl7_malformed", field="leads")
    columns = []
    for lead in descriptor.leads:
        steps = [value / descriptor.resolution_nv for value in message.waves_nv[lead]]
        whole = [int(step) for step in steps]
        if any(step != each for step, each in zip(steps, whole, strict=True)):
            raise SourceFault("hl7_malformed", field="MDC_ATTR_NU_MSMT_RES")
        columns.append(whole)
    if len({len(column) for column in columns}) != 1:
        raise SourceFault("hl7_malformed", field="NA")
    return np.array(columns, np.int32).T.copy()


class WaveCounter:
    """Numbers the samples of messages by their time stamps.

    A message follows the one before where its stamp says so as nearly as stamps can: to JITTER_MS, and never
    by as much as the message itself is long, so that one lost message is a gap; to a second where stamps are
    whole seconds. There a lag of about a second may be the stamps' own: it is a gap once SURE messages in a
    row have it. A stamp that is earlier than that is of a clock that was set back: the samples are new ones
    all the same, of another run.
    """

    def __init__(self, rate_hz: int) -> None:
        self.runs = 0
        """How often the monitor's clock was set back."""
        self._rate_hz = rate_hz
        self._anchor: tuple[int, int] | None = None
        """A time and the number of the sample taken then."""
        self._next = 0
        self._doubts = 0

    def number(self, stamp: Stamp | None, count: int) -> int:
        """Returns the number of the first of ``count`` samples; None: the message says no time."""
        first = self._next if stamp is None else self._first(stamp, count)
        self._next = first + count
        return first

    def _first(self, stamp: Stamp, count: int) -> int:
        if self._anchor is None:
            self._anchor = stamp.at_us, self._next
            return self._next
        at_us, sample = self._anchor
        off = sample + round((stamp.at_us - at_us) * self._rate_hz / 1_000_000) - self._next
        if self._is_within(off, stamp, count):
            if not stamp.is_whole_second:
                # Two quartzes drift apart: what is little each time must not add up to a gap.
                off_us = off * 1_000_000 // self._rate_hz
                self._anchor = at_us + off_us // _FOLLOWED_PART, sample
            return self._next
        self._doubts = 0
        if off < 0:
            self.runs += 1
        first = self._next + off if off > 0 else 0
        self._anchor = stamp.at_us, first
        return first

    def _is_within(self, off: int, stamp: Stamp, count: int) -> bool:
        if not stamp.is_whole_second:
            return abs(off) < min(self._rate_hz * JITTER_MS // 1_000, count)
        if abs(off) < self._rate_hz:
            self._doubts = 0
            return True
        self._doubts += 1
        return abs(off) <= self._rate_hz + count and self._doubts < SURE


def _read_observation(message: Hl7Message, fields: list[str], parts: str) -> None:
    kind, value = _at(fields, 2), _at(fields, 5)
    names = _at(fields, 3).split(parts)
    name = names[1] if len(names) > 1 else names[0]
    if name in _LEADS and kind == "NA":
        unit_nv = _unit_nv(fields, parts)
        values = value.split(parts)
        if len(values) > MAX_WAVE_SAMPLES:
            raise SourceFault("hl7_malformed", field="NA")
        wave = message.waves_nv.setdefault(_LEADS[name], [])
        wave += [_decimal(each, "NA") * unit_nv for each in values]
        if any(abs(each) > MAX_VALUE for each in wave):
            raise SourceFault("sample_out_of_range")
    elif kind == "NM" and name == "MDC_ATTR_SAMP_RATE":
        message.rate_hz = _whole(value, name, MIN_RATE_HZ, MAX_RATE_HZ, 1)
    elif kind == "NM" and name == "MDC_ATTR_NU_MSMT_RES":
        message.resolution_nv = _whole(value, name, 1, MAX_RESOLUTION_NV, _unit_nv(fields, parts))
    elif kind == "NM" and name in UNITS:
        message.vitals.append((name, float(_decimal(value, name))))


def _unit_nv(fields: list[str], parts: str) -> int:
    for unit in _words(_at(fields, 6), parts):
        if unit in _STEP_NV:
            return _STEP_NV[unit]
    raise SourceFault("hl7_malformed", field="OBX-6")


def _words(text: str, parts: str) -> Iterator[str]:
    for word in text.split(parts):
        yield word.lower().replace("µ", "u")


def _whole(text: str, name: str, least: int, most: int, times: int) -> int:
    value = _decimal(text, name) * times
    if value != int(value) or not least <= value <= most:
        raise SourceFault("hl7_malformed", field=name)
    return int(value)


def _decimal(text: str, name: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise SourceFault("hl7_malformed", field=name) from None
    # A number with a thousand places would take a second to multiply.
    if not value.is_finite() or len(text) > 20 or abs(value.adjusted()) > 20:
        raise SourceFault("hl7_malformed", field=name)
    return value


def _stamp(text: str) -> Stamp | None:
    if not text:
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        raise SourceFault("hl7_malformed", field="OBR-7")
    digits, fraction, sign, hours, minutes = found.groups()
    zone = CHINA
    try:
        if sign is not None:
            away = timedelta(hours=int(hours), minutes=int(minutes))
            zone = timezone(-away if sign == "-" else away)
        moment = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        raise SourceFault("hl7_malformed", field="OBR-7") from None
    at_us = round(moment.timestamp()) * 1_000_000 + int((fraction or "0").ljust(6, "0"))
    return Stamp(at_us, is_whole_second=fraction is None)


def _at(fields: list[str], number: int) -> str:
    return fields[number] if number < len(fields) else ""
