"""Measures and prints; the last line is one JSON object. ``make bench-ecg-lanes``.

One demo server; first idle, then with streams that nobody watches, then with viewers of each. What is counted
is the processor time of the server's process, all its threads and what the kernel does for it; the load runs
in another process. Every byte that is sent must have been stored, and have reached every viewer. A second
server then has viewers who hear the frames in a case's room, over LiveKit's own data channel: on a link that
loses nothing, and with the repeats of one that is said to lose 8 %.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from load_tests.ecg_lanes.cast import Cast, Stream
from load_tests.ecg_lanes.plain_socket import BINARY, PlainSocket, message
from load_tests.ecg_lanes.room import seats
from load_tests.ecg_lanes.signal import FRAME_SAMPLES, FRAMES_A_SECOND, frames
from load_tests.login_storm.precedence import precedence
from load_tests.started_service import OWN_PORTS, Started, started

SETTLE_S: Final = 3.0
"""Before each part is counted: what connecting costs is not what a stream costs."""
PING_S: Final = 5.0
_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")


@dataclass
class Senders:
    """Sends every stream's frames at their time, the streams spread over the 40 ms."""

    streams: list[Stream]
    whole: list[bytes]
    sent: int = 0

    async def run(self) -> None:
        """Sends until cancelled, or until there is no more to send."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        spread = 1 / FRAMES_A_SECOND / max(1, len(self.streams))
        for number, content in enumerate(self.whole):
            for place, stream in enumerate(self.streams):
                due = begun + number / FRAMES_A_SECOND + place * spread
                wait = due - loop.time()
                if wait > 0.001:
                    await asyncio.sleep(wait)
                stream.socket.send(content)
            self.sent = number + 1

    async def prepare(self, length_s: float) -> list[bytes]:
        """Makes and returns the frames of so long."""
        content = await asyncio.to_thread(frames, length_s, time.time_ns() // 1_000)
        self.whole = [message(BINARY, frame) for frame in content]
        return content

    async def ping(self) -> None:
        """Gives signs of life as gateways do, until cancelled."""
        while True:
            for number, stream in enumerate(self.streams):
                stream.socket.say(type="ping", t1_us=number)
            await asyncio.sleep(PING_S)


def cpu_s(process: int) -> float:
    """Returns the processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


@dataclass(frozen=True)
class Share:
    """How much of a core the server used, and how much of what was due the load sent meanwhile; per cent."""

    core: float
    sent: float


async def share(process: int, senders: Senders, seconds: float) -> Share:
    """Measures for so long."""
    await asyncio.sleep(SETTLE_S)
    before, begun, sent = cpu_s(process), time.monotonic(), senders.sent
    await asyncio.sleep(seconds)
    took_s = time.monotonic() - begun
    return Share(
        100 * (cpu_s(process) - before) / took_s,
        100 * (senders.sent - sent) / (took_s * FRAMES_A_SECOND),
    )


async def measure(server: Started, count: int, viewers_each: int, seconds: float) -> dict[str, float]:
    """Returns the figures."""
    process = server.pid
    cast = Cast(server.url)
    await cast.open()
    senders = Senders([], [])
    streams = senders.streams
    pinging = asyncio.create_task(senders.ping())
    for number in range(count):
        streams.append(await cast.stream(number))
    length_s = 4 * (seconds + SETTLE_S) + viewers_each * count * 0.2 + 20
    content = await senders.prepare(length_s)
    idle = await share(process, senders, seconds)
    sending = asyncio.create_task(senders.run())
    unwatched = await share(process, senders, seconds)
    viewers = {stream.ecg: [await cast.viewer(stream) for _ in range(viewers_each)] for stream in streams}
    watched = await share(process, senders, seconds)
    sending.cancel()
    lost = await _lost(cast, senders, viewers)
    # To the end: a gateway that gives no sign of life is put out.
    pinging.cancel()
    await asyncio.gather(sending, pinging, return_exceptions=True)
    await cast.close()
    return {
        "streams": count,
        "viewers": count * viewers_each,
        "idle_percent": round(idle.core, 2),
        "stream_percent": round((unwatched.core - idle.core) / count, 3),
        "viewer_percent": round((watched.core - unwatched.core) / max(1, count * viewers_each), 3),
        "all_percent": round(watched.core - idle.core, 1),
        "sent_of_due_percent": round(min(unwatched.sent, watched.sent), 1),
        "sent_bytes_a_second": round(sum(map(len, content)) / length_s),
        "lost_streams": lost,
    }


async def measure_room(server: Started, count: int, seconds: float) -> dict[str, float]:
    """Returns the figures of viewers who hear frames in a case's room: both parties watch so many ECGs."""
    process = server.pid
    cast = Cast(server.url)
    await cast.open()
    case = await cast.case()
    seated = await seats(cast, case)
    senders = Senders([], [])
    pinging = asyncio.create_task(senders.ping())
    for number in range(count):
        senders.streams.append(await cast.stream(number, case))
    await senders.prepare(5 * (seconds + SETTLE_S) + 2 * count * 0.2 + 20)
    tasks = [asyncio.create_task(senders.run())]
    unwatched = await share(process, senders, seconds)
    viewers: dict[str, list[PlainSocket]] = {}
    for stream in senders.streams:
        for seat in seated:
            seat.pages.append(await cast.viewer(stream, seat.login))
            viewers.setdefault(stream.ecg, []).append(seat.pages[-1])
    figures: dict[str, float] = {"room_streams": count, "room_viewers": 2 * count}
    watched = await share(process, senders, seconds)
    figures["socket_viewer_percent"] = round((watched.core - unwatched.core) / (2 * count), 3)
    tasks += [asyncio.create_task(seat.tell()) for seat in seated]
    for name, lost in (("room_viewer_percent", 0), ("room_viewer_repeating_percent", 2)):
        for seat in seated:
            seat.lost = lost
        await asyncio.sleep(SETTLE_S)
        heard, sent = sum(seat.heard for seat in seated), senders.sent
        shared = await share(process, senders, seconds)
        heard = sum(seat.heard for seat in seated) - heard
        figures[name] = round((shared.core - unwatched.core) / (2 * count), 3)
        figures[f"{name}_heard"] = round(100 * heard / max(1, (senders.sent - sent) * 2 * count), 1)
    for task in tasks:
        task.cancel()
    figures["room_lost_streams"] = await _lost(cast, senders, viewers)
    pinging.cancel()
    await asyncio.gather(pinging, *tasks, return_exceptions=True)
    for seat in seated:
        await seat.room.disconnect()
    await cast.close()
    return figures


async def _lost(cast: Cast, senders: Senders, viewers: dict[str, list[PlainSocket]]) -> int:
    """Returns how many streams are not stored whole, or have a viewer that was cut; tells what of each."""
    await asyncio.sleep(2)
    lost = 0
    for stream in senders.streams:
        state = await cast.state(stream)
        ends = [epoch["end"] for epoch in state["epochs"]]
        is_stored = state["missing_ms"] == 0 and max(ends, default=0) >= senders.sent * FRAME_SAMPLES
        unseen = [each for each in viewers[stream.ecg] if each.is_closed or not each.binary_bytes]
        if is_stored and not unseen and not stream.socket.is_closed:
            continue
        lost += 1
        print(
            f"{stream.ecg}: {state['missing_ms']} ms missing, stored to {ends} of "
            f"{senders.sent * FRAME_SAMPLES}, gateway closed {stream.socket.is_closed} "
            f"({stream.socket.close_code}), viewers cut {[each.close_code for each in unseen]}",
            file=sys.stderr,
        )
        await asyncio.sleep(0.06)
    return lost


def main() -> None:
    """Measures once."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.ecg_lanes", description=__doc__)
    parser.add_argument("--streams", type=int, default=60)
    parser.add_argument("--viewers", type=int, default=2, help="of each stream")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--room-streams", type=int, default=10, help="watched by two people in a room")
    arguments = parser.parse_args()
    figures: dict[str, float] = {}
    with precedence():
        if arguments.streams:
            with started("demo", settings=OWN_PORTS) as server:
                sent = measure(server, arguments.streams, arguments.viewers, arguments.seconds)
                figures |= asyncio.run(sent)
        if arguments.room_streams:
            with started("demo", settings=OWN_PORTS) as server:
                figures |= asyncio.run(measure_room(server, arguments.room_streams, arguments.seconds))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
