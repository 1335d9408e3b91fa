"""One real conversation with numbered pictures and marked sound, watched live and recorded at once."""

from __future__ import annotations

import asyncio
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.best_of_three import FigureNotJudged
from tests.support.chromium import chromium
from tests.support.namespaces import Network
from tests.support.numbered_video import punctual_marks
from tests.support.recordings import Played, play
from tests.support.sdk_client import sdk_client
from tests.support.server import Server
from tests.support.standstill import Standstill
from tests.support.waiting import HANG_S, wait_until

# What the SDK client publishes; the page publishes a file of its own length and rate.
WIDTH, HEIGHT, FRAMES_PER_SECOND = 640, 360, 15
CONVERSATIONS = 2
"""A machine that is full for a whole minute is so in the next."""
PUNCTUAL_SHARE = 0.9
"""Of the marks that are sent: sound and picture are judged by those that were sent in time, of which tests
want eight in ten."""


MOST_SKIPPED = 0.01
"""Half of what tests let a conversation lose."""


@dataclass
class Conversation:
    """What was sent, what was seen live, and where the recording and its exports lie."""

    recording_id: str
    room: str
    folder: Path
    exports: dict[str, Path]  # by identity of the participant
    late_s: dict[int, float]  # by number: how late the SDK's picture was given to it
    seen_by_sdk: dict[str, list[int | None]]  # by identity of the sender
    marks_heard_by_sdk_s: dict[str, list[float]]
    seen_by_page: dict[str, list[int | None]]
    first_picture_ms: dict[str, int]
    skipped: float  # share of the SDK's pictures that its encoder had no time for
    unshown: float  # share of those that came to the observer and were not given to the test
    unfit: str = ""  # why figures cannot be judged by this conversation
    _played: dict[str, Played] = field(default_factory=dict)

    def played(self, identity: str) -> Played:
        """The decoded export of a participant; decoded once."""
        if identity not in self._played:
            self._played[identity] = play(self.exports[identity])
        return self._played[identity]


def record(
    net: Network, server: Server, *, room: str, seconds: int, video: Path, sound: Path
) -> Conversation:
    """Holds the conversation and records ``seconds`` of it (as the sender's picture count goes).

    Where the machine was not fit for it, or sender or observer did not come to what they had to do, which
    would be measured as the service's loss, another is held; where that is no better, it says why it cannot
    be judged.
    """
    for number in range(CONVERSATIONS):
        with tempfile.TemporaryDirectory() as folder:
            watch, began_s = Standstill(Path(folder)), time.monotonic()
            try:
                held = asyncio.run(
                    _record(
                        net, server, room=f"{room}-{number + 1}", seconds=seconds, video=video, sound=sound
                    )
                )
            finally:
                watch.end()
        held.unfit = _unfit(held, watch.unfit(began_s, time.monotonic()))
        print(f"conversation {number + 1}: {held.unfit or 'fit to judge by'}")
        if not held.unfit:
            break
    if held.unfit:
        warnings.warn(FigureNotJudged(f"recorded conversation {room}: {held.unfit}"), stacklevel=2)
    return held


def _unfit(held: Conversation, machine: str) -> str:
    punctual = punctual_marks(held.late_s, frames_per_second=FRAMES_PER_SECOND)
    sent_s = len(held.late_s) / FRAMES_PER_SECOND
    reasons = [
        (bool(machine), f"the machine: {machine}"),
        (
            punctual < PUNCTUAL_SHARE * sent_s,
            f"the sender was in time for {punctual} of {sent_s:.0f} marks",
        ),
        (held.skipped > MOST_SKIPPED, f"its encoder skipped {held.skipped:.1%}"),
        (held.unshown > MOST_SKIPPED, f"the observer was not shown {held.unshown:.1%} of what came to it"),
    ]
    return "; ".join(told for is_so, told in reasons if is_so)


async def _record(
    net: Network, server: Server, *, room: str, seconds: int, video: Path, sound: Path
) -> Conversation:
    async with (
        chromium(net.clients, video=video, sound=sound) as browser,
        sdk_client(net.clients, "clinic") as clinic,
        sdk_client(net.clients, "observer") as observer,
    ):
        ambulance = await browser.harness_page("ambulance")
        await clinic.run("join", url=server.signal_url, token=server.token("clinic", room))
        await observer.run("join", url=server.signal_url, token=server.token("observer", room))
        await ambulance.join(server.signal_url, server.token("ambulance", room), numbers=True)
        await ambulance.publish()
        await clinic.run("publish", width=WIDTH, height=HEIGHT, frames_per_second=FRAMES_PER_SECOND)
        await asyncio.gather(
            observer.wait_for_media("clinic"),
            observer.wait_for_media("ambulance"),
            ambulance.wait_for_media("clinic"),
        )
        recording_id = await asyncio.to_thread(server.start_recording, room)

        async def sent_frames() -> int:
            return int((await clinic.report())["sent_frames"])

        start = await sent_frames()
        await wait_until(
            sent_frames,
            what=f"{seconds} s of pictures sent",
            accept=lambda sent: sent >= start + seconds * FRAMES_PER_SECOND,
            timeout_s=seconds * 2 + HANG_S,
            every_s=0.25,
        )
        assert await asyncio.to_thread(server.stop_recording, room) == recording_id

        people: dict[str, Any] = (await observer.run("report", numbers=True, marks=True, timeout_s=120))[
            "people"
        ]
        made = (await clinic.run("coded"))["made"]
        came = (await observer.run("coded"))["came"]["clinic"]
        late_s = {int(number): late for number, late in (await clinic.run("sent"))["late_s"].items()}
        seen_by_page = await ambulance.state("numbers")
        first_picture_ms = await ambulance.state("firstFrameMs")
    folder = server.recording_folder(recording_id)
    return Conversation(
        recording_id=recording_id,
        room=room,
        folder=folder,
        exports=export(server, folder),
        late_s=late_s,
        seen_by_sdk={who: person["numbers"] for who, person in people.items()},
        marks_heard_by_sdk_s={who: person["marks_s"] for who, person in people.items()},
        seen_by_page=seen_by_page,
        first_picture_ms=first_picture_ms,
        skipped=1 - made / len(late_s),
        unshown=1 - len(people["clinic"]["numbers"]) / came,
    )


def export(server: Server, folder: Path) -> dict[str, Path]:
    """Runs `lianzhen export` and returns its files by identity."""
    out = server.data_dir / "exports" / folder.name
    done = server.run_command("export", str(folder), "--out", str(out), timeout_s=120)
    assert done.returncode == 0, done.stderr
    files = sorted(path for path in out.iterdir() if path.suffix in (".webm", ".mp4"))
    by_identity = {}
    for identity in ("ambulance", "clinic", "observer"):
        named = [path for path in files if identity in path.name]
        if named:
            by_identity[identity] = named[0]
    return by_identity
