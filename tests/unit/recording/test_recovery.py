"""What the next start makes of a folder whose process was killed: nothing is cut silently."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from recording.errors import LedgerUnavailable
from recording.event_chain import parse_event
from recording.journal import JOURNAL_FILE, FragmentWritten, GapFound, entry_line
from recording.ledger import Ledger
from recording.manifest import Manifest, parse_manifest
from recording.recovery import LIFE_MARGIN_MS, needs_recovery, read_book, recover_folder
from recording.verify import verify_folder
from tests.unit.recording.conftest import Studio

WALL_MS = 1_800_000_500_000


@pytest.fixture
def killed(studio: Studio) -> Path:
    """A folder as a kill leaves it, 3.5 s into VP8 and Opus."""
    recording = studio.begin()
    studio.add(recording, "VP8")
    studio.add(recording, "opus")
    studio.run(recording, 3_500)
    recording.close()
    return recording.folder


def recover(studio: Studio, folder: Path) -> Manifest:
    found = recover_folder(folder, ledger=studio.ledger, signer=studio.signer, wall_ms=WALL_MS)
    assert found is not None
    assert not needs_recovery(folder)
    verdict = verify_folder(folder, studio.public_key)
    assert verdict.is_sound, verdict
    manifest = parse_manifest((folder / "manifest.json").read_bytes())
    assert manifest.recording == found.recording_id
    assert manifest.duration_ms == found.ended_at_ms
    return manifest


def event_kinds(folder: Path) -> list[str]:
    return [parse_event(line).event.kind for line in (folder / "events.jsonl").read_bytes().splitlines()]


def test_an_interrupted_recording_is_sealed_and_its_end_is_a_gap(studio: Studio, killed: Path) -> None:
    assert needs_recovery(killed)
    manifest = recover(studio, killed)
    assert (manifest.state, manifest.end_cause) == ("interrupted", "process_ended")
    assert manifest.duration_ms == 3_400 + LIFE_MARGIN_MS
    for track in manifest.tracks:
        [gap] = track.gaps
        assert (gap.cause, gap.from_ms, gap.to_ms) == (
            "process_ended",
            track.segments[-1].to_ms,
            manifest.duration_ms,
        )
        assert 3_500 - gap.from_ms <= 500
        assert (track.end_cause, track.to_ms) == ("process_ended", manifest.duration_ms)
    assert event_kinds(killed)[-1] == "recording.interrupted"


def test_a_torn_fragment_is_taken_off_and_an_event_says_so(studio: Studio, killed: Path) -> None:
    path = killed / "TR_VP80-0001.webm"
    whole = path.read_bytes()
    lines = [json.loads(line) for line in (killed / JOURNAL_FILE).read_bytes().splitlines()]
    sizes = [line["bytes"] for line in lines if line["entry"] == "fragment" and line["file"] == path.name]
    path.write_bytes(whole[:-7])
    manifest = recover(studio, killed)
    assert path.read_bytes() == whole[: sum(sizes[:-1])]
    last = parse_event((killed / "events.jsonl").read_bytes().splitlines()[-2]).event
    assert last.kind == "segment.tail_removed"
    assert (last.detail["file"], last.detail["bytes"]) == (path.name, sizes[-1] - 7)
    assert manifest.tracks[0].segments[0].last_fragment == len(sizes) - 1


def test_a_fragment_that_was_announced_and_never_written_never_was(studio: Studio, killed: Path) -> None:
    announced = FragmentWritten("TR_VP80-0001.webm", 99, 500, "00" * 32, 3_200, 3_600)
    with (killed / JOURNAL_FILE).open("ab") as journal:
        journal.write(entry_line(announced))
    assert recover(studio, killed).tracks[0].segments[0].last_fragment < 99


def test_a_file_that_was_announced_and_never_made_is_not_in_the_manifest(
    studio: Studio, killed: Path
) -> None:
    (killed / "TR_VP80-0001.webm").unlink()
    manifest = recover(studio, killed)
    assert manifest.tracks[0].segments == []
    assert manifest.tracks[0].gaps[0].from_ms == 0


def test_a_file_without_one_whole_fragment_is_removed_and_told(studio: Studio, killed: Path) -> None:
    (killed / "TR_VP80-0001.webm").write_bytes(b"torn")
    recover(studio, killed)
    assert not (killed / "TR_VP80-0001.webm").exists()
    assert "segment.tail_removed" in event_kinds(killed)


def test_a_sealed_segment_changed_after_the_kill_is_found_by_verify(studio: Studio) -> None:
    recording = studio.begin()
    studio.add(recording, "opus")
    studio.run(recording, 11_000)
    recording.close()
    path = recording.folder / "TR_opus0-0001.webm"
    content = bytearray(path.read_bytes())
    content[5_000] ^= 1
    path.write_bytes(content)
    recover_folder(recording.folder, ledger=studio.ledger, signer=studio.signer, wall_ms=WALL_MS)
    fault = verify_folder(recording.folder, studio.public_key).integrity.fault
    assert fault is not None
    assert (fault.file, fault.code) == (path.name, "segment_altered")


def test_files_that_were_never_finished_are_removed(studio: Studio, killed: Path) -> None:
    (killed / "TR_VP80-0002.webm.part").write_bytes(b"half")
    recover(studio, killed)
    assert list(killed.glob("*.part")) == []


@pytest.mark.parametrize("seed", range(6))
def test_a_journal_cut_anywhere_gives_a_sound_recording_or_none(
    studio: Studio, killed: Path, seed: int
) -> None:
    journal = (killed / JOURNAL_FILE).read_bytes()
    first_line = journal.index(b"\n") + 1
    at = random.Random(seed).randrange(first_line, len(journal))
    (killed / JOURNAL_FILE).write_bytes(journal[:at])
    recover(studio, killed)


def test_a_file_that_the_journal_does_not_know_is_set_aside_and_told(studio: Studio, killed: Path) -> None:
    (killed / "TR_lost-0001.webm").write_bytes(b"media")
    recover(studio, killed)
    assert (studio.root / "unaccounted" / "RC_one" / "TR_lost-0001.webm").read_bytes() == b"media"
    assert "file.set_aside" in event_kinds(killed)


def test_a_damaged_line_in_the_journal_costs_only_what_it_told(studio: Studio, killed: Path) -> None:
    lines = (killed / JOURNAL_FILE).read_bytes().splitlines(keepends=True)
    alive = next(at for at, line in enumerate(lines) if b'"alive"' in line)
    lines[alive] = b"\0" * 20 + b"\n"
    (killed / JOURNAL_FILE).write_bytes(b"".join(lines))
    recover(studio, killed)


@pytest.mark.parametrize("journal", [b"", b"garbage\n", b'{"at_ms":1,"entry":"alive"}\n'])
def test_a_journal_that_tells_nothing_is_left_as_it_is(studio: Studio, killed: Path, journal: bytes) -> None:
    (killed / JOURNAL_FILE).write_bytes(journal)
    before = sorted(path.name for path in killed.iterdir())
    assert read_book(journal) is None
    assert recover_folder(killed, ledger=studio.ledger, signer=studio.signer, wall_ms=WALL_MS) is None
    assert sorted(path.name for path in killed.iterdir()) == before


def test_a_gap_that_went_on_is_explained_up_to_the_last_note_of_it(studio: Studio) -> None:
    recording = studio.begin()
    track = studio.add(recording, "opus", seconds=1)
    studio.run(recording, 2_000)
    now_ns, wall_ns = studio.clock.monotonic_ns(), studio.clock.wall_ns()
    recording.note_event("muted", {"track_sid": track}, actor="li", now_ns=now_ns, wall_ns=wall_ns)
    studio.run(recording, 20_000)
    recording.close()
    [muted, ended] = recover(studio, recording.folder).tracks[0].gaps
    assert (muted.cause, muted.from_ms) == ("muted", 2_000)
    assert ended.cause == "process_ended"
    assert ended.from_ms == muted.to_ms >= 20_900


def test_a_gap_known_up_to_the_end_of_life_needs_no_other(studio: Studio, killed: Path) -> None:
    far = GapFound("TR_opus1", 3_000, 9_000, "silent", 0)
    with (killed / JOURNAL_FILE).open("ab") as journal:
        journal.write(entry_line(far))
        journal.write(entry_line(GapFound("TR_opus1", 9_000, 20_000, "silent", 0)))
    recovered = recover(studio, killed)
    assert [gap.cause for gap in recovered.tracks[1].gaps] == ["silent", "silent", "process_ended"]


def test_a_stopped_recording_that_was_not_sealed_in_time_becomes_sealed(studio: Studio) -> None:
    recording = studio.begin()
    studio.add(recording, "VP8")
    studio.run(recording, 3_000)
    recording.stop(cause="asked", actor="li")
    recording.settle()
    recording.close()
    manifest = recover(studio, recording.folder)
    assert (manifest.state, manifest.end_cause, manifest.duration_ms) == ("sealed", "asked", 3_000)
    assert manifest.tracks[0].gaps == []


def test_a_sealing_that_was_cut_off_is_done_again(studio: Studio, killed: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(killed, copy)
    recover(studio, killed)
    # The journal was still there when the process ended again.
    shutil.copy(copy / JOURNAL_FILE, killed / JOURNAL_FILE)
    recover(studio, killed)
    assert event_kinds(killed).count("recording.interrupted") == 2


class TestEvents:
    def test_lines_that_the_file_lost_come_back_from_the_ledger(self, studio: Studio, killed: Path) -> None:
        path = killed / "events.jsonl"
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        recover(studio, killed)
        assert path.read_bytes().startswith(content)

    def test_a_file_that_is_gone_is_made_again(self, studio: Studio, killed: Path) -> None:
        content = (killed / "events.jsonl").read_bytes()
        (killed / "events.jsonl").unlink()
        recover(studio, killed)
        assert (killed / "events.jsonl").read_bytes().startswith(content)

    def test_events_that_the_ledger_lost_are_adopted_from_the_file(
        self, studio: Studio, killed: Path, tmp_path: Path
    ) -> None:
        content = (killed / "events.jsonl").read_bytes()
        studio.ledger.close()
        studio.ledger = Ledger(tmp_path / "new.sqlite3")
        recover(studio, killed)
        assert (killed / "events.jsonl").read_bytes().startswith(content)

    def test_a_file_cut_within_a_line_yields_its_whole_lines_only(
        self, studio: Studio, killed: Path, tmp_path: Path
    ) -> None:
        path = killed / "events.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([*lines[:2], b"garbage\n", *lines[2:]]))
        studio.ledger.close()
        studio.ledger = Ledger(tmp_path / "new.sqlite3")
        recover(studio, killed)
        assert path.read_bytes().startswith(b"".join(lines[:2]))
        assert b"garbage" not in path.read_bytes()

    def test_a_file_that_leaves_the_chain_yields_to_the_ledger(self, studio: Studio, killed: Path) -> None:
        path = killed / "events.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([lines[0], lines[0], *lines[2:]]))
        recover(studio, killed)
        assert path.read_bytes().startswith(b"".join(lines))


def test_a_ledger_that_refuses_leaves_everything_for_the_next_try(studio: Studio, killed: Path) -> None:
    studio.ledger.close()
    with pytest.raises(LedgerUnavailable):
        recover_folder(killed, ledger=studio.ledger, signer=studio.signer, wall_ms=WALL_MS)
    assert needs_recovery(killed)
    studio.ledger = Ledger(studio.root / "ledger.sqlite3")
    recover(studio, killed)
