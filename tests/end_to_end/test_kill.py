"""kill -9 of the server while it records, at random moments: what is on disk plays and tells its loss."""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.namespaces import Network
from tests.support.recordings import ffprobe, last_packet_s, manifest, play, segments
from tests.support.run_delay import most_delayed, run_delays_s
from tests.support.sdk_client import sdk_client
from tests.support.server import Server
from tests.support.standstill import STANDSTILL_S, Standstill

KILLS = int(os.environ.get("LIANZHEN_KILLS", "3"))
SEED = int(os.environ.get("LIANZHEN_KILL_SEED", "20260"))
MAX_LOST_MS = 1_000
# Where the machine or the test's own sender stood still for STANDSTILL_S in this time before the kill, or a
# thread of the server or of the sender was kept from a processor for KEPT_WAITING_S of it, or the machine was
# full or its processors were given away, the loss is partly theirs: killed again at the same moment.
BEFORE_KILL_S = 2.0
KEPT_WAITING_S = 0.5
MAX_REPEATS = 5
# A loss that nothing explains: seen once in some hundred kills. The short run may repeat one, the long none.
MAX_UNEXPLAINED = 1 if KILLS <= 5 else 0
FRAMES_PER_SECOND = 15  # the SDK client's default
DTX_PAUSE_MS = 400  # Opus in silence: one packet in so long (RFC 6716 §2.1.9), nothing between to be lost
# Moments reach past the end of the first segment (10 s), where a file has just been sealed and another begun.
EARLIEST_S, LATEST_S = 0.2, 13.0


def _moments() -> list[float]:
    rng = random.Random(SEED)
    drawn = [rng.uniform(EARLIEST_S, LATEST_S) for _ in range(KILLS)]
    if KILLS <= 5:  # a short run still meets a young recording, a middling one and a second segment
        drawn = [0.3, 4.0, 10.6, *drawn][:KILLS]
    return drawn


@pytest.mark.timeout(60 + 40 * (KILLS + MAX_REPEATS))
async def test_a_killed_server_loses_at_most_a_second_and_says_so(net: Network, tmp_path: Path) -> None:
    losses_ms: list[float] = []
    starts_s: list[float] = []
    server = Server(net, tmp_path / "data", name="killed-server", http_port=8100, media_port=7900)
    server.start()
    watch = Standstill(tmp_path)
    moments, unexplained = _moments(), 0
    try:
        # Grows by what is repeated.
        for number, moment_s in enumerate(moments):
            room = f"killed-{number}"
            async with sdk_client(net.clients, f"speaker{number}") as speaker:
                token = server.token(f"speaker{number}", room)
                await speaker.run("join", url=server.signal_url, token=token, single=number % 2 == 0)
                await speaker.run("publish", width=320, height=180)
                recording_id = await asyncio.to_thread(server.start_recording, room)
                # The random moment of this case, and what its last seconds did to server and sender.
                await asyncio.sleep(max(0.0, moment_s - BEFORE_KILL_S))  # what is being recorded
                pids = (server.pid, speaker.pid)
                delays_before = [run_delays_s(pid) for pid in pids]
                await asyncio.sleep(min(moment_s, BEFORE_KILL_S))  # and while it is watched
                delays_after = [run_delays_s(pid) for pid in pids]
                unfit = watch.unfit(time.monotonic() - BEFORE_KILL_S, time.monotonic())
                killed_at_s, killed_wall_s = await asyncio.to_thread(server.kill)
                report = await speaker.run("sent")
            sent_at_s, late_s = report["sent_at_s"], report["late_s"]
            sent = [int(number) for number, at_s in sent_at_s.items() if at_s < killed_at_s]
            left = _what_the_disk_tells(server.recording_folder(recording_id), killed_wall_s)
            began = time.monotonic()
            await asyncio.to_thread(server.start)
            starts_s.append(time.monotonic() - began)
            lost_by_ms = _check_what_is_left(server, recording_id, killed_wall_s * 1000, moment_s, sent)
            lost_ms = max(lost_by_ms.values(), default=0.0)
            since_s = killed_at_s - BEFORE_KILL_S
            late = [late_s.get(number, 0.0) for number, at_s in sent_at_s.items() if at_s > since_s]
            stood_s = max(watch.longest_s(since_s, killed_at_s), *late, 0.0)
            told = f"kill {number + 1}/{len(moments)} after {moment_s:.2f} s: lost {lost_ms:.0f} ms"
            waited = [
                most_delayed(before, after) for before, after in zip(delays_before, delays_after, strict=True)
            ]
            waited_s = max(delay_s for _, delay_s in waited)
            told += "; kept from a processor: " + ", ".join(
                f"{whose} {delay_s * 1000:.0f} ms ({thread})"
                for whose, (thread, delay_s) in zip(("server", "sender"), waited, strict=True)
            )
            print(f"{told}; machine or sender stood still for {stood_s * 1000:.0f} ms; {unfit or 'fit'}")
            if lost_ms > MAX_LOST_MS:
                print(f"lost by track: {lost_by_ms}; as the kill left it: {left}")
            if lost_ms <= MAX_LOST_MS:
                losses_ms.append(lost_ms)
                continue
            unexplained += stood_s <= STANDSTILL_S and waited_s <= KEPT_WAITING_S and not unfit
            assert unexplained <= MAX_UNEXPLAINED and len(moments) < KILLS + MAX_REPEATS, told
            moments.append(moment_s)
    finally:
        watch.end()
        if server.process is not None:
            await asyncio.to_thread(server.stop)
    assert len(losses_ms) == KILLS
    print(
        f"{KILLS} kills, {len(moments) - KILLS} repeated, {unexplained} of them unexplained: "
        f"lost at most {max(losses_ms):.0f} ms, on average {sum(losses_ms) / KILLS:.0f} ms; "
        f"start with recovery at most {max(starts_s):.1f} s"
    )


def _check_what_is_left(
    server: Server, recording_id: str, killed_at_ms: float, moment_s: float, sent: list[int]
) -> dict[str, float]:
    """Judges one recording that a kill has cut off; returns the milliseconds lost, by track.

    ``sent`` are the numbers of the pictures that the SDK had been given before the kill.
    """
    folder = server.recording_folder(recording_id)
    facts = manifest(folder)
    assert facts["state"] == "interrupted"
    on_disk = segments(folder)
    listed = {segment["file"]: segment for track in facts["tracks"] for segment in track["segments"]}
    assert set(listed) == {path.name for path in on_disk}
    for path in on_disk:
        assert ffprobe(path)["streams"], path

    lost_by_ms: dict[str, float] = {}
    for track in facts["tracks"]:
        is_video = track["kind"] == "video"
        lost_by_ms[f"{track['kind']} {track['track']}"] = (
            _lost_picture_ms(folder, track, sent)
            if is_video
            else _lost_sound_ms(folder, facts, track, killed_at_ms)
        )
        gap = track["gaps"][-1] if track["gaps"] else None
        assert gap is not None, f"{track['kind']}: no gap named"
        assert gap["cause"] == "process_ended", track["gaps"]
        if track["segments"]:
            assert gap["from_ms"] == track["segments"][-1]["to_ms"], (gap, track["segments"][-1])
    if moment_s > 1.0:
        assert {track["kind"] for track in facts["tracks"] if track["segments"]} == {"audio", "video"}

    done = server.run_command("verify", str(folder))
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert done.stdout.strip()
    return lost_by_ms


def _what_the_disk_tells(folder: Path, killed_wall_s: float) -> dict[str, str]:
    """When each file was written last: whether all of the recorder stopped before the kill, or one track."""
    told: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        facts = path.stat()
        told[path.name] = f"{facts.st_size} B, {killed_wall_s - facts.st_mtime:.2f} s before the kill"
    return told


def _lost_picture_ms(folder: Path, track: dict[str, Any], sent: list[int]) -> float:
    """Pictures given to the SDK before the kill that do not play; a busy sender's pauses do not count."""
    plays = [number for segment in track["segments"] for number in play(folder / segment["file"]).numbers]
    numbers = [number for number in plays if number is not None]
    # Before the first picture on disk lies the wait for a key frame, which no kill causes.
    last = max(numbers, default=min(sent[-FRAMES_PER_SECOND:]))
    return sum(number > last for number in sent) * 1000 / FRAMES_PER_SECOND


def _lost_sound_ms(folder: Path, facts: dict[str, Any], track: dict[str, Any], killed_at_ms: float) -> float:
    """From the end of the last sound that plays to the kill, less the pause a sender may make in silence."""
    if not track["segments"]:
        return killed_at_ms - facts["started_at_ms"] - float(track["from_ms"]) - DTX_PAUSE_MS
    last = track["segments"][-1]
    # The manifest must not claim more than the file has; a frame's duration is unknown to WebM's last block.
    plays_ms = last_packet_s(folder / last["file"]) * 1000
    assert last["to_ms"] - last["from_ms"] <= plays_ms + 150, (last, plays_ms)
    return killed_at_ms - facts["started_at_ms"] - float(last["to_ms"]) - DTX_PAUSE_MS
