"""Tells everyone who watches an ECG in its case's room, once a second, which moment the pictures from its
patient's side show.

    {"type": "anchor", "track": sid, "rtp_timestamp": …, "gateway_us": …, "clock_rate": 90000}

``rtp_timestamp`` (32 bits) is one of the viewer's own stream of that track, the number that a browser's
requestVideoFrameCallback gives with a frame. Nothing is said before the publisher and the gateway have told
enough of their clocks; the page then draws the ECG by itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Final, Protocol

from media_server.ids import ParticipantSid, RoomName, TrackSid
from media_server.ports import OutputClock
from media_server.rooms import TrackKind
from recording.clock import Clock
from signaling.ecg.lane import Lane
from signaling.ecg.picture_clock import PublisherClock, gateway_us_of
from signaling.ecg.viewers import Viewer
from signaling.room_host import RoomHost

ANCHOR_S: Final = 1.0
"""Sender reports come about as often. Clocks 100 ppm apart move by 0.1 ms between two anchors."""


class WatchedEcgs(Protocol):
    """Who watches what: EcgDesk."""

    def watched(self) -> Iterable[Lane]:
        """Returns the ECGs that somebody watches."""


class Sides(Protocol):
    """Who stands where: CaseRooms."""

    def is_with_patient(self, room: RoomName, person: str) -> bool:
        """Returns whether somebody is where the ECG is taken."""


class PictureAnchors:
    """The teller. ``run`` is its task; called on the loop thread."""

    def __init__(self, *, host: RoomHost, ecgs: WatchedEcgs, sides: Sides, clock: Clock) -> None:
        self._host = host
        self._ecgs = ecgs
        self._sides = sides
        self._clock = clock
        self._publishers: dict[ParticipantSid, PublisherClock] = {}
        self._told = 0

    async def run(self) -> None:
        """Tells for as long as the task lives."""
        while True:
            await asyncio.sleep(ANCHOR_S)
            self.tell()

    def stats(self) -> dict[str, int]:
        """Returns counters for /metrics."""
        return {"anchors_told": self._told, "publishers": len(self._publishers)}

    def tell(self) -> None:
        """Looks at every clock once and tells what they say."""
        watching, pictures = self._who_sees_what()
        clocks = self._host.media.output_clocks(list(watching)) if watching else []
        seen = [(clock, *pictures[clock.track]) for clock in clocks if clock.track in pictures]
        # Who is not seen any more is forgotten.
        before, self._publishers = self._publishers, {}
        for clock, publisher, _ in seen:
            known = self._publishers.setdefault(publisher, before.get(publisher) or PublisherClock())
            known.receive_report(clock.ntp_ns, clock.arrival_ns)
        wall_ahead_ns = self._clock.wall_ns() - self._clock.monotonic_ns()
        for clock, publisher, sid in seen:
            session = self._host.session(publisher)
            round_trip_ns = 0 if session is None else session.round_trips.shortest_ns
            for viewer, offset_us in watching[clock.peer]:
                gateway_us = gateway_us_of(
                    clock,
                    publisher_ahead_ns=self._publishers[publisher].ahead_ns(round_trip_ns),
                    wall_ahead_ns=wall_ahead_ns,
                    gateway_offset_us=offset_us,
                )
                viewer.outbox.push(_anchor(clock, sid, gateway_us))
                self._told += 1

    def _who_sees_what(
        self,
    ) -> tuple[dict[int, list[tuple[Viewer, int]]], dict[int, tuple[ParticipantSid, TrackSid]]]:
        """Returns by connection of the core who watches behind it, with the offset of the gateway that is
        watched, and by track of the core whose picture of the patient's side it is. A page and its seat in
        the room are of one session.
        """
        lanes: dict[RoomName, list[tuple[Viewer, int]]] = {}
        for lane in self._ecgs.watched():
            offset_us = None if lane.gateway is None else lane.gateway.offset_us
            if lane.ecg.case and offset_us is not None:
                lanes.setdefault(RoomName(lane.ecg.case), []).extend(
                    (viewer, offset_us) for viewer in lane.viewers
                )
        watching: dict[int, list[tuple[Viewer, int]]] = {}
        pictures: dict[int, tuple[ParticipantSid, TrackSid]] = {}
        for room, participant, session in self._host.seats() if lanes else ():
            claims = self._host.claims_of(participant.sid)
            if room.name not in lanes or claims is None:
                continue
            if self._sides.is_with_patient(room.name, claims.binding.person):
                for track in participant.tracks:
                    if track.request.kind is TrackKind.VIDEO:
                        pictures[track.number] = participant.sid, track.sid
            own = claims.binding.session
            viewers = [each for each in lanes[room.name] if own and each[0].binding.session == own]
            if viewers:
                watching.update(dict.fromkeys(session.peers(), viewers))
        return watching, pictures


def _anchor(clock: OutputClock, track: TrackSid, gateway_us: int) -> str:
    return json.dumps(
        {
            "type": "anchor",
            "track": track,
            "rtp_timestamp": clock.rtp_timestamp,
            "gateway_us": gateway_us,
            "clock_rate": clock.clock_rate_hz,
        }
    )
