"""What the disk does not take is told, and what is sealed stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinical.ids import EcgId
from media_server.ecg.frame import read_envelope
from recording.manifest import MANIFEST_FILE
from signaling.ecg.frame_disk import FrameDisk, Written
from tests.support.ecg_world import FRAME_SAMPLES, measured

ECG = EcgId("ec_one")
FRAME = measured(1).frames()[0]


class Disk:
    """A disk, and what it told."""

    def __init__(self, folder: Path) -> None:
        self.written: list[Written] = []
        self.failed: list[EcgId] = []
        self.disk = FrameDisk(folder, written=self.written.extend, failed=self.failed.append)


@pytest.fixture
def desk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


async def test_what_is_handed_over_is_written_and_read(desk: Disk) -> None:
    await desk.disk.open(ECG)
    desk.disk.put(ECG, FRAME, [read_envelope(FRAME)])
    assert await desk.disk.read(ECG, 0, 0, 1) == [FRAME]
    assert (desk.written, desk.failed) == ([(ECG, 0, 0, FRAME_SAMPLES)], [])
    assert await desk.disk.stretches(ECG) == {0: (((0, FRAME_SAMPLES),), ())}
    await desk.disk.close()


async def test_a_log_that_is_not_open_takes_nothing_and_gives_nothing_and_says_so(desk: Disk) -> None:
    await desk.disk.open(ECG)
    await desk.disk.shut(ECG)
    desk.disk.put(ECG, FRAME, [read_envelope(FRAME)])
    await desk.disk.flush()
    assert (desk.written, desk.failed, desk.disk.counts.failed) == ([], [ECG], 1)
    with pytest.raises(OSError, match="not open"):
        await desk.disk.read(ECG, 0, 0, 1)
    with pytest.raises(OSError, match="not open"):
        await desk.disk.stretches(ECG)
    await desk.disk.close()


async def test_vital_signs_are_not_added_to_what_is_sealed(desk: Disk) -> None:
    await desk.disk.keep_vitals(ECG, b"one\n")
    (desk.disk.folder(ECG) / MANIFEST_FILE).touch()
    await desk.disk.keep_vitals(ECG, b"one\ntwo\n")
    assert await desk.disk.vitals(ECG) == b"one\n"
    assert desk.disk.counts.vitals_left_out == 2
    await desk.disk.close()
