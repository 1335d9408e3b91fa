"""The subscriptions of one connection: which section each lies in, and what the core is told of it.

A subscription is *wanted* from ``subscribe`` on, *placed* while it has a section (mid), and *flowing*
while the core has its output. Its track may end before it does: then it is wanted only, until it is
unsubscribed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from media_server.errors import MisuseError
from media_server.ids import OutputNumber, PeerNumber, TrackNumber, TrackSid
from media_server.plans import SubscriptionPlan
from media_server.ports import AddOutput, OutputCodec, RemoveOutput, RouteChange, SelectLayer
from media_server.sdp.description import Codec
from media_server.sdp.negotiate import Stream


class Numbers(Protocol):
    """Gives out what must be unique: outputs in the core, synchronization sources in a connection."""

    def next_output(self) -> OutputNumber:
        """Returns an output number that was never used."""

    def new_ssrc(self) -> int:
        """Returns a random synchronization source, 1 to 2^32 - 1 (RFC 3550 §8.1)."""


IsLive = Callable[[TrackNumber], bool]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted of a track; see ``MediaConnection.select_layer``."""

    layer: str | None = None
    is_paused: bool = False
    priority: int = 0
    max_fps: int = 0


@dataclass(slots=True)
class Subscription:
    """One wanted track; see the module's docstring for its states."""

    plan: SubscriptionPlan
    selection: Selection = Selection()
    mid: str | None = None
    stream: Stream | None = None
    output: OutputNumber | None = None


class Outputs:
    """The table of a connection's subscriptions. Methods that concern the core return the changes for it."""

    def __init__(self, peer: PeerNumber, numbers: Numbers) -> None:
        self._peer = peer
        self._numbers = numbers
        self._by_sid: dict[TrackSid, Subscription] = {}

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._by_sid.values())

    def add(self, plan: SubscriptionPlan) -> None:
        """Wants a track.

        Raises:
            MisuseError: it is wanted already.
        """
        if plan.track_sid in self._by_sid:
            raise MisuseError("track subscribed twice")
        self._by_sid[plan.track_sid] = Subscription(plan)

    def remove(self, track_sid: TrackSid) -> tuple[str | None, list[RouteChange]]:
        """Wants a track no more. Returns the section that is left empty, if there is one, and the changes."""
        subscription = self._by_sid.pop(track_sid, None)
        return (None, []) if subscription is None else self.displace(subscription)

    def select_layer(self, track_sid: TrackSid, selection: Selection) -> list[RouteChange]:
        """Notes what is wanted of a track; unknown tracks are ignored."""
        subscription = self._by_sid.get(track_sid)
        if subscription is None:
            return []
        subscription.selection = selection
        return [] if subscription.output is None else [_select(subscription.output, selection)]

    def of_output(self, output: OutputNumber) -> Subscription | None:
        """Returns the subscription that flows as an output."""
        return next((item for item in self if item.output == output), None)

    def in_section(self, mid: str) -> Subscription | None:
        """Returns the subscription placed in a section."""
        return next((item for item in self if item.mid == mid), None)

    def unplaced(self, kind: str, is_live: IsLive) -> list[Subscription]:
        """Returns the subscriptions that need a section, oldest first."""
        return [
            item for item in self if item.mid is None and item.plan.kind == kind and is_live(item.plan.track)
        ]

    def mid_to_track(self) -> dict[str, TrackSid]:
        """Returns the sections with subscriptions in them."""
        return {item.mid: item.plan.track_sid for item in self if item.mid is not None}

    def place(self, subscription: Subscription, mid: str, *, has_rtx: bool) -> None:
        """Gives a subscription its section, under fresh synchronization sources: decoders begin anew."""
        plan = subscription.plan
        subscription.mid = mid
        subscription.stream = Stream(
            # Clients split the stream id at "|": participant, then track (livekit-protocol.md §3).
            stream_id=f"{plan.participant_sid}|{plan.track_sid}",
            track_id=plan.track_sid,
            ssrc=self._numbers.new_ssrc(),
            rtx_ssrc=self._numbers.new_ssrc() if has_rtx else None,
        )

    def flow(self, subscription: Subscription, codecs: Iterable[Codec]) -> list[RouteChange]:
        """Lets a placed subscription flow under the payload types that the peer accepts."""
        mid, stream, plan = subscription.mid, subscription.stream, subscription.plan
        assert mid is not None and stream is not None and subscription.output is None
        output = subscription.output = self._numbers.next_output()
        changes: list[RouteChange] = [
            AddOutput(
                output=output,
                track=plan.track,
                peer=self._peer,
                mid=mid,
                codecs=tuple(
                    OutputCodec(
                        format=codec.format,
                        payload_type=codec.payload_type,
                        rtx_payload_type=codec.rtx_payload_type,
                        red_payload_type=codec.red_payload_type,
                    )
                    for codec in codecs
                ),
                ssrc=stream.ssrc,
                rtx_ssrc=stream.rtx_ssrc,
                layer=subscription.selection.layer,
            )
        ]
        if subscription.selection != Selection(layer=subscription.selection.layer):
            changes.append(_select(output, subscription.selection))
        return changes

    def displace(self, subscription: Subscription) -> tuple[str | None, list[RouteChange]]:
        """Takes a subscription out of its section. Returns the section left empty and the changes."""
        mid, output = subscription.mid, subscription.output
        subscription.mid = subscription.stream = subscription.output = None
        return mid, [] if output is None else [RemoveOutput(output=output)]

    def track_ended(self, track: TrackNumber) -> list[str]:
        """The core has ended a track and its outputs. Returns the sections left empty."""
        emptied = []
        for subscription in self:
            if subscription.plan.track == track:
                mid, _already_gone = self.displace(subscription)
                emptied += [] if mid is None else [mid]
        return emptied


def _select(output: OutputNumber, selection: Selection) -> SelectLayer:
    return SelectLayer(
        output=output,
        layer=selection.layer,
        is_paused=selection.is_paused,
        priority=selection.priority,
        max_fps=selection.max_fps,
    )
