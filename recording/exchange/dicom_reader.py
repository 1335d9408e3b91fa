"""Reads a DICOM waveform object: its ECG groups, and what the device said (PS3.3 C.10.9, C.10.10).

Only the original group is taken, and others beside it that were sampled at the same instants; a median beat
is what a device computed, and is left out.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from io import BytesIO
from typing import Final

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset

from recording.exchange.civil_time import to_unix_us
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.lead_names import SCP_LEADS, is_ecg_lead, lead_name
from recording.exchange.recorded import (
    MAX_ANNOTATIONS,
    MAX_VALUES,
    Annotation,
    Measurement,
    Recorded,
    printable,
)
from recording.exchange.simulated import source_of
from recording.exchange.tables import Band, Lead, build_recorded
from recording.exchange.units import NV_PER_UNIT

MAX_DICOM_BYTES: Final = 40 * 1024 * 1024
"""Nearly half an hour of 12 leads at 1,000 Hz; an element of a file takes some hundred bytes when read."""
_SYNTAXES: Final = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")
"""Little endian, implicit and explicit. Deflated files could grow without bound, big endian is retired."""
_DEFLATED: Final = b"1.2.840.10008.1.2.1.99"
_SAMPLES: Final = {(8, "SB"): "<i1", (16, "SS"): "<i2", (32, "SL"): "<i4"}
_CHANNEL_CODE: Final = re.compile(r"(?:5\.6\.3-9-|2:)(\d{1,3})(?:-\d+)?")
_MOMENT: Final = re.compile(r"(\d{14})(?:\.(\d{1,6}))?([+-]\d{4})?")
_OFFSET: Final = re.compile(r"([+-])(\d{2})(\d{2})")
_MAX_EXPONENT: Final = 12
_READ: Final = tuple(
    pydicom.datadict.tag_for_keyword(keyword) or 0
    for keyword in (
        "SOPClassUID",
        "AcquisitionDateTime",
        "TimezoneOffsetFromUTC",
        "SeriesDescription",
        "Manufacturer",
        "ManufacturerModelName",
        "WaveformSequence",
        "WaveformAnnotationSequence",
    )
)
"""Nothing else of the file is looked at, least of all who the patient is."""

# A value that breaks a rule is told to the log and as a warning with its content, and that may be a name.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
warnings.filterwarnings("ignore", module=r"pydicom\.")
logging.getLogger("pydicom").addHandler(logging.NullHandler())
logging.getLogger("pydicom").propagate = False


def read_dicom(content: bytes, zone: tzinfo) -> Recorded:
    """Returns what the object holds. Raises UnreadableFile."""
    if len(content) > MAX_DICOM_BYTES:
        raise UnreadableFile(Refusal.TOO_LARGE, "files")
    if _DEFLATED in content:
        raise UnreadableFile(Refusal.UNSUPPORTED, "transfer syntax")
    try:
        dataset = pydicom.dcmread(BytesIO(content), specific_tags=list(_READ))
        if dataset.file_meta.TransferSyntaxUID not in _SYNTAXES:
            raise UnreadableFile(Refusal.UNSUPPORTED, "transfer syntax")
        return _recorded(dataset, zone)
    except UnreadableFile:
        raise
    except EOFError:
        raise UnreadableFile(Refusal.TRUNCATED, "elements") from None
    except Exception:
        # The library converts each element when it is asked for, and fails in as many ways as it has kinds.
        raise UnreadableFile(Refusal.MALFORMED, "elements") from None


def _recorded(dataset: Dataset, zone: tzinfo) -> Recorded:
    groups = list(dataset.get("WaveformSequence") or ())
    places = _chosen(groups)
    leads: list[Lead] = []
    left_out = [_label(group, place) for place, group in enumerate(groups) if place not in places]
    for place in places:
        found, others = _leads(groups[place])
        leads += found
        left_out += others
    main = groups[places[0]]
    if not leads:
        raise UnreadableFile(Refusal.NO_LEADS)
    source = _source(dataset)
    measurements, annotations = _stated(dataset, places[0] + 1, source)
    first = next(channel for channel in main.ChannelDefinitionSequence)
    return build_recorded(
        leads,
        rate=_fraction(main.SamplingFrequency),
        model=str(dataset.get("ManufacturerModelName") or ""),
        source=source_of(str(dataset.get("SeriesDescription") or "")),
        started_us=_started_us(dataset, main, zone),
        band=Band(
            _optional(first, "FilterLowFrequency"),
            _optional(first, "FilterHighFrequency"),
            int(_optional(first, "NotchFilterFrequency") or 0),
        ),
        measurements=tuple(measurements),
        annotations=tuple(annotations),
        left_out=tuple(left_out),
    )


def _chosen(groups: Sequence[Dataset]) -> list[int]:
    """The places of the largest original group and of those that go with it, the largest first."""
    sizes = {
        place: int(group.NumberOfWaveformSamples) * int(group.NumberOfWaveformChannels)
        for place, group in enumerate(groups)
        if group.get("WaveformOriginality", "ORIGINAL") == "ORIGINAL"
    }
    if not sizes:
        raise UnreadableFile(Refusal.NO_LEADS)
    if sum(sizes.values()) > MAX_VALUES:
        raise UnreadableFile(Refusal.TOO_LARGE, "samples")
    largest = max(sizes, key=lambda place: (sizes[place], -place))
    instants = _instants(groups[largest])
    return [largest, *(place for place in sizes if place != largest and _instants(groups[place]) == instants)]


def _instants(group: Dataset) -> tuple[int, Fraction, Fraction]:
    offset_ms = _optional(group, "MultiplexGroupTimeOffset") or Fraction(0)
    return int(group.NumberOfWaveformSamples), _fraction(group.SamplingFrequency), offset_ms


def _leads(group: Dataset) -> tuple[list[Lead], list[str]]:
    """The leads of a group, and the names of its other channels."""
    coding = _SAMPLES.get((int(group.WaveformBitsAllocated), str(group.WaveformSampleInterpretation)))
    if coding is None:
        raise UnreadableFile(Refusal.UNSUPPORTED, "samples")
    count, width = int(group.NumberOfWaveformSamples), int(group.NumberOfWaveformChannels)
    raw = bytes(group.WaveformData)
    if len(raw) < count * width * np.dtype(coding).itemsize:
        raise UnreadableFile(Refusal.TRUNCATED, "samples")
    table = np.frombuffer(raw, coding, count * width).reshape(count, width)
    padding = bytes(group.get("WaveformPaddingValue") or b"")[: table.dtype.itemsize]
    channels = list(group.ChannelDefinitionSequence)
    if len(channels) != width:
        raise UnreadableFile(Refusal.MALFORMED, "channels")
    leads: list[Lead] = []
    others: list[str] = []
    for channel, column in zip(channels, table.T, strict=True):
        name = _channel_name(channel)
        unit = _unit(channel)
        if unit in NV_PER_UNIT and is_ecg_lead(name):
            leads.append(_lead(channel, column, name, NV_PER_UNIT[unit], padding))
        else:
            others.append(printable(name))
    return leads, others


def _lead(
    channel: Dataset, column: npt.NDArray[np.signedinteger], name: str, unit_nv: int, padding: bytes
) -> Lead:
    if _optional(channel, "ChannelSampleSkew") or _optional(channel, "ChannelTimeSkew"):
        raise UnreadableFile(Refusal.UNSUPPORTED, "skew")
    factor = _optional(channel, "ChannelSensitivityCorrectionFactor")
    step = _fraction(channel.ChannelSensitivity) * (1 if factor is None else factor)
    if not step:
        raise UnreadableFile(Refusal.RESOLUTION_UNSUITABLE, "sensitivity")
    # C.10.9.1.4.4: what 0 stands for, in the sensitivity's unit.
    offset = round((_optional(channel, "ChannelBaseline") or Fraction(0)) / step)
    if abs(offset) >= 2**30:
        raise UnreadableFile(Refusal.VALUE_UNSUITABLE, "baseline")
    absent = np.zeros(len(column), np.bool_)
    if len(padding) == column.dtype.itemsize:
        absent = column == int.from_bytes(padding, "little", signed=True)
    sign = -1 if step < 0 else 1
    values = np.where(absent, 0, (column.astype(np.int64) + offset) * sign)
    return Lead(lead_name(name), unit_nv * abs(step), values, absent)


def _channel_name(channel: Dataset) -> str:
    for code in channel.get("ChannelSourceSequence") or ():
        shape = _CHANNEL_CODE.fullmatch(str(code.get("CodeValue") or ""))
        if shape is not None and int(shape[1]) in SCP_LEADS:
            return SCP_LEADS[int(shape[1])]
        return str(code.get("CodeMeaning") or "")
    return str(channel.get("ChannelLabel") or "")


def _unit(channel: Dataset) -> str:
    for code in channel.get("ChannelSensitivityUnitsSequence") or ():
        return str(code.CodeValue)
    return ""


def _label(group: Dataset, place: int) -> str:
    return printable(str(group.get("MultiplexGroupLabel") or f"group {place + 1}"))


def _source(dataset: Dataset) -> str:
    names = (dataset.get("Manufacturer"), dataset.get("ManufacturerModelName"))
    return printable(" ".join(["DICOM", *(str(name) for name in names if name)]))


def _stated(dataset: Dataset, group: int, source: str) -> tuple[list[Measurement], list[Annotation]]:
    """What the device measured and stated: numbers of the whole, sentences, and points in ``group``."""
    measurements: list[Measurement] = []
    annotations: list[Annotation] = []
    items = list(dataset.get("WaveformAnnotationSequence") or ())
    if len(items) > MAX_ANNOTATIONS:
        raise UnreadableFile(Refusal.TOO_LARGE, "annotations")
    for item in items:
        concept = next(iter(item.get("ConceptNameCodeSequence") or ()), Dataset())
        code, name = str(concept.get("CodeValue") or ""), printable(str(concept.get("CodeMeaning") or ""))
        positions = _numbers(item.get("ReferencedSamplePositions"))
        text = printable(str(item.get("UnformattedTextValue") or ""))
        if item.get("NumericValue") not in (None, ""):
            unit = next(iter(item.get("MeasurementUnitsCodeSequence") or ()), Dataset())
            value = str(_numeric(item))
            measurements.append(Measurement(code, name, value, str(unit.get("CodeValue") or ""), source))
        elif positions and _numbers(item.get("ReferencedWaveformChannels"))[:1] == [group]:
            # Samples are counted from 1 (C.10.10.1.1).
            annotations += [Annotation(max(0, at - 1), code, text or name, source) for at in positions]
        elif text and not positions:
            annotations.append(Annotation(None, code, text, source))
    return measurements, annotations


def _numeric(item: Dataset) -> object:
    value = item.NumericValue
    return value if isinstance(value, str) or not isinstance(value, Sequence) else value[0]


def _numbers(value: object) -> list[int]:
    if value is None or value == "":
        return []
    return [int(number) for number in value] if isinstance(value, Sequence) else [int(str(value))]


def _started_us(dataset: Dataset, group: Dataset, zone: tzinfo) -> int | None:
    shape = _MOMENT.fullmatch(str(dataset.get("AcquisitionDateTime") or "").strip())
    if shape is None:
        return None
    moment = datetime.strptime(shape[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    microseconds = int((shape[2] or "").ljust(6, "0"))
    offset = _zone(shape[3] or str(dataset.get("TimezoneOffsetFromUTC") or ""), zone)
    began_ms = _optional(group, "MultiplexGroupTimeOffset") or Fraction(0)
    after = timedelta(microseconds=microseconds + round(began_ms * 1000))
    return to_unix_us(moment.replace(tzinfo=offset) + after, zone)


def _zone(text: str, zone: tzinfo) -> tzinfo:
    shape = _OFFSET.fullmatch(text)
    if shape is None:
        return zone
    offset = timedelta(hours=int(shape[2]), minutes=int(shape[3]))
    return timezone(-offset if shape[1] == "-" else offset)


def _optional(dataset: Dataset, keyword: str) -> Fraction | None:
    value = dataset.get(keyword)
    return None if value is None or value == "" else _fraction(value)


def _fraction(value: object) -> Fraction:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise UnreadableFile(Refusal.MALFORMED, "number") from None
    if not found.is_finite():
        raise UnreadableFile(Refusal.VALUE_UNSUITABLE, "number")
    if abs(found.adjusted()) > _MAX_EXPONENT:
        raise UnreadableFile(Refusal.MALFORMED, "number")
    return Fraction(found)
