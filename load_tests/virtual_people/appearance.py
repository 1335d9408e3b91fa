"""What a virtual person looks and sounds like: a numbered, moving picture that says so, and a soft tone."""

from __future__ import annotations

import asyncio
import math
import time

import cv2
import numpy as np
from livekit import rtc

WIDTH, HEIGHT, FRAMES_PER_S = 640, 360, 10
SAMPLE_RATE_HZ, STEP_MS = 48_000, 10
_STEP = SAMPLE_RATE_HZ * STEP_MS // 1000
_TONE_HZ, _AMPLITUDE = 392.0, 2_500
_TONE_S, _PERIOD_S = 0.25, 2.0
"""A short soft tone every two seconds: enough to hear that sound arrives, little enough to talk over."""
_PAPER, _INK, _WARN = (236, 240, 238, 255), (20, 32, 30, 255), (133, 80, 0, 255)


def picture(name: str, number: int) -> bytes:
    """Returns one picture as RGBA. The words are in Latin letters: the drawing library has no others."""
    canvas = np.full((HEIGHT, WIDTH, 4), _PAPER, np.uint8)
    x = round(WIDTH / 2 + math.sin(number / 12) * WIDTH * 0.3)
    cv2.circle(canvas, (x, 245), 34, _INK, -1)
    face = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(canvas, "VIRTUAL PERSON - DEMO", (28, 52), face, 1.1, _WARN, 2, cv2.LINE_AA)
    cv2.putText(canvas, name, (28, 104), face, 1.2, _INK, 2, cv2.LINE_AA)
    words = f"{number:06d}   {time.strftime('%H:%M:%S')}"
    cv2.putText(canvas, words, (28, HEIGHT - 24), face, 0.9, _INK, 2, cv2.LINE_AA)
    return canvas.tobytes()


def sound(step: int) -> bytes:
    """Returns the 10 ms of sound of a step."""
    at_s = (step * STEP_MS / 1000) % _PERIOD_S
    if at_s >= _TONE_S:
        return bytes(_STEP * 2)
    t = at_s + np.arange(_STEP) / SAMPLE_RATE_HZ
    # Soft ends: a tone that is cut off clicks.
    envelope = np.clip(np.minimum(t, _TONE_S - t) / 0.03, 0, 1)
    return (np.sin(2 * math.pi * _TONE_HZ * t) * envelope * _AMPLITUDE).astype(np.int16).tobytes()


async def appear(room: rtc.Room, name: str) -> None:
    """Publishes camera and microphone, and feeds them until it is cancelled."""
    video, audio = rtc.VideoSource(WIDTH, HEIGHT), rtc.AudioSource(SAMPLE_RATE_HZ, 1)
    me = room.local_participant
    camera = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA)
    await me.publish_track(rtc.LocalVideoTrack.create_video_track("camera", video), camera)
    microphone = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    await me.publish_track(rtc.LocalAudioTrack.create_audio_track("microphone", audio), microphone)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_show(video, name))
        tasks.create_task(_sound(audio))


async def _show(source: rtc.VideoSource, name: str) -> None:
    number = 0
    while True:
        frame = rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGBA, picture(name, number))
        source.capture_frame(frame)
        number += 1
        await asyncio.sleep(1 / FRAMES_PER_S)


async def _sound(source: rtc.AudioSource) -> None:
    step = 0
    while True:
        # Returns when there is room for more: the source keeps the pace.
        await source.capture_frame(rtc.AudioFrame(sound(step), SAMPLE_RATE_HZ, 1, _STEP))
        step += 1
