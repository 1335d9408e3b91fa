"""Sections where the peer makes the offers: its publications, and our subscriptions in its recvonly sections.

An emptied section is answered ``inactive`` once before another track may use it: native clients notice a new
track only when a section begins to receive, not when its msid changes under way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from media_server.errors import SDP_SECTIONS_CHANGED, SdpRefused
from media_server.ids import PeerNumber, TrackNumber, TrackSid
from media_server.outputs import IsLive, Numbers, Outputs
from media_server.plans import MediaKind, PublicationPlan, PublishedMedia, SubscriptionPlan
from media_server.ports import AddInput, InputCodec, RemoveInput, RouteChange, SetExtensions
from media_server.sdp.description import (
    AUDIO_LEVEL_EXTENSION,
    MID_EXTENSION,
    PLAYOUT_DELAY_EXTENSION,
    REPAIRED_RID_EXTENSION,
    RID_EXTENSION,
    TRANSPORT_CC_EXTENSION,
    VIDEO_ORIENTATION_EXTENSION,
    RemoteDescription,
    RemoteSection,
)
from media_server.sdp.negotiate import (
    LocalSection,
    answer_section,
    asks_again,
    merged_extensions,
    preferred_first,
)

PlanPublication = Callable[[MediaKind, str], PublicationPlan | None]


@dataclass(frozen=True, slots=True)
class AnswerStep:
    """What an offer leads to: the answer's sections, one patch for the core, and news for the listener."""

    sections: tuple[LocalSection, ...]
    changes: tuple[RouteChange, ...]
    ended: tuple[tuple[TrackSid, TrackNumber], ...]
    started: tuple[PublishedMedia, ...]


@dataclass(frozen=True, slots=True)
class _Publication:
    plan: PublicationPlan
    msid_track_id: str
    ssrcs: tuple[tuple[int, int | None], ...]


def set_extensions(peer: PeerNumber, ids: dict[str, int]) -> SetExtensions:
    """Returns the change that tells the core the header extension ids (uri to id) of a peer."""
    return SetExtensions(
        peer=peer,
        mid=ids.get(MID_EXTENSION, 0),
        rid=ids.get(RID_EXTENSION, 0),
        repaired_rid=ids.get(REPAIRED_RID_EXTENSION, 0),
        audio_level=ids.get(AUDIO_LEVEL_EXTENSION, 0),
        transport_cc=ids.get(TRANSPORT_CC_EXTENSION, 0),
        video_orientation=ids.get(VIDEO_ORIENTATION_EXTENSION, 0),
        playout_delay=ids.get(PLAYOUT_DELAY_EXTENSION, 0),
    )


def media_kind(kind: str) -> MediaKind:
    """Returns the kind of a media section as its type."""
    return "audio" if kind == "audio" else "video"


class AnsweringSections:
    """The sections of a connection whose peer makes the offers. Pure: what concerns the core is returned."""

    def __init__(self, peer: PeerNumber, numbers: Numbers) -> None:
        self._peer = peer
        self._outputs = Outputs(peer, numbers)
        self._publications: dict[str, _Publication] = {}
        self._extensions: dict[str, int] = {}
        self._kinds: dict[str, str] = {}
        self._free: dict[str, str] = {}
        self._emptied: set[str] = set()

    @property
    def outputs(self) -> Outputs:
        """The subscriptions, to be read; they are changed through the methods here."""
        return self._outputs

    def receive_offer(
        self, offer: RemoteDescription, *, plan_publication: PlanPublication, is_live: IsLive
    ) -> AnswerStep:
        """Returns what the offer leads to. Asks ``plan_publication`` for each new sending section.

        Raises:
            SdpRefused: a known section changed its kind; nothing was changed.
        """
        for section in offer.sections:
            if section.is_usable and self._kinds.get(section.mid, section.kind) != section.kind:
                raise SdpRefused(SDP_SECTIONS_CHANGED, section=section.index)
        sending = {section.mid: section for section in offer.sections if section.sends}
        receiving = {section.mid: section for section in offer.sections if section.receives}
        changes: list[RouteChange] = []
        changes += self._learn(offer)
        ended = self._end_publications(sending)
        changes += [RemoveInput(track=track) for _sid, track in ended]
        changes += self._displace(receiving)
        started: list[PublishedMedia] = []
        for mid, section in sending.items():
            plan = None
            if mid not in self._publications:
                plan = plan_publication(media_kind(section.kind), section.msid_track_id)
            if plan is not None:
                changes.append(self._publish(section, plan))
                started.append(_published(section, plan))
        changes += self._place(receiving, is_live)
        return AnswerStep(
            sections=tuple(self._answered(section) for section in offer.sections),
            changes=tuple(changes),
            ended=tuple(ended),
            started=tuple(started),
        )

    def subscribe(self, plan: SubscriptionPlan) -> None:
        """Wants a track, from the next offer on.

        Raises:
            MisuseError: it is wanted already.
        """
        self._outputs.add(plan)

    def unsubscribe(self, track_sid: TrackSid) -> list[RouteChange]:
        """Wants a track no more; returns the changes for the core."""
        emptied, changes = self._outputs.remove(track_sid)
        self._emptied |= set() if emptied is None else {emptied}
        return changes

    def track_ended(self, track: TrackNumber) -> None:
        """The core has ended a track: a publication of this peer, or one it receives."""
        self._emptied.update(self._outputs.track_ended(track))
        self._publications = {
            mid: item for mid, item in self._publications.items() if item.plan.track != track
        }

    def published_tracks(self) -> list[TrackNumber]:
        """Returns the tracks that this peer publishes."""
        return [item.plan.track for item in self._publications.values()]

    def missing_sections(self, kind: str, is_live: IsLive) -> int:
        """Returns how many more recvonly sections of a kind the peer has to offer."""
        free = sum(of == kind and mid not in self._emptied for mid, of in self._free.items())
        return max(0, len(self._outputs.unplaced(kind, is_live)) - free)

    def _learn(self, offer: RemoteDescription) -> list[RouteChange]:
        self._kinds = {section.mid: section.kind for section in offer.sections if section.is_usable}
        extensions = merged_extensions(self._extensions, offer.sections)
        if extensions == self._extensions:
            return []
        self._extensions = extensions
        return [set_extensions(self._peer, extensions)]

    def _end_publications(self, sending: dict[str, RemoteSection]) -> list[tuple[TrackSid, TrackNumber]]:
        """Forgets what is sent no more, or sent now under another track id."""
        ended = []
        for mid, publication in list(self._publications.items()):
            section = sending.get(mid)
            if section is None or section.msid_track_id != publication.msid_track_id:
                del self._publications[mid]
                ended.append((publication.plan.track_sid, publication.plan.track))
        return ended

    def _displace(self, receiving: dict[str, RemoteSection]) -> list[RouteChange]:
        """Takes subscriptions out of sections that the peer wants to receive in no more."""
        changes: list[RouteChange] = []
        for subscription in self._outputs:
            if subscription.mid is not None and subscription.mid not in receiving:
                changes += self._outputs.displace(subscription)[1]
        return changes

    def _publish(self, section: RemoteSection, plan: PublicationPlan) -> RouteChange:
        known = {ssrc for item in self._publications.values() for pair in item.ssrcs for ssrc in pair}
        # With RIDs the sources are learned from the packets; a source belongs to one section (RFC 8843 §9.2).
        ssrcs = tuple(pair for pair in section.ssrcs[:1] if not section.layers and known.isdisjoint(pair))
        self._publications[section.mid] = _Publication(plan, section.msid_track_id, ssrcs)
        return AddInput(
            track=plan.track,
            peer=self._peer,
            mid=section.mid,
            kind=media_kind(section.kind),
            clock_rate_hz=section.codecs[0].clock_rate_hz,
            codecs=tuple(
                InputCodec(
                    codec=codec.name,
                    format=codec.format,
                    payload_type=codec.payload_type,
                    rtx_payload_type=codec.rtx_payload_type,
                    red_payload_type=None if plan.is_red_disabled else codec.red_payload_type,
                    has_nack=asks_again(section, codec),
                )
                for codec in preferred_first(section.codecs, plan.preferred_codec)
            ),
            ssrcs=ssrcs,
        )

    def _place(self, receiving: dict[str, RemoteSection], is_live: IsLive) -> list[RouteChange]:
        changes: list[RouteChange] = []
        waiting = {kind: self._outputs.unplaced(kind, is_live) for kind in ("audio", "video")}
        taken = self._outputs.mid_to_track()
        self._free = {}
        # Sections that also send come last: a client meant them for its own track.
        for mid, section in sorted(receiving.items(), key=lambda item: item[1].sends):
            if mid in taken:
                continue
            if not waiting[section.kind] or mid in self._emptied:
                self._free[mid] = section.kind
                continue
            subscription = waiting[section.kind].pop(0)
            has_rtx = any(codec.rtx_payload_type is not None for codec in section.codecs)
            self._outputs.place(subscription, mid, has_rtx=has_rtx)
            changes += self._outputs.flow(subscription, section.codecs)
        self._emptied.clear()
        return changes

    def _answered(self, section: RemoteSection) -> LocalSection:
        publication = self._publications.get(section.mid) if section.is_usable else None
        subscription = self._outputs.in_section(section.mid) if section.is_usable else None
        return answer_section(
            section,
            extensions=self._extensions,
            preferred_codec=None if publication is None else publication.plan.preferred_codec,
            is_published=publication is not None,
            is_red_disabled=publication is not None and publication.plan.is_red_disabled,
            stream=None if subscription is None else subscription.stream,
        )


def _published(section: RemoteSection, plan: PublicationPlan) -> PublishedMedia:
    first = preferred_first(section.codecs, plan.preferred_codec)[0]
    return PublishedMedia(
        track_sid=plan.track_sid,
        track=plan.track,
        mid=section.mid,
        kind=media_kind(section.kind),
        codec=f"{section.kind}/{first.name}",
        rids=tuple(layer.rid for layer in section.layers),
    )
