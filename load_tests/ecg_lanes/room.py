"""Those who hear ECGs in a case's room: LiveKit's own client, which counts what its data channel brings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from livekit import rtc

from load_tests.ecg_lanes.cast import COLLEAGUE, READER, Case, Cast
from load_tests.ecg_lanes.plain_socket import PlainSocket

TOPIC: Final = "lianzhen.ecg.frames/"
"""signaling/ecg/room_frames.py"""
TELL_EVERY_S: Final = 1.0
_MESSAGES: Final = 25
"""That a page says it has heard in this time."""


@dataclass
class Seat:
    """One person in the room, and the pages that say what they hear there."""

    login: str
    room: rtc.Room
    pages: list[PlainSocket] = field(default_factory=list)
    heard: int = 0
    lost: int = 0
    """Of so many messages so many are said not to have come; the links here lose none."""

    async def tell(self) -> None:
        """Says it each second for every page, until cancelled."""
        while True:
            for page in self.pages:
                page.say(type="lane", lost=self.lost, of=_MESSAGES)
            await asyncio.sleep(TELL_EVERY_S)

    def hear(self, packet: rtc.DataPacket) -> None:
        """Counts a message of frames."""
        self.heard += (packet.topic or "").startswith(TOPIC)


async def seats(cast: Cast, case: Case) -> list[Seat]:
    """Returns both parties of a case in its room."""
    taken = []
    for login in (READER, COLLEAGUE):
        seat = Seat(login, rtc.Room())
        seat.room.on("data_received", seat.hear)
        token = await cast.room_token(login, case)
        await seat.room.connect(cast.url.replace("http", "ws", 1), token)
        taken.append(seat)
    return taken
