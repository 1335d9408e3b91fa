"""Exports play, keep gaps on the time line, and hold the packets that were recorded."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import av
import pytest

from recording.canonical import canonical_json
from recording.errors import BadRecording
from recording.export import ExportedFile, export_folder
from recording.export_plan import plan_export
from recording.manifest import parse_manifest
from tests.support.tap_records import ListTap, h264_frames, opus_frames, tap_frames, vp8_frames
from tests.unit.recording.conftest import MS, Studio


def probed(path: Path) -> dict[str, dict[str, str]]:
    """By codec: start, packets; and the duration under "format"."""
    done = subprocess.run(
        [
            *("ffprobe", "-v", "error", "-of", "json", "-count_packets", "-show_format", "-show_streams"),
            str(path),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    facts = json.loads(done.stdout)
    return {stream["codec_name"]: stream for stream in facts["streams"]} | {"format": facts["format"]}


def video_times_ms(path: Path) -> list[int]:
    with av.open(str(path)) as container:
        return [
            round(packet.pts * packet.time_base * 1000)
            for packet in container.demux(container.streams.video[0])
            if packet.pts is not None
        ]


def add(
    recording, codec: str, frames, *, sid: str, start_ns: int, identity: str = "li", source: str = ""
) -> None:
    kind = "audio" if codec == "opus" else "video"
    tap = ListTap(tap_frames(codec, frames, start_ns=start_ns))
    recording.add_track(sid, identity=identity, name="", kind=kind, source=source, codec=codec, tap=tap)


def test_each_participant_becomes_one_playable_file(sealed_folder: Path, tmp_path: Path) -> None:
    li, wang = export_folder(sealed_folder, tmp_path / "out")
    assert (li.path.name, li.identity, li.media_type) == ("01-lijianping.webm", "lijianping", "video/webm")
    assert (wang.path.name, wang.identity, wang.media_type) == ("02-wangmin.mp4", "wangmin", "video/mp4")
    assert (li.starts_at_ms, li.duration_ms, li.is_main, li.part) == (30, 12_000, True, 1)
    facts = probed(li.path)
    assert float(facts["format"]["duration"]) == pytest.approx(12, abs=0.05)
    assert (facts["vp8"]["nb_read_packets"], facts["opus"]["nb_read_packets"]) == ("360", "600")
    assert float(probed(wang.path)["format"]["duration"]) == pytest.approx(12, abs=0.05)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}


def test_every_picture_of_an_export_decodes(sealed_folder: Path, tmp_path: Path) -> None:
    for exported in export_folder(sealed_folder, tmp_path / "out"):
        with av.open(str(exported.path)) as container:
            assert sum(1 for _ in container.decode(video=0)) == 360


def test_a_webm_can_be_sought_from_its_front_and_an_mp4_too(sealed_folder: Path, tmp_path: Path) -> None:
    webm, mp4 = export_folder(sealed_folder, tmp_path / "out")
    content = webm.path.read_bytes()
    cues, first_cluster = content.index(bytes.fromhex("1c53bb6b")), content.index(bytes.fromhex("1f43b675"))
    assert cues < first_cluster
    content = mp4.path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_one_participant_can_be_exported_alone(sealed_folder: Path, tmp_path: Path) -> None:
    [exported] = export_folder(sealed_folder, tmp_path / "out", identity="wangmin")
    assert exported.identity == "wangmin"
    assert export_folder(sealed_folder, tmp_path / "out", identity="nobody") == []


def test_exporting_again_replaces_the_files(sealed_folder: Path, tmp_path: Path) -> None:
    [first] = export_folder(sealed_folder, tmp_path / "out", identity="wangmin")
    content = first.path.read_bytes()
    (tmp_path / "out" / "02-wangmin.mp4.part").write_bytes(b"left over")
    [second] = export_folder(sealed_folder, tmp_path / "out", identity="wangmin")
    assert second.path.read_bytes() == content
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["02-wangmin.mp4"]


def test_a_gap_holds_the_picture_and_silences_the_sound(studio: Studio, tmp_path: Path) -> None:
    recording = studio.begin()
    start_ns = studio.clock.monotonic_ns()
    for codec, frames, rate in (("VP8", vp8_frames(1), 90_000), ("opus", opus_frames(1), 48_000)):
        early = list(tap_frames(codec, frames, start_ns=start_ns))
        late = list(tap_frames(codec, frames, start_ns=start_ns + 5_000 * MS, first_rtp=5 * rate))
        tap = ListTap([*early, *late])
        kind = "audio" if codec == "opus" else "video"
        recording.add_track(codec, identity="li", name="", kind=kind, source="", codec=codec, tap=tap)
    studio.run(recording, 6_200)
    [exported] = export_folder(studio.seal(recording), tmp_path / "out")
    times = video_times_ms(exported.path)
    assert (times[29], times[30], len(times)) == (967, 5_000, 60)
    with av.open(str(exported.path)) as container:
        sound_ms = [
            round(packet.pts * packet.time_base * 1000)
            for packet in container.demux(audio=0)
            if packet.pts is not None
        ]
    assert sound_ms == list(range(0, 6_000, 20))
    assert exported.duration_ms == 6_000


def test_a_participant_who_only_spoke_becomes_a_file_of_sound(studio: Studio, tmp_path: Path) -> None:
    recording = studio.begin()
    studio.run(recording, 700)
    add(recording, "opus", opus_frames(2), sid="TR_a", start_ns=studio.clock.monotonic_ns())
    studio.run(recording, 2_000)
    [exported] = export_folder(studio.seal(recording), tmp_path / "out")
    assert (exported.media_type, exported.starts_at_ms, exported.duration_ms) == ("audio/webm", 700, 2_000)
    assert float(probed(exported.path)["format"]["duration"]) == pytest.approx(2, abs=0.03)


def test_a_participant_who_sent_nothing_has_no_file(studio: Studio, tmp_path: Path) -> None:
    recording = studio.begin()
    add(recording, "opus", [], sid="TR_a", start_ns=studio.clock.monotonic_ns())
    studio.run(recording, 500)
    assert export_folder(studio.seal(recording), tmp_path / "out") == []


def test_a_shared_screen_is_a_file_of_its_own(studio: Studio, tmp_path: Path) -> None:
    recording = studio.begin()
    start_ns = studio.clock.monotonic_ns()
    add(recording, "VP8", vp8_frames(1), sid="TR_a", start_ns=start_ns, source="camera")
    add(recording, "opus", opus_frames(1), sid="TR_b", start_ns=start_ns, source="microphone")
    add(recording, "VP8", vp8_frames(1), sid="TR_c", start_ns=start_ns + 100 * MS, source="screen_share")
    studio.run(recording, 1_500)
    main, screen = export_folder(studio.seal(recording), tmp_path / "out")
    assert (main.path.name, main.is_main) == ("01-li.webm", True)
    assert (screen.path.name, screen.is_main, screen.starts_at_ms) == ("01-li-screen.webm", False, 100)
    assert "opus" not in probed(screen.path)


def test_a_change_of_codec_makes_parts_that_share_the_sound(studio: Studio, tmp_path: Path) -> None:
    recording = studio.begin()
    start_ns = studio.clock.monotonic_ns()
    add(recording, "VP8", vp8_frames(2), sid="TR_a", start_ns=start_ns)
    add(recording, "H264", h264_frames(2), sid="TR_b", start_ns=start_ns + 2_000 * MS)
    add(recording, "opus", opus_frames(4), sid="TR_c", start_ns=start_ns)
    studio.run(recording, 4_100)
    first, second = export_folder(studio.seal(recording), tmp_path / "out")
    assert [(one.path.name, one.part, one.starts_at_ms) for one in (first, second)] == [
        ("01-li-part1.webm", 1, 0),
        ("01-li-part2.mp4", 2, 2_000),
    ]
    assert (
        probed(first.path)["opus"]["nb_read_packets"],
        probed(second.path)["opus"]["nb_read_packets"],
    ) == (
        "100",
        "100",
    )


def test_a_camera_switched_off_and_on_again_goes_on_in_the_same_file(studio: Studio, tmp_path: Path) -> None:
    recording = studio.begin()
    start_ns = studio.clock.monotonic_ns()
    add(recording, "VP8", vp8_frames(2), sid="TR_a", start_ns=start_ns)
    # The new track begins before the old one's last frames have come.
    add(recording, "VP8", vp8_frames(2), sid="TR_b", start_ns=start_ns + 1_800 * MS)
    studio.run(recording, 4_000)
    [exported] = export_folder(studio.seal(recording), tmp_path / "out")
    times = video_times_ms(exported.path)
    assert times == sorted(set(times))
    assert times[-1] == 3_767


def test_a_segment_that_is_missing_is_a_gap_in_the_export(sealed_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(sealed_folder, folder)
    (folder / "TR_VP80-0001.webm").unlink()
    (folder / "TR_H2642-0001.mp4").write_bytes(b"not a video")
    li, wang = export_folder(folder, tmp_path / "out")
    assert len(video_times_ms(li.path)) == 60
    assert (wang.starts_at_ms, len(video_times_ms(wang.path))) == (10_030, 60)


def test_a_participant_whose_pictures_cannot_be_read_still_has_a_file_of_sound(
    sealed_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(sealed_folder, folder)
    for path in folder.glob("TR_VP8*"):
        path.write_bytes(b"not a video")
    [exported] = export_folder(folder, tmp_path / "out", identity="lijianping")
    assert "vp8" not in probed(exported.path)
    assert probed(exported.path)["opus"]["nb_read_packets"] == "600"


def test_without_one_readable_segment_there_is_no_file(sealed_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(sealed_folder, folder)
    for path in folder.glob("TR_H264*"):
        path.unlink()
    assert [one.identity for one in export_folder(folder, tmp_path / "out")] == ["lijianping"]


def test_what_is_no_recording_is_refused(tmp_path: Path, sealed_folder: Path) -> None:
    with pytest.raises(BadRecording):
        export_folder(tmp_path, tmp_path / "out")
    with pytest.raises(BadRecording):
        export_folder(tmp_path / "absent", tmp_path / "out")
    (tmp_path / "manifest.json").write_bytes(b"{}")
    with pytest.raises(BadRecording):
        export_folder(tmp_path, tmp_path / "out")
    with pytest.raises(BadRecording):
        export_folder(sealed_folder, sealed_folder)


def test_names_of_files_come_from_identities_made_harmless(sealed_folder: Path) -> None:
    manifest = json.loads((sealed_folder / "manifest.json").read_bytes())
    manifest["participants"][0]["identity"] = "../../王 敏/..\0x"
    manifest["participants"][1]["identity"] = "王敏"
    for track in manifest["tracks"]:
        track["identity"] = "../../王 敏/..\0x" if track["identity"] == "lijianping" else "王敏"
    names = [planned.name for planned in plan_export(parse_manifest(canonical_json(manifest)))]
    assert names == ["01-x.webm", "02-participant.mp4"]


def test_a_disk_that_refuses_leaves_no_half_file(
    sealed_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr("recording.export.os.fsync", refuse)
    with pytest.raises(OSError, match="full"):
        export_folder(sealed_folder, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_exported_file_is_what_it_says(sealed_folder: Path, tmp_path: Path) -> None:
    exported = export_folder(sealed_folder, tmp_path / "out")[0]
    assert isinstance(exported, ExportedFile)
    assert exported.path.is_file()
