"""Keeps in each recording what puts its pictures and its case's ECGs on one axis again when it is played.

While a case's room is recorded this goes into the recording's own chain of events, and is sealed with it
(docs/RECORDING_FORMAT.md, "Clocks"):

    clock.picture {"identity", "way_us", "is_with_patient"}    how long the way from that participant takes
    clock.ecg     {"ecg", "gateway_us"}                        what the gateway's clock read at this event

A recording places a frame where it arrived by the quickest way; it was taken that way earlier. Told anew when
what was told has become wrong by more than is noticed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from media_server.ids import RoomName
from recording.clock import Clock
from recording.event_kinds import CLOCK_ECG, CLOCK_PICTURE
from recording.summary import JsonValue, RecordingId
from signaling.ecg.lane import Lane
from signaling.ecg.picture_anchors import Sides
from signaling.room_host import RoomHost

LOOK_S: Final = 1.0
"""How often clocks are looked at."""
NOTICED_US: Final = 2_000
"""A sample at 500 Hz. A gateway 80 ppm fast is told of every 25 s: 144 events an hour."""
_NS_PER_US: Final = 1_000


class Recordings(Protocol):
    """What is being recorded: RecordingDesk."""

    def open_recordings(self) -> Mapping[RoomName, RecordingId]:
        """Returns the recordings that are going on, by room."""

    def note_own(self, room: RoomName, kind: str, facts: Mapping[str, JsonValue]) -> None:
        """Keeps an event of the service's own at the present moment."""


class EcgsInHand(Protocol):
    """ECGs that come or are watched: EcgDesk."""

    def in_hand(self) -> Iterable[Lane]:
        """Returns them."""


@dataclass(slots=True)
class ToldClocks:
    """What one recording was told."""

    _ways_us: dict[str, int] = field(default_factory=dict)
    _ahead_us: dict[str, int] = field(default_factory=dict)

    def receive_way(self, identity: str, way_us: int) -> bool:
        """Takes how long the way from a participant takes; returns whether that is to be told."""
        return _is_news(self._ways_us, identity, way_us)

    def receive_gateway(self, ecg: str, ahead_us: int) -> bool:
        """Takes how far our monotonic clock is ahead of the gateway's of an ECG; returns whether it is to be
        told.
        """
        return _is_news(self._ahead_us, ecg, ahead_us)


class ReplayClocks:
    """The teller. ``run`` is its task; called on the loop thread."""

    def __init__(
        self, *, host: RoomHost, recordings: Recordings, ecgs: EcgsInHand, sides: Sides, clock: Clock
    ) -> None:
        self._host = host
        self._recordings = recordings
        self._ecgs = ecgs
        self._sides = sides
        self._clock = clock
        self._told: dict[RecordingId, ToldClocks] = {}

    async def run(self) -> None:
        """Tells for as long as the task lives."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.tell()

    def tell(self) -> None:
        """Looks at every clock once and tells what is news."""
        recordings = self._recordings.open_recordings()
        self._told = {each: self._told.get(each) or ToldClocks() for each in recordings.values()}
        ecgs: dict[RoomName, list[tuple[str, int]]] = {}
        for lane in self._ecgs.in_hand():
            offset_us = None if lane.gateway is None else lane.gateway.offset_us
            if RoomName(lane.ecg.case) in recordings and offset_us is not None:
                ecgs.setdefault(RoomName(lane.ecg.case), []).append((lane.ecg.id, offset_us))
        self._tell_ways(recordings, ecgs)
        monotonic_us = self._clock.monotonic_ns() // _NS_PER_US
        wall_us = self._clock.wall_ns() // _NS_PER_US
        for room, found in ecgs.items():
            for ecg, offset_us in found:
                gateway_us = wall_us - offset_us
                # By the clock that nobody sets: the recording's time line is told on it.
                if self._told[recordings[room]].receive_gateway(ecg, monotonic_us - gateway_us):
                    self._recordings.note_own(room, CLOCK_ECG, {"ecg": ecg, "gateway_us": gateway_us})

    def _tell_ways(self, recordings: Mapping[RoomName, RecordingId], rooms: Iterable[RoomName]) -> None:
        wanted = set(rooms)
        for room, participant, session in self._host.seats() if wanted else ():
            claims = self._host.claims_of(participant.sid)
            if room.name not in wanted or claims is None or not participant.tracks:
                continue
            way_us = session.round_trips.shortest_ns // 2 // _NS_PER_US
            is_known = way_us > 0
            if is_known and self._told[recordings[room.name]].receive_way(participant.identity, way_us):
                facts: dict[str, JsonValue] = {
                    "identity": participant.identity,
                    "way_us": way_us,
                    "is_with_patient": self._sides.is_with_patient(room.name, claims.binding.person),
                }
                self._recordings.note_own(room.name, CLOCK_PICTURE, facts)


def _is_news(told: dict[str, int], name: str, value_us: int) -> bool:
    before = told.get(name)
    if before is not None and abs(value_us - before) < NOTICED_US:
        return False
    told[name] = value_us
    return True
