"""DICOM waveform objects: groups, channels, what the device says, refusals without a word of the patient."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable
from copy import deepcopy
from io import BytesIO

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from media_server.ecg.spans import Span
from recording.exchange import dicom_reader
from recording.exchange.civil_time import CHINA
from recording.exchange.dicom_reader import read_dicom
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.recorded import Recorded
from tests.support.ecg_files import FOLDER, MORTARA, PTB_DICOM

Change = Callable[[Dataset], object]


def changed(change: Change, name: str = PTB_DICOM) -> bytes:
    dataset = pydicom.dcmread(FOLDER / name)
    change(dataset)
    file = BytesIO()
    dataset.save_as(file)
    return file.getvalue()


def read(change: Change, name: str = PTB_DICOM) -> Recorded:
    return read_dicom(changed(change, name), CHINA)


def refusal(content: bytes) -> tuple[str, str]:
    with pytest.raises(UnreadableFile) as refused:
        read_dicom(content, CHINA)
    return Refusal(refused.value.code).name, refused.value.detail


def group(dataset: Dataset) -> Dataset:
    return dataset.WaveformSequence[0]


def channel(dataset: Dataset, place: int = 0) -> Dataset:
    return group(dataset).ChannelDefinitionSequence[place]


def setting(keyword: str, value: object, where: Callable[[Dataset], Dataset] = group) -> Change:
    return lambda dataset: setattr(where(dataset), keyword, value)


def without(keyword: str, where: Callable[[Dataset], Dataset] = group) -> Change:
    return lambda dataset: delattr(where(dataset), keyword)


def whole(dataset: Dataset) -> Dataset:
    return dataset


def test_a_carts_ecg_has_its_measurements_its_statements_and_its_points() -> None:
    found = read_dicom((FOLDER / MORTARA).read_bytes(), CHINA)
    described = found.descriptor
    assert (described.rate_hz, described.resolution_nv, described.model) == (1_000, 1_250, "el250")
    assert (described.band_low_mhz, described.band_high_hz) == (50, 300)
    values = {item.name: (item.value, item.unit) for item in found.measurements}
    assert values["PR Interval"] == ("161", "ms") and values["T Axis"] == ("57", "deg")
    assert {item.source for item in found.measurements} == {"DICOM Mortara Instrument, Inc. el250"}
    sentences = [note.text for note in found.annotations if note.at is None]
    assert sentences == ["RITMO SINUSALE", "ECG NORMALE"]
    points = [note for note in found.annotations if note.text == "QRS Onset"]
    assert len(points) > 8 and points[0].code == "5.10.3-3"
    # What the device computed is left out, and its points are not taken for points of the rhythm.
    assert found.left_out == ("MEDIAN BEAT",)
    assert found.started_us == 1_359_082_759_000_000


def test_the_numbers_that_stand_for_no_sample_are_missing() -> None:
    def pad(dataset: Dataset) -> None:
        samples = np.frombuffer(group(dataset).WaveformData, "<i2").reshape(-1, 12).copy()
        samples[10:20] = -32_768
        samples[20, 3] = -32_768
        group(dataset).WaveformData = samples.tobytes()
        group(dataset).WaveformPaddingValue = struct.pack("<h", -32_768)

    found = read(pad)
    assert found.missing == (Span(10, 20),)
    assert found.lead_missing[3] == (Span(20, 21),) and not any(found.lead_missing[:3])
    assert not found.samples[10:20].any()


def test_a_channels_offset_sign_and_factor_are_its_own() -> None:
    plain = read(lambda _: None).samples

    def change(dataset: Dataset) -> None:
        channel(dataset).ChannelBaseline = "25"
        channel(dataset, 1).ChannelSensitivity = "-2.5"
        channel(dataset, 2).ChannelSensitivityCorrectionFactor = "2"
        del channel(dataset, 3).ChannelSensitivityCorrectionFactor

    found = read(change).samples
    assert np.array_equal(found[:, 0], plain[:, 0] + 10)
    assert np.array_equal(found[:, 1], -plain[:, 1])
    assert np.array_equal(found[:, 2], plain[:, 2] * 2)
    assert np.array_equal(found[:, 3], plain[:, 3])


def test_channels_are_named_by_code_by_meaning_or_by_label() -> None:
    def change(dataset: Dataset) -> None:
        channel(dataset, 0).ChannelSourceSequence[0].CodeValue = "5.6.3-9-1"
        channel(dataset, 1).ChannelSourceSequence[0].CodeValue = "2:999"
        del channel(dataset, 2).ChannelSourceSequence
        channel(dataset, 2).ChannelLabel = "Lead III"
        channel(dataset, 4).ChannelSourceSequence[0].CodeValue = "9:9"
        channel(dataset, 4).ChannelSourceSequence[0].CodeMeaning = "Pleth"
        del channel(dataset, 5).ChannelSensitivityUnitsSequence

    found = read(change)
    assert found.descriptor.leads[:4] == ("I", "II", "III", "aVR")
    assert found.left_out == ("Pleth", "aVF")


def test_groups_of_the_same_instants_are_one_table_and_others_are_left_out() -> None:
    def change(dataset: Dataset) -> None:
        first = group(dataset)
        samples = np.frombuffer(first.WaveformData, "<i2").reshape(-1, 12)
        second, third = deepcopy(first), deepcopy(first)
        for other, columns, count in ((second, slice(9, 12), 5_000), (third, slice(9, 12), 2_500)):
            other.NumberOfWaveformChannels, other.NumberOfWaveformSamples = 3, count
            other.ChannelDefinitionSequence = list(first.ChannelDefinitionSequence)[columns]
            other.WaveformData = samples[:count, columns].tobytes()
        del third.MultiplexGroupLabel
        kept = list(first.ChannelDefinitionSequence)[:9]
        first.NumberOfWaveformChannels, first.ChannelDefinitionSequence = 9, kept
        first.WaveformData = samples[:, :9].tobytes()
        dataset.WaveformSequence = [second, first, third]

    found, plain = read(change), read(lambda _: None)
    assert found.descriptor.leads == plain.descriptor.leads
    assert np.array_equal(found.samples, plain.samples)
    assert found.left_out == ("group 3",)


@pytest.mark.parametrize(
    ("moment", "zone", "offset_ms", "started_us"),
    [
        ("20250101101010.5+0800", None, "0", 1_735_697_410_500_000),
        ("20250101021010", "+0000", "0", 1_735_697_410_000_000),
        ("20241231211010-0500", "+0800", "250.5", 1_735_697_410_250_500),
        ("20250101101010", None, "0", 1_735_697_410_000_000),
        ("2025", None, "0", None),
    ],
)
def test_the_start_is_that_of_the_group(
    moment: str, zone: str | None, offset_ms: str, started_us: int | None
) -> None:
    def change(dataset: Dataset) -> None:
        dataset.AcquisitionDateTime = moment
        if zone is not None:
            dataset.TimezoneOffsetFromUTC = zone
        group(dataset).MultiplexGroupTimeOffset = offset_ms

    assert read(change).started_us == started_us


def test_wider_and_narrower_samples_are_read() -> None:
    def change(dataset: Dataset) -> None:
        samples = np.frombuffer(group(dataset).WaveformData, "<i2")
        group(dataset).WaveformData = samples.astype("<i4").tobytes()
        group(dataset).WaveformBitsAllocated, group(dataset).WaveformSampleInterpretation = 32, "SL"

    assert np.array_equal(read(change).samples, read(lambda _: None).samples)


def test_annotations_that_say_nothing_are_passed_over() -> None:
    def change(dataset: Dataset) -> None:
        several = Dataset()
        several.NumericValue = ["5", "6"]
        text_at_a_point = Dataset()
        text_at_a_point.UnformattedTextValue = "pacing"
        text_at_a_point.ReferencedSamplePositions = 1
        text_at_a_point.ReferencedWaveformChannels = [1, 0]
        dataset.WaveformAnnotationSequence = [Dataset(), several, text_at_a_point]

    found = read(change)
    assert [(item.value, item.unit) for item in found.measurements] == [("5", "")]
    assert [(note.at, note.text) for note in found.annotations] == [(0, "pacing")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (without("WaveformSequence", whole), ("NO_LEADS", "")),
        (setting("WaveformOriginality", "DERIVED"), ("NO_LEADS", "")),
        (setting("NumberOfWaveformSamples", 2**31), ("TOO_LARGE", "samples")),
        (setting("NumberOfWaveformSamples", 5_001), ("TRUNCATED", "samples")),
        (setting("NumberOfWaveformSamples", 0), ("NO_LEADS", "")),
        (setting("WaveformSampleInterpretation", "MB"), ("UNSUPPORTED", "samples")),
        (setting("SamplingFrequency", "499.5"), ("RATE_UNSUITABLE", "rate")),
        (setting("SamplingFrequency", "1e99"), ("MALFORMED", "number")),
        (setting("NumberOfWaveformChannels", 11), ("MALFORMED", "channels")),
        (without("SamplingFrequency"), ("MALFORMED", "elements")),
        (setting("ChannelSensitivity", "0", channel), ("RESOLUTION_UNSUITABLE", "sensitivity")),
        (setting("ChannelTimeSkew", "0.001", channel), ("UNSUPPORTED", "skew")),
        (setting("ChannelSampleSkew", "1", channel), ("UNSUPPORTED", "skew")),
        (setting("ChannelBaseline", "1e10", channel), ("VALUE_UNSUITABLE", "baseline")),
    ],
)
def test_a_bad_object_is_refused(change: Change, expected: tuple[str, str]) -> None:
    assert refusal(changed(change)) == expected


@pytest.mark.parametrize(("text", "expected"), [(b"nan", "VALUE_UNSUITABLE"), (b"x.y", "MALFORMED")])
def test_what_is_no_number_is_refused(text: bytes, expected: str) -> None:
    content = (FOLDER / PTB_DICOM).read_bytes()
    at = content.index(b"\x3a\x00\x1a\x00DS\x04\x00500 ") + 8
    assert refusal(content[:at] + text.ljust(4) + content[at + 4 :])[0] == expected


def test_an_object_with_nothing_but_other_channels_has_no_leads() -> None:
    def change(dataset: Dataset) -> None:
        for place in range(12):
            del channel(dataset, place).ChannelSensitivityUnitsSequence

    assert refusal(changed(change)) == ("NO_LEADS", "")


def test_transfer_syntaxes_that_are_not_read_are_refused_before_anything_is_inflated() -> None:
    def deflate(dataset: Dataset) -> None:
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian

    def encapsulate(dataset: Dataset) -> None:
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.JPEGBaseline8Bit

    assert refusal(changed(deflate)) == ("UNSUPPORTED", "transfer syntax")
    assert refusal(changed(encapsulate)) == ("UNSUPPORTED", "transfer syntax")


def test_a_file_that_is_cut_off_is_refused_wherever() -> None:
    content = (FOLDER / PTB_DICOM).read_bytes()
    for length in (140, 200, 400, 900, 5_000, len(content) - 1):
        assert refusal(content[:length])[0] in ("TRUNCATED", "MALFORMED", "NO_LEADS")


def test_an_end_of_bytes_inside_an_element_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*_: object, **__: object) -> None:
        raise EOFError

    monkeypatch.setattr(pydicom, "dcmread", end)
    assert refusal(b"") == ("TRUNCATED", "elements")


def test_limits_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    content = (FOLDER / MORTARA).read_bytes()
    monkeypatch.setattr(dicom_reader, "MAX_ANNOTATIONS", 76)
    assert refusal(content) == ("TOO_LARGE", "annotations")
    monkeypatch.setattr(dicom_reader, "MAX_DICOM_BYTES", 1_000)
    assert refusal(content) == ("TOO_LARGE", "files")


def test_nothing_of_the_patient_is_kept_nor_told(capsys: pytest.CaptureFixture[str]) -> None:
    def name(dataset: Dataset) -> None:
        dataset.PatientName = "CANARY^ZHANG"
        dataset.PatientID = "CANARY-77"

    content = changed(name)
    assert "CANARY" not in repr(read_dicom(content, CHINA))
    with warnings.catch_warnings(record=True) as told:
        # An identifier in the place of a UID is what the library would warn of with its content.
        at = content.index(b"1.2.840.10008.5.1.4.1.1.9.1.1", 300)
        broken = content[:at] + b"CANARY-77".ljust(29) + content[at + 29 :]
        read_dicom(broken, CHINA)
    captured = capsys.readouterr()
    assert "CANARY" not in captured.out + captured.err + "".join(str(one.message) for one in told)
