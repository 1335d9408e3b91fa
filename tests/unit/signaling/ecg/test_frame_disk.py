"""What the disk does not take is told, and what is sealed stays as it is."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from clinical.ids import EcgId
from media_server.ecg.descriptor import parse_descriptor
from media_server.ecg.frame import read_envelope
from recording.ecg.ecg_manifest import LedgerHead
from recording.ecg.ecg_sealing import GivenUpRest, SealRequest, is_sealed, seal_ecg
from recording.ecg.frame_log import FrameLog
from recording.manifest import MANIFEST_FILE
from recording.signing import Ed25519Signer
from signaling.ecg.frame_disk import VITALS_FILE, FrameDisk, Written
from signaling.ecg.vitals import Vital, vitals_to_lines
from tests.support.ecg_world import DESCRIPTOR, FRAME_SAMPLES, SIGNING_KEY, measured

ECG = EcgId("ec_one")
DEVICE = parse_descriptor(DESCRIPTOR)
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
    assert (desk.disk.folder(ECG) / VITALS_FILE).read_bytes() == b"one\n"
    assert desk.disk.counts.vitals_left_out == 2
    await desk.disk.close()


async def test_what_comes_for_a_sealed_ecg_sets_its_seal_aside(desk: Disk) -> None:
    folder = desk.disk.folder(ECG)
    await desk.disk.open(ECG)
    await desk.disk.shut(ECG)
    request = SealRequest(ECG, DEVICE, LedgerHead(count=0, head=""), 1)
    rest = GivenUpRest(1, is_end_known=False, missing=lambda _: [])
    assert seal_ecg(folder, request._replace(given_up=rest), Ed25519Signer(SIGNING_KEY))
    await desk.disk.open(ECG)
    for frame in measured(1).frames()[:2]:
        desk.disk.put(ECG, frame, [read_envelope(frame)])
        await desk.disk.flush()
    names = {path.name for path in folder.iterdir()}
    assert names == {"000001.e1", "manifest-0001.json", "manifest-0001.sig"}
    assert len(desk.written) == 2
    await desk.disk.close()


async def test_vital_signs_of_a_rest_that_was_given_up_are_kept(desk: Disk) -> None:
    folder = desk.disk.folder(ECG)
    await desk.disk.keep_vitals(ECG, b"one\n")
    request = SealRequest(ECG, DEVICE, LedgerHead(count=0, head=""), 1)
    rest = GivenUpRest(1, is_end_known=True, missing=lambda _: [])
    assert seal_ecg(folder, request._replace(given_up=rest), Ed25519Signer(SIGNING_KEY))
    await desk.disk.keep_vitals(ECG, b"two\n")
    assert (folder / VITALS_FILE).read_bytes() == b"one\ntwo\n"
    assert not is_sealed(folder) and desk.disk.counts.vitals_left_out == 0
    await desk.disk.close()


async def test_values_are_read_while_the_writing_thread_is_busy(desk: Disk) -> None:
    kept = Vital(5, "MDC_RESP_RATE", 16, "/min", "valid", "device")
    assert desk.disk.vitals(ECG, 0, 10, 5) == []
    await desk.disk.keep_vitals(ECG, vitals_to_lines([kept]))
    held = threading.Event()
    busy = asyncio.create_task(desk.disk._do(held.wait))
    assert await asyncio.to_thread(desk.disk.vitals, ECG, 0, 10, 5) == [kept]
    assert not busy.done()
    held.set()
    await busy
    await desk.disk.close()


async def test_a_log_is_opened_while_another_is_looked_through(
    desk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log of hours takes a second or so: neither another one nor what is to be written waits for it."""
    held, opening = threading.Event(), threading.Event()

    class Long(FrameLog):
        def __init__(self, folder: Path) -> None:
            if folder.name == "ec_long":
                opening.set()
                held.wait()
            super().__init__(folder)

    monkeypatch.setattr("signaling.ecg.frame_disk.FrameLog", Long)
    long = asyncio.create_task(desk.disk.open(EcgId("ec_long")))
    await asyncio.to_thread(opening.wait)
    await desk.disk.open(ECG)
    desk.disk.put(ECG, FRAME, [read_envelope(FRAME)])
    assert await desk.disk.read(ECG, 0, 0, 1) == [FRAME]
    assert not long.done()
    held.set()
    assert (await long).spans == {}
    # What is open is not looked through again.
    assert (await desk.disk.open(ECG)).spans == {0: ((0, FRAME_SAMPLES),)}
    await desk.disk.close()


async def test_what_is_synced_is_open(desk: Disk) -> None:
    await desk.disk.open(ECG)
    await desk.disk.sync(ECG)
    desk.disk.put(ECG, FRAME, [read_envelope(FRAME)])
    await desk.disk.sync(ECG)
    assert len(desk.written) == 1
    await desk.disk.shut(ECG)
    with pytest.raises(OSError, match="not open"):
        await desk.disk.sync(ECG)
    await desk.disk.close()
