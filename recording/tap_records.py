"""What a tap delivers, told apart by shape: the packet core's classes cannot be built in tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias, TypeGuard


class FrameRecord(Protocol):
    """One whole encoded frame in decoding order (``lianzhen_core.TapFrame``)."""

    codec: str
    rtp_timestamp: int
    arrival_ns: int
    is_keyframe: bool
    lost_packets: int
    width: int
    height: int
    data: bytes


class ClockRecord(Protocol):
    """A sender report: at ``rtp_timestamp`` the publisher's clock read ``ntp_ns``
    (``lianzhen_core.TapClock``).
    """

    rtp_timestamp: int
    ntp_ns: int
    arrival_ns: int


class OverflowRecord(Protocol):
    """Frames dropped because the tap was read too slowly (``lianzhen_core.TapOverflow``)."""

    frames: int
    arrival_ns: int


class EndRecord(Protocol):
    """The tapped track has ended (``lianzhen_core.TapEnd``)."""

    arrival_ns: int


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
