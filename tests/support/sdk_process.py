"""The LiveKit Python SDK as a child process: commands as JSON lines in, answers and events as JSON lines out.

Run it as ``python -m tests.support.sdk_process``. Every command is ``{"id": n, "do": name, …}`` and gets one
answer ``{"id": n, …}`` or ``{"id": n, "error": text}``; events are ``{"event": name, …}``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from livekit import rtc

from tests.support.numbered_video import SAMPLE_RATE_HZ, Painter, find_marks, marked_second, read_number

_SOUND_STEP_MS = 10  # what the SDK wants at a time
_PATIENCE_S = 60.0  # for an answer: a busy machine is slow, not wrong
_TOLD_EVENTS = (
    "disconnected",
    "reconnecting",
    "reconnected",
    "participant_connected",
    "participant_disconnected",
    "track_unsubscribed",
    "track_muted",
    "track_unmuted",
    "participant_attributes_changed",
    "room_updated",
)
_SOUND_STEP = SAMPLE_RATE_HZ * _SOUND_STEP_MS // 1000


@dataclass
class Heard:
    """What came from one participant."""

    frames: int = 0
    size: tuple[int, int] = (0, 0)
    numbers: list[int | None] = field(default_factory=list)
    arrivals_s: list[float] = field(default_factory=list)
    sound_frames: int = 0
    sound: list[Any] = field(default_factory=list)
    loudest: int = 0


class Client:
    """One participant."""

    def __init__(self) -> None:
        self._room = rtc.Room()
        self._heard: dict[str, Heard] = defaultdict(Heard)
        self._tasks: list[asyncio.Task[None]] = []
        self._tracks: dict[str, rtc.LocalTrack] = {}
        self._pictures: dict[str, rtc.RemoteTrack] = {}  # by sender
        self._publications: dict[str, str] = {}
        self._sent_frames = 0
        self._sent_at_s: dict[int, float] = {}
        self._late_s: dict[int, float] = {}
        self._is_sending = False
        self._listen()

    # ---- commands ------------------------------------------------------------------------------------

    async def do_join(self, *, url: str, token: str, single: bool = True) -> dict[str, Any]:
        began = time.monotonic()
        await self._room.connect(url, token, rtc.RoomOptions(single_peer_connection=single))
        return {"sid": self._room.local_participant.sid, "took_s": time.monotonic() - began}

    async def do_publish(
        self,
        *,
        width: int = 640,
        height: int = 360,
        frames_per_second: int = 15,
        video: bool = True,
        sound: bool = True,
        simulcast: bool | None = None,
        codec: str = "vp8",
        is_hard: bool = False,
        max_bps: int = 0,
    ) -> dict[str, Any]:
        """Publishes numbered pictures and marked sound; the simulcast default is the SDK's."""
        loop = asyncio.get_running_loop()
        video_source = rtc.VideoSource(width, height) if video else None
        # A queue would put up to a second between what is given and what is sent.
        sound_source = rtc.AudioSource(SAMPLE_RATE_HZ, 1, queue_size_ms=0) if sound else None
        self._is_sending = True
        self._tasks.append(
            loop.create_task(
                self._send(video_source, sound_source, Painter(width, height, is_hard), frames_per_second)
            )
        )
        if video_source is not None:
            options = rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA, video_codec=rtc.VideoCodec.Value(codec.upper())
            )
            if simulcast is not None:
                options.simulcast = simulcast
            if max_bps:
                options.video_encoding.max_bitrate = max_bps
                options.video_encoding.max_framerate = frames_per_second
            await self._publish(
                "camera", rtc.LocalVideoTrack.create_video_track("camera", video_source), options
            )
        if sound_source is not None:
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
            await self._publish(
                "microphone", rtc.LocalAudioTrack.create_audio_track("microphone", sound_source), options
            )
        return {"tracks": self._publications}

    async def do_unpublish(self, *, name: str) -> dict[str, Any]:
        await self._room.local_participant.unpublish_track(self._publications.pop(name))
        return {}

    async def do_data(self, *, text: str, reliable: bool = True, topic: str = "") -> dict[str, Any]:
        await self._room.local_participant.publish_data(text, reliable=reliable, topic=topic)
        return {}

    async def do_answer_calls(self) -> dict[str, Any]:
        """Answers RPC "length" and takes text streams of the topic "letter" as data events."""
        me = self._room.local_participant

        async def length(call: rtc.RpcInvocationData) -> str:
            return str(len(call.payload))

        async def tell(reader: rtc.TextStreamReader, sender: str) -> None:
            text = await reader.read_all()
            say(
                {
                    "event": "letter",
                    "length": len(text),
                    "from": sender,
                    "is_whole": text == text[:1] * len(text),
                }
            )

        def take(reader: rtc.TextStreamReader, sender: str) -> None:
            self._tasks.append(asyncio.get_running_loop().create_task(tell(reader, sender)))

        me.register_rpc_method("length", length)
        self._room.register_text_stream_handler("letter", take)
        return {}

    async def do_call(self, *, identity: str, method: str, payload: str) -> dict[str, Any]:
        return {
            "answer": await self._room.local_participant.perform_rpc(
                destination_identity=identity,
                method=method,
                payload=payload,
                response_timeout=_PATIENCE_S,
                max_round_trip_latency=_PATIENCE_S / 2,
            )
        }

    async def do_letter(self, *, text: str) -> dict[str, Any]:
        await self._room.local_participant.send_text(text, topic="letter")
        return {}

    async def do_attributes(self, *, attributes: dict[str, str]) -> dict[str, Any]:
        await self._room.local_participant.set_attributes(attributes)
        return {}

    async def do_mute(self, *, name: str, muted: bool) -> dict[str, Any]:
        track = self._tracks[name]
        if muted:
            track.mute()
        else:
            track.unmute()
        return {}

    async def do_report(self, *, numbers: bool = False, marks: bool = False) -> dict[str, Any]:
        """What has come from each participant so far, what was sent, and who is there."""
        people = {}
        for identity, heard in self._heard.items():
            person: dict[str, Any] = {
                "frames": heard.frames,
                "size": heard.size,
                "sound_frames": heard.sound_frames,
                "loudest": heard.loudest,
            }
            if numbers:
                person["numbers"] = heard.numbers
                person["arrivals_s"] = heard.arrivals_s
            if marks:
                sound = np.concatenate(heard.sound) if heard.sound else np.zeros(0, np.int16)
                person["marks_s"] = find_marks(sound)
                person["sound_s"] = len(sound) / SAMPLE_RATE_HZ
            people[identity] = person
        return {
            "people": people,
            "sent_frames": self._sent_frames,
            "participants": {
                participant.identity: {
                    "attributes": dict(participant.attributes),
                    "tracks": {
                        publication.name: {"sid": publication.sid, "muted": publication.muted}
                        for publication in participant.track_publications.values()
                    },
                }
                for participant in self._room.remote_participants.values()
            },
        }

    async def do_sent(self) -> dict[str, Any]:
        """By number: when each picture was given to the SDK (monotonic seconds), and how late that was."""
        return {"sent_at_s": self._sent_at_s, "late_s": self._late_s}

    async def do_coded(self) -> dict[str, Any]:
        """Pictures that the encoder made of those it was given, and by sender those that came whole."""
        made = [
            entry.outbound_rtp.outbound.frames_encoded
            for track in self._tracks.values()
            for entry in await track.get_stats()
            if entry.HasField("outbound_rtp")
        ]
        came = {
            identity: max(
                entry.inbound_rtp.inbound.frames_received
                for entry in await track.get_stats()
                if entry.HasField("inbound_rtp")
            )
            for identity, track in self._pictures.items()
        }
        return {"made": max(made, default=0), "came": came}

    async def do_stop_sending(self) -> dict[str, Any]:
        self._is_sending = False
        return {"sent_frames": self._sent_frames}

    async def do_leave(self) -> dict[str, Any]:
        self._is_sending = False
        await self._room.disconnect()
        return {}

    # ---- sending -------------------------------------------------------------------------------------

    async def _publish(self, name: str, track: rtc.LocalTrack, options: rtc.TrackPublishOptions) -> None:
        publication = await self._room.local_participant.publish_track(track, options)
        self._tracks[name] = track
        self._publications[name] = publication.sid

    async def _send(
        self,
        video: rtc.VideoSource | None,
        sound: rtc.AudioSource | None,
        painter: Painter,
        frames_per_second: int,
    ) -> None:
        """Sound in steps of 10 ms and the pictures due, on one clock: marks fall on whole seconds."""
        second = marked_second()
        began = time.monotonic()
        step = 0
        while self._is_sending:
            due = began + step * _SOUND_STEP_MS / 1000
            if due > time.monotonic():
                await asyncio.sleep(due - time.monotonic())
            # Video first: its number n is due at n / frames_per_second, whose step begins now.
            if video is not None and self._sent_frames * 1000 <= step * _SOUND_STEP_MS * frames_per_second:
                number = self._sent_frames
                picture = rtc.VideoFrame(
                    painter.width, painter.height, rtc.VideoBufferType.I420, painter.i420(number)
                )
                self._sent_at_s[number] = time.monotonic()
                self._late_s[number] = self._sent_at_s[number] - due
                video.capture_frame(picture)
                self._sent_frames += 1
            if sound is not None:
                start = step * _SOUND_STEP % SAMPLE_RATE_HZ
                samples = second[start : start + _SOUND_STEP]
                await sound.capture_frame(rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE_HZ, 1, _SOUND_STEP))
            step += 1

    # ---- receiving -----------------------------------------------------------------------------------

    def _listen(self) -> None:
        room = self._room
        room.on("track_subscribed", self._start_receiving)
        room.on("data_received", self._say_data)
        for event in _TOLD_EVENTS:
            room.on(
                event,
                lambda *facts, event=event: say({"event": event, "about": [_describe(f) for f in facts]}),
            )

    def _say_data(self, packet: rtc.DataPacket) -> None:
        is_reliable = packet.kind == rtc.DataPacketKind.KIND_RELIABLE
        sender = packet.participant.identity if packet.participant else None
        text = packet.data.decode(errors="replace")
        say({"event": "data", "text": text, "from": sender, "topic": packet.topic, "reliable": is_reliable})

    def _start_receiving(
        self, track: rtc.RemoteTrack, publication: rtc.RemoteTrackPublication, sender: rtc.RemoteParticipant
    ) -> None:
        say(
            {"event": "track_subscribed", "from": sender.identity, "name": publication.name, "sid": track.sid}
        )
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            self._pictures[sender.identity] = track
        receive = self._see if track.kind == rtc.TrackKind.KIND_VIDEO else self._hear
        self._tasks.append(
            asyncio.get_running_loop().create_task(receive(track, self._heard[sender.identity]))
        )

    async def _see(self, track: rtc.RemoteTrack, heard: Heard) -> None:
        async for event in rtc.VideoStream(track, format=rtc.VideoBufferType.I420):
            frame = event.frame
            luma = np.frombuffer(frame.data, np.uint8, frame.width * frame.height).reshape(
                frame.height, frame.width
            )
            heard.frames += 1
            heard.size = (frame.width, frame.height)
            heard.numbers.append(read_number(luma))
            heard.arrivals_s.append(time.monotonic())

    async def _hear(self, track: rtc.RemoteTrack, heard: Heard) -> None:
        async for event in rtc.AudioStream(track, sample_rate=SAMPLE_RATE_HZ, num_channels=1):
            samples = np.frombuffer(event.frame.data, np.int16)
            heard.sound_frames += 1
            heard.sound.append(samples.copy())
            heard.loudest = max(heard.loudest, int(np.abs(samples.astype(np.int32)).max(initial=0)))


def _describe(fact: Any) -> Any:
    for name in ("identity", "sid"):
        if hasattr(fact, name):
            return getattr(fact, name)
    return fact if isinstance(fact, str | int | float | bool | dict | list | None) else str(fact)


def say(message: dict[str, Any]) -> None:
    """Writes one line to the parent."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Obeys commands until the input ends."""
    client = Client()
    reader = asyncio.StreamReader(limit=1 << 22)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    say({"event": "ready"})
    while line := await reader.readline():
        command = json.loads(line)
        number = command.pop("id")
        try:
            answer = await getattr(client, "do_" + command.pop("do"))(**command)
        except Exception as error:  # the outermost frame: the parent decides what a refusal means
            answer = {"error": f"{type(error).__name__}: {error}"}
        say({"id": number, **answer})


if __name__ == "__main__":
    # A camera is never late because others compute: the sender goes before them where it may.
    if os.geteuid() == 0:
        os.nice(-10)
    asyncio.run(main())
    os._exit(0)  # the SDK's own threads do not end by themselves
