"""What a tap delivers, told apart by shape: the packet core's classes cannot be built in tests, so none is named here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias, TypeGuard


class FrameRecord(Protocol):
    """One whole encoded frame in decoding order (``lianzhen_core.TapFrame``)."""

    @property
    def codec(self) -> str: ...
    @property
    def rtp_timestamp(self) -> int: ...
    @property
    def arrival_ns(self) -> int: ...
    @property
    def is_keyframe(self) -> bool: ...
    @property
    def lost_packets(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def data(self) -> bytes: ...


class ClockRecord(Protocol):
    """A sender report: at ``rtp_timestamp`` the publisher's clock read ``ntp_ns`` (``lianzhen_core.TapClock``)."""

    @property
    def rtp_timestamp(self) -> int: ...
    @property
    def ntp_ns(self) -> int: ...
    @property
    def arrival_ns(self) -> int: ...


class OverflowRecord(Protocol):
    """Frames dropped because the tap was read too slowly (``lianzhen_core.TapOverflow``)."""

    @property
    def frames(self) -> int: ...
    @property
    def arrival_ns(self) -> int: ...


class EndRecord(Protocol):
    """The tapped track has ended (``lianzhen_core.TapEnd``)."""

    @property
    def arrival_ns(self) -> int: ...


TapRecord: TypeAlias = FrameRecord | ClockRecord | OverflowRecord | EndRecord


class RecordedTap(Protocol):
    """Where a track's frames come from. Called on the recorder's thread, by one thread only."""

    def read(self, max_records: int) -> Sequence[TapRecord]:
        """What has come since the last call, oldest first; never waits."""

    def close(self) -> None:
        """Ends the tap; closing twice is harmless."""


def is_frame(record: TapRecord) -> TypeGuard[FrameRecord]:
    """Whether the record carries media."""
    return hasattr(record, "data")


def is_clock(record: TapRecord) -> TypeGuard[ClockRecord]:
    """Whether the record is a sender report."""
    return hasattr(record, "ntp_ns")


def is_overflow(record: TapRecord) -> TypeGuard[OverflowRecord]:
    """Whether the record tells of frames that were dropped before they could be read."""
    return hasattr(record, "frames")
