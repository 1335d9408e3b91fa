"""ECG files on the command line: told, written in other formats, refused by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from media_server.ecg.descriptor import Source
from media_server.ecg.frame import read_envelope
from recording.ecg.ecg_manifest import LedgerHead
from recording.ecg.ecg_sealing import SealRequest, seal_ecg
from recording.ecg.frame_log import FrameLog
from recording.exchange import loading
from recording.exchange.civil_time import CHINA
from recording.exchange.edf_writer import write_edf
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.loading import recording_at
from recording.exchange.subject import NOBODY
from recording.signing import Ed25519Signer
from signaling.command_line import EXIT_OK, EXIT_REFUSED, EXIT_WRONG, main
from tests.support.ecg_exports import HOLES, frames_of, holed_ecg, whole_ecg
from tests.support.ecg_files import FOLDER, MORTARA, PTB_EDF


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHEN_LANGUAGE", "en")


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """The folder of an ECG with holes."""
    source = holed_ecg()
    folder = tmp_path / "ec_1"
    log = FrameLog(folder)
    for content in frames_of(source, size=10):
        log.append(content, read_envelope(content))
    log.close()
    signer = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    seal_ecg(folder, SealRequest("ec_1", source.descriptor, LedgerHead(count=0, head=""), 1), signer)
    return folder


def refusal(path: Path) -> tuple[str, str]:
    with pytest.raises(UnreadableFile) as refused:
        recording_at(path, CHINA)
    return Refusal(refused.value.code).name, refused.value.detail


def test_what_a_file_holds_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ecg", "info", str(FOLDER / MORTARA)]) == EXIT_OK
    told = capsys.readouterr().out
    assert "1000 samples a second, 1.25 µV a step, 10.0 s" in told
    assert "PR Interval 161 ms (DICOM Mortara Instrument, Inc. el250)" in told
    assert "Begun 2013-01-25 10:59:19.000" in told and "not read: MEDIAN BEAT" in told
    assert "monitoring" not in told


def test_what_was_made_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = replace(whole_ecg(), descriptor=replace(whole_ecg().descriptor, source=Source.SIMULATOR))
    (tmp_path / "made.edf").write_bytes(write_edf(made, NOBODY, CHINA))
    assert main(["ecg", "info", str(tmp_path / "made.edf")]) == EXIT_OK
    assert "Simulated, not measured" in capsys.readouterr().out


def test_an_old_record_is_told_to_be_for_monitoring(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIANZHEN_LANGUAGE")
    assert main(["ecg", "info", str(FOLDER / "mitdb_100.hea")]) == EXIT_OK
    told = capsys.readouterr().out
    assert "仅供监护" in told and "For monitoring only" in told and "75 annotations" in told
    assert "Begun" not in told


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("wfdb", {"ec_1.hea", "ec_1.dat"}),
        ("edf", {"ec_1.edf"}),
        ("dicom", {"ec_1.dcm"}),
        ("dicom_strip", {"ec_1-strip.dcm"}),
    ],
)
def test_a_sealed_ecg_is_written_in_other_formats(
    sealed: Path, tmp_path: Path, wanted: str, names: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["ecg", "export", str(sealed), "--format", wanted, "--out", str(out)]) == EXIT_OK
    assert {path.name for path in out.iterdir()} == names
    (path,) = [path for path in out.iterdir() if path.suffix != ".dat"]
    found = recording_at(path, CHINA)
    assert found.missing == HOLES and np.array_equal(found.samples, holed_ecg().samples)
    assert main(["ecg", "info", str(sealed)]) == EXIT_OK
    assert "2 stretches are missing, 3.100 s" in capsys.readouterr().out
    assert main(["ecg", "export", str(sealed), "--format", wanted, "--out", str(out)]) == EXIT_REFUSED
    assert "will not be overwritten" in capsys.readouterr().err


def test_what_cannot_be_read_or_written_is_refused_with_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut_off = tmp_path / "心电 图.edf"
    cut_off.write_bytes((FOLDER / PTB_EDF).read_bytes()[:5_000])
    assert main(["ecg", "info", str(cut_off)]) == EXIT_REFUSED
    assert "[ecg_file_truncated]" in capsys.readouterr().err
    record = str(FOLDER / "mitdb_100.hea")
    assert main(["ecg", "export", record, "--format", "dicom_strip"]) == EXIT_REFUSED
    assert "[ecg_export_leads]" in capsys.readouterr().err
    assert main(["ecg", "info", str(tmp_path / "none")]) == EXIT_WRONG
    whole = tmp_path / "心电 图2.edf"
    whole.write_bytes((FOLDER / PTB_EDF).read_bytes())
    assert main(["ecg", "export", str(whole), "--format", "edf", "--out", str(tmp_path)]) == EXIT_OK
    assert (tmp_path / "____2.edf").exists()


def test_folders_and_records_that_are_not_whole_are_refused(
    sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "r.hea").write_bytes(b"r 1 500 4\nr.dat 16\n")
    assert refusal(tmp_path / "r.hea") == ("PART_MISSING", "signals")
    assert refusal(tmp_path) == ("PART_MISSING", "manifest")
    (sealed / "manifest.json").write_bytes(b"{}")
    assert refusal(sealed) == ("MALFORMED", "manifest")
    monkeypatch.setattr(loading, "MAX_FILES_BYTES", 10)
    assert refusal(FOLDER / PTB_EDF) == ("TOO_LARGE", "files")
