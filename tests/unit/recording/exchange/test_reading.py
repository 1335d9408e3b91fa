"""Which format files are, whatever they are called."""

from __future__ import annotations

import numpy as np
import pytest

from recording.exchange import reading
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.reading import Kind, kind_of, read_recording
from tests.support.ecg_files import MORTARA, PTB_EDF, one_file, wfdb_record
from tests.support.scp_files import scp_of

SCP = {"x.ecg": scp_of(np.zeros((500, 12), np.int32))}


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (wfdb_record("mitdb_100"), Kind.WFDB),
        (one_file(PTB_EDF), Kind.EDF),
        (one_file(MORTARA), Kind.DICOM),
        (SCP, Kind.SCP),
        ({"a.pdf": b"%PDF"}, None),
        ({"a": b""}, None),
        ({}, None),
    ],
)
def test_the_content_says_which_format_it_is(files: dict[str, bytes], kind: Kind | None) -> None:
    assert kind_of(files) == kind
    if kind is not None:
        assert len(read_recording(files, kind).samples)


def refusal(files: dict[str, bytes], kind: Kind | None = None) -> Refusal:
    with pytest.raises(UnreadableFile) as refused:
        read_recording(files, kind)
    return Refusal(refused.value.code)


def test_what_is_none_of_them_or_another_than_said_is_refused() -> None:
    assert refusal({"a.pdf": b"%PDF"}) == Refusal.KIND_UNKNOWN
    assert refusal(SCP, Kind.DICOM) == Refusal.KIND_UNKNOWN


def test_two_files_where_one_is_the_recording_are_refused() -> None:
    assert refusal({**SCP, "y.ecg": b""}) == Refusal.PART_MISSING


def test_too_many_or_too_large_files_are_refused_before_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert refusal({str(number): b"" for number in range(9)}) == Refusal.TOO_LARGE
    monkeypatch.setattr(reading, "MAX_FILES_BYTES", 100)
    assert refusal(SCP) == Refusal.TOO_LARGE
