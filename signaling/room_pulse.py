"""The steady beat of every room: who is speaking, twice a second; what each link carries, every 2.5 s; how
good it is and what came by it, every five seconds."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from media_server.ids import ParticipantSid, RoomName, RoomSid, TrackNumber
from media_server.rooms import ParticipantView, Room
from media_server.rooms.effects import Fact, LinkBack, LinkLost
from media_server.rooms.link_quality import LinkQuality, LinkSample, Quality, judge_link
from media_server.rooms.speakers import Speakers
from signaling.link_words import LinkWords
from signaling.livekit.messages import connection_quality, speakers_changed
from signaling.livekit.session import ParticipantSession
from signaling.reception.reception_desk import ReceptionDesk
from signaling.room_host import RoomHost

LINK_S: Final = 2.5
"""Soon enough for a page whose link has just become narrow: its ladder waits 5 s before it says so."""
QUALITY_BEATS: Final = 2
"""5 s: long enough that one lost packet of a quiet participant is not 5 %, short enough to be believed."""
UNMEASURED_SCORE: Final = 3.9
"""Of a link that is just back: good until the next beat has measured it."""


@dataclass(slots=True)
class _Counted:
    """What had been counted on a participant's link at the last beat."""

    packets: int = 0
    lost: int = 0


class RoomPulse:
    """Measures and tells, in all rooms. Called on the loop thread."""

    def __init__(self, host: RoomHost, *, links: LinkWords, receptions: ReceptionDesk) -> None:
        self._host = host
        self._links = links
        self._receptions = receptions
        self._speakers: dict[RoomSid, Speakers] = {}
        self._counted: dict[ParticipantSid, _Counted] = {}

    def receive_levels(self, levels: list[tuple[TrackNumber, int]]) -> None:
        """Takes the core's audio levels (RFC 6464) and tells each room what has changed."""
        by_room: dict[RoomSid, tuple[Room, dict[ParticipantSid, int]]] = {}
        for number, level in levels:
            sid = self._host.publisher_of(number)
            if sid is None:
                continue
            room = self._host.room_of(sid)
            loudest = by_room.setdefault(room.sid, (room, {}))[1]
            loudest[sid] = min(level, loudest.get(sid, level))
        for room in self._host.rooms:
            heard = by_room.get(room.sid, (room, {}))[1]
            if heard or room.sid in self._speakers:
                self._tell_speakers(room, heard)

    def receive_fact(self, room: RoomName, fact: Fact) -> None:
        """Tells the others at once of a link that was lost or is back; the next beat says how good it is."""
        if not isinstance(fact, LinkLost | LinkBack):
            return
        lost, back = LinkQuality(Quality.LOST, 0.0), LinkQuality(Quality.GOOD, UNMEASURED_SCORE)
        link = lost if isinstance(fact, LinkLost) else back
        of = fact.participant
        for other in () if of.grant.hidden else self._host.room_of(of.sid).roster:
            session = self._host.session(other.sid)
            if session is not None and other.sid != of.sid:
                session.send(connection_quality([(str(of.sid), link)]))

    async def run(self) -> None:
        """Looks at links and judges them for as long as the task lives."""
        for beat in count(1):
            await asyncio.sleep(LINK_S)
            stats = self._host.media.stats()
            self._look(stats)
            if beat % QUALITY_BEATS == 0:
                self._judge(stats)

    def judge(self) -> None:
        """Looks at every link, judges it over the time since the last call and tells each room."""
        stats = self._host.media.stats()
        self._look(stats)
        self._judge(stats)

    # ---- inside -----------------------------------------------------------------------------------------

    def _look(self, stats: Mapping[str, Any]) -> None:
        self._links.look(stats, self._receptions.says_so_itself)

    def _judge(self, stats: Mapping[str, Any]) -> None:
        self._receptions.beat(stats)
        now_ns = self._host.clock.monotonic_ns()
        by_room: dict[RoomSid, list[tuple[ParticipantView, LinkQuality]]] = defaultdict(list)
        present: set[ParticipantSid] = set()
        for room, participant, session in self._host.seats():
            present.add(participant.sid)
            silent_ns = room.roster.find(participant.sid).presence.silent_ns(now_ns)
            link = judge_link(self._sample(stats, participant, session, silent_ns))
            by_room[room.sid].append((participant, link))
        self._counted = {sid: counted for sid, counted in self._counted.items() if sid in present}
        open_rooms = {room.sid for room in self._host.rooms}
        self._speakers = {sid: speakers for sid, speakers in self._speakers.items() if sid in open_rooms}
        for room in self._host.rooms:
            self._tell_quality(room, by_room[room.sid])

    def _tell_speakers(self, room: Room, heard: Mapping[ParticipantSid, int]) -> None:
        speakers = self._speakers.setdefault(room.sid, Speakers())
        visible = {p.sid: p for p in room.roster if not p.grant.hidden}
        speakers.forget([s.sid for s in speakers.active() if s.sid not in visible])
        levels = {
            sid: level for sid, level in heard.items() if sid in visible and _is_unmuted(visible[sid].view())
        }
        changed = speakers.receive_levels(levels)
        if not changed:
            return
        message = speakers_changed(changed)
        for participant in room.roster:
            session = self._host.session(participant.sid)
            if session is not None:
                session.send(message)

    def _tell_quality(self, room: Room, links: list[tuple[ParticipantView, LinkQuality]]) -> None:
        for participant in room.roster:
            session = self._host.session(participant.sid)
            # A client that hears LOST of itself while it publishes throws its connection away.
            told = [
                (str(view.sid), link)
                for view, link in links
                if (view.sid == participant.sid and link.quality is not Quality.LOST)
                or (view.sid != participant.sid and not view.grant.hidden)
            ]
            if session is not None and told:
                session.send(connection_quality(told))

    def _sample(
        self,
        stats: Mapping[str, Any],
        participant: ParticipantView,
        session: ParticipantSession,
        silent_ns: int,
    ) -> LinkSample:
        packets, lost = 0, 0
        for track in participant.tracks:
            for layer in stats.get("tracks", {}).get(track.number, {}).get("layers", {}).values():
                packets += layer["packets"]
                lost += layer["lost"]
        before = self._counted.get(participant.sid, _Counted())
        self._counted[participant.sid] = _Counted(packets, lost)
        # Tracks that have ended take their counts with them: nothing is known of that period.
        is_continuous = packets >= before.packets and lost >= before.lost
        received = packets - before.packets if is_continuous else 0
        missing = lost - before.lost if is_continuous else 0
        peers = session.peers()
        downward = [o for o in stats.get("outputs", {}).values() if o.get("peer") in peers]
        down_loss = max((o["fraction_lost"] or 0.0 for o in downward), default=0.0)
        round_trips = [
            stats["peers"][peer]["rtt_ms"]
            for peer in peers
            if stats.get("peers", {}).get(peer, {}).get("rtt_ms") is not None
        ]
        for round_trip_ms in round_trips:
            session.round_trips.receive_ms(round_trip_ms)
        expected = received + missing
        # The worse direction counts: a person who cannot hear is as badly off as one who is not heard.
        if down_loss > (missing / expected if expected else 0.0):
            expected, missing = 100, round(100 * down_loss)
        return LinkSample(
            expected=expected,
            lost=missing,
            round_trip_ms=max(round_trips, default=None),
            silent_ns=silent_ns,
            rung=self._links.rung(participant.sid),
        )


def _is_unmuted(participant: ParticipantView) -> bool:
    return any(not track.is_muted for track in participant.tracks)
