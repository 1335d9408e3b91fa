"""Tells the ledger what happens in rooms, as acts of the institution whose room it is.

An act names people by their ids. Where only an identity is known (a token made with the API key), nothing of
it is written but that it was a guest: an identity may be anybody's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from media_server.ids import ParticipantSid, RoomName
from media_server.rooms import ParticipantView, TrackView
from media_server.rooms.effects import (
    Fact,
    LinkBack,
    LinkLost,
    ParticipantCame,
    ParticipantWent,
    RoomClosed,
    RoomOpened,
    TrackMuteChanged,
    TrackStarted,
    TrackStopped,
)
from recording.audit.act import SYSTEM_ACTOR, Act
from recording.clock import Clock
from recording.summary import JsonValue
from signaling.standing_rooms import StandingRoom, StandingRooms
from signaling.store.spool import NODE
from signaling.tokens import Claims

GUEST_ACTOR: Final = "guest"
"""Someone whom no account, device or invitation names."""
_NS_PER_MS: Final = 1_000_000
_NO_FACTS: Final[Mapping[str, JsonValue]] = {}


class Seats(Protocol):
    """Knows by which claims somebody sits in a room."""

    def claims_of(self, sid: ParticipantSid) -> Claims | None:
        """Returns the claims of a stay that lasts."""


class ActSink(Protocol):
    """Takes acts and never fails."""

    def put(self, act: Act) -> None:
        """Takes an act."""


@dataclass(frozen=True, slots=True)
class _Holder:
    """Who sits in a seat."""

    actor: str
    device: str = ""
    role: str = ""


class RoomWitness:
    """An observer of the room host."""

    def __init__(self, *, seats: Seats, standing: StandingRooms, sink: ActSink, clock: Clock) -> None:
        self._seats = seats
        self._standing = standing
        self._sink = sink
        self._clock = clock
        self._holders: dict[ParticipantSid, _Holder] = {}

    def receive_fact(self, room: RoomName, fact: Fact) -> None:
        """See RoomObserver."""
        match fact:
            case RoomOpened() | RoomClosed():
                kind = "room.opened" if isinstance(fact, RoomOpened) else "room.closed"
                self._tell(room, kind, _Holder(SYSTEM_ACTOR))
            case ParticipantCame(participant):
                self._holders[participant.sid] = self._holder_of(participant.sid)
                self._tell_of(
                    room, "participant.joined", participant, {"is_hidden": participant.grant.hidden}
                )
            case ParticipantWent(participant, cause):
                self._tell_of(room, "participant.left", participant, {"cause": cause.value})
                self._holders.pop(participant.sid, None)
            case LinkLost(participant):
                self._tell_of(room, "participant.lost", participant)
            case LinkBack(participant):
                self._tell_of(room, "participant.resumed", participant)
            case TrackStarted(participant, track):
                self._tell_of(room, "track.published", participant, _track(track))
            case TrackStopped(participant, track, cause):
                self._tell_of(room, "track.ended", participant, {**_track(track), "cause": cause.value})
            case TrackMuteChanged(participant, track):
                kind = "track.muted" if track.is_muted else "track.unmuted"
                self._tell_of(room, kind, participant, _track(track))

    def tell_received(
        self, room: RoomName, participant: ParticipantView, facts: Mapping[str, JsonValue]
    ) -> None:
        """Tells what somebody received, summed up."""
        self._tell_of(room, "qos.received", participant, facts)

    def _tell_of(
        self,
        room: RoomName,
        kind: str,
        participant: ParticipantView,
        facts: Mapping[str, JsonValue] = _NO_FACTS,
    ) -> None:
        holder = self._holders.get(participant.sid) or self._holder_of(participant.sid)
        self._tell(room, kind, holder, {"seat": participant.sid, **facts})

    def _tell(
        self, room: RoomName, kind: str, holder: _Holder, facts: Mapping[str, JsonValue] = _NO_FACTS
    ) -> None:
        standing = self._standing.find(room)
        for institution in chains_of(standing):
            self._sink.put(
                Act(
                    institution=institution,
                    kind=kind,
                    actor=holder.actor,
                    actor_role=holder.role,
                    device=holder.device,
                    at_ms=self._clock.wall_ns() // _NS_PER_MS,
                    # Names of rooms that a token opened are anybody's words, too.
                    subject={} if standing is None else subject_of_room(standing),
                    after=facts,
                )
            )

    def _holder_of(self, sid: ParticipantSid) -> _Holder:
        claims = self._seats.claims_of(sid)
        if claims is None or not claims.binding:
            return _Holder(GUEST_ACTOR)
        binding = claims.binding
        actor = binding.person or binding.device or binding.invitation or GUEST_ACTOR
        return _Holder(actor, binding.device, binding.role)


def subject_of_room(room: StandingRoom) -> dict[str, str]:
    """Returns what an act in a room concerns."""
    return {"room": room.room} | ({"case": room.case, "patient": room.patient} if room.case else {})


def chains_of(room: StandingRoom | None) -> tuple[str, ...]:
    """Returns in whose chains an act in a room stands: whose room it is; of a case in both sides'."""
    if room is None or not room.institutions:
        return (NODE,)
    return room.institutions if room.case else room.institutions[:1]


def _track(track: TrackView) -> dict[str, JsonValue]:
    return {"track": track.sid, "kind": track.request.kind.value, "source": track.request.source.value}
