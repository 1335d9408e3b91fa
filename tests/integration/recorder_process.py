"""A recorder in a process of its own, fed in real time until it is killed; argument: the data folder."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from recording.clock import SystemClock
from recording.keys import load_or_create_signer
from recording.ledger import Ledger
from recording.recorder import Recorder
from tests.support.tap_records import (
    AnyRecord,
    EncodedFrame,
    TapClock,
    TimedTap,
    h264_frames,
    opus_frames,
    tap_frames,
    vp8_frames,
)

DELAY_NS = 40_000_000
LOOP_S = 4


def endless(codec: str, frames: tuple[EncodedFrame, ...], *, start_ns: int) -> Iterator[AnyRecord]:
    """The same seconds over and over, with a sender report each second."""
    rate_hz = 48_000 if codec == "opus" else 90_000
    for turn in itertools.count():
        turn_ns = start_ns + turn * LOOP_S * 1_000_000_000
        for second in range(LOOP_S):
            at_ns = turn_ns + second * 1_000_000_000
            rtp = (turn * LOOP_S + second) * rate_hz
            yield TapClock(rtp, at_ns, at_ns + DELAY_NS)
            part = [frame for frame in frames if frame.at_ns // 1_000_000_000 == second]
            yield from tap_frames(
                codec, part, start_ns=turn_ns, delay_ns=DELAY_NS, first_rtp=turn * LOOP_S * rate_hz
            )


async def record(data_dir: Path) -> None:
    """Records three tracks for ever; prints the recording's id and the time at which it began."""
    clock = SystemClock()
    signer = load_or_create_signer(data_dir)
    recorder = Recorder(
        data_dir=data_dir, ledger=Ledger(data_dir / "ledger.sqlite3"), signer=signer, clock=clock
    )
    await recorder.start()
    media = {"VP8": vp8_frames(LOOP_S), "opus": opus_frames(LOOP_S), "H264": h264_frames(LOOP_S)}
    recording_id = await recorder.begin(room="心内科", title="会诊", started_by="li")
    for codec, frames in media.items():
        recorder.add_track(
            recording_id,
            track_sid=f"TR_{codec}",
            participant_identity="wang" if codec == "H264" else "li",
            participant_name="",
            kind="audio" if codec == "opus" else "video",
            source="microphone" if codec == "opus" else "camera",
            codec=codec,
            tap=TimedTap(endless(codec, frames, start_ns=time.monotonic_ns()), clock),
        )
    print(recording_id, time.monotonic_ns(), flush=True)
    for number in itertools.count():
        await asyncio.sleep(0.25)  # four marks a second
        recorder.note_event(recording_id, "mark", {"number": number}, actor="li")
        await recorder.settle(recording_id)
        print("settled", number, flush=True)


if __name__ == "__main__":
    asyncio.run(record(Path(sys.argv[1])))
