"""Which samples go into which file, under what name."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from clinical.ecg_report import Strip
from recording.exchange.errors import Unwritable
from recording.exchange.fhir_writer import FhirReport
from recording.exchange.reading import read_recording
from recording.exchange.session import cut
from recording.exchange.subject import NOBODY
from signaling.ecg.ecg_export import (
    ExportContext,
    ExportFormat,
    export_session,
    export_strips,
    lost_rest,
    part_of,
    strips_to_read,
    with_given_up_of,
)
from tests.support.ecg_exports import HOLES, holed_ecg, whole_ecg
from tests.unit.signaling.ecg.test_ecg_rights import ECG
from tests.unit.signaling.ecg.test_giving_up import GIVEN_UP

CONTEXT = ExportContext("ec_1", "E-20261122-0001", NOBODY, "", FhirReport(), 1)
FIRST = Strip(0, 100, 90_000, 500)


def test_marked_strips_are_cut_into_tens_of_seconds() -> None:
    marked = [Strip(1, 0, 5_000, 500), Strip(0, 1_000, 12_000, 500)]
    assert strips_to_read(marked, FIRST) == [
        Strip(1, 0, 5_000, 500),
        Strip(0, 1_000, 6_000, 500),
        Strip(0, 6_000, 11_000, 500),
        Strip(0, 11_000, 12_000, 500),
    ]


def test_where_nothing_is_marked_the_beginning_is_taken() -> None:
    assert strips_to_read([], FIRST) == [Strip(0, 100, 5_100, 500)]
    assert strips_to_read([], Strip(0, 100, 200, 500)) == [Strip(0, 100, 200, 500)]


@pytest.mark.parametrize(
    ("strip", "rows"),
    [
        (Strip(0, 1_050, 1_100, 500), (50, 100)),
        # What was read begins after the strip does, or ends before: nothing else is there.
        (Strip(0, 900, 1_100, 500), (0, 100)),
        (Strip(0, 5_900, 6_500, 500), (4_900, 5_000)),
    ],
)
def test_a_strip_is_found_by_its_numbers(strip: Strip, rows: tuple[int, int]) -> None:
    whole = whole_ecg()
    assert np.array_equal(part_of(whole, 1_000, strip).samples, whole.samples[slice(*rows)])


def test_a_strip_of_which_nothing_was_read_is_refused() -> None:
    with pytest.raises(Unwritable, match="out_of_range"):
        part_of(whole_ecg(), 1_000, Strip(0, 500, 900, 500))


@pytest.mark.parametrize(
    ("wanted", "name", "media_type"),
    [
        (ExportFormat.WFDB, "E-20261122-0001-wfdb.zip", "application/zip"),
        (ExportFormat.EDF, "E-20261122-0001.edf", "application/octet-stream"),
        (ExportFormat.DICOM, "E-20261122-0001.dcm", "application/dicom"),
    ],
)
def test_a_session_is_one_file_with_every_sample(wanted: ExportFormat, name: str, media_type: str) -> None:
    whole = whole_ecg()
    exported = export_session(whole, wanted, CONTEXT)
    assert (exported.name, exported.media_type) == (name, media_type)
    files = {"a": exported.content}
    if wanted is ExportFormat.WFDB:
        with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    assert np.array_equal(read_recording(files).samples, whole.samples)
    assert export_session(whole, wanted, CONTEXT).content == exported.content


def test_strips_are_one_object_each_and_an_archive_of_several() -> None:
    whole = whole_ecg()
    one = export_strips([whole], ExportFormat.DICOM_STRIP, CONTEXT)
    assert (one.name, one.media_type) == ("E-20261122-0001-01.dcm", "application/dicom")
    two = export_strips([whole, cut(whole, 0, 2_500)], ExportFormat.DICOM_STRIP, CONTEXT)
    assert (two.name, two.media_type) == ("E-20261122-0001-dicom.zip", "application/zip")
    with zipfile.ZipFile(io.BytesIO(two.content)) as archive:
        lengths = [len(read_recording({"a": archive.read(name)}).samples) for name in archive.namelist()]
    assert lengths == [5_000, 2_500]


def test_fhir_takes_the_first_strip() -> None:
    exported = export_strips([cut(whole_ecg(), 0, 5), whole_ecg()], ExportFormat.FHIR, CONTEXT)
    assert (exported.name, exported.media_type) == ("E-20261122-0001.json", "application/fhir+json")
    observation = json.loads(exported.content)["entry"][1]["resource"]
    assert len(observation["component"][0]["valueSampledData"]["data"].split()) == 5


def test_a_strip_says_that_the_rest_of_its_ecg_was_declared_lost_and_what_it_lacks_itself() -> None:
    lost = replace(ECG, given_up=GIVEN_UP, missing_ms=9_000)
    strip, holes = Strip(0, 0, 5_500, 500), sum(hole.length for hole in HOLES)
    # What was read of it ends a second before the strip does.
    part = with_given_up_of(holed_ecg(), strip, lost)
    (note,) = [note for note in part.annotations if note.code == "given-up"]
    assert note.at is None and "missing 9000 ms; more may follow" in note.text
    assert note.text.endswith(f"; {2 * (holes + 500)} ms missing of this part")
    bundle = json.loads(export_strips([part], ExportFormat.FHIR, CONTEXT).content)
    told, measured = (entry["resource"] for entry in bundle["entry"])
    assert "已声明缺失" in told["text"]["div"] and note.text in measured["note"][0]["text"]
    again = read_recording({"a": export_strips([part], ExportFormat.DICOM_STRIP, CONTEXT).content})
    assert note.text in [each.text.removeprefix("given-up ") for each in again.annotations]


def test_what_has_come_after_all_is_no_loss() -> None:
    for whole in (ECG, replace(ECG, given_up=GIVEN_UP, is_complete=True)):
        assert lost_rest(whole) == ""
        assert with_given_up_of(holed_ecg(), FIRST, whole).annotations == holed_ecg().annotations
    assert "end known" in lost_rest(replace(ECG, given_up=GIVEN_UP, declared={}))
