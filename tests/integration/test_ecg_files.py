"""Real ECG files read here hold what wfdb, pydicom and pyedflib read in them, sample by sample."""

from __future__ import annotations

import numpy as np
import pydicom
import pyedflib
import pytest
import wfdb

from recording.exchange.absent import marked
from recording.exchange.reading import read_recording
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
