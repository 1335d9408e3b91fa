"""Writes DICOM waveform objects: 12-lead ECG for a strip, General ECG for a session (PS3.3 A.34.3, A.34.4).

The same recording always gives the same identifiers, so that an archive that gets it twice keeps one.
"""

from __future__ import annotations

import hashlib
import struct
import uuid
from dataclasses import dataclass
from datetime import tzinfo
from fractions import Fraction
from io import BytesIO
from typing import Final

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from media_server.ecg.descriptor import STANDARD_LEADS, Source
from recording.exchange.civil_time import from_unix_us
from recording.exchange.edf_texts import decimal
from recording.exchange.errors import Unwritable
from recording.exchange.lead_names import SCP_NUMBERS
from recording.exchange.recorded import Annotation, Recorded
from recording.exchange.session import absent_of
from recording.exchange.simulated import SIMULATED_TEXT
from recording.exchange.subject import Subject

TWELVE_LEAD: Final = "1.2.840.10008.5.1.4.1.1.9.1.1"
GENERAL: Final = "1.2.840.10008.5.1.4.1.1.9.1.2"
MAX_TWELVE_LEAD_SAMPLES: Final = 16_384
"""Of a group of a 12-lead object, A.34.3.4.3."""
MIN_RATE_HZ: Final = 200
MAX_RATE_HZ: Final = 1_000
"""Of both kinds, A.34.3.4.5 and A.34.4.4.5."""
PADDING: Final = -(2**15)
_NAMESPACE: Final = uuid.UUID("0b1f3c1e-7a6d-5c55-9d0e-6c69616e7a68")
_IMPLEMENTATION: Final = f"2.25.{_NAMESPACE.int}"
_SEXES: Final = {"male": "M", "female": "F", "unknown": ""}
_MAX_SHORT: Final = 64


@dataclass(frozen=True, slots=True)
class DicomContext:
    """What the object says beside the samples."""

    ecg: str
    """What names the ECG here: its identifiers come from it."""
    subject: Subject
    institution: str
    zone: tzinfo
    written_us: int
    """When, microseconds since the Unix epoch; used where the recording has no time of its own."""


def write_dicom_strip(recorded: Recorded, context: DicomContext) -> bytes:
    """Returns a 12-lead object of some seconds. Raises Unwritable: other leads, too many samples, a rate out
    of range, or a sample that 16 bits do not hold.
    """
    if any(lead not in STANDARD_LEADS for lead in recorded.descriptor.leads):
        raise Unwritable("ecg_export_leads")
    if len(recorded.samples) > MAX_TWELVE_LEAD_SAMPLES:
        raise Unwritable("ecg_export_too_long")
    return _written(recorded, context, TWELVE_LEAD)


def write_dicom_session(recorded: Recorded, context: DicomContext) -> bytes:
    """Returns a General ECG object of everything; what is missing has the padding value.

    Raises Unwritable: a rate out of range, or a sample that 16 bits do not hold.
    """
    return _written(recorded, context, GENERAL)


def _written(recorded: Recorded, context: DicomContext, sop_class: str) -> bytes:
    described = recorded.descriptor
    if not MIN_RATE_HZ <= described.rate_hz <= MAX_RATE_HZ:
        raise Unwritable("ecg_export_rate")
    if max(int(recorded.samples.max()), -int(recorded.samples.min())) >= -PADDING:
        raise Unwritable("ecg_export_value_too_large")
    absent = absent_of(recorded)
    stored = np.where(absent, PADDING, recorded.samples).astype("<i2").tobytes()
    digest = hashlib.sha256(stored).hexdigest()
    instance = _uid(context.ecg, "instance", sop_class, digest)
    dataset = _file(sop_class, instance)
    _describe(dataset, recorded, context)
    group = _group(recorded, stored)
    if absent.any():
        group.add_new("WaveformPaddingValue", "OW", struct.pack("<h", PADDING))
    dataset.WaveformSequence = Sequence([group])
    if recorded.annotations:
        dataset.WaveformAnnotationSequence = Sequence([_annotation(note) for note in recorded.annotations])
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _file(sop_class: str, instance: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = pydicom.uid.UID(sop_class)
    meta.MediaStorageSOPInstanceUID = pydicom.uid.UID(instance)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = pydicom.uid.UID(_IMPLEMENTATION)
    dataset = FileDataset(BytesIO(), {}, file_meta=meta, preamble=bytes(128))
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    return dataset


def _describe(dataset: Dataset, recorded: Recorded, context: DicomContext) -> None:
    described = recorded.descriptor
    began = from_unix_us(
        context.written_us if recorded.started_us is None else recorded.started_us, context.zone
    )
    day, moment = began.strftime("%Y%m%d"), began.strftime("%H%M%S.%f")
    dataset.StudyDate = dataset.ContentDate = day
    dataset.StudyTime = dataset.ContentTime = moment
    dataset.AcquisitionDateTime = day + moment + began.strftime("%z")
    dataset.TimezoneOffsetFromUTC = began.strftime("%z")
    dataset.AccessionNumber = ""
    dataset.Modality = "ECG"
    dataset.Manufacturer = "Lianzhen"
    dataset.ManufacturerModelName = described.model
    if context.institution:
        dataset.InstitutionName = context.institution[:_MAX_SHORT]
    dataset.ReferringPhysicianName = ""
    if described.source is not Source.DEVICE:
        dataset.SeriesDescription = _ORIGINS[described.source]
    dataset.PatientName = _person(context.subject.name)
    dataset.PatientID = context.subject.identifier
    dataset.PatientBirthDate = ""
    dataset.PatientSex = _SEXES[context.subject.sex]
    dataset.StudyInstanceUID = _uid(context.ecg, "study")
    dataset.SeriesInstanceUID = _uid(context.ecg, "series")
    dataset.StudyID = ""
    dataset.SeriesNumber = 1
    dataset.InstanceNumber = 1
    dataset.AcquisitionContextSequence = Sequence([])


_ORIGINS: Final = {Source.SIMULATOR: SIMULATED_TEXT, Source.REPLAY: "Replay of a recording"}


def _group(recorded: Recorded, stored: bytes) -> Dataset:
    described = recorded.descriptor
    count, leads = recorded.samples.shape
    group = Dataset()
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels = leads
    group.NumberOfWaveformSamples = count
    group.SamplingFrequency = str(described.rate_hz)
    group.MultiplexGroupLabel = "RHYTHM"
    group.ChannelDefinitionSequence = Sequence([_channel(recorded, lead) for lead in described.leads])
    group.WaveformBitsAllocated = 16
    group.WaveformSampleInterpretation = "SS"
    group.add_new("WaveformData", "OW", stored)
    return group


def _channel(recorded: Recorded, lead: str) -> Dataset:
    described = recorded.descriptor
    channel = Dataset()
    channel.ChannelSourceSequence = Sequence([_source(lead)])
    channel.ChannelSensitivity = decimal(Fraction(described.resolution_nv, 1_000)).decode()
    channel.ChannelSensitivityUnitsSequence = Sequence([_code("uV", "UCUM", "microvolt")])
    channel.ChannelSensitivityCorrectionFactor = "1"
    channel.ChannelBaseline = "0"
    channel.ChannelSampleSkew = "0"
    channel.WaveformBitsStored = 16
    if described.band_low_mhz:
        channel.FilterLowFrequency = decimal(Fraction(described.band_low_mhz, 1_000)).decode()
    channel.FilterHighFrequency = str(described.band_high_hz)
    if described.notch_hz:
        channel.NotchFilterFrequency = str(described.notch_hz)
    return channel


def _source(lead: str) -> Dataset:
    """CID 3001; a lead that it does not have is named by a code of our own."""
    if lead in SCP_NUMBERS:
        return _code(f"2:{SCP_NUMBERS[lead]}", "MDC", f"Lead {lead}")
    return _code(lead, "99LIANZHEN", f"Lead {lead}")


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def _annotation(note: Annotation) -> Dataset:
    item = Dataset()
    item.UnformattedTextValue = f"{note.code} {note.text}".strip()
    item.ReferencedWaveformChannels = [1, 0]
    if note.at is not None:
        item.TemporalRangeType = "POINT"
        # Samples are counted from 1 (C.10.10.1.1).
        item.ReferencedSamplePositions = note.at + 1
    item.AnnotationGroupNumber = 1
    return item


def _person(name: str) -> str:
    """A name in Chinese is a person name's second, ideographic group (PS3.5 6.2.1)."""
    return name if name.isascii() else f"={name}"


def _uid(*names: str) -> str:
    """A UID made of a UUID (PS3.5 B.2), the same for the same names."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, '/'.join(names)).int}"
