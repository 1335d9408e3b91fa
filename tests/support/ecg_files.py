"""The real ECG files of tests/vectors/ecg/exchange, as a reader takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[1] / "vectors/ecg/exchange"
MORTARA: Final = "ecg12_mortara_1000hz_10s.dcm"
PTB_DICOM: Final = "ptb_s0010_500hz_10s_12lead.dcm"
PTB_EDF: Final = "ptb_s0010_500hz.edf"
WFDB_RECORDS: Final = ("mitdb_100", "ptb_s0010", "cinc_v102s", "mimic_03700181", "philips_mi_500hz")


def one_file(name: str) -> dict[str, bytes]:
    return {name: (FOLDER / name).read_bytes()}


def wfdb_record(name: str) -> dict[str, bytes]:
    suffixes = (".hea", ".dat", ".xyz", ".atr")
    paths = [FOLDER / (name + suffix) for suffix in suffixes]
    return {path.name: path.read_bytes() for path in paths if path.exists()}
