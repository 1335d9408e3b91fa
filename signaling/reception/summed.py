"""Many lines about one person summed up as what the ledger keeps: numbers and words of fixed lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from recording.summary import JsonValue
from signaling.reception.line import Reception

_MS_PER_S = 1_000


class SummedReceptions:
    """A fold over lines."""

    def __init__(self) -> None:
        self._span_ms = 0
        self._sources: set[str] = set()
        self._sizes_ms: Counter[tuple[int, int]] = Counter()
        self._frames = self._frames_ms = self._freezes = self._frozen_ms = self._paused_ms = 0
        self._samples = self._concealed = self._packets = self._lost = self._bytes = self._bytes_ms = 0
        self._delay_ms_ms = self._delay_span_ms = self._worst_delay_ms = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was summed up."""
        return self._span_ms == 0

    @property
    def span_ms(self) -> int:
        """How long all of it took."""
        return self._span_ms

    def add(self, one: Reception) -> None:
        """Takes a line; one about nothing says nothing."""
        if one.is_empty:
            return
        self._span_ms += one.span_ms
        self._sources.add(one.source.value)
        # What is held back has no size and no rate: how long that was says it all.
        is_held_back = 0 < one.pictures == one.paused
        if is_held_back:
            self._paused_ms += one.span_ms
        elif one.height:
            self._sizes_ms[one.width, one.height] += one.span_ms
        if one.frames is not None and not is_held_back:
            self._frames += one.frames
            self._frames_ms += one.span_ms
        self._freezes += one.freezes or 0
        self._frozen_ms += one.frozen_ms or 0
        self._samples += one.samples or 0
        self._concealed += one.concealed or 0
        self._packets += one.packets
        self._lost += one.lost
        if one.sent_bytes is not None:
            self._bytes += one.sent_bytes
            self._bytes_ms += one.span_ms
        if one.buffer_ms is not None:
            # From the server to the ear: half the way there and back, and the wait before it is played.
            delay_ms = one.buffer_ms + (one.round_trip_ms or 0) // 2
            self._delay_ms_ms += delay_ms * one.span_ms
            self._delay_span_ms += one.span_ms
            self._worst_delay_ms = max(self._worst_delay_ms, delay_ms)

    def facts(self) -> Mapping[str, JsonValue]:
        """Returns what is known, by name; a name is left out where nobody told of it."""
        facts: dict[str, JsonValue] = {
            "source": next(iter(self._sources)) if len(self._sources) == 1 else "both",
            "seconds": round(self._span_ms / _MS_PER_S),
            "lost_permille": _permille(self._lost, self._packets + self._lost),
        }
        if self._sizes_ms:
            # The size that was seen longest; of two, the smaller: nobody is to be told too much.
            (width, height), _ = min(self._sizes_ms.items(), key=lambda item: (-item[1], item[0]))
            facts |= {"width": width, "height": height}
        if self._paused_ms:
            facts["paused_ms"] = self._paused_ms
        if self._frames_ms:
            facts |= {
                "fps": round(self._frames * _MS_PER_S / self._frames_ms),
                "freezes": self._freezes,
                "frozen_ms": self._frozen_ms,
            }
        if self._samples:
            facts["concealed_permille"] = _permille(self._concealed, self._samples)
        if self._delay_span_ms:
            facts["delay_ms"] = self._delay_ms_ms // self._delay_span_ms
            facts["worst_delay_ms"] = self._worst_delay_ms
        if self._bytes_ms:
            facts["sent_kbps"] = self._bytes * 8 // self._bytes_ms
        return facts


def _permille(part: int, whole: int) -> int:
    return round(1_000 * part / whole) if whole else 0
