"""Who is in a room, and who hears of whom."""

from __future__ import annotations

from collections.abc import Iterator

from media_server.ids import ParticipantIdentity, ParticipantSid, TrackSid
from media_server.rooms.effects import Announce, Effect
from media_server.rooms.errors import NotFound
from media_server.rooms.participants import Participant, ParticipantView
from media_server.rooms.tracks import Track


class Roster:
    """The participants of one room by sid and by identity; at most one stay per identity."""

    def __init__(self) -> None:
        self._by_sid: dict[ParticipantSid, Participant] = {}
        self._by_identity: dict[ParticipantIdentity, Participant] = {}

    def __iter__(self) -> Iterator[Participant]:
        return iter(list(self._by_sid.values()))

    def __len__(self) -> int:
        return len(self._by_sid)

    def add(self, participant: Participant) -> None:
        """Takes a participant in. The identity must be free."""
        assert participant.identity not in self._by_identity
        self._by_sid[participant.sid] = participant
        self._by_identity[participant.identity] = participant

    def remove(self, participant: Participant) -> None:
        """Lets a participant go."""
        del self._by_sid[participant.sid]
        del self._by_identity[participant.identity]

    def find(self, sid: ParticipantSid) -> Participant:
        """Returns the participant of that stay; NotFound where it is over."""
        participant = self._by_sid.get(sid)
        if participant is None:
            raise NotFound("participant_not_found")
        return participant

    def by_identity(self, identity: ParticipantIdentity) -> Participant | None:
        """Returns the present stay of an identity."""
        return self._by_identity.get(identity)

    def track(self, track_sid: TrackSid) -> tuple[Participant, Track] | None:
        """Returns a track of this room with its publisher."""
        for participant in self._by_sid.values():
            track = participant.tracks.get(track_sid)
            if track is not None:
                return participant, track
        return None

    def hearers(self, participant: Participant, *, with_self: bool = True) -> tuple[ParticipantSid, ...]:
        """Returns who may know of a participant: everyone, or only itself where it is hidden or absent."""
        if participant.grant.hidden or participant.is_absent:
            return (participant.sid,) if with_self and participant.sid in self._by_sid else ()
        return tuple(sid for sid in self._by_sid if with_self or sid != participant.sid)

    def announce(self, participant: Participant, *, with_self: bool = True) -> list[Effect]:
        """Counts a change of the participant and returns its announcement."""
        participant.touch()
        to = self.hearers(participant, with_self=with_self)
        return [Announce(to, participant.view())] if to else []

    def visible_to(self, sid: ParticipantSid) -> list[ParticipantView]:
        """Returns the other participants as that one may see them."""
        return [other.view() for other in self._by_sid.values() if other.sid != sid and other.is_visible()]

    def may_receive(self, subscriber: Participant, publisher: Participant, track: Track) -> bool:
        """Returns whether a subscription is allowed at all: rights, visibility, and the track's state."""
        return (
            subscriber.sid != publisher.sid
            and subscriber.grant.can_subscribe
            and publisher.is_visible()
            and track.is_published()
            and publisher.audience.allows(subscriber.identity, track.sid)
        )
