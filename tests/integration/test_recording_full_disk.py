"""A disk that really is full: the loss is named, recording goes on by itself, everything verifies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recording.errors import LedgerUnavailable
from recording.export import export_folder
from recording.manifest import parse_manifest
from recording.recovery import recover_folder
from recording.verify import verify_folder
from tests.integration.test_recording_kill import ffprobe
from tests.support.small_disk import fill, small_disk
from tests.support.tap_records import NS_PER_MS
from tests.unit.recording.conftest import Studio

pytestmark = pytest.mark.alone

DISK_BYTES = 3_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    with small_disk(tmp_path / "disk", DISK_BYTES) as folder:
        yield folder


def test_a_full_disk_is_a_named_gap_and_recording_goes_on_when_there_is_room(disk: Path) -> None:
    studio = Studio(disk)
    recording = studio.begin()
    tracks = [studio.add(recording, codec) for codec in ("VP8", "opus", "H264")]
    studio.run(recording, 3_000)
    ballast = fill(disk)
    studio.run(recording, 3_000)
    assert recording.trouble == "disk_full"
    for path in recording.folder.glob("TR_*"):
        assert ffprobe(path) > 0
    ballast.unlink()
    studio.run(recording, 5_000)
    assert recording.trouble is None
    folder = studio.seal(recording)
    assert verify_folder(folder, studio.public_key).is_sound
    manifest = parse_manifest((folder / "manifest.json").read_bytes())
    for track, sid in zip(manifest.tracks, tracks, strict=True):
        assert track.track == sid
        [gap] = track.gaps
        assert gap.cause == "disk_full"
        # The last page of a file still takes a fragment or two.
        assert 2_400 <= gap.from_ms <= 4_200
        assert gap.to_ms >= 5_500
        for segment in track.segments:
            assert ffprobe(folder / segment.file) > 0
    studio.ledger.close()


def test_an_export_onto_a_full_disk_says_so_and_leaves_nothing(disk: Path, tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    recording = studio.begin()
    studio.add(recording, "VP8")
    studio.run(recording, 3_000)
    folder = studio.seal(recording)
    fill(disk)
    with pytest.raises(OSError, match=r"."):
        export_folder(folder, disk / "out")
    assert list(disk.glob("out/*")) == []
    studio.ledger.close()


def test_a_disk_that_stays_full_leaves_a_recording_that_the_next_start_seals(disk: Path) -> None:
    studio = Studio(disk)
    recording = studio.begin()
    studio.add(recording, "VP8")
    studio.run(recording, 3_000)
    ballast = fill(disk)
    studio.run(recording, 2_000)
    recording.stop(cause="asked", actor="li")
    with pytest.raises((OSError, LedgerUnavailable)):
        recording.seal(studio.signer)
    recording.close()
    ballast.unlink()
    found = recover_folder(
        recording.folder,
        ledger=studio.ledger,
        signer=studio.signer,
        wall_ms=studio.clock.wall_ns() // NS_PER_MS,
    )
    assert found is not None
    assert verify_folder(recording.folder, studio.public_key).is_sound
    studio.ledger.close()
