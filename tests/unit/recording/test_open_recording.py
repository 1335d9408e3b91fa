"""A recording from begin to seal: files, gaps, events, and a disk that refuses for a while."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from recording.errors import LedgerUnavailable
from recording.manifest import Manifest, ManifestTrack, parse_manifest
from recording.open_recording import OpenRecording
from recording.verify import verify_folder
from tests.support.tap_records import (
    ListTap,
    TapClock,
    TapEnd,
    TapFrame,
    TapOverflow,
    TimedTap,
    h264_frames,
    opus_frames,
    tap_frames,
    vp8_frames,
)
from tests.unit.recording.conftest import MS, Studio


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk()
    monkeypatch.setattr("recording.files.os.write", disk.write)
    yield disk


class Disk:
    """A disk that takes half of a write, then refuses, while it is full."""

    def __init__(self) -> None:
        self.is_full = False
        self._write = os.write

    def write(self, descriptor: int, content: memoryview) -> int:
        if not self.is_full:
            return self._write(descriptor, content)
        if len(content) > 1:
            return self._write(descriptor, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "full")


def sealed(studio: Studio, recording: OpenRecording) -> Manifest:
    folder = studio.seal(recording)
    verdict = verify_folder(folder, studio.public_key)
    assert verdict.is_sound, verdict
    return parse_manifest((folder / "manifest.json").read_bytes())


def note(studio: Studio, recording: OpenRecording, kind: str, **detail: object) -> None:
    now_ns, wall_ns = studio.clock.monotonic_ns(), studio.clock.wall_ns()
    recording.note_event(kind, detail, actor="li", now_ns=now_ns, wall_ns=wall_ns)


def gaps(track: ManifestTrack) -> list[tuple[str, int, int]]:
    return [(gap.cause, gap.from_ms, gap.to_ms) for gap in track.gaps]


def kinds(recording: OpenRecording) -> list[str]:
    return [event.kind for event in recording.events]


def test_a_folder_is_private_and_names_nothing_but_what_the_recorder_made(studio: Studio) -> None:
    recording = studio.begin()
    studio.add(recording, "VP8", seconds=2)
    studio.run(recording, 1_000)
    names = {path.name for path in recording.folder.iterdir()}
    assert names == {"journal.jsonl", "events.jsonl", "TR_VP80-0001.webm"}
    assert recording.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in recording.folder.iterdir()} == {0o600}
    sealed(studio, recording)
    names = {path.name for path in recording.folder.iterdir()}
    assert names == {"manifest.json", "manifest.sig", "fragments.jsonl", "events.jsonl", "TR_VP80-0001.webm"}
    assert {path.stat().st_mode & 0o777 for path in recording.folder.iterdir()} == {0o600}


def test_every_track_is_cut_into_ten_second_segments_of_its_codec(studio: Studio) -> None:
    recording = studio.begin()
    for codec in ("VP8", "opus", "H264"):
        studio.add(recording, codec)
    studio.run(recording, 12_100)
    manifest = sealed(studio, recording)
    assert [[segment.file for segment in track.segments] for track in manifest.tracks] == [
        ["TR_VP80-0001.webm", "TR_VP80-0002.webm"],
        ["TR_opus1-0001.webm", "TR_opus1-0002.webm"],
        ["TR_H2642-0001.mp4", "TR_H2642-0002.mp4"],
    ]
    for track in manifest.tracks:
        first, second = track.segments
        assert (first.from_ms, first.to_ms, second.from_ms) == (30, 10_030, 10_030)
        assert first.last_fragment + 1 == second.first_fragment
        assert gaps(track) == []


def test_a_fragment_is_on_disk_half_a_second_after_it_arrived(studio: Studio) -> None:
    recording = studio.begin()
    for codec in ("VP8", "opus", "H264"):
        studio.add(recording, codec, seconds=4)
    for _ in range(35):
        studio.run(recording, 100)
        now_ms = (studio.clock.monotonic_ns() - recording.zero_ns) // MS
        for track in recording.book.tracks.values():
            written_ms = track.segments[-1].to_ms if track.segments else 0
            assert now_ms - written_ms <= 600
        for segment in recording.book.segments():
            on_disk = (recording.folder / segment.begun.file).stat().st_size
            assert on_disk == sum(fragment.bytes for fragment in segment.fragments)


def test_sender_reports_align_sound_and_picture(studio: Studio) -> None:
    recording = studio.begin()
    start_ns = studio.clock.monotonic_ns()
    for codec, frames, delay_ms in (("VP8", vp8_frames(2), 180), ("opus", opus_frames(2), 30)):
        records = list(tap_frames(codec, frames, start_ns=start_ns, delay_ns=delay_ms * MS, first_rtp=5_000))
        tap = ListTap([TapClock(5_000, 1_700_000_000_000 * MS, start_ns + 25 * MS), *records])
        kind = "audio" if codec == "opus" else "video"
        recording.add_track(codec, identity="li", name="", kind=kind, source="", codec=codec, tap=tap)
    studio.run(recording, 2_100)
    manifest = sealed(studio, recording)
    assert [track.segments[0].from_ms for track in manifest.tracks] == [25, 25]


def test_events_tell_the_recordings_story_in_one_chain(studio: Studio) -> None:
    recording = studio.begin()
    note(studio, recording, "joined", identity="wangmin", name="王敏")
    studio.add(recording, "opus", seconds=1)
    studio.run(recording, 1_000)
    note(studio, recording, "mark", text="心电图已传")
    note(studio, recording, "left", identity="wangmin")
    manifest = sealed(studio, recording)
    assert kinds(recording) == [
        "recording.started",
        "participant.joined",
        "track.published",
        "mark.added",
        "participant.left",
        "track.ended",
        "recording.stopped",
        "segment.sealed",
    ]
    mark = recording.events[3]
    assert (mark.offset_ms, mark.actor, dict(mark.detail)) == (1_000, "li", {"text": "心电图已传"})
    assert mark.at_ms == manifest.started_at_ms + 1_000
    people = [
        (person.identity, person.name, person.from_ms, person.to_ms) for person in manifest.participants
    ]
    assert people == [("wangmin", "王敏", 0, 1_000), ("lijianping", "李建平", 0, 1_000)]


def test_the_nodes_own_chain_tells_of_every_recording(studio: Studio) -> None:
    recording = studio.begin()
    sealed(studio, recording)
    started, manifest_sealed = studio.ledger.read("node")
    assert started.event.detail["recording"] == "RC_one"
    digest = hashlib.sha256((recording.folder / "manifest.json").read_bytes()).hexdigest()
    assert manifest_sealed.event.detail["manifest_sha256"] == digest


class TestGaps:
    def test_losses_overflows_mutes_and_lost_links_have_their_causes(self, studio: Studio) -> None:
        recording = studio.begin()
        tap = ListTap()
        recording.add_track(
            "TR_a", identity="li", name="", kind="audio", source="microphone", codec="opus", tap=tap
        )
        frames = opus_frames(1)
        start_ns = studio.clock.monotonic_ns()

        def send(from_ms: int, to_ms: int, *, lost: int = 0) -> None:
            for at_ms in range(from_ms, to_ms, 20):
                tap.put(
                    TapFrame(
                        "opus",
                        at_ms * 48,
                        start_ns + at_ms * MS,
                        True,
                        frames[at_ms // 20 % 50].data,
                        lost_packets=lost if at_ms == from_ms else 0,
                    )
                )

        send(0, 1_000)
        studio.run(recording, 1_000)
        send(1_400, 3_000, lost=20)
        studio.run(recording, 2_000)
        tap.put(TapOverflow(15, start_ns + 3_300 * MS))
        send(3_300, 5_000)
        studio.run(recording, 2_000)
        note(studio, recording, "muted", track_sid="TR_a")
        studio.run(recording, 10_000)
        note(studio, recording, "unmuted", track_sid="TR_a")
        send(15_200, 16_000)
        studio.run(recording, 3_000)
        note(studio, recording, "link_lost", identity="li")
        studio.run(recording, 5_000)
        note(studio, recording, "link_back", identity="li")
        send(23_000, 24_000, lost=340)
        studio.run(recording, 1_000)
        manifest = sealed(studio, recording)
        assert gaps(manifest.tracks[0]) == [
            ("packets_lost", 1_000, 1_400),
            ("tap_overflow", 3_000, 3_300),
            ("muted", 5_000, 15_000),
            ("link_lost", 16_000, 23_000),
        ]
        assert [gap.lost_packets for gap in manifest.tracks[0].gaps] == [20, 0, 0, 340]
        assert kinds(recording).count("media.gap") == 3

    def test_frames_before_the_first_key_frame_are_a_gap(self, studio: Studio) -> None:
        recording = studio.begin()
        start_ns = studio.clock.monotonic_ns()
        frames = list(tap_frames("VP8", vp8_frames(4), start_ns=start_ns))[10:]
        tap = TimedTap(iter(frames), studio.clock)
        recording.add_track("TR_a", identity="li", name="", kind="video", source="", codec="VP8", tap=tap)
        studio.run(recording, 4_000)
        assert studio.keyframes_wanted == ["TR_a", "TR_a"]
        assert gaps(sealed(studio, recording).tracks[0]) == [("no_keyframe", 0, 2_000)]

    def test_frames_that_no_container_takes_are_a_gap_and_recording_goes_on(self, studio: Studio) -> None:
        recording = studio.begin()
        start_ns = studio.clock.monotonic_ns()
        frames = list(tap_frames("H264", h264_frames(6), start_ns=start_ns))
        for frame in frames[:60]:
            frame.data = b""  # nothing in it: no container makes a picture of it
        tap = ListTap(frames)
        recording.add_track("TR_a", identity="li", name="", kind="video", source="", codec="H264", tap=tap)
        studio.run(recording, 6_000)
        [track] = sealed(studio, recording).tracks
        assert track.gaps[0].cause == "bad_media"
        assert track.segments

    def test_a_change_of_codec_and_size_begins_another_file(self, studio: Studio) -> None:
        recording = studio.begin()
        start_ns = studio.clock.monotonic_ns()
        second = list(tap_frames("VP8", vp8_frames(1, size=(320, 240)), start_ns=start_ns, size=(320, 240)))
        third = list(tap_frames("H264", h264_frames(1), start_ns=start_ns))
        for index, group in enumerate((second, third), start=1):
            for frame in group:
                frame.rtp_timestamp += index * 90_000
                frame.arrival_ns += index * 1_000 * MS
        tap = ListTap([*tap_frames("VP8", vp8_frames(1), start_ns=start_ns), *second, *third])
        recording.add_track("TR_a", identity="li", name="", kind="video", source="", codec="VP8", tap=tap)
        studio.run(recording, 3_000)
        [track] = sealed(studio, recording).tracks
        assert [(segment.file, segment.width) for segment in track.segments] == [
            ("TR_a-0001.webm", 160),
            ("TR_a-0002.webm", 320),
            ("TR_a-0003.mp4", 160),
        ]


class TestTracks:
    def test_a_track_that_is_recorded_already_is_left_alone_and_the_new_tap_closed(
        self, studio: Studio
    ) -> None:
        recording = studio.begin()
        track = studio.add(recording, "opus", seconds=1)
        second = ListTap()
        recording.add_track(track, identity="li", name="", kind="audio", source="", codec="opus", tap=second)
        assert second.is_closed
        assert len(recording.book.tracks) == 1
        recording.close()

    def test_a_track_ends_with_its_cause_and_its_tap_is_closed(self, studio: Studio) -> None:
        recording = studio.begin()
        tap = ListTap(tap_frames("opus", opus_frames(1), start_ns=studio.clock.monotonic_ns()))
        recording.add_track("TR_a", identity="li", name="", kind="audio", source="", codec="opus", tap=tap)
        studio.run(recording, 1_000)
        recording.end_track("TR_a", cause="unpublished")
        recording.end_track("TR_a", cause="again")
        recording.end_track("TR_unknown", cause="left")
        assert tap.is_closed
        [track] = sealed(studio, recording).tracks
        assert (track.end_cause, track.to_ms) == ("unpublished", 1_000)

    def test_a_tap_with_a_long_backlog_is_read_to_its_end(self, studio: Studio) -> None:
        recording = studio.begin()
        frames = opus_frames(6)
        tap = ListTap(tap_frames("opus", frames, start_ns=studio.clock.monotonic_ns()))
        recording.add_track("TR_a", identity="li", name="", kind="audio", source="", codec="opus", tap=tap)
        studio.run(recording, 100)
        assert recording.book.tracks["TR_a"].covered_until_ms >= 5_600
        recording.close()

    def test_an_overflow_at_the_end_and_among_refused_frames_is_told(self, studio: Studio) -> None:
        recording = studio.begin()
        start_ns = studio.clock.monotonic_ns()
        late = [
            frame for frame in tap_frames("VP8", vp8_frames(2), start_ns=start_ns) if not frame.is_keyframe
        ]
        tap = ListTap([TapOverflow(3, start_ns), *late, TapOverflow(5, start_ns + 2_000 * MS)])
        recording.add_track("TR_a", identity="li", name="", kind="video", source="", codec="VP8", tap=tap)
        studio.run(recording, 2_100)
        assert gaps(sealed(studio, recording).tracks[0]) == [("tap_overflow", 0, 2_100)]

    def test_a_tap_that_ended_ends_its_track_when_nobody_says_why(self, studio: Studio) -> None:
        recording = studio.begin()
        tap = ListTap([TapEnd(studio.clock.monotonic_ns())])
        recording.add_track("TR_a", identity="li", name="", kind="audio", source="", codec="opus", tap=tap)
        studio.run(recording, 2_000)
        assert recording.book.tracks["TR_a"].ended is None
        studio.run(recording, 200)
        assert recording.book.tracks["TR_a"].ended is not None
        assert sealed(studio, recording).tracks[0].end_cause == "ended"

    def test_events_about_tracks_and_people_that_are_not_there_are_only_events(self, studio: Studio) -> None:
        recording = studio.begin()
        studio.add(recording, "opus", seconds=1)
        for kind, detail in [
            ("muted", {"track_sid": "TR_none"}),
            ("link_lost", {"identity": "nobody"}),
            ("joined", {}),
            ("left", {}),
            ("left", {"identity": "nobody"}),
        ]:
            note(studio, recording, kind, **detail)
        studio.run(recording, 1_000)
        assert gaps(sealed(studio, recording).tracks[0]) == []

    def test_a_key_frame_is_asked_for_when_a_segment_is_due(self, studio: Studio) -> None:
        recording = studio.begin()
        frames = vp8_frames(13, keyframe_every=10_000)
        tap = ListTap(tap_frames("VP8", frames, start_ns=studio.clock.monotonic_ns()))
        recording.add_track("TR_a", identity="li", name="", kind="video", source="", codec="VP8", tap=tap)
        studio.run(recording, 3_000)
        assert studio.keyframes_wanted == ["TR_a"] * 3
        recording.close()


class TestRefusingDisk:
    def test_the_loss_is_a_gap_and_recording_goes_on_by_itself(self, studio: Studio, disk: Disk) -> None:
        recording = studio.begin()
        for codec in ("VP8", "opus"):
            studio.add(recording, codec)
        studio.run(recording, 3_000)
        disk.is_full = True
        studio.run(recording, 2_000)
        assert recording.trouble == "disk_full"
        disk.is_full = False
        studio.run(recording, 6_000)
        assert recording.trouble is None
        manifest = sealed(studio, recording)
        for track in manifest.tracks:
            [(cause, from_ms, to_ms)] = gaps(track)
            assert cause == "disk_full"
            assert 2_500 <= from_ms <= 3_050
            assert 4_500 <= to_ms <= 8_100  # sound at once, video at the next key frame
            assert len(track.segments) == 2
        assert [kind for kind in kinds(recording) if "trouble" in kind] == [
            "recording.trouble",
            "recording.trouble_over",
        ]
        trouble = next(event for event in recording.events if event.kind == "recording.trouble")
        assert trouble.detail["errno"] == errno.ENOSPC

    def test_a_ledger_that_refuses_holds_up_events_only(
        self, studio: Studio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        recording = studio.begin()
        studio.add(recording, "VP8")
        studio.run(recording, 1_000)

        def refuse(stream: str, events: object) -> None:
            raise LedgerUnavailable

        with monkeypatch.context() as patch:
            patch.setattr(studio.ledger, "append", refuse)
            note(studio, recording, "mark", text="later")
            studio.run(recording, 3_000)
            assert recording.trouble == "ledger_unavailable"
        studio.run(recording, 1_100)
        assert recording.trouble is None
        assert "mark.added" in kinds(recording)
        assert gaps(sealed(studio, recording).tracks[0]) == []

    def test_what_a_kill_leaves_while_the_disk_is_full_plays_and_is_recovered(
        self, studio: Studio, disk: Disk
    ) -> None:
        recording = studio.begin()
        studio.add(recording, "VP8")
        studio.run(recording, 3_000)
        disk.is_full = True
        studio.run(recording, 2_000)
        lines = (recording.folder / "journal.jsonl").read_bytes()
        assert lines.endswith(b"\n")
        for line in lines.splitlines():
            json.loads(line)
        recording.close()

    def test_a_disk_that_is_full_at_the_end_leaves_the_sealing_for_later(
        self, studio: Studio, disk: Disk
    ) -> None:
        recording = studio.begin()
        studio.add(recording, "VP8")
        studio.run(recording, 3_000)
        disk.is_full = True
        studio.run(recording, 500)
        recording.stop(cause="asked", actor="li")
        recording.stop(cause="again", actor="li")
        with pytest.raises(OSError, match="full"):
            recording.seal(studio.signer)
        disk.is_full = False
        recording.seal(studio.signer)
        assert verify_folder(recording.folder, studio.public_key).is_sound
        manifest = parse_manifest((recording.folder / "manifest.json").read_bytes())
        assert (manifest.end_cause, manifest.duration_ms) == ("asked", 3_500)

    def test_a_file_that_cannot_be_made_is_a_gap_like_any_other(
        self, studio: Studio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        recording = studio.begin()
        studio.add(recording, "opus", seconds=4)

        def refuse(source: Path, target: Path) -> None:
            raise OSError(errno.EIO, "broken")

        with monkeypatch.context() as patch:
            patch.setattr("recording.files.os.link", refuse)
            studio.run(recording, 900)
            assert recording.trouble == "disk_full"
        studio.run(recording, 3_500)
        [track] = sealed(studio, recording).tracks
        assert [cause for cause, _, _ in gaps(track)] == ["disk_full"]
        assert track.segments[0].first_fragment == 1

    def test_a_segment_that_cannot_be_synced_is_sealed_later(
        self, studio: Studio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        recording = studio.begin()
        track = studio.add(recording, "opus", seconds=1)
        studio.run(recording, 1_000)

        def refuse(descriptor: int) -> None:
            raise OSError(errno.EIO, "broken")

        with monkeypatch.context() as patch:
            patch.setattr("recording.files.os.fsync", refuse)
            recording.end_track(track, cause="left")
            studio.run(recording, 100)
            assert recording.trouble == "disk_full"
        studio.run(recording, 1_000)
        assert recording.trouble is None
        assert "segment.sealed" in kinds(recording)
        sealed(studio, recording)

    def test_a_recording_that_cannot_begin_leaves_nothing(self, studio: Studio, disk: Disk) -> None:
        disk.is_full = True
        with pytest.raises(OSError, match="full"):
            studio.begin()
        assert list((studio.root / "recordings").iterdir()) == []

    def test_a_ledger_that_refuses_the_beginning_leaves_nothing(self, studio: Studio) -> None:
        studio.ledger.close()
        with pytest.raises(LedgerUnavailable):
            studio.begin()
        assert list((studio.root / "recordings").iterdir()) == []

    def test_what_waits_is_bounded_and_the_chain_says_what_was_dropped(
        self, studio: Studio, disk: Disk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("recording.write_queue.MAX_WAITING", 5)
        recording = studio.begin()
        disk.is_full = True
        studio.add(recording, "opus", seconds=1)
        studio.run(recording, 1_000)
        for number in range(20):
            note(studio, recording, "mark", number=number)
        for number in range(20):
            note(studio, recording, "joined", identity=f"guest{number}")
        disk.is_full = False
        studio.run(recording, 1_500)
        dropped = [event for event in recording.events if event.kind == "recording.events_dropped"]
        assert len(dropped) == 1
        assert int(str(dropped[0].detail["count"])) > 20
        sealed(studio, recording)


def test_closing_twice_is_harmless(studio: Studio) -> None:
    recording = studio.begin()
    studio.add(recording, "VP8")
    studio.run(recording, 11_000)
    recording.close()
    recording.close()


def test_nothing_but_the_folder_is_written(studio: Studio, tmp_path: Path) -> None:
    recording = studio.begin()
    studio.add(recording, "opus", seconds=1)
    studio.run(recording, 1_000)
    sealed(studio, recording)
    assert {path.name.split(".")[0] for path in tmp_path.iterdir()} == {"recordings", "ledger"}
