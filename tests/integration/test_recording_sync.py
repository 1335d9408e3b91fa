"""Five minutes of drifting clocks through recorder and export: sound and picture stay within 40 ms."""

from __future__ import annotations

import itertools
import random
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from recording.export import export_folder
from recording.verify import verify_folder
from tests.support.tap_records import (
    NS_PER_MS,
    NS_PER_S,
    AnyRecord,
    TapClock,
    TapFrame,
    TimedTap,
    opus_frames,
    vp8_frames,
)
from tests.unit.recording.conftest import Studio

pytestmark = pytest.mark.alone

MINUTES = 5
FPS = 10
MAX_APART_MS = 40


def sent(
    studio: Studio,
    codec: str,
    *,
    clock_ppm: int,
    media_ppm: int,
    delay_ms: int,
    report_every_s: float,
    seed: int,
) -> Iterator[AnyRecord]:
    """A track whose publisher's clock drifts, and whose RTP clock drifts against that; all of it jitters."""
    random_ = random.Random(seed)
    rate_hz, step_ns = (48_000, 20 * NS_PER_MS) if codec == "opus" else (90_000, NS_PER_S // FPS)
    media = opus_frames(4) if codec == "opus" else vp8_frames(4, fps=FPS, keyframe_every=20)
    start_ns = studio.clock.monotonic_ns()
    next_report_ns = int(report_every_s * NS_PER_S * 0.4)
    arrival_ns = 0
    for index in range(MINUTES * 60 * NS_PER_S // step_ns):
        # Each frame lasts the same on the track's own media clock.
        media_ns = index * step_ns
        their_ns = media_ns * 1_000_000 // (1_000_000 + media_ppm)
        our_ns = their_ns * 1_000_000 // (1_000_000 + clock_ppm)
        jitter_ns = random_.randrange(30) * NS_PER_MS
        arrival_ns = max(start_ns + our_ns + delay_ms * NS_PER_MS + jitter_ns, arrival_ns)
        rtp = 1_000_000 + media_ns * rate_hz // NS_PER_S
        if our_ns >= next_report_ns:
            next_report_ns += int(report_every_s * NS_PER_S)
            ntp_ns = 1_800_000_000 * NS_PER_S + their_ns + random_.randrange(-5, 6) * NS_PER_MS
            yield TapClock(rtp, ntp_ns, arrival_ns)
        frame = media[index % len(media)]
        is_key = frame.is_keyframe
        size = (160, 120) if codec == "VP8" and is_key else (0, 0)
        yield TapFrame(codec, rtp, arrival_ns, is_key, frame.data, 0, *size)


def times_ms(path: Path, kind: str) -> list[float]:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0] if kind == "audio" else container.streams.video[0]
        return [
            float(packet.pts * packet.time_base) * 1000
            for packet in container.demux(stream)
            if packet.pts is not None
        ]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = Studio(tmp_path)
    yield studio
    studio.ledger.close()


@pytest.mark.parametrize(("clock_ppm", "audio_ppm"), [(100, -100), (-100, 100)])
def test_sound_and_picture_stay_together_over_five_minutes(
    studio: Studio, tmp_path: Path, clock_ppm: int, audio_ppm: int
) -> None:
    recording = studio.begin()
    tracks = {
        "VP8": sent(studio, "VP8", clock_ppm=clock_ppm, media_ppm=0, delay_ms=140, report_every_s=1, seed=1),
        "opus": sent(
            studio, "opus", clock_ppm=clock_ppm, media_ppm=audio_ppm, delay_ms=30, report_every_s=5, seed=2
        ),
    }
    for codec, records in tracks.items():
        recording.add_track(
            f"TR_{codec}",
            identity="li",
            name="",
            kind="audio" if codec == "opus" else "video",
            source="microphone" if codec == "opus" else "camera",
            codec=codec,
            tap=TimedTap(records, studio.clock),
        )
    studio.run(recording, MINUTES * 60_000 + 1_000)
    folder = studio.seal(recording)
    assert verify_folder(folder, studio.public_key).is_sound

    # In the segments: when on the publisher's clock was the frame taken, and where does it lie?
    lag_ms = {}
    for codec, kind, step_ms, ppm in (("VP8", "video", 1000 / FPS, 0), ("opus", "audio", 20, audio_ppm)):
        placed = [at for path in sorted(folder.glob(f"TR_{codec}*")) for at in times_ms(path, kind)]
        assert placed == sorted(placed)
        lag_ms[codec] = [at - index * step_ms / (1 + ppm / 1e6) for index, at in enumerate(placed)]
        steps = [after - before for before, after in itertools.pairwise(placed)]
        assert max(steps) <= step_ms * 1.12 + 1, codec
    picture, sound = lag_ms["VP8"], lag_ms["opus"]
    apart = [
        abs(picture[index] - sound[min(index * 50 // FPS, len(sound) - 1)]) for index in range(len(picture))
    ]
    print(f"segments: {max(apart[FPS * 4 :]):.1f} ms apart at most after 4 s, {max(apart):.1f} ms before")
    assert max(apart[FPS * 4 :]) <= MAX_APART_MS

    # In the export sound has no holes, so what a player makes of it is what its packets say.
    [exported] = export_folder(folder, tmp_path / "out")
    sound_ms = times_ms(exported.path, "audio")
    video_ms = times_ms(exported.path, "video")
    assert all(
        abs(after - before - 20) <= 1 or after - before < 20 for before, after in itertools.pairwise(sound_ms)
    )
    assert abs(sound_ms[-1] - video_ms[-1]) <= MAX_APART_MS + 1000 / FPS
    shift_ms = exported.starts_at_ms
    source_ms = [at for path in sorted(folder.glob("TR_opus*")) for at in times_ms(path, "audio")]
    for at in sound_ms[::50]:
        nearest = bisect_left(source_ms, at + shift_ms)
        around = source_ms[max(nearest - 1, 0) : nearest + 1]
        assert min(abs(one - at - shift_ms) for one in around) <= 20
