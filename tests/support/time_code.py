"""Pictures that say when they were painted, and a page that reads them beside what it draws of an ECG.

The code is 4 rows of 8 cells over the whole picture, white for 1: 24 bits of milliseconds of the page's own
clock (performance.timeOrigin + now), and 8 of their sum, so that a torn picture is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

WRAP_MS = 1 << 24

PUBLISH_TIME_CODE = """async ([width, height, fps]) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    document.body.append(canvas);
    const pen = canvas.getContext("2d", { alpha: false });
    let painted = 0;
    const paint = (now) => {
        requestAnimationFrame(paint);
        if (now - painted < 1000 / fps - 4) return;
        painted = now;
        const ms = Math.round(performance.timeOrigin + performance.now()) % 0x1000000;
        const sum = ((ms & 255) + ((ms >> 8) & 255) + (ms >> 16) + 0x5a) & 255;
        for (let bit = 0; bit < 32; bit += 1) {
            const isOne = bit < 24 ? (ms >> bit) & 1 : (sum >> (bit - 24)) & 1;
            pen.fillStyle = isOne ? "#fff" : "#000";
            pen.fillRect(((bit % 8) * width) / 8, (Math.floor(bit / 8) * height) / 4, width / 8, height / 4);
        }
    };
    requestAnimationFrame(paint);
    const [track] = canvas.captureStream().getVideoTracks();
    await state.room.localParticipant.publishTrack(track, {
        source: "camera", simulcast: false, videoEncoding: { maxBitrate: 1_500_000, maxFramerate: fps },
    });
}"""

# A row for each repaint: when, up to which sample the ECG was drawn, how it is followed, what the picture
# says, since when that has been on screen, and how far the page knows the ECG to be ahead.
_WATCH = """() => {
    window.syncRows = [];
    window.syncUnread = 0;
    const small = new OffscreenCanvas(32, 16);
    const pen = small.getContext("2d", { willReadFrequently: true });
    const readCode = (video) => {
        pen.drawImage(video, 0, 0, 32, 16);
        const { data } = pen.getImageData(0, 0, 32, 16);
        let ms = 0, sum = 0;
        for (let bit = 0; bit < 32; bit += 1) {
            const x = (bit % 8) * 4 + 1, y = Math.floor(bit / 8) * 4 + 1;
            const level = data[(y * 32 + x) * 4] + data[((y + 1) * 32 + x + 1) * 4];
            if (level > 255) bit < 24 ? (ms += 2 ** bit) : (sum += 2 ** (bit - 24));
        }
        const wanted = ((ms & 255) + ((ms >> 8) & 255) + (ms >> 16) + 0x5a) & 255;
        return sum === wanted ? ms : null;
    };
    let watched = null, shown = null;
    const onFrame = (video) => (now, told) => {
        const code = readCode(video);
        if (code === null) window.syncUnread += 1;
        shown = code === null ? null : [code, performance.timeOrigin + told.expectedDisplayTime];
        if (video === watched) video.requestVideoFrameCallback(onFrame(video));
    };
    const look = () => {
        const video = document.querySelector("VIDEO");
        if (video !== watched) {
            [watched, shown] = [video, null];
            video?.requestVideoFrameCallback(onFrame(video));
        }
        // Behind everything that this repaint draws.
        const now = performance.now();
        setTimeout(() => {
            const layer = document.querySelector('PANE [data-layer="trace"]');
            const { until, pace, ahead } = { ...layer?.dataset, ...layer?.closest(".replay-ecg")?.dataset };
            if (until === undefined || shown === null) return;
            const seen = [performance.timeOrigin + now, Number(until), pace, ...shown, Number(ahead || 0)];
            window.syncRows.push(seen);
        });
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""


WATCH_BOTH = _WATCH.replace("VIDEO", ".case-video .stage-vid video").replace("PANE", ".ecg-pane")
WATCH_REPLAY = _WATCH.replace("VIDEO", ".pictures video").replace("PANE", ".replay-ecg")
"""The same of a recording that is replayed."""


@dataclass(frozen=True)
class Repaint:
    """What a page showed at once."""

    now_ms: float
    """Since the Unix epoch."""
    until: int
    """The ECG was drawn up to this sample."""
    pace: str
    painted_ms: int
    """What the picture says, modulo WRAP_MS."""
    shown_ms: float
    """Since when it has been on screen, by the same clock."""
    lacks_ms: float
    """By how much the page knows its samples to be behind the picture: they have not come yet."""


def repaints(rows: list[list[Any]]) -> list[Repaint]:
    """What the page has noted."""
    return [
        Repaint(now, int(until), pace, int(code), shown, max(0.0, -ahead))
        for now, until, pace, code, shown, ahead in rows
    ]


def ahead_ms(moment_ms: float, painted_ms: int) -> float:
    """How far a moment (since the Unix epoch) is after that of a picture."""
    return (moment_ms - painted_ms + WRAP_MS / 2) % WRAP_MS - WRAP_MS / 2
