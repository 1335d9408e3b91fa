"""ECG files read and written here hold what wfdb, pydicom and pyedflib read in them, sample by sample."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pydicom
import pyedflib
import pytest
import wfdb
from fhir.resources.R4B.bundle import Bundle

from media_server.ecg.frame import read_envelope
from recording.ecg.frame_log import FrameLog
from recording.exchange.absent import marked
from recording.exchange.civil_time import CHINA
from recording.exchange.dicom_writer import DicomContext, write_dicom_session, write_dicom_strip
from recording.exchange.edf_writer import write_edf
from recording.exchange.fhir_writer import FhirContext, FhirReport, write_fhir
from recording.exchange.reading import read_recording
from recording.exchange.recorded import Recorded
from recording.exchange.session import absent_of, cut, kept_frames, session_of
from recording.exchange.subject import NOBODY, Subject
from recording.exchange.wfdb_writer import write_wfdb
from tests.support.ecg_exports import HOLES, STARTED_US, frames_of, holed_ecg, whole_ecg
from tests.support.ecg_files import (
    FOLDER,
    MORTARA,
    PTB_DICOM,
    PTB_EDF,
    WFDB_RECORDS,
    one_file,
    wfdb_record,
)


@pytest.mark.parametrize("name", WFDB_RECORDS)
def test_a_wfdb_record_reads_as_wfdb_reads_it(name: str) -> None:
    recorded = read_recording(wfdb_record(name))
    theirs = wfdb.rdrecord(str(FOLDER / name), physical=False, smooth_frames=False)
    places = [place for place, signal in enumerate(theirs.sig_name) if signal not in recorded.left_out]
    assert len(places) == len(recorded.descriptor.leads) > 0
    for column, place in zip(recorded.samples.T, places, strict=True):
        digital = theirs.e_d_signal[place].astype(np.int64) - theirs.baseline[place]
        if recorded.descriptor.resolution_nv > 1:
            assert np.array_equal(column, digital)
            assert not recorded.missing
        else:
            # Leads of which each has its own gain: to half a nanovolt, from which the numbers come back.
            step_nv = 1_000_000 / theirs.adc_gain[place]
            here = digital != -2_048
            assert np.abs(column - digital * step_nv)[here].max() <= 0.5 + 1e-6
            assert np.array_equal(np.rint(column / step_nv)[here], digital[here])
            lead = recorded.lead_missing[recorded.descriptor.leads.index(theirs.sig_name[place])]
            missing = marked(len(column), (*recorded.missing, *lead))
            assert np.array_equal(missing, ~here)


def test_the_reference_beats_of_a_wfdb_record_are_those_that_wfdb_reads() -> None:
    theirs = wfdb.rdann(str(FOLDER / "mitdb_100"), "atr")
    ours = read_recording(wfdb_record("mitdb_100")).annotations
    assert [beat.at for beat in ours] == list(theirs.sample)
    assert [beat.code for beat in ours] == theirs.symbol
    assert [beat.text for beat in ours] == [note.strip("\0") for note in theirs.aux_note]


def test_an_edf_file_reads_as_pyedflib_reads_it() -> None:
    recorded = read_recording(one_file(PTB_EDF))
    with pyedflib.EdfReader(str(FOLDER / PTB_EDF)) as theirs:
        assert theirs.getSignalLabels() == list(recorded.descriptor.leads)
        for place, column in enumerate(recorded.samples.T):
            assert np.array_equal(theirs.readSignal(place, digital=True), column)
        onsets, _, texts = theirs.readAnnotations()
    rate_hz = recorded.descriptor.rate_hz
    assert [(found.at, found.text) for found in recorded.annotations] == [
        (round(onset * rate_hz), text) for onset, text in zip(onsets, texts, strict=True)
    ]


@pytest.mark.parametrize("name", [MORTARA, PTB_DICOM])
def test_a_dicom_ecg_reads_as_pydicom_reads_it(name: str) -> None:
    recorded = read_recording(one_file(name))
    theirs = pydicom.dcmread(FOLDER / name).waveform_array(0)
    assert np.array_equal(recorded.samples * (recorded.descriptor.resolution_nv / 1000), theirs)


def test_the_same_patient_reads_the_same_from_edf_and_dicom() -> None:
    edf, dicom = read_recording(one_file(PTB_EDF)), read_recording(one_file(PTB_DICOM))
    assert edf.descriptor.leads == dicom.descriptor.leads
    assert edf.descriptor.resolution_nv == dicom.descriptor.resolution_nv == 2_500
    assert np.array_equal(edf.samples, dicom.samples[: len(edf.samples)])


def test_a_written_wfdb_record_is_read_by_wfdb_with_its_holes_as_nothing(tmp_path: Path) -> None:
    recorded = holed_ecg()
    save(tmp_path, write_wfdb("ecg_1", recorded, CHINA))
    theirs = wfdb.rdrecord(str(tmp_path / "ecg_1"), physical=False)
    assert np.array_equal(theirs.d_signal, np.where(absent_of(recorded), -32_768, recorded.samples))
    assert theirs.fs == 500 and theirs.sig_name == list(recorded.descriptor.leads)
    assert theirs.units == ["mV"] * 12 and theirs.adc_gain == [400] * 12
    assert str(theirs.base_datetime) == "2026-11-22 13:05:07.250000"
    physical = wfdb.rdrecord(str(tmp_path / "ecg_1")).p_signal
    assert np.array_equal(np.isnan(physical), absent_of(recorded))
    notes = wfdb.rdann(str(tmp_path / "ecg_1"), "atr")
    # It takes the texts for Latin-1, one character a byte.
    texts = [text.encode("latin-1").decode() for text in notes.aux_note]
    assert list(zip(notes.sample, notes.symbol, texts, strict=True)) == [
        (1, '"', "导联说明"),
        (200, '"', "lead-off V1"),
        (2_000, '"', "in the hole"),
        (2_999, "N", ""),
    ]


def test_a_written_edf_file_is_read_by_pyedflib(tmp_path: Path) -> None:
    recorded = whole_ecg()
    save(tmp_path, {"a.edf": write_edf(recorded, Subject("ID-7", "Zhang San", "male"), CHINA)})
    with pyedflib.EdfReader(str(tmp_path / "a.edf")) as theirs:
        assert theirs.getSignalLabels() == list(recorded.descriptor.leads)
        assert str(theirs.getStartdatetime()).startswith("2026-11-22 13:05:07")
        # In steps of 100 ns; the library's own date takes them for another unit.
        assert theirs.starttime_subsecond == 2_500_000
        assert (theirs.getPatientCode(), theirs.getPatientName()) == ("ID-7", "Zhang San")
        assert theirs.getPhysicalDimension(0) == "uV" and theirs.getPrefilter(0) == "HP:0.05Hz LP:150Hz"
        for place, column in enumerate(recorded.samples.T):
            assert np.array_equal(theirs.readSignal(place, digital=True), column)
            assert np.array_equal(theirs.readSignal(place), column * 2.5)


def test_a_written_edf_file_with_holes_has_its_records_where_they_belong(tmp_path: Path) -> None:
    """EDFlib refuses discontinuous files on principle: it is told that this one is continuous, and then reads
    the records that are there one after the other. (It is told so with a digit of each record's time, too.)
    """
    recorded = holed_ecg()
    content = write_edf(recorded, NOBODY, CHINA)
    assert content[192:197] == b"EDF+D"
    joined = content.replace(b"EDF+D", b"EDF+C", 1)
    for later, second in ((5, 3), (6, 4), (7, 5), (8, 6), (9, 7)):
        joined = joined.replace(b"+%d.25\x14\x14" % later, b"+%d.25\x14\x14" % second)
    save(tmp_path, {"a.edf": joined})
    rows = np.where(absent_of(recorded), -32_000, recorded.samples).reshape(-1, 500, 12)
    kept = [second for second in rows if (second != -32_000).any()]
    assert len(kept) == 8
    with pyedflib.EdfReader(str(tmp_path / "a.edf")) as theirs:
        for place in range(12):
            expected = np.concatenate([second[:, place] for second in kept])
            assert np.array_equal(theirs.readSignal(place, digital=True), expected)
        onsets, durations, texts = theirs.readAnnotations()
    told = list(zip((onsets * 500).round().tolist(), durations.tolist(), texts.tolist(), strict=True))
    assert [entry for entry in told if entry[2] == "No samples"] == [
        (100, 0.1, "No samples"),
        (1_200, 0.6, "No samples"),
        (2_500, 0.4, "No samples"),
    ]
    assert {(200, "lead-off V1"), (2_000, "in the hole"), (0, "导联说明"), (2_999, "N")} <= {
        (at, text) for at, _, text in told
    }
    ours = read_recording({"a.edf": content})
    assert ours.missing == HOLES and np.array_equal(ours.samples, recorded.samples)
    assert ours.started_us == recorded.started_us


CONTEXT = DicomContext("ecg-1", Subject("ID-7", "张三", "female"), "云岭县人民医院", CHINA, 1)


@pytest.mark.parametrize(
    ("write", "recorded", "kind"),
    [
        (write_dicom_strip, whole_ecg(), "TwelveLeadECG"),
        (write_dicom_strip, holed_ecg(), "TwelveLeadECG"),
        (write_dicom_session, holed_ecg(), "GeneralECG"),
    ],
)
def test_a_written_dicom_object_is_read_by_pydicom_and_passes_dciodvfy(
    write: Callable[[Recorded, DicomContext], bytes], recorded: Recorded, kind: str, tmp_path: Path
) -> None:
    save(tmp_path, {"a.dcm": write(recorded, CONTEXT)})
    theirs = pydicom.dcmread(tmp_path / "a.dcm")
    raw = np.frombuffer(theirs.WaveformSequence[0].WaveformData, "<i2").reshape(-1, 12)
    assert np.array_equal(raw, np.where(absent_of(recorded), -32_768, recorded.samples))
    here = ~absent_of(recorded)
    assert np.array_equal(theirs.waveform_array(0)[here], (recorded.samples * 2.5)[here])
    assert theirs.AcquisitionDateTime == "20261122130507.250000+0800"
    assert theirs.PatientName.ideographic == "张三"
    judged = subprocess.run(
        ["dciodvfy", str(tmp_path / "a.dcm")], capture_output=True, text=True, check=False
    )
    lines = judged.stderr.splitlines()
    assert kind in lines
    assert [line for line in lines if line.startswith("Error")] == []
    assert judged.returncode == 0


def test_written_fhir_resources_validate_and_hold_every_sample() -> None:
    recorded = cut(holed_ecg(), 1_000, 3_000)
    report = FhirReport("窦性心律", "李医生", STARTED_US)
    content = write_fhir(recorded, FhirContext("ecg-1", Subject("ID-7", "张三"), CHINA, report))
    bundle = Bundle.model_validate_json(content)
    told, measured = (entry.resource for entry in bundle.entry)
    assert told.conclusion == "窦性心律" and told.result[0].reference == bundle.entry[1].fullUrl
    assert [component.code.text for component in measured.component][:2] == [
        "MDC_ECG_LEAD_I",
        "MDC_ECG_LEAD_II",
    ]
    for place, component in enumerate(measured.component):
        sampled = component.valueSampledData
        assert (float(sampled.period), float(sampled.factor), float(sampled.origin.value)) == (2, 2.5, 0)
        values = sampled.data.split(" ")
        gone = absent_of(recorded)[:, place]
        assert [value == "E" for value in values] == gone.tolist()
        read = [0 if value == "E" else int(value) for value in values]
        assert read == recorded.samples[:, place].tolist()


def test_a_session_of_frames_is_written_without_losing_a_sample(tmp_path: Path) -> None:
    """From the frames in the files of a log to a WFDB record: what the source had, hashed."""
    source = holed_ecg()
    log = FrameLog(tmp_path / "frames")
    for content in frames_of(source, size=10):
        log.append(content, read_envelope(content))
    log.close()
    session = session_of(kept_frames(tmp_path / "frames"), source.descriptor)
    assert session.missing == HOLES
    save(tmp_path, write_wfdb("ecg_1", session, CHINA))
    theirs = wfdb.rdrecord(str(tmp_path / "ecg_1"), physical=False).d_signal
    stored = np.where(theirs == -32_768, 0, theirs).astype("<i4")
    assert hashlib.sha256(stored.tobytes()).digest() == hashlib.sha256(source.samples.tobytes()).digest()


def save(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)
