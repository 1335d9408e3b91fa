"""Whatever file somebody brings as an ECG is read or refused by name, and quickly."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest

from recording.exchange import scp_reader
from recording.exchange.civil_time import CHINA
from recording.exchange.dicom_reader import read_dicom
from recording.exchange.dicom_writer import DicomContext, write_dicom_strip
from recording.exchange.edf_reader import read_edf
from recording.exchange.edf_writer import write_edf
from recording.exchange.errors import UnreadableFile
from recording.exchange.scp_reader import read_scp
from recording.exchange.session import cut
from recording.exchange.subject import NOBODY
from recording.exchange.wfdb_annotations import parse_wfdb_annotations
from recording.exchange.wfdb_reader import read_wfdb
from tests.fuzz.mutations import attack
from tests.support.ecg_exports import holed_ecg, whole_ecg
from tests.support.ecg_files import wfdb_record
from tests.support.scp_files import scp_of

MESSAGES = {"wfdb header": 1_500, "wfdb annotations": 2_500, "edf": 700, "dicom": 600, "scp": 4_500}
"""Some three seconds each."""
SEED = int(os.environ.get("LIANZHEN_FUZZ_SEED", "1"))
MAX_CPU_S = 2.0
"""Of a file of some kilobytes. One that claims millions of samples is refused before they are there."""
_SHORT = cut(whole_ecg(), 0, 60)
_RECORD = wfdb_record("philips_mi_500hz")
_SIGNALS = _RECORD["philips_mi_500hz.dat"]


def _wfdb(header: bytes) -> None:
    read_wfdb({"a.hea": header, "philips_mi_500hz.dat": _SIGNALS}, CHINA)


_TARGETS: dict[str, tuple[Callable[[bytes], object], list[bytes]]] = {
    "wfdb header": (_wfdb, [_RECORD["philips_mi_500hz.hea"]]),
    "wfdb annotations": (parse_wfdb_annotations, [wfdb_record("mitdb_100")["mitdb_100.atr"]]),
    "edf": (
        lambda content: read_edf(content, CHINA),
        [write_edf(_SHORT, NOBODY, CHINA), write_edf(holed_ecg(), NOBODY, CHINA)[:30_000]],
    ),
    "dicom": (
        lambda content: read_dicom(content, CHINA),
        [write_dicom_strip(_SHORT, DicomContext("e", NOBODY, "", CHINA, 1))],
    ),
    "scp": (
        lambda content: read_scp(content, CHINA),
        [scp_of(_SHORT.samples, order=order, is_packed=bool(order)) for order in (0, 1, 2)]
        + [scp_of(np.zeros((9, 12), np.int32), more={7: bytes(range(60)), 8: bytes(8) + b"\2\1\5\0abcde"})],
    ),
}


@pytest.mark.parametrize("name", _TARGETS)
def test_bent_files_are_read_or_refused_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Behind the checksums lies what is to be shaken.
    monkeypatch.setattr(scp_reader, "_check", lambda *_: None)
    target, seeds = _TARGETS[name]

    def read(content: bytes) -> None:
        target(content)

    accepted, refused = attack(
        read, seeds, allowed=(UnreadableFile,), messages=MESSAGES[name], seed=SEED, max_cpu_s=MAX_CPU_S
    )
    print(f"{name}: {accepted} accepted, {refused} refused")
    assert refused > 0
