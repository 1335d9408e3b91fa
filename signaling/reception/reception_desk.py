"""Keeps a line on every person in a room every five seconds: what they received, and who says so.

A recorded room's lines go into the recording's own chain and are sealed with it (``reception.noted``, one
event for all who are there); recorded or not, what each person received is summed up in the institution's
ledger (``qos.received``) when they go, and every SUM_NS until then. A page tells of itself; for a client that
says nothing for SAYS_NOTHING_NS the server tells what it sent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from media_server.ids import ParticipantSid, RoomName, TrackNumber, TrackSid
from media_server.rooms import ParticipantView, Room, TrackKind
from media_server.rooms.effects import Fact, ParticipantWent
from recording.event_kinds import RECEPTION_NOTED
from recording.summary import JsonValue, RecordingId
from signaling.errors import PeerProtocolError
from signaling.reception.line import Reception, said_by_receiver
from signaling.reception.page_report import TOPIC, parse_report
from signaling.reception.sent import SentTally
from signaling.reception.summed import SummedReceptions
from signaling.room_host import RoomHost

NS_PER_S: Final = 1_000_000_000
SAYS_NOTHING_NS: Final = 12 * NS_PER_S
"""Two reports of a page and a little: till then the next one is waited for."""
MAX_WAITING_REPORTS: Final = 3
"""Of one person between two beats: a page sends one; two where beats fall badly. More are dropped."""
SUM_NS: Final = 300 * NS_PER_S
"""How much of a stay a killed server leaves without a word in an unrecorded room's ledger."""
MAX_LINES_PER_EVENT: Final = 50
"""Some 10 kB: a lecture's viewers go into several events."""
_COUNTED: Final = ("lines", "reports", "reports_refused", "reports_dropped")


class Recordings(Protocol):
    """What is being recorded: RecordingDesk."""

    def open_recordings(self) -> Mapping[RoomName, RecordingId]:
        """Returns the recordings that are going on, by room."""

    def note_own(self, room: RoomName, kind: str, facts: Mapping[str, JsonValue]) -> None:
        """Keeps an event of the service's own at the present moment."""


class Witness(Protocol):
    """Tells the ledger: RoomWitness."""

    def tell_received(
        self, room: RoomName, participant: ParticipantView, facts: Mapping[str, JsonValue]
    ) -> None:
        """Tells what somebody received."""


@dataclass(slots=True)
class _Stay:
    """What is known of one person's stay."""

    since_ns: int
    seen_ns: int
    said_ns: int | None = None
    waiting: list[Reception] = field(default_factory=list)
    sent: SentTally = field(default_factory=SentTally)
    summed: SummedReceptions = field(default_factory=SummedReceptions)


class ReceptionDesk:
    """The keeper. An observer of the room host; called on the loop thread."""

    def __init__(self, *, host: RoomHost, recordings: Recordings, witness: Witness) -> None:
        self._host = host
        self._recordings = recordings
        self._witness = witness
        self._stays: dict[ParticipantSid, _Stay] = {}
        self._counts: Counter[str] = Counter()
        host.take_data(TOPIC, self.receive_report)

    def stats(self) -> Mapping[str, int]:
        """Counters since the start."""
        return {name: self._counts[name] for name in _COUNTED}

    def says_so_itself(self, sid: ParticipantSid) -> bool:
        """Whether somebody runs a page of ours: it tells what it receives, and understands what it is told of
        its link.
        """
        stay = self._stays.get(sid)
        return stay is not None and stay.said_ns is not None

    def receive_report(self, sid: ParticipantSid, payload: bytes) -> None:
        """Takes what a page says of itself; what could not be true counts as refused."""
        now_ns = self._host.clock.monotonic_ns()
        stay = self._stays.setdefault(sid, _Stay(now_ns, now_ns))
        if len(stay.waiting) >= MAX_WAITING_REPORTS:
            self._counts["reports_dropped"] += 1
            return
        try:
            report = parse_report(payload)
        except PeerProtocolError:
            self._counts["reports_refused"] += 1
            return
        self._counts["reports"] += 1
        stay.said_ns = now_ns
        stay.waiting.append(said_by_receiver(report, self._host.room_of(sid).subscriptions.tracks_of(sid)))

    def beat(self, stats: Mapping[str, Any]) -> None:
        """Writes the lines that are due; ``stats`` are the core's figures of now."""
        now_ns = self._host.clock.monotonic_ns()
        recorded = self._recordings.open_recordings()
        lines: dict[RoomName, list[JsonValue]] = defaultdict(list)
        tracks: dict[RoomName, Mapping[TrackNumber, tuple[TrackSid, TrackKind]]] = {}
        for room, participant, session in self._host.seats():
            stay = self._stays.setdefault(participant.sid, _Stay(now_ns, now_ns))
            if room.name not in tracks:
                tracks[room.name] = _tracks_of(room)
            sent = stay.sent.receive_stats(
                stats,
                peers=session.peers(),
                tracks=tracks[room.name],
                span_ms=(now_ns - stay.seen_ns) // 1_000_000,
            )
            is_silent = stay.said_ns is None or now_ns - stay.said_ns > SAYS_NOTHING_NS
            stay.seen_ns = now_ns
            for one in stay.waiting or ([sent] if is_silent and sent.span_ms else []):
                stay.summed.add(one)
                if room.name in recorded and not one.is_empty:
                    lines[room.name].append({"identity": participant.identity, "line": one.line()})
            stay.waiting.clear()
            if now_ns - stay.since_ns >= SUM_NS:
                stay.since_ns = now_ns
                self._tell(room.name, participant, stay)
        for name, told in lines.items():
            self._counts["lines"] += len(told)
            for first in range(0, len(told), MAX_LINES_PER_EVENT):
                facts: dict[str, JsonValue] = {"received": told[first : first + MAX_LINES_PER_EVENT]}
                self._recordings.note_own(name, RECEPTION_NOTED, facts)

    def receive_fact(self, room: RoomName, fact: Fact) -> None:
        """See RoomObserver: who goes leaves what they received behind."""
        if not isinstance(fact, ParticipantWent):
            return
        stay = self._stays.pop(fact.participant.sid, None)
        if stay is not None:
            for one in stay.waiting:
                stay.summed.add(one)
            self._tell(room, fact.participant, stay)

    def _tell(self, room: RoomName, participant: ParticipantView, stay: _Stay) -> None:
        if not stay.summed.is_empty:
            self._witness.tell_received(room, participant, stay.summed.facts())
            stay.summed = SummedReceptions()


def _tracks_of(room: Room) -> Mapping[TrackNumber, tuple[TrackSid, TrackKind]]:
    return {
        track.number: (track.sid, track.request.kind)
        for participant in room.roster
        for track in participant.tracks.values()
    }
