"""One participant's session: its media connections, its present WebSocket, and the negotiation between them.

A session lives as long as the seat, through any number of WebSockets. It decides nothing about the room:
requests go to the room host, and what comes back arrives through the ``tell_*`` and ``*_forwarding``
methods. Everything is called on the loop thread.

Negotiation. With one connection only the client offers: a subscription that has no place yet is asked for
with ``media_sections_requirement`` and placed by the answer to the offer that follows. With two connections
this side offers on the subscriber's. Either way at most one round is under way, and what changes meanwhile
waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from livekit.protocol import rtc

from media_server.errors import SdpRefused
from media_server.ids import ParticipantIdentity, ParticipantSid, TrackSid
from media_server.plans import ChannelKind, MediaConnection, Offer, SubscriptionPlan
from media_server.rooms.effects import StartForwarding
from media_server.rooms.layers import LayerChoice
from media_server.rooms.presence import NS_PER_S
from signaling.livekit.media_link import LinkOwner, MediaLink
from signaling.livekit.outgoing import stream_states
from signaling.livekit.round_trips import RoundTrips
from signaling.livekit.socket import CLOSE_NORMAL, CLOSE_REPLACED, SignalSocket
from signaling.ports import MediaPlane

NEGOTIATION_RETRY_NS: Final = 5 * NS_PER_S
"""A round that nobody finishes is begun again: the message went down with a WebSocket, or the client dropped
it."""


@dataclass(slots=True)
class _Round:
    """The negotiation with the subscriber: whether one is under way, since when, and what waits for its
    end."""

    is_scheduled: bool = False
    is_open: bool = False
    since_ns: int = 0
    has_more: bool = False
    offer_id: int = 0
    last_offer: Offer | None = field(default=None)


class ParticipantSession:
    """The wire side of one seat."""

    def __init__(
        self,
        *,
        sid: ParticipantSid,
        identity: ParticipantIdentity,
        is_single_connection: bool,
        protocol: int,
        media: MediaPlane,
        company: str,
        owner: LinkOwner,
        now_ns: Callable[[], int],
    ) -> None:
        self.sid, self.identity = sid, identity
        self.is_single_connection = is_single_connection
        self.protocol = protocol
        self.socket: SignalSocket | None = None
        self.last_data_sequence = 0
        self.round_trips = RoundTrips()
        self.token_sent_ns = now_ns()
        self._now_ns = now_ns
        self._round = _Round()
        self._paused: dict[TrackSid, ParticipantSid] = {}
        self._is_closed = False
        self._publisher_link = MediaLink(sid, owner, is_primary=is_single_connection)
        self._publisher: MediaConnection = media.open_connection(
            self._publisher_link, offers=False, company=company
        )
        self._links = [self._publisher_link]
        if is_single_connection:
            self._subscriber = self._publisher
        else:
            subscriber_link = MediaLink(sid, owner, is_primary=True)
            self._subscriber = media.open_connection(subscriber_link, offers=True, company=company)
            self._links.append(subscriber_link)

    # ---- the WebSocket ----------------------------------------------------------------------------------

    def attach(self, socket: SignalSocket) -> None:
        """Takes a new WebSocket in place of the one before, which is closed."""
        if self.socket is not None:
            self.socket.finish(CLOSE_REPLACED, "replaced")
        self.socket = socket

    def detach(self, socket: SignalSocket) -> bool:
        """Lets a WebSocket go that has ended; returns whether it was the present one."""
        if self.socket is not socket:
            return False
        self.socket = None
        return True

    def send(self, message: rtc.SignalResponse) -> None:
        """Sends a message by the present WebSocket; without one it is dropped: a resume brings a snapshot."""
        if self.socket is not None:
            self.socket.send(message)

    def dismiss(self, message: rtc.SignalResponse | None) -> None:
        """Sends the last message, if any, and closes the WebSocket behind it."""
        if message is not None:
            self.send(message)
        if self.socket is not None:
            self.socket.finish(CLOSE_NORMAL, "left")

    async def close(self) -> None:
        """Closes the media connections. Twice is harmless."""
        self._is_closed = True
        await self._publisher.close()
        if self._subscriber is not self._publisher:
            await self._subscriber.close()

    # ---- SDP --------------------------------------------------------------------------------------------

    def receive_offer(self, offer: rtc.SessionDescription) -> None:
        """Answers the client's offer. Raises SdpRefused."""
        answer = self._publisher.receive_offer(offer.sdp)
        mids = answer.mid_to_track if self.is_single_connection else {}
        self.send(
            rtc.SignalResponse(
                answer=rtc.SessionDescription(
                    type="answer", sdp=answer.sdp, id=offer.id, mid_to_track_id=dict(mids)
                )
            )
        )
        if self.is_single_connection:
            self._end_round(has_more=self._publisher.has_unplaced_subscriptions)

    def receive_answer(self, answer: rtc.SessionDescription) -> None:
        """Takes the client's answer to our offer; one to an earlier offer is passed over. Raises
        SdpRefused."""
        is_stale = answer.id not in (0, self._round.offer_id)
        if self.is_single_connection or not self._round.is_open or is_stale:
            return
        self._subscriber.receive_answer(answer.sdp)
        self._end_round(has_more=self._round.has_more)

    def begin(self) -> None:
        """Begins the first round: with two connections the client waits for our offer and its data
        channels."""
        if not self.is_single_connection:
            self._round.has_more = True
            self._negotiate()

    def resume(self) -> None:
        """Begins again after a WebSocket was lost: what was under way may never have arrived."""
        if self._paused:
            self.send(stream_states({track: (publisher, True) for track, publisher in self._paused.items()}))
        if self.is_single_connection:
            self._end_round(has_more=self._publisher.has_unplaced_subscriptions)
            return
        if self._round.is_open and self._round.last_offer is not None:
            self._send_offer(self._round.last_offer)
        self._subscriber.restart_ice()
        self._change()

    def advance(self, now_ns: int) -> None:
        """Begins a round again that nobody has finished."""
        stalled = self._round.is_open and now_ns - self._round.since_ns >= NEGOTIATION_RETRY_NS
        if not stalled or self.socket is None:
            return
        self._round.since_ns = now_ns
        if self.is_single_connection:
            self._end_round(has_more=self._publisher.has_unplaced_subscriptions)
        elif self._round.last_offer is not None:
            self._send_offer(self._round.last_offer)

    def refuse_description(self, refusal: SdpRefused) -> None:
        """Says which rule a session description broke. Nothing of it took effect: what was there goes on."""
        reasons = rtc.RequestResponse.Reason
        reason = reasons.UNCLASSIFIED_ERROR if refusal.limit is None else reasons.LIMIT_EXCEEDED
        response = rtc.RequestResponse(reason=reason, message=refusal.code)
        self.send(rtc.SignalResponse(request_response=response))

    # ---- forwarding -------------------------------------------------------------------------------------

    def start_forwarding(self, effect: StartForwarding) -> None:
        """Wants a track sent to this participant."""
        self._subscriber.subscribe(
            SubscriptionPlan(effect.publisher, effect.track_sid, effect.number, effect.kind.value)
        )
        self._change()

    def stop_forwarding(self, track_sid: TrackSid) -> None:
        """Stops sending a track to this participant."""
        self._subscriber.unsubscribe(track_sid)
        self._paused.pop(track_sid, None)
        if not self.is_single_connection:
            self._change()

    def select_layer(self, track_sid: TrackSid, choice: LayerChoice) -> None:
        """Sends another layer of a track, or nothing of it for now."""
        self._subscriber.select_layer(
            track_sid,
            choice.rid,
            is_paused=choice.is_paused,
            priority=choice.priority,
            max_fps=choice.max_fps,
        )

    def tell_stream_state(self, publisher: ParticipantSid, track_sid: TrackSid, *, is_paused: bool) -> None:
        """The link makes a picture pause, or carries it again: tells the client."""
        self._paused.pop(track_sid, None)
        if is_paused:
            self._paused[track_sid] = publisher
        self.send(stream_states({track_sid: (publisher, is_paused)}))

    def send_data(self, kind: ChannelKind, payload: bytes) -> bool:
        """Sends a data packet down; False where it had to be dropped."""
        return self._subscriber.send_data(kind, payload)

    def links(self) -> tuple[MediaLink, ...]:
        """Returns the listeners of this session's connections."""
        return tuple(self._links)

    def peers(self) -> tuple[int, ...]:
        """Returns the core's numbers of this session's associations."""
        return tuple({int(self._publisher.peer), int(self._subscriber.peer)})

    # ---- inside -----------------------------------------------------------------------------------------

    def _change(self) -> None:
        self._round.has_more = True
        if not self._round.is_scheduled:
            self._round.is_scheduled = True
            # One round for all changes of one event: a join subscribes to many tracks at once.
            asyncio.get_running_loop().call_soon(self._run_scheduled)

    def _run_scheduled(self) -> None:
        self._round.is_scheduled = False
        self._negotiate()

    def _end_round(self, *, has_more: bool) -> None:
        self._round.is_open = False
        self._round.has_more = has_more
        self._negotiate()

    def _negotiate(self) -> None:
        if self._is_closed or self._round.is_open or not self._round.has_more or self.socket is None:
            return
        self._round.has_more = False
        if not self.is_single_connection:
            self._round.offer_id += 1
            self._round.last_offer = self._subscriber.next_offer()
            self._send_offer(self._round.last_offer)
        elif self._subscriber.has_unplaced_subscriptions:
            num_audios, num_videos = self._subscriber.missing_sections()
            self.send(
                rtc.SignalResponse(
                    media_sections_requirement=rtc.MediaSectionsRequirement(
                        num_audios=num_audios, num_videos=num_videos
                    )
                )
            )
        else:
            return
        self._round.is_open = True
        self._round.since_ns = self._now_ns()

    def _send_offer(self, offer: Offer) -> None:
        self.send(
            rtc.SignalResponse(
                offer=rtc.SessionDescription(
                    type="offer",
                    sdp=offer.sdp,
                    id=self._round.offer_id,
                    mid_to_track_id=dict(offer.mid_to_track),
                )
            )
        )
