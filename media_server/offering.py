"""Sections where we make the offers: the subscriber connection of LiveKit's two-connection mode.

Sections live as long as the connection and keep their mid (RFC 8829 §5.2.2). One is used again for
another track only after an answered offer had it inactive: native clients notice a new track only when a
section begins to receive.
"""

from __future__ import annotations

from dataclasses import dataclass

from media_server.answering import set_extensions
from media_server.errors import SDP_SECTIONS_CHANGED, SdpRefused
from media_server.ids import PeerNumber, TrackNumber, TrackSid
from media_server.outputs import IsLive, Numbers, Outputs
from media_server.plans import SubscriptionPlan
from media_server.ports import RouteChange
from media_server.sdp.description import Codec, RemoteDescription, RemoteSection
from media_server.sdp.limits import MAX_SECTIONS
from media_server.sdp.negotiate import LocalSection, merged_extensions
from media_server.sdp.subscriber_offer import (
    DATA_MID,
    OFFERED_CODECS,
    OFFERED_EXTENSION_IDS,
    data_section,
    media_section,
)


@dataclass(slots=True)
class _Slot:
    """One media section. ``offered`` and ``answered``: the track it carried in the last offer, and answer."""

    mid: str
    kind: str
    offered: TrackSid | None = None
    answered: TrackSid | None = None


class OfferingSections:
    """The sections of a connection where we make the offers. Pure: what concerns the core is returned."""

    def __init__(self, peer: PeerNumber, numbers: Numbers) -> None:
        self._peer = peer
        self._outputs = Outputs(peer, numbers)
        self._slots: list[_Slot] = []
        self._extensions: dict[str, int] = {}

    @property
    def outputs(self) -> Outputs:
        """The subscriptions, to be read; they are changed through the methods here."""
        return self._outputs

    def next_offer(self, is_live: IsLive) -> tuple[LocalSection, ...]:
        """Returns the sections of our next offer, with every subscription placed for which there is room."""
        for kind in ("audio", "video"):
            for subscription in self._outputs.unplaced(kind, is_live):
                slot = self._slot_for(kind)
                if slot is not None:
                    has_rtx = any(codec.rtx_payload_type is not None for codec in OFFERED_CODECS[kind])
                    self._outputs.place(subscription, slot.mid, has_rtx=has_rtx)
                    slot.offered = subscription.plan.track_sid
        return (data_section(), *(self._offered(slot) for slot in self._slots))

    def receive_answer(self, answer: RemoteDescription) -> list[RouteChange]:
        """Takes the answer to the last offer; returns the changes for the core.

        Raises:
            SdpRefused: it has not the sections of the offer; nothing was changed.
        """
        expected = [DATA_MID, *(slot.mid for slot in self._slots)]
        if len(answer.sections) != len(expected) or any(
            section.is_usable and section.mid != mid
            for section, mid in zip(answer.sections, expected, strict=True)
        ):
            raise SdpRefused(SDP_SECTIONS_CHANGED)
        changes = self._learn(answer)
        for slot, section in zip(self._slots, answer.sections[1:], strict=True):
            slot.answered = slot.offered
            subscription = self._outputs.in_section(slot.mid)
            codecs = _accepted(slot.kind, section)
            if subscription is not None and subscription.output is None and section.receives and codecs:
                changes += self._outputs.flow(subscription, codecs)
        return changes

    def subscribe(self, plan: SubscriptionPlan) -> None:
        """Wants a track, from the next offer on.

        Raises:
            MisuseError: it is wanted already.
        """
        self._outputs.add(plan)

    def unsubscribe(self, track_sid: TrackSid) -> list[RouteChange]:
        """Wants a track no more; returns the changes for the core."""
        return self._outputs.remove(track_sid)[1]

    def track_ended(self, track: TrackNumber) -> None:
        """The core has ended a track."""
        self._outputs.track_ended(track)

    def _slot_for(self, kind: str) -> _Slot | None:
        """Returns a section that the last answered offer had inactive, else a new one; None at the cap."""
        for slot in self._slots:
            if slot.kind == kind and slot.offered is None and slot.answered is None:
                return slot
        if len(self._slots) + 1 >= MAX_SECTIONS:
            return None
        self._slots.append(_Slot(mid=str(len(self._slots) + 1), kind=kind))
        return self._slots[-1]

    def _offered(self, slot: _Slot) -> LocalSection:
        subscription = self._outputs.in_section(slot.mid)
        slot.offered = None if subscription is None else subscription.plan.track_sid
        return media_section(slot.kind, slot.mid, None if subscription is None else subscription.stream)

    def _learn(self, answer: RemoteDescription) -> list[RouteChange]:
        answered = merged_extensions({}, answer.sections)
        extensions = {uri: i for uri, i in answered.items() if OFFERED_EXTENSION_IDS.get(uri) == i}
        if extensions == self._extensions:
            return []
        self._extensions = extensions
        return [set_extensions(self._peer, extensions)]


def _accepted(kind: str, section: RemoteSection) -> list[Codec]:
    """Returns the codecs that the peer left in its answer, under the payload types we offered."""
    offered = {codec.payload_type: codec.format for codec in OFFERED_CODECS[kind]}
    return [codec for codec in section.codecs if offered.get(codec.payload_type) == codec.format]
