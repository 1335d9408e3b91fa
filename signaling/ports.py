"""What signaling needs from the media server: the verbs of ``media_server.sfu.Sfu``, so that tests can stand
in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from media_server.ids import TrackNumber
from media_server.plans import ConnectionListener, MediaConnection
from media_server.ports import OutputClock, SecurePort
from recording.tap_records import RecordedTap


class MediaPlane(Protocol):
    """Connections, tracks and taps. Everything is called on the loop thread."""

    async def start(self) -> None:
        """Begins to carry events up."""

    async def close(self) -> None:
        """Ends all connections. Twice is harmless."""

    def open_secure_port(self, secure: SecurePort) -> int:
        """Opens a TLS port and returns its number. Raises OSError, ValueError."""

    def exchange_certificate(self, *, certificate: bytes, private_key: bytes) -> None:
        """Shows those who connect to it from now on another certificate. Raises ValueError."""

    def allocate_track(self) -> TrackNumber:
        """Returns a number for a track, unique while the process lives."""

    def open_connection(self, listener: ConnectionListener, *, offers: bool, company: str) -> MediaConnection:
        """Opens an association; ``offers``: this side makes the offers. Tracks go only to connections of the
        same ``company``."""

    def end_track(self, track: TrackNumber) -> None:
        """Takes a track out of the core; harmless where it is not there."""

    def request_keyframe(self, track: TrackNumber) -> None:
        """Asks the publisher for a key frame; harmless where the track is not there."""

    def open_tap(self, track: TrackNumber) -> RecordedTap:
        """Starts collecting whole frames of a track."""

    def stats(self) -> dict[str, Any]:
        """Returns the core's counters."""

    def last_heard_ms_ago(self, peers: Sequence[int]) -> dict[int, int]:
        """Returns how long ago something authentic came from each of these peers; nothing of one never
        heard."""

    def output_clocks(self, peers: Sequence[int]) -> list[OutputClock]:
        """Returns which moment of its publisher's clock each stream to these peers shows, where known."""

    def on_audio_levels(self, callback: Callable[[list[tuple[TrackNumber, int]]], None]) -> None:
        """Sets who hears of audio levels (RFC 6464), about every 500 ms."""
