"""H.264 goes the same road as VP8: to a page, to the SDK, and into an MP4 that plays."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.end_to_end.conftest import FILE_FRAMES
from tests.end_to_end.test_recording import MAX_CAMERA_SKIPS
from tests.support.best_of_three import judged_where_fit
from tests.support.chromium import chromium
from tests.support.namespaces import Network
from tests.support.numbered_video import judge_order
from tests.support.recorded_conversation import export
from tests.support.recordings import ffprobe, play, segments
from tests.support.sdk_client import sdk_client
from tests.support.server import Server


async def test_h264_is_forwarded_and_recorded(
    net: Network, server: Server, room: str, numbered_file: Path, marked_file: Path
) -> None:
    with judged_where_fit("a page's camera in H.264") as camera:
        exported = await _recorded(net, server, room, numbered_file, marked_file)
        played = play(exported)
        order = judge_order(played.numbers, modulus=FILE_FRAMES)
        # A busy machine makes Chromium's camera skip and repeat pictures before anything is sent.
        camera.tell(order.lost_fraction <= MAX_CAMERA_SKIPS and order.repeated == 0, str(order))
    print(f"H.264 recording: {order}, {len(played.marks_s)} marks")
    assert (order.reordered, played.errors) == (0, 0)
    assert len(played.marks_s) >= 10


async def _recorded(net: Network, server: Server, room: str, numbered_file: Path, marked_file: Path) -> Path:
    """Records twelve seconds; returns what is exported of the page."""
    async with (
        chromium(net.clients, video=numbered_file, sound=marked_file) as browser,
        sdk_client(net.clients, "clinic") as clinic,
    ):
        ambulance = await browser.harness_page("ambulance")
        hospital = await browser.harness_page("hospital")
        await ambulance.join(server.signal_url, server.token("ambulance", room), codec="h264")
        await hospital.join(server.signal_url, server.token("hospital", room), single=False)
        await clinic.run("join", url=server.signal_url, token=server.token("clinic", room))
        await ambulance.publish()
        await asyncio.gather(hospital.wait_for_media("ambulance"), clinic.wait_for_media("ambulance"))
        codecs = {e["codec"] for e in (await hospital.stats())["inbound"] if e["kind"] == "video"}
        assert codecs == {"video/H264"}

        recording_id = await asyncio.to_thread(server.start_recording, room)
        frames = (await clinic.report())["people"]["ambulance"]["frames"]
        await clinic.wait_for_media("ambulance", frames=frames + 12 * 15)
        await asyncio.to_thread(server.stop_recording, room)
    folder = server.recording_folder(recording_id)
    video = [path for path in segments(folder) if path.suffix == ".mp4"]
    assert len(video) >= 2, segments(folder)
    for path in video:
        assert ffprobe(path)["streams"][0]["codec_name"] == "h264"
    assert server.run_command("verify", str(folder)).returncode == 0
    exported = export(server, folder)["ambulance"]
    assert exported.suffix == ".mp4"
    return exported
