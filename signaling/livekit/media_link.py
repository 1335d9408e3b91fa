"""What one media connection reports, handed on with the participant it belongs to."""

from __future__ import annotations

from typing import Protocol

from media_server.ids import ParticipantSid, TrackSid
from media_server.plans import ChannelKind, DisconnectReason, MediaKind, PublicationPlan, PublishedMedia


class LinkOwner(Protocol):
    """Who hears of the media connections of all participants."""

    def plan_publication(self, sid: ParticipantSid, kind: MediaKind, cid: str) -> PublicationPlan | None:
        """Returns the track that a new section belongs to, None where none is waiting."""

    def publication_started(self, sid: ParticipantSid, media: PublishedMedia) -> None:
        """A section has been answered and is forwarded."""

    def publication_ended(self, sid: ParticipantSid, track_sid: TrackSid) -> None:
        """A section has gone from the client's offer."""

    def data_received(self, sid: ParticipantSid, kind: ChannelKind, payload: bytes) -> None:
        """A data packet has come."""

    def stream_state_changed(
        self, sid: ParticipantSid, publisher: ParticipantSid, track_sid: TrackSid, *, is_paused: bool
    ) -> None:
        """A participant's link makes a picture pause, or carries it again."""

    def link_changed(self, link: MediaLink) -> None:
        """A connection is up, closed, silent or heard again."""


class MediaLink:
    """The listener of one connection; ``is_primary`` for the one whose coming up makes a participant
    active."""

    def __init__(self, sid: ParticipantSid, owner: LinkOwner, *, is_primary: bool) -> None:
        self.sid = sid
        self.is_primary = is_primary
        self.is_connected = False
        self.is_lost = False
        self.silent_ms = 0
        self._owner = owner

    def plan_publication(self, kind: MediaKind, msid_track_id: str) -> PublicationPlan | None:
        """See ConnectionListener."""
        return self._owner.plan_publication(self.sid, kind, msid_track_id)

    def publication_started(self, media: PublishedMedia) -> None:
        """See ConnectionListener."""
        self._owner.publication_started(self.sid, media)

    def publication_ended(self, track_sid: TrackSid) -> None:
        """See ConnectionListener."""
        self._owner.publication_ended(self.sid, track_sid)

    def data_received(self, kind: ChannelKind, payload: bytes) -> None:
        """See ConnectionListener."""
        self._owner.data_received(self.sid, kind, payload)

    def stream_state_changed(
        self, participant_sid: ParticipantSid, track_sid: TrackSid, *, is_paused: bool
    ) -> None:
        """See ConnectionListener."""
        self._owner.stream_state_changed(self.sid, participant_sid, track_sid, is_paused=is_paused)

    def connected(self) -> None:
        """See ConnectionListener."""
        self.is_connected, self.silent_ms = True, 0
        self._owner.link_changed(self)

    def disconnected(self, reason: DisconnectReason) -> None:
        """See ConnectionListener."""
        self.is_connected, self.is_lost = False, True
        self._owner.link_changed(self)

    def silent(self, silent_ms: int) -> None:
        """See ConnectionListener."""
        self.silent_ms = max(silent_ms, 1)
        self._owner.link_changed(self)

    def heard(self) -> None:
        """See ConnectionListener."""
        self.silent_ms = 0
        self._owner.link_changed(self)
