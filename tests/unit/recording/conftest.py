"""A small data folder, and recordings made in it with a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from recording.ledger import Ledger
from recording.open_recording import OpenRecording
from recording.signing import Ed25519Signer
from recording.summary import RecordingId
from tests.support.tap_records import (
    ManualClock,
    TimedTap,
    h264_frames,
    opus_frames,
    tap_frames,
    vp8_frames,
)

MS = 1_000_000
PRIVATE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@dataclass
class Studio:
    """Everything a recording needs, on a clock of its own."""

    root: Path
    clock: ManualClock = field(default_factory=ManualClock)
    signer: Ed25519Signer = field(default_factory=lambda: Ed25519Signer(PRIVATE_KEY))
    keyframes_wanted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.root / "ledger.sqlite3")
        (self.root / "recordings").mkdir()

    @property
    def public_key(self) -> Ed25519PublicKey:
        return PRIVATE_KEY.public_key()

    def begin(self, name: str = "RC_one") -> OpenRecording:
        return OpenRecording(
            self.root / "recordings" / name,
            recording_id=RecordingId(name),
            room="心内科",
            title="会诊",
            started_by="lijianping",
            ledger=self.ledger,
            clock=self.clock,
            on_keyframe_wanted=self.keyframes_wanted.append,
        )

    def run(self, recording: OpenRecording, duration_ms: int) -> None:
        for _ in range(duration_ms // 100):
            self.clock.advance(100 * MS)
            recording.tick()

    def add(
        self, recording: OpenRecording, codec: str, *, identity: str = "lijianping", seconds: int = 12
    ) -> str:
        frames = {"VP8": vp8_frames, "H264": h264_frames, "opus": opus_frames}[codec](seconds)
        track = f"TR_{codec}{len(recording.book.tracks)}"
        recording.add_track(
            track,
            identity=identity,
            name="李建平" if identity == "lijianping" else "",
            kind="audio" if codec == "opus" else "video",
            source="microphone" if codec == "opus" else "camera",
            codec=codec,
            tap=TimedTap(
                tap_frames(codec, frames, start_ns=self.clock.monotonic_ns(), delay_ns=30 * MS), self.clock
            ),
        )
        return track

    def seal(self, recording: OpenRecording) -> Path:
        recording.stop(cause="asked", actor="lijianping")
        recording.seal(self.signer)
        return recording.folder


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = Studio(tmp_path)
    yield studio
    studio.ledger.close()


@pytest.fixture(scope="session")
def sealed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed recording of two people with all three codecs, a mark and a mute; never to be changed."""
    studio = Studio(tmp_path_factory.mktemp("sealed"))
    recording = studio.begin()
    studio.add(recording, "VP8")
    studio.add(recording, "opus")
    studio.add(recording, "H264", identity="wangmin")
    studio.run(recording, 3_000)
    now_ns, wall_ns = studio.clock.monotonic_ns(), studio.clock.wall_ns()
    recording.note_event("mark", {"text": "室颤"}, actor="wangmin", now_ns=now_ns, wall_ns=wall_ns)
    studio.run(recording, 9_500)
    folder = studio.seal(recording)
    studio.ledger.close()
    return folder
