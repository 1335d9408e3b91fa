"""From a publisher's request to what everyone receives: tracks that come, go and are muted."""

from __future__ import annotations

from media_server.ids import ParticipantSid, TrackNumber, TrackSid
from media_server.rooms.effects import (
    Effect,
    EndCause,
    EndMedia,
    TellMuted,
    TellUnpublished,
    TrackMuteChanged,
    TrackStarted,
    TrackStopped,
)
from media_server.rooms.errors import LimitExceeded, NotFound, NotPermitted
from media_server.rooms.grants import TrackKind
from media_server.rooms.participants import MAX_TRACKS, Participant
from media_server.rooms.roster import Roster
from media_server.rooms.subscriptions import SubscriptionTable
from media_server.rooms.tracks import (
    AnsweredSection,
    EarlySection,
    Track,
    TrackEvent,
    TrackRequest,
    TrackView,
    VideoLayer,
)


class Publications:
    """The tracks of one room."""

    def __init__(self, roster: Roster, subscriptions: SubscriptionTable) -> None:
        self._roster = roster
        self._subscriptions = subscriptions

    def request(
        self, publisher: ParticipantSid, request: TrackRequest, *, sid: TrackSid, number: TrackNumber
    ) -> tuple[TrackView, list[Effect]]:
        """Returns the track that the publisher may now offer, or that it has offered already, and what
        follows.

        ``sid`` and ``number`` are used where its section has not come yet. NotPermitted, LimitExceeded.
        """
        participant = self._roster.find(publisher)
        if not participant.grant.allows_source(request.source):
            raise NotPermitted("publish_not_permitted")
        early = participant.early_section(request)
        if early is None and participant.media_count() >= MAX_TRACKS:
            raise LimitExceeded("too_many_tracks", limit=MAX_TRACKS)
        if early is None or early.answered is None:
            track = participant.tracks[sid] = Track(sid=sid, number=number, request=request)
            return track.view(), []
        del participant.early_sections[early.sid]
        track = participant.tracks[early.sid] = Track(sid=early.sid, number=early.number, request=request)
        track.receive(TrackEvent.PLAN)
        effects = self._publish(participant, track, early.answered)
        return track.view(), effects

    def plan(
        self,
        publisher: ParticipantSid,
        kind: TrackKind,
        client_track_id: str,
        *,
        sid: TrackSid,
        number: TrackNumber,
    ) -> tuple[TrackSid, TrackNumber, str, bool] | None:
        """Returns sid, number, wanted MIME type ("" for any) and whether RED (RFC 2198) is not wanted, of the
        track that a new section of an offer carries.

        Without a waiting request it is taken under ``sid`` and ``number`` and waits for one; None where the
        publisher may not publish anything.
        """
        participant = self._roster.find(publisher)
        track = participant.requested_track(kind, client_track_id)
        if track is not None:
            track.receive(TrackEvent.PLAN)
            return track.sid, track.number, track.mime_type, track.request.is_red_disabled
        if not participant.grant.can_publish or participant.media_count() >= MAX_TRACKS:
            return None
        participant.early_sections[sid] = EarlySection(sid, number, kind, client_track_id)
        return sid, number, "", False

    def start(self, publisher: ParticipantSid, track_sid: TrackSid, section: AnsweredSection) -> list[Effect]:
        """The planned section was answered: announces the track and subscribes everyone who does so by
        itself."""
        participant = self._roster.find(publisher)
        early = participant.early_sections.get(track_sid)
        if early is not None:
            early.answered = section
            return []
        participant, track = self._own(publisher, track_sid)
        return self._publish(participant, track, section)

    def end(self, publisher: ParticipantSid, track_sid: TrackSid, cause: EndCause) -> list[Effect]:
        """Ends one track of a participant; nothing where it is not there (any more)."""
        participant = self._roster.find(publisher)
        early = participant.early_sections.pop(track_sid, None)
        if early is not None:
            return [EndMedia(early.sid, early.number)]
        track = participant.tracks.get(track_sid)
        if track is None:
            return []
        effects, fact = self._take_out(participant, track, cause)
        if fact is not None:
            effects += self._roster.announce(participant)
        if cause is not EndCause.UNPUBLISHED:
            effects.append(TellUnpublished(publisher, track_sid))
        return effects if fact is None else [*effects, fact]

    def end_all(self, participant: Participant, cause: EndCause) -> tuple[list[Effect], list[Effect]]:
        """Ends every track of a participant that is leaving; returns commands and facts, without
        announcements."""
        commands: list[Effect] = []
        facts: list[Effect] = []
        for track in list(participant.tracks.values()):
            effects, fact = self._take_out(participant, track, cause)
            commands += effects
            facts += [fact] if fact is not None else []
        for early in participant.early_sections.values():
            commands.append(EndMedia(early.sid, early.number))
        participant.early_sections.clear()
        return commands, facts

    def mute(self, publisher: ParticipantSid, track_sid: TrackSid, *, is_muted: bool) -> list[Effect]:
        """The publisher muted or unmuted its own track."""
        participant, track = self._own(publisher, track_sid)
        if not track.set_muted(is_muted=is_muted) or not track.is_published():
            return []
        return [*self._roster.announce(participant), TrackMuteChanged(participant.view(), track.view())]

    def mute_remotely(
        self, publisher: ParticipantSid, track_sid: TrackSid, *, is_muted: bool
    ) -> list[Effect]:
        """Somebody else mutes a track: the publisher is told, and obeys; others learn of it as of its own
        mute."""
        return [
            TellMuted(publisher, track_sid, is_muted),
            *self.mute(publisher, track_sid, is_muted=is_muted),
        ]

    def set_size(
        self, publisher: ParticipantSid, track_sid: TrackSid, *, width: int, height: int
    ) -> list[Effect]:
        """The publisher's picture has another size, in pixels."""
        participant, track = self._own(publisher, track_sid)
        track.set_size(width=width, height=height)
        return self._changed(participant, track)

    def set_layers(
        self, publisher: ParticipantSid, track_sid: TrackSid, layers: tuple[VideoLayer, ...]
    ) -> list[Effect]:
        """The publisher's layers have other sizes or bitrates."""
        participant, track = self._own(publisher, track_sid)
        track.set_layers(layers)
        return self._changed(participant, track)

    def set_audio_features(
        self, publisher: ParticipantSid, track_sid: TrackSid, features: tuple[int, ...]
    ) -> list[Effect]:
        """The publisher's sound is processed differently."""
        participant, track = self._own(publisher, track_sid)
        track.set_audio_features(features)
        return self._changed(participant, track)

    def _publish(self, participant: Participant, track: Track, section: AnsweredSection) -> list[Effect]:
        track.receive(TrackEvent.START)
        track.bind(section)
        self._subscriptions.begin(participant.sid, track)
        effects = self._roster.announce(participant)
        for other in self._roster:
            if other.is_auto_subscribing and self._roster.may_receive(other, participant, track):
                effects += self._subscriptions.add(other, participant, track)
        return [*effects, TrackStarted(participant.view(), track.view())]

    def _changed(self, participant: Participant, track: Track) -> list[Effect]:
        return self._roster.announce(participant) if track.is_published() else []

    def _own(self, publisher: ParticipantSid, track_sid: TrackSid) -> tuple[Participant, Track]:
        participant = self._roster.find(publisher)
        track = participant.tracks.get(track_sid)
        if track is None:
            raise NotFound("track_not_found")
        return participant, track

    def _take_out(
        self, participant: Participant, track: Track, cause: EndCause
    ) -> tuple[list[Effect], TrackStopped | None]:
        was_published = track.is_published()
        effects = self._subscriptions.remove_track(track.sid)
        track.receive(TrackEvent.END)
        del participant.tracks[track.sid]
        effects.append(EndMedia(track.sid, track.number))
        return effects, TrackStopped(participant.view(), track.view(), cause) if was_published else None
