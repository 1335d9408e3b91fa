"""Which published tracks the core has now, and who must hear that one has ended.

The core ends a track's outputs with it, so every connection has to forget its outputs of that track: to
remove or add them afterwards would be misuse.
"""

from __future__ import annotations

from collections.abc import Callable

from media_server.errors import MisuseError
from media_server.ids import TrackNumber

TrackEnded = Callable[[TrackNumber], None]


class LiveTracks:
    """The tracks between AddInput and RemoveInput, of all connections."""

    def __init__(self) -> None:
        self._live: set[TrackNumber] = set()
        self._watchers: list[TrackEnded] = []

    def is_live(self, track: TrackNumber) -> bool:
        """Returns whether the core has the track."""
        return track in self._live

    def begin(self, track: TrackNumber) -> None:
        """The core has taken AddInput.

        Raises:
            MisuseError: the number is in use.
        """
        if track in self._live:
            raise MisuseError("track number in use")
        self._live.add(track)

    def end(self, track: TrackNumber) -> bool:
        """The core has the track no more; tells all watchers. Returns whether it was live."""
        if track not in self._live:
            return False
        self._live.remove(track)
        for watcher in tuple(self._watchers):
            watcher(track)
        return True

    def watch(self, watcher: TrackEnded) -> None:
        """Calls ``watcher`` with every track that ends."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: TrackEnded) -> None:
        """Ends ``watch``. Harmless for one that does not watch."""
        if watcher in self._watchers:
            self._watchers.remove(watcher)
