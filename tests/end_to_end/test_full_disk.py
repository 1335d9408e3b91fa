"""The disk fills up while a room is recorded: the call goes on, and the loss stands in the manifest."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.namespaces import Network
from tests.support.recordings import ffprobe, manifest, segments
from tests.support.sdk_client import sdk_client
from tests.support.server import Server, running
from tests.support.small_disk import fill, free_bytes, small_disk
from tests.support.waiting import wait_until


async def test_a_full_disk_leaves_the_call_alone_and_is_told(net: Network, tmp_path: Path, room: str) -> None:
    with small_disk(tmp_path / "disk", 64_000_000) as disk:
        server = Server(net, disk / "data", name="full-disk", http_port=8096, media_port=7898)
        with running(server):
            async with (
                sdk_client(net.clients, "speaker") as speaker,
                sdk_client(net.clients, "listener") as listener,
            ):
                await speaker.run("join", url=server.signal_url, token=server.token("speaker", room))
                await listener.run("join", url=server.signal_url, token=server.token("listener", room))
                await speaker.run("publish", is_hard=True)
                await listener.wait_for_media("speaker")
                recording_id = await asyncio.to_thread(server.start_recording, room)
                folder = server.recording_folder(recording_id)

                def recorded_bytes() -> int:
                    return sum(path.stat().st_size for path in segments(folder))

                await wait_until(recorded_bytes, what="a recording", accept=lambda size: size > 100_000)
                ballast = await asyncio.to_thread(fill, disk, leave_bytes=60_000)
                full_at = await wait_until(
                    lambda: free_bytes(disk),
                    what="the disk is full",
                    accept=lambda free: free < 16_384,
                )

                # The call goes on meanwhile.
                seen = (await listener.report())["people"]["speaker"]
                await listener.wait_for_media(
                    "speaker", frames=seen["frames"] + 45, sound_frames=seen["sound_frames"] + 300
                )
                ballast.unlink()
                stuck_at = recorded_bytes()
                await wait_until(
                    recorded_bytes,
                    what="recording goes on when there is room again",
                    accept=lambda size: size > stuck_at + 50_000,
                )
                assert await asyncio.to_thread(server.stop_recording, room) == recording_id
                for client in (speaker, listener):
                    assert not [e for e in client.events if e["event"] in ("reconnecting", "disconnected")]
            facts = manifest(folder)
            gaps = [gap for track in facts["tracks"] for gap in track["gaps"] if gap["cause"] == "disk_full"]
            print(f"disk full (at {full_at} bytes free): gaps {gaps}")
            assert gaps, [track["gaps"] for track in facts["tracks"]]
            for path in segments(folder):
                ffprobe(path)
            done = server.run_command("verify", str(folder))
            print(done.stdout)
            assert "disk_full" in done.stdout or done.returncode == 0, (done.stdout, done.stderr)
        assert not any("Traceback" in line for line in server.stderr), server.stderr[-30:]


async def test_a_disk_that_stays_full_ends_with_a_recording_that_can_be_recovered(
    net: Network, tmp_path: Path, room: str
) -> None:
    with small_disk(tmp_path / "disk", 64_000_000) as disk:
        server = Server(net, disk / "data", name="full-disk", http_port=8097, media_port=7899)
        with running(server):
            async with sdk_client(net.clients, "speaker") as speaker:
                await speaker.run("join", url=server.signal_url, token=server.token("speaker", room))
                await speaker.run("publish", is_hard=True)
                recording_id = await asyncio.to_thread(server.start_recording, room)
                folder = server.recording_folder(recording_id)
                await wait_until(
                    lambda: sum(path.stat().st_size for path in segments(folder)),
                    what="a recording",
                    accept=lambda size: size > 100_000,
                )
                ballast = await asyncio.to_thread(fill, disk)
                seen = (await speaker.report())["sent_frames"]
                await wait_until(
                    speaker.report, what="time", accept=lambda report: report["sent_frames"] > seen + 30
                )
            await asyncio.to_thread(server.stop)
            ballast.unlink()
            await asyncio.to_thread(server.start)
            facts = manifest(folder)
            print(f"disk stayed full: {facts['state']}, gaps {[track['gaps'] for track in facts['tracks']]}")
            for path in segments(folder):
                ffprobe(path)
