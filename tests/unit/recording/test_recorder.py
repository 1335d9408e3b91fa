"""The recorder as the server uses it, with its own thread and the machine's clock."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from recording.clock import SystemClock
from recording.errors import (
    FolderInUse,
    FolderUnwritable,
    LedgerUnavailable,
    MisuseError,
    RecorderStopped,
    UnknownRecording,
)
from recording.ledger import Ledger
from recording.manifest import parse_manifest
from recording.recorder import Recorder
from recording.signing import Ed25519Signer
from recording.summary import RecordingId
from recording.verify import verify_folder
from tests.support.tap_records import ListTap, TapFrame, opus_frames, tap_frames, vp8_frames
from tests.support.waiting import HANG_S
from tests.unit.recording.conftest import PRIVATE_KEY


async def until(is_so: Callable[[], bool]) -> None:
    """Waits until something is so; fails after a while."""
    async with asyncio.timeout(HANG_S):
        while not is_so():
            await asyncio.sleep(0.01)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


@pytest.fixture
async def recorder(tmp_path: Path, ledger: Ledger) -> AsyncIterator[Recorder]:
    recorder = made(tmp_path, ledger)
    assert await recorder.start() == []
    yield recorder
    await recorder.close()
    ledger.close()


def made(data_dir: Path, ledger: Ledger) -> Recorder:
    return Recorder(data_dir=data_dir, ledger=ledger, signer=Ed25519Signer(PRIVATE_KEY), clock=SystemClock())


def add(
    recorder: Recorder, recording_id: RecordingId, tap: ListTap, *, sid: str = "TR_a", **more: object
) -> None:
    arguments: dict = {
        "track_sid": sid,
        "participant_identity": "li",
        "participant_name": "李",
        "kind": "audio",
        "source": "microphone",
        "codec": "opus",
        "tap": tap,
    }
    recorder.add_track(recording_id, **(arguments | more))


def speech(seconds: int = 1) -> ListTap:
    return ListTap(tap_frames("opus", opus_frames(seconds), start_ns=time.monotonic_ns() - seconds * 10**9))


async def test_a_recording_goes_from_begin_to_a_sealed_folder_that_verifies(
    recorder: Recorder, tmp_path: Path
) -> None:
    recording_id = await recorder.begin(room="心内科", title="会诊", started_by="li")
    add(recorder, recording_id, speech())
    recorder.note_event(recording_id, "mark", {"text": "一"}, actor="li")
    await recorder.settle(recording_id)
    [summary] = recorder.list()
    assert (summary.state, summary.room, summary.participants) == ("recording", "心内科", ("李",))
    await recorder.finish(recording_id, cause="asked", actor="li")
    folder = recorder.folder(recording_id)
    assert folder == tmp_path / "recordings" / recording_id
    assert verify_folder(folder, PRIVATE_KEY.public_key()).is_sound
    [summary] = recorder.list()
    assert (summary.state, summary.trouble) == ("sealed", None)
    detail = recorder.detail(recording_id)
    assert detail.lanes[0].media_type == "audio/webm"
    kinds = [event.kind for event in detail.events]
    assert kinds[0] == "recording.started"
    assert "mark.added" in kinds
    assert [event.actor for event in detail.events if event.kind == "recording.stopped"] == ["li"]
    assert recorder.stats()["recordings_sealed_total"] == 1
    assert recorder.stats()["recordings_open"] == 0


async def test_several_recordings_go_on_at_once_and_do_not_mix(recorder: Recorder) -> None:
    ids = [await recorder.begin(room=f"room{n}", title="", started_by=f"starter{n}") for n in range(3)]
    for number, recording_id in enumerate(ids):
        add(recorder, recording_id, speech(), participant_identity=f"guest{number}", participant_name="")
    for recording_id in ids:
        await recorder.settle(recording_id)
        await recorder.finish(recording_id, cause="asked")
    for number, recording_id in enumerate(ids):
        manifest = parse_manifest((recorder.folder(recording_id) / "manifest.json").read_bytes())
        assert [person.identity for person in manifest.participants] == [f"guest{number}"]
    assert [summary.recording_id for summary in recorder.list(identity="guest1")] == [ids[1]]
    assert [summary.recording_id for summary in recorder.list(identity="starter2")] == [ids[2]]
    assert recorder.list(identity="nobody") == []


async def test_nothing_is_written_while_nobody_records(recorder: Recorder, tmp_path: Path) -> None:
    recordings = tmp_path / "recordings"
    assert [path.name for path in recordings.iterdir()] == [".lock"]
    recording_id = await recorder.begin(room="r", title="", started_by="li")
    await recorder.finish(recording_id, cause="asked")
    before = {path: path.stat().st_mtime_ns for path in recordings.rglob("*")}
    await asyncio.sleep(0.4)  # four passes of the recorder's thread
    assert {path: path.stat().st_mtime_ns for path in recordings.rglob("*")} == before


async def test_a_key_frame_is_asked_for_on_the_loops_thread(recorder: Recorder) -> None:
    recording_id = await recorder.begin(room="r", title="", started_by="li")
    asked: list[bool] = []
    loop = asyncio.get_running_loop()

    def request() -> None:
        asked.append(asyncio.get_running_loop() is loop)

    now_ns = time.monotonic_ns()
    late = [frame for frame in tap_frames("VP8", vp8_frames(1), start_ns=now_ns) if not frame.is_keyframe]
    add(recorder, recording_id, ListTap(late), kind="video", codec="VP8", request_keyframe=request)
    await until(lambda: bool(asked))
    assert asked[0] is True


async def test_what_is_not_recorded_any_more_is_unknown(recorder: Recorder) -> None:
    recording_id = await recorder.begin(room="r", title="", started_by="li")
    await recorder.finish(recording_id, cause="asked")
    for act in (
        lambda: add(recorder, recording_id, ListTap()),
        lambda: recorder.end_track(recording_id, "TR_a", cause="left"),
        lambda: recorder.note_event(recording_id, "mark", {}, actor="li"),
        lambda: recorder.detail(RecordingId("RC_none")),
        lambda: recorder.folder(RecordingId("RC_none")),
    ):
        with pytest.raises(UnknownRecording):
            act()
    with pytest.raises(UnknownRecording):
        await recorder.finish(recording_id, cause="again")
    with pytest.raises(UnknownRecording):
        await recorder.settle(recording_id)


@pytest.mark.parametrize("sid", ["", "../up", "TR a", "TR_é", "x" * 65, "TR-1"])
async def test_a_sid_that_is_no_file_name_is_our_bug(recorder: Recorder, sid: str) -> None:
    recording_id = await recorder.begin(room="r", title="", started_by="li")
    with pytest.raises(MisuseError):
        add(recorder, recording_id, ListTap(), sid=sid)


async def test_an_event_without_canonical_json_is_our_bug_and_told_at_once(recorder: Recorder) -> None:
    recording_id = await recorder.begin(room="r", title="", started_by="li")
    with pytest.raises(MisuseError):
        recorder.note_event(recording_id, "mark", {"text": "\ud800"}, actor="li")


async def test_a_track_ends_for_its_cause_while_the_recording_goes_on(recorder: Recorder) -> None:
    recording_id = await recorder.begin(room="r", title="", started_by="li")
    tap = speech()
    add(recorder, recording_id, tap)
    recorder.end_track(recording_id, "TR_a", cause="left")
    await until(lambda: tap.is_closed)
    await recorder.finish(recording_id, cause="asked")
    manifest = parse_manifest((recorder.folder(recording_id) / "manifest.json").read_bytes())
    assert manifest.tracks[0].end_cause == "left"


class TestLife:
    async def test_closing_seals_what_is_open(self, tmp_path: Path, ledger: Ledger) -> None:
        recorder = made(tmp_path, ledger)
        await recorder.start()
        recording_id = await recorder.begin(room="r", title="", started_by="li")
        add(recorder, recording_id, speech())
        await recorder.close()
        await recorder.close()
        manifest = parse_manifest((tmp_path / "recordings" / recording_id / "manifest.json").read_bytes())
        assert (manifest.state, manifest.end_cause) == ("sealed", "server_stopped")
        with pytest.raises(RecorderStopped):
            await recorder.begin(room="r", title="", started_by="li")
        assert recorder.stats()["commands_refused_total"] == 1

    async def test_a_recorder_that_never_started_is_stopped(self, tmp_path: Path, ledger: Ledger) -> None:
        recorder = made(tmp_path, ledger)
        with pytest.raises(RecorderStopped):
            await recorder.begin(room="r", title="", started_by="li")
        await recorder.close()

    async def test_sealed_recordings_are_known_after_a_restart(self, tmp_path: Path, ledger: Ledger) -> None:
        first = made(tmp_path, ledger)
        await first.start()
        recording_id = await first.begin(room="r", title="t", started_by="li")
        add(first, recording_id, speech())
        await first.close()
        (tmp_path / "recordings" / "something else").mkdir()
        second = made(tmp_path, ledger)
        assert await second.start() == []
        [summary] = second.list()
        assert (summary.recording_id, summary.title, summary.identities) == (recording_id, "t", ("li",))
        assert second.detail(recording_id).summary == summary
        await second.close()

    async def test_a_second_recorder_on_the_same_folder_is_refused(
        self, tmp_path: Path, ledger: Ledger
    ) -> None:
        first = made(tmp_path, ledger)
        await first.start()
        second = made(tmp_path, ledger)
        with pytest.raises(FolderInUse):
            await second.start()
        await second.close()
        await first.close()
        third = made(tmp_path, ledger)
        await third.start()
        await third.close()

    async def test_a_folder_that_cannot_be_made_is_unwritable(self, tmp_path: Path, ledger: Ledger) -> None:
        (tmp_path / "recordings").write_bytes(b"")
        recorder = made(tmp_path, ledger)
        with pytest.raises(FolderUnwritable) as refused:
            await recorder.start()
        assert refused.value.errno is not None
        await recorder.close()


class TestFaults:
    async def test_a_ledger_that_refuses_prevents_the_beginning_and_leaves_nothing(
        self, recorder: Recorder, ledger: Ledger, tmp_path: Path
    ) -> None:
        ledger.close()
        with pytest.raises(LedgerUnavailable):
            await recorder.begin(room="r", title="", started_by="li")
        assert [path.name for path in (tmp_path / "recordings").iterdir()] == [".lock"]

    async def test_a_disk_that_refuses_the_beginning_is_told(
        self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(descriptor: int, content: object) -> int:
            raise OSError(28, "full")

        with monkeypatch.context() as patch:
            patch.setattr("recording.files.os.write", refuse)
            with pytest.raises(FolderUnwritable):
                await recorder.begin(room="r", title="", started_by="li")
        await recorder.begin(room="r", title="", started_by="li")

    async def test_a_recording_that_cannot_be_sealed_is_stopped_and_sealed_by_itself_later(
        self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        recording_id = await recorder.begin(room="r", title="", started_by="li")
        add(recorder, recording_id, speech())
        write = os.write

        def refuse(descriptor: int, content: bytes) -> int:
            raise OSError(28, "full")

        monkeypatch.setattr("recording.files.os.write", refuse)
        with pytest.raises(FolderUnwritable):
            await recorder.finish(recording_id, cause="asked")
        assert recorder.list()[0].state == "recording"
        monkeypatch.setattr("recording.files.os.write", write)
        await until(lambda: recorder.list()[0].state == "sealed")
        assert verify_folder(recorder.folder(recording_id), PRIVATE_KEY.public_key()).is_sound

    async def test_trouble_shows_in_the_list_and_goes(
        self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        recording_id = await recorder.begin(room="r", title="", started_by="li")
        write = os.write

        def refuse(descriptor: int, content: bytes) -> int:
            raise OSError(28, "full")

        monkeypatch.setattr("recording.files.os.write", refuse)
        recorder.note_event(recording_id, "mark", {}, actor="li")
        await until(lambda: recorder.list()[0].trouble == "disk_full")
        with pytest.raises(FolderUnwritable):
            await recorder.settle(recording_id)
        monkeypatch.setattr("recording.files.os.write", write)
        await until(lambda: recorder.list()[0].trouble is None)
        assert recorder.stats()["disk_troubles_total"] >= 1

    async def test_a_tap_that_raises_costs_its_own_recording_only(
        self, recorder: Recorder, tmp_path: Path, ledger: Ledger
    ) -> None:
        class BrokenTap(ListTap):
            def read(self, max_records: int) -> list[TapFrame]:
                raise RuntimeError("a bug")

        broken = await recorder.begin(room="r", title="", started_by="li")
        sound = await recorder.begin(room="s", title="", started_by="li")
        add(recorder, broken, BrokenTap())
        add(recorder, sound, speech())
        await until(lambda: recorder.stats()["recordings_failed_total"] == 1)
        tap = ListTap()
        add(recorder, broken, tap)
        recorder.end_track(broken, "TR_a", cause="left")
        recorder.note_event(broken, "mark", {}, actor="li")
        with pytest.raises(UnknownRecording):
            await recorder.settle(broken)
        with pytest.raises(UnknownRecording):
            await recorder.finish(broken, cause="asked")
        assert tap.is_closed
        await recorder.finish(sound, cause="asked")
        await recorder.close()
        # What is on disk is sealed at the next start.
        again = made(tmp_path, ledger)
        [found] = await again.start()
        assert found.recording_id == broken
        assert again.detail(broken).summary.state == "interrupted"
        await again.close()

    async def test_a_bug_in_a_command_or_in_sealing_leaves_the_thread_alive(
        self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def bug(*arguments: object, **more: object) -> None:
            raise RuntimeError("a bug")

        recording_id = await recorder.begin(room="r", title="", started_by="li")
        with monkeypatch.context() as patch:
            patch.setattr("recording.open_recording.OpenRecording.note_event", bug)
            recorder.note_event(recording_id, "mark", {}, actor="li")
            await recorder.settle(recording_id)
            assert recorder.stats()["recordings_failed_total"] == 1
        with monkeypatch.context() as patch:
            patch.setattr("recording.open_recording.OpenRecording.seal", bug)
            with pytest.raises(RuntimeError):
                await recorder.finish(recording_id, cause="asked")
            await until(lambda: recorder.stats()["recordings_failed_total"] == 2)
        await recorder.begin(room="r", title="", started_by="li")

    async def test_a_disk_that_refuses_while_closing_leaves_the_sealing_to_the_next_start(
        self, tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(descriptor: int, content: bytes) -> int:
            raise OSError(28, "full")

        first = made(tmp_path, ledger)
        await first.start()
        recording_id = await first.begin(room="r", title="", started_by="li")
        add(first, recording_id, speech())
        await first.settle(recording_id)
        with monkeypatch.context() as patch:
            patch.setattr("recording.files.os.write", refuse)
            await first.close()
        second = made(tmp_path, ledger)
        [found] = await second.start()
        assert found.recording_id == recording_id
        assert second.detail(recording_id).summary.state == "interrupted"
        (tmp_path / "recordings" / recording_id / "events.jsonl").unlink()
        assert second.detail(recording_id).summary.state == "interrupted"  # remembered
        await second.close()

    async def test_a_recording_whose_ledger_rows_are_broken_is_passed_over_at_the_start(
        self, tmp_path: Path, ledger: Ledger, recorder: Recorder
    ) -> None:
        recording_id = await recorder.begin(room="r", title="", started_by="li")
        folder = recorder.folder(recording_id)
        content = (folder / "journal.jsonl").read_bytes()
        await recorder.finish(recording_id, cause="asked")
        await recorder.close()
        (folder / "journal.jsonl").write_bytes(content)
        ledger._database.execute("UPDATE event SET line = x'00' WHERE stream = ?", (recording_id,))
        again = made(tmp_path, ledger)
        assert await again.start() == []
        assert again.stats()["recordings_failed_total"] == 1
        await again.close()

    async def test_files_of_a_sealed_recording_that_are_gone_make_it_unknown(
        self, recorder: Recorder
    ) -> None:
        recording_id = await recorder.begin(room="r", title="", started_by="li")
        await recorder.finish(recording_id, cause="asked")
        (recorder.folder(recording_id) / "events.jsonl").unlink()
        with pytest.raises(UnknownRecording):
            recorder.detail(recording_id)

    async def test_a_damaged_sealed_folder_is_passed_over_and_counted(
        self, tmp_path: Path, ledger: Ledger
    ) -> None:
        first = made(tmp_path, ledger)
        await first.start()
        recording_id = await first.begin(room="r", title="", started_by="li")
        await first.close()
        (tmp_path / "recordings" / recording_id / "manifest.json").write_bytes(b"{}")
        (tmp_path / "recordings" / "RC_journal").mkdir()
        (tmp_path / "recordings" / "RC_journal" / "journal.jsonl").write_bytes(b"garbage\n")
        second = made(tmp_path, ledger)
        assert await second.start() == []
        assert second.list() == []
        assert second.stats()["folders_unreadable_total"] >= 1
        await second.close()
