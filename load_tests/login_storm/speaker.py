"""Who speaks: a process that sends a stamped packet every 20 ms and remembers which."""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction
from typing import Any

from aiortc import MediaStreamTrack
from av import Packet

from load_tests.login_storm.part import Line
from load_tests.login_storm.seat import taken_seat
from load_tests.login_storm.stamped_sound import (
    PACKET_MS,
    SAMPLE_RATE_HZ,
    SAMPLES,
    Stamp,
    stamped_payload,
)

_S_PER_PACKET = PACKET_MS / 1_000


class StampedSound(MediaStreamTrack):
    """Ready Opus packets: aiortc only puts them into RTP, and sends each before it does anything else."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Stamp] = []
        self._due_s = 0.0

    async def recv(self) -> Packet[Any]:
        """Returns the next packet when it is due."""
        self._due_s = max(self._due_s or time.monotonic(), time.monotonic() - 1) + _S_PER_PACKET
        await asyncio.sleep(max(0.0, self._due_s - time.monotonic()))
        stamp = Stamp(len(self.sent), time.time_ns())
        self.sent.append(stamp)
        packet = Packet(stamped_payload(stamp))
        packet.pts, packet.time_base = stamp.number * SAMPLES, Fraction(1, SAMPLE_RATE_HZ)
        return packet


async def main(line: Line, url: str, token: str) -> None:
    """Speaks until it is told to stop, then tells what it sent: list[Stamp]."""
    sound = StampedSound()
    async with taken_seat(url, token) as seat:
        await seat.speak(sound)
        line.tell("speaking")
        await line.ask()
        line.tell(sound.sent)
