"""A connection listener that keeps what it hears and lets a test wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from media_server.ids import ParticipantSid, TrackSid
from media_server.plans import (
    ChannelKind,
    DisconnectReason,
    MediaKind,
    PublicationPlan,
    PublishedMedia,
)
from tests.support.waiting import HANG_S


class KeepingListener:
    """Implements ``ConnectionListener``; ``plans`` says what each kind of section is published as."""

    def __init__(self) -> None:
        self.plans: dict[MediaKind, PublicationPlan] = {}
        self.started: list[PublishedMedia] = []
        self.ended: list[TrackSid] = []
        self.messages: list[tuple[ChannelKind, bytes]] = []
        self.reasons: list[DisconnectReason] = []
        self.is_connected = False
        self.silences: list[int | None] = []
        self.fault: Exception | None = None
        self.stream_states: list[tuple[ParticipantSid, TrackSid, bool]] = []

    def plan_publication(self, kind: MediaKind, msid_track_id: str) -> PublicationPlan | None:
        return self.plans.get(kind)

    def publication_started(self, media: PublishedMedia) -> None:
        self.started.append(media)

    def publication_ended(self, track_sid: TrackSid) -> None:
        self.ended.append(track_sid)

    def connected(self) -> None:
        self.is_connected = True

    def data_received(self, kind: ChannelKind, payload: bytes) -> None:
        self.messages.append((kind, payload))
        if self.fault is not None:
            raise self.fault

    def disconnected(self, reason: DisconnectReason) -> None:
        self.reasons.append(reason)

    def silent(self, silent_ms: int) -> None:
        self.silences.append(silent_ms)

    def heard(self) -> None:
        self.silences.append(None)

    def stream_state_changed(
        self, participant_sid: ParticipantSid, track_sid: TrackSid, *, is_paused: bool
    ) -> None:
        self.stream_states.append((participant_sid, track_sid, is_paused))


async def until(condition: Callable[[], object]) -> None:
    """Waits until a condition holds; fails the test where it never does."""
    async with asyncio.timeout(HANG_S):
        while not condition():
            await asyncio.sleep(0.002)
