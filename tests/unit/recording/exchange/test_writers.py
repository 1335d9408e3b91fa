"""ECGs written and read again here; tests/integration/test_ecg_files.py has others read them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC

import numpy as np
import pydicom
import pytest

from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.spans import Span
from recording.exchange import edf_writer
from recording.exchange.civil_time import CHINA
from recording.exchange.dicom_writer import DicomContext, write_dicom_session, write_dicom_strip
from recording.exchange.edf_writer import write_edf
from recording.exchange.errors import Unwritable
from recording.exchange.fhir_writer import FhirContext, write_fhir
from recording.exchange.reading import read_recording
from recording.exchange.recorded import Annotation, Recorded
from recording.exchange.session import absent_of
from recording.exchange.simulated import SIMULATED, source_of, without_mark
from recording.exchange.subject import NOBODY, Subject
from recording.exchange.wfdb_annotations import format_wfdb_annotations, parse_wfdb_annotations
from recording.exchange.wfdb_writer import write_wfdb
from tests.support.ecg_exports import holed_ecg, whole_ecg

CONTEXT = DicomContext("ecg-1", NOBODY, "", CHINA, 1_000_000)


def ecg(
    *values: int, resolution_nv: int = 2_500, rate_hz: int = 500, leads: tuple[str, ...] = ("I",)
) -> Recorded:
    described = Descriptor(rate_hz, resolution_nv, leads, 0, 150, 50, "", Source.SIMULATOR, 0)
    samples = np.array([[value] * len(leads) for value in values], np.int32)
    return Recorded(described, samples, (), ((),) * len(leads), None)


def refusal(write: object, *arguments: object) -> str:
    with pytest.raises(Unwritable) as refused:
        write(*arguments)  # type: ignore[operator]
    return refused.value.code


@pytest.mark.parametrize("recorded", [whole_ecg(), holed_ecg()])
def test_an_ecg_comes_back_from_every_format(recorded: Recorded) -> None:
    written = (
        write_wfdb("ecg", recorded, CHINA),
        {"a": write_edf(recorded, NOBODY, CHINA)},
        {"a": write_dicom_strip(recorded, CONTEXT)},
        {"a": write_dicom_session(recorded, CONTEXT)},
    )
    for files in written:
        found = read_recording(files)
        assert np.array_equal(found.samples, recorded.samples)
        assert np.array_equal(absent_of(found), absent_of(recorded))
        assert found.started_us == recorded.started_us
        assert found.descriptor.leads == recorded.descriptor.leads
        assert found.descriptor.resolution_nv == recorded.descriptor.resolution_nv


@pytest.mark.parametrize("model", ["", "Box A1", "B" * 64, "心电仪"])
def test_what_was_made_comes_back_from_every_format_as_made(model: str) -> None:
    described = replace(whole_ecg().descriptor, source=Source.SIMULATOR, model=model)
    recorded = replace(whole_ecg(), descriptor=described)
    written = (
        write_wfdb("ecg", recorded, CHINA),
        {"a": write_edf(recorded, NOBODY, CHINA)},
        {"a": write_dicom_strip(recorded, CONTEXT)},
        {"a": write_dicom_session(recorded, CONTEXT)},
    )
    for files in written:
        found = read_recording(files).descriptor
        assert found.source is Source.SIMULATOR
        assert SIMULATED not in found.model


def test_only_the_mark_itself_makes_an_ecg_simulated() -> None:
    for text in ("", "MAC 5500", "SIMULATEDX", "not SIMULATED at all", "simulated"):
        assert (source_of(text), without_mark(text)) == (Source.REPLAY, text.replace(" SIMULATED", ""))
    # As files before this version said it in their equipment.
    for text in ("SIMULATED", "Box A1 SIMULATED", "SIMULATED Box A1", "SIMULATED, not measured"):
        assert source_of("", text) is Source.SIMULATOR
    assert without_mark("Box A1 SIMULATED") == without_mark("SIMULATED Box A1") == "Box A1"


def test_wide_samples_and_odd_steps_come_back_from_wfdb() -> None:
    recorded = replace(
        ecg(2**30 - 1, -(2**30) + 1, 0, 7, resolution_nv=183),
        lead_missing=((Span(2, 3),),),
        started_us=1_795_323_907_000_001,
    )
    assert write_wfdb("ecg", ecg(1), UTC)["ecg.hea"].startswith(b"ecg 1 500 1\n")
    files = write_wfdb("ecg", recorded, UTC)
    assert b"SIMULATED" in files["ecg.hea"] and b"# notch 50 Hz" in files["ecg.hea"]
    assert " 32 5464.480874317(0)/mV" in files["ecg.hea"].decode()
    assert " 05:05:07.000001 22/11/2026" in files["ecg.hea"].decode()
    assert "ecg.atr" not in files
    found = read_recording(files, zone=UTC)
    assert found.samples.tolist() == recorded.samples.tolist()
    # With one lead, what only it misses is missing altogether.
    assert found.missing == (Span(2, 3),)
    assert (found.descriptor.resolution_nv, found.started_us) == (183, recorded.started_us)


def test_annotations_that_wfdb_has_no_letter_for_are_notes() -> None:
    notes = (
        Annotation(70_000, "V", "", "x"),
        Annotation(None, "", "odd", "x"),
        Annotation(5, "lead-off", "V1", "x"),
        Annotation(0, "N", "", "x"),
        Annotation(70_001, "", "", "x"),
    )
    found = parse_wfdb_annotations(format_wfdb_annotations(notes))
    assert [(note.at, note.code, note.text) for note in found] == [
        (0, "N", ""),
        (1, '"', "odd"),
        (5, '"', "lead-off V1"),
        (70_000, "V", ""),
        (70_001, '"', ""),
    ]


def test_an_edf_file_says_whose_it_is_as_far_as_its_letters_go() -> None:
    def patient(subject: Subject) -> bytes:
        return write_edf(ecg(1), subject, CHINA)[8:88].rstrip()

    assert patient(Subject("ID-7", "Zhang San", "female")) == b"ID-7 F X Zhang_San"
    assert patient(Subject("编号", "张三")) == patient(NOBODY) == b"X X X X"
    simulated = write_edf(ecg(1), NOBODY, CHINA)
    assert simulated[88:168].rstrip() == b"Startdate X X X SIMULATED"
    assert simulated[168:184] == b"01.01.8500.00.00"
    assert b"HP:0Hz LP:150Hz N:50Hz" in simulated
    measured = replace(whole_ecg().descriptor, source=Source.DEVICE, model="Box A1")
    dated = write_edf(replace(whole_ecg(), descriptor=measured), NOBODY, CHINA)
    assert dated[88:168].rstrip() == b"Startdate 22-NOV-2026 X X Box_A1"


@pytest.mark.parametrize("value", [31_999, -31_999, 32_000, -32_767, 32_767])
def test_a_value_near_the_limit_is_kept(value: int) -> None:
    found = read_recording({"a": write_edf(ecg(value, 0), NOBODY, CHINA)})
    assert found.samples[:2, 0].tolist() == [value, 0]
    # The record's rest was never measured.
    assert found.missing == (Span(2, 500),)


def test_what_edf_does_not_hold_is_refused() -> None:
    assert refusal(write_edf, ecg(32_768), NOBODY, CHINA) == "ecg_export_value_too_large"
    assert refusal(write_edf, ecg(1, resolution_nv=400_000), NOBODY, CHINA) == "ecg_export_resolution"
    empty = replace(ecg(0, 0), missing=(Span(0, 2),))
    assert refusal(write_edf, empty, NOBODY, CHINA) == "ecg_export_empty"
    odd = ecg(1, rate_hz=31_999, leads=tuple(f"V{number}" for number in range(16)))
    assert refusal(write_edf, odd, NOBODY, CHINA) == "ecg_export_rate"


def test_a_fast_device_has_shorter_records() -> None:
    fast = ecg(*range(400), rate_hz=32_000, leads=tuple(f"V{number}" for number in range(16)))
    content = write_edf(fast, NOBODY, CHINA)
    assert content[244:252] == b"0.05    "
    assert read_recording({"a": content}).samples[:400, 15].tolist() == list(range(400))


def test_many_texts_are_spread_over_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = tuple(Annotation(7, "", f"note {number}", "x") for number in range(100))
    crowded = replace(whole_ecg(), annotations=notes)
    natural = write_edf(crowded, NOBODY, CHINA)
    monkeypatch.setattr(edf_writer, "MAX_LIST_BYTES", 500)
    spread = write_edf(crowded, NOBODY, CHINA)
    assert len(spread) < len(natural) - 10_000
    for content in (natural, spread):
        found = read_recording({"a": content}).annotations
        assert sorted(note.text for note in found) == sorted(note.text for note in notes)
        assert {note.at for note in found} == {7}


def test_a_note_inside_a_hole_that_reaches_the_end_stands_in_the_last_record() -> None:
    tail = replace(
        ecg(*[5] * 1_500), missing=(Span(400, 1_500),), annotations=(Annotation(1_200, "", "late", "x"),)
    )
    content = write_edf(tail, NOBODY, CHINA)
    assert content[236:244] == b"1       " and content[192:197] == b"EDF+C"
    late_start = replace(ecg(*[5] * 1_500), missing=(Span(0, 1_000),))
    assert write_edf(late_start, NOBODY, CHINA)[192:197] == b"EDF+D"


def test_what_dicom_does_not_hold_is_refused() -> None:
    assert refusal(write_dicom_strip, ecg(1, leads=("MLII",)), CONTEXT) == "ecg_export_leads"
    assert refusal(write_dicom_strip, ecg(*[1] * 16_385), CONTEXT) == "ecg_export_too_long"
    for rate_hz in (199, 1_001):
        assert refusal(write_dicom_session, ecg(1, rate_hz=rate_hz), CONTEXT) == "ecg_export_rate"
    for value in (32_768, -32_768):
        assert refusal(write_dicom_session, ecg(value), CONTEXT) == "ecg_export_value_too_large"


def dicom(recorded: Recorded, context: DicomContext = CONTEXT) -> pydicom.Dataset:
    return pydicom.dcmread(pydicom.filebase.DicomBytesIO(write_dicom_session(recorded, context)))


def test_a_dicom_object_names_only_whom_the_caller_names() -> None:
    nobody = dicom(ecg(1))
    assert [str(nobody[name].value) for name in ("PatientName", "PatientID", "PatientSex")] == ["", "", ""]
    assert "InstitutionName" not in nobody and nobody.SeriesDescription == "SIMULATED, not measured"
    # No time of its own: the moment of writing.
    assert nobody.AcquisitionDateTime == "19700101080001.000000+0800"
    measured = replace(whole_ecg(), descriptor=replace(whole_ecg().descriptor, source=Source.DEVICE))
    context = replace(CONTEXT, subject=Subject("7", "Zhang^San", "male"), institution="医" * 99)
    named = dicom(measured, context)
    assert (named.PatientName, named.PatientSex, len(named.InstitutionName)) == ("Zhang^San", "M", 64)
    assert "SeriesDescription" not in named


def test_a_dicom_object_has_the_same_identifiers_whenever_it_is_written() -> None:
    first, again, other = dicom(ecg(1)), dicom(ecg(1)), dicom(ecg(2))
    assert first.SOPInstanceUID == again.SOPInstanceUID != other.SOPInstanceUID
    assert first.SeriesInstanceUID == other.SeriesInstanceUID


def test_a_lead_that_dicom_has_no_code_for_has_one_of_ours() -> None:
    found = dicom(ecg(1, leads=("MLII", "V1")))
    channels = found.WaveformSequence[0].ChannelDefinitionSequence
    codes = [channel.ChannelSourceSequence[0] for channel in channels]
    assert [(code.CodeValue, code.CodingSchemeDesignator) for code in codes] == [
        ("MLII", "99LIANZHEN"),
        ("2:3", "MDC"),
    ]
    assert channels[0].NotchFilterFrequency == 50 and "FilterLowFrequency" not in channels[0]


def test_a_fhir_strip_without_a_report_is_preliminary_and_says_that_it_is_simulated() -> None:
    bundle = json.loads(write_fhir(ecg(1, -2, leads=("MLII",)), FhirContext("ecg-1", NOBODY, CHINA)))
    report, observation = (entry["resource"] for entry in bundle["entry"])
    assert report["status"] == "preliminary" and report["subject"] == {"display": "-"}
    assert not {"effectiveDateTime", "issued", "performer", "conclusion"} & set(report)
    assert "effectivePeriod" not in observation and "device" not in observation
    assert "simulated" in observation["note"][0]["text"]
    (component,) = observation["component"]
    assert (component["code"], component["valueSampledData"]["data"]) == ({"text": "MLII"}, "1 -2")


def test_a_warning_stands_in_both_fhir_resources_and_is_text() -> None:
    warned = FhirContext("ecg-1", NOBODY, CHINA, warning="3 s < all")
    bundle = json.loads(write_fhir(ecg(1, leads=("MLII",)), warned))
    report, observation = (entry["resource"] for entry in bundle["entry"])
    assert report["text"]["status"] == "additional" and "<p>3 s &lt; all</p>" in report["text"]["div"]
    assert [note["text"] for note in observation["note"]][1:] == ["3 s < all"]
    plain = json.loads(write_fhir(whole_ecg(), FhirContext("x", NOBODY, CHINA)))
    assert "text" not in plain["entry"][0]["resource"] and "note" not in plain["entry"][1]["resource"]


def test_a_device_is_named_where_it_is_known() -> None:
    described = replace(whole_ecg().descriptor, model="Box A1", source=Source.DEVICE)
    recorded = replace(whole_ecg(), descriptor=described)
    assert b"# device Box A1" in write_wfdb("ecg", recorded, CHINA)["ecg.hea"]
    bundle = json.loads(write_fhir(recorded, FhirContext("x", NOBODY, CHINA)))
    assert bundle["entry"][1]["resource"]["device"] == {"display": "Box A1"}


def test_a_fhir_strip_is_no_stream() -> None:
    assert refusal(write_fhir, ecg(*[1] * 30_001), FhirContext("x", NOBODY, CHINA)) == "ecg_export_too_long"
    assert write_fhir(whole_ecg(), FhirContext("x", NOBODY, CHINA)).count(b'"value":0') == 12
