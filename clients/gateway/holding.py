"""What of one ECG was taken here, is on its way, and lies at the server: stretches, no bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from media_server.ecg.spans import Spans


class Stretch(NamedTuple):
    """Samples of one epoch from ``start`` (inside) to ``end`` (not)."""

    epoch: int
    start: int
    end: int


class Holding:
    """The three sets of one ECG. *Taken* is on our disk, *sent* went out on this connection, *stored* is what
    the server said it has: what is missing is taken, and neither sent nor stored.
    """

    def __init__(self) -> None:
        self._taken: dict[int, Spans] = {}
        self._sent: dict[int, Spans] = {}
        self._stored: dict[int, Spans] = {}

    def take(self, stretch: Stretch) -> None:
        """Notes samples that are on our disk."""
        _add(self._taken, stretch)

    def first(self, epoch: int) -> int | None:
        """Returns the first sample that was taken of the epoch; None before there is one."""
        return next((start for start, _ in self._taken.get(epoch, ())), None)

    def send(self, stretch: Stretch) -> None:
        """Notes samples that went out."""
        _add(self._sent, stretch)

    def forget_sent(self) -> None:
        """What was on its way may have been lost with the connection."""
        self._sent.clear()

    def learn_stored(self, inventory: Mapping[int, Iterable[tuple[int, int]]]) -> None:
        """Takes the server's inventory for what it is, also where it has less than it once said."""
        self._stored.clear()
        for epoch, spans in inventory.items():
            for start, end in spans:
                _add(self._stored, Stretch(epoch, start, end))

    def confirm(self, epoch: int, until: int) -> bool:
        """Notes that all samples of the epoch below ``until`` that were taken are stored. Returns whether
        that is news.
        """
        news = False
        for start, end in list(self._taken.get(epoch, ())):
            if start < until:
                added = self._stored.setdefault(epoch, Spans()).add(start, min(end, until))
                news = news or bool(added)
        return news

    def missing(self) -> Iterator[Stretch]:
        """Yields what was taken and is neither on its way nor stored, oldest first."""
        yield from self._not_in(self._taken, self._sent)

    @property
    def is_outstanding(self) -> bool:
        """Whether something is on its way that is not stored yet."""
        return next(self._not_in(self._sent, {}), None) is not None

    @property
    def is_stored(self) -> bool:
        """Whether everything that was taken is stored."""
        return next(self._not_in(self._taken, {}), None) is None

    def declared(self) -> dict[int, list[tuple[int, int]]]:
        """Returns every stretch that was taken, by epoch: all there is. What lies between them the device
        itself has lost.
        """
        return {epoch: [(start, end) for start, end in spans] for epoch, spans in sorted(self._taken.items())}

    def _not_in(self, all_of: Mapping[int, Spans], besides: Mapping[int, Spans]) -> Iterator[Stretch]:
        nothing = Spans()
        for epoch in sorted(all_of):
            stored, sent = self._stored.get(epoch, nothing), besides.get(epoch, nothing)
            for whole in all_of[epoch]:
                for absent in stored.missing(*whole):
                    for start, end in sent.missing(*absent):
                        yield Stretch(epoch, start, end)


def _add(spans: dict[int, Spans], stretch: Stretch) -> None:
    if stretch.end > stretch.start:
        spans.setdefault(stretch.epoch, Spans()).add(stretch.start, stretch.end)
