"""Which recordings there are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recording.catalogue import Catalogue
from recording.summary import RecordingId


@pytest.fixture
def root(sealed_folder: Path, tmp_path: Path) -> Path:
    for name in ("RC_one", "RC_two", "RC_three"):
        shutil.copytree(sealed_folder, tmp_path / name)
    return tmp_path


def test_a_sealed_folder_is_read_once_and_its_detail_kept(root: Path) -> None:
    catalogue = Catalogue(root)
    assert catalogue.remember_sealed(RecordingId("RC_one"))
    detail = catalogue.detail(RecordingId("RC_one"))
    assert detail is not None
    assert detail.events[0].kind == "recording.started"
    assert catalogue.summaries() == [detail.summary]
    assert catalogue.detail(RecordingId("RC_one")) is detail


def test_details_in_memory_are_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recording.catalogue.CACHED_DETAILS", 2)
    catalogue = Catalogue(root)
    names = [RecordingId(name) for name in ("RC_one", "RC_two", "RC_three")]
    for name in names:
        catalogue.remember_sealed(name)
    first = catalogue.detail(names[0])
    catalogue.detail(names[1])
    catalogue.detail(names[2])
    assert catalogue.detail(names[0]) == first
    assert catalogue.detail(names[0]) is not first


def test_what_is_no_recording_is_not_remembered(root: Path) -> None:
    catalogue = Catalogue(root)
    assert not catalogue.remember_sealed(RecordingId("RC_none"))
    assert catalogue.detail(RecordingId("RC_none")) is None
    assert not catalogue.knows(RecordingId("RC_none"))
