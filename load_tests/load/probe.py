"""Two real clients (LiveKit's SDK) in one room: one sends stamped pictures, the other decodes and reads them.

    python -m load_tests.load.probe URL TOKEN-OF-THE-SENDER TOKEN-OF-THE-OTHER SECONDS

Standard output is one JSON object: when each picture came, and how old it was.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from livekit import rtc

from load_tests.load.time_code import age_ms, luma_of, painted, read

WIDTH, HEIGHT = 320, 184
FRAMES_PER_S = 15
BITRATE_BPS = 300_000
SUBSCRIBED_LIMIT_S = 30.0
SETTLING_S = 5.0
"""Before it is counted: an encoder and an estimate find their rate."""


class Screen:
    """What the decoding client shows."""

    def __init__(self) -> None:
        self.shown_ns: list[int] = []
        self.delays_ms: list[int] = []
        self.is_subscribed = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    def show(self, track: rtc.Track, _: object, __: object) -> None:
        """Begins to read the pictures of a track."""
        self._reading = asyncio.create_task(
            self._read(rtc.VideoStream(track, format=rtc.VideoBufferType.I420))
        )

    async def _read(self, stream: rtc.VideoStream) -> None:
        self.is_subscribed.set()
        async for event in stream:
            now_ns = time.monotonic_ns()
            frame = event.frame
            made_ms = read(luma_of(frame.data, frame.width, frame.height))
            self.shown_ns.append(now_ns)
            if made_ms is not None:
                self.delays_ms.append(age_ms(now_ns // 1_000_000, made_ms))

    def forget(self) -> None:
        """What was shown until now does not count."""
        self.shown_ns.clear()
        self.delays_ms.clear()


async def main(url: str, sender_token: str, viewer_token: str, seconds: float) -> None:
    """Sends and decodes for so long, then tells."""
    screen = Screen()
    viewer, sender = rtc.Room(), rtc.Room()
    viewer.on("track_subscribed", screen.show)

    def published(publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant) -> None:
        if who.identity == "probe-sender":
            publication.set_subscribed(True)

    viewer.on("track_published", published)
    alone = rtc.RoomOptions(auto_subscribe=False)
    await viewer.connect(url, viewer_token, alone)
    await sender.connect(url, sender_token, alone)
    source = rtc.VideoSource(WIDTH, HEIGHT)
    options = rtc.TrackPublishOptions(
        source=rtc.TrackSource.SOURCE_CAMERA,
        simulcast=False,
        video_encoding=rtc.VideoEncoding(max_framerate=FRAMES_PER_S, max_bitrate=BITRATE_BPS),
    )
    filming = asyncio.create_task(film(source))
    await sender.local_participant.publish_track(
        rtc.LocalVideoTrack.create_video_track("probe", source), options
    )
    async with asyncio.timeout(SUBSCRIBED_LIMIT_S):
        await screen.is_subscribed.wait()
    await asyncio.sleep(SETTLING_S)
    screen.forget()
    began_s = time.monotonic()
    await asyncio.sleep(seconds)
    told = {
        "shown_ns": list(screen.shown_ns),
        "delays_ms": list(screen.delays_ms),
        "seconds": time.monotonic() - began_s,
    }
    filming.cancel()
    await asyncio.gather(sender.disconnect(), viewer.disconnect())
    print(json.dumps(told))


async def film(source: rtc.VideoSource) -> None:
    """Paints pictures until cancelled."""
    due_s = time.monotonic()
    while True:
        picture = painted(time.monotonic_ns() // 1_000_000, WIDTH, HEIGHT)
        source.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.I420, picture))
        due_s = max(due_s + 1 / FRAMES_PER_S, time.monotonic() - 1)
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
