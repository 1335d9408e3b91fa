"""What media_server needs from the packet core, and the core's own words for it.

``MediaCore`` mirrors ``lianzhen_core.PacketCore``: tests put a small real implementation in its place.
The classes of route changes, events and tap records are the core's own: they are values without behaviour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from lianzhen_core import (
    AddInput,
    AddOutput,
    AudioLevels,
    DtlsDatagram,
    EventsLost,
    InputCodec,
    LayerSeen,
    OutputCodec,
    PathSelected,
    PeerHeard,
    PeerSilent,
    RemoveInput,
    RemoveOutput,
    SelectLayer,
    SetExtensions,
    TapClock,
    TapEnd,
    TapFrame,
    TapOverflow,
)
from lianzhen_core import MisuseError as CoreMisuseError

RouteChange = SetExtensions | AddInput | RemoveInput | AddOutput | RemoveOutput | SelectLayer
Event = DtlsDatagram | PathSelected | PeerSilent | PeerHeard | LayerSeen | AudioLevels | EventsLost
TapRecord = TapFrame | TapClock | TapOverflow | TapEnd

__all__ = [
    "AddInput",
    "AddOutput",
    "AudioLevels",
    "CoreMisuseError",
    "DtlsDatagram",
    "Event",
    "EventsLost",
    "InputCodec",
    "LayerSeen",
    "MediaCore",
    "OutputCodec",
    "PathSelected",
    "PeerHeard",
    "PeerSilent",
    "RemoveInput",
    "RemoveOutput",
    "RouteChange",
    "SelectLayer",
    "SetExtensions",
    "TapClock",
    "TapEnd",
    "TapFrame",
    "TapOverflow",
    "TapRecord",
]


class MediaCore(Protocol):
    """The verbs of the packet core; ``lianzhen_core.pyi`` says what each of them does and raises."""

    @property
    def port(self) -> int:
        """The bound UDP port."""

    def open_peer(self, *, peer: int, ufrag: str, password: str) -> None:
        """Accepts STUN checks for our ``ufrag``."""

    def add_credentials(self, *, peer: int, ufrag: str, password: str) -> None:
        """Adds the credentials of an ICE restart."""

    def close_peer(self, *, peer: int) -> None:
        """Forgets the peer with its inputs and outputs."""

    def set_keys(self, *, peer: int, profile: Any, receive: bytes, transmit: bytes) -> None:
        """SRTP master key and salt for each direction."""

    def send_datagram(self, *, peer: int, datagram: bytes) -> None:
        """Sends a DTLS datagram to the peer's selected address."""

    def apply(self, changes: Sequence[RouteChange]) -> None:
        """Applies all changes in order, or none of them."""

    def request_keyframe(self, *, track: int) -> None:
        """Asks the publisher for a key frame."""

    def tap(self, *, tap: int, track: int, layer: str | None = None) -> None:
        """Starts delivering whole frames of a track."""

    def untap(self, *, tap: int) -> None:
        """Ends a tap."""

    def read_batch(self, *, tap: int, max_records: int = 256) -> list[TapRecord]:
        """What a tap has collected since the last call."""

    def event_fd(self) -> int:
        """A descriptor that polls readable while events wait."""

    def drain_events(self) -> list[Event]:
        """All waiting events, oldest first."""

    def stats(self) -> dict[str, Any]:
        """Counters since the start."""

    def close(self) -> None:
        """Ends the core's thread and closes its socket."""
