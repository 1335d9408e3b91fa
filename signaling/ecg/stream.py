"""What has arrived of an ECG and what is stored of it, sample by sample: gaps, their filling,
acknowledgements, completeness. Decides by arithmetic on sample numbers alone; a driver tells it what came and
what was written.

Two inventories are kept. *Arrived* is what this process has taken in: a frame that brings nothing new to it
is dropped, so repeated frames are neither written nor shown twice. *Stored* is what the log has written: only
that is acknowledged, told as the inventory, and counted when it is asked whether the ECG is complete.

A gap is a stretch of at least GAP_MS between the newest sample so far and the first of a frame beyond it. It
is *filled* when its last sample has arrived.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from media_server.ecg.descriptor import MAX_RATE_HZ, Descriptor
from media_server.ecg.frame import Envelope, FrameFlag
from media_server.ecg.spans import Span, Spans
from signaling.ecg.given_up import MissingStretch, longest
from signaling.ecg.inventory import (
    MAX_STRETCHES,
    Declared,
    EpochExtent,
    holes_of,
    missing_of,
    shown_of,
    told_parts,
)

GAP_MS: Final = 1_000
"""Shorter ones are the link's everyday and close by themselves; the ledger would be full of them."""
MAX_OPEN_GAPS: Final = 1_000
"""Watched at once; of more, the ledger hears nothing, and the arithmetic is not touched by that."""
MAX_JUMP_S: Final = 86_400
"""Forward from one frame to the next: as long as a gateway keeps what it could not send."""
MAX_EPOCH_S: Final = 31 * 86_400
"""From an epoch's first sample to its last: twice the longest that is worn. What missing samples amount to
then is a number that row and ledger can hold, whatever a gateway says."""
CLOCK_JUMP_US: Final = 2_000_000
"""Between a frame's time and what its sample number says; a crystal is off by that much in hours."""
MAX_AHEAD_S: Final = 10
"""Beyond the truth lane's newest sample: whoever is so far behind is about to lose his connection."""
_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class GapFound:
    """Samples are missing: the frames that follow have come, these have not."""

    epoch: int
    span: Span


@dataclass(frozen=True, slots=True)
class GapFilled:
    """All of a gap's samples have come."""

    epoch: int
    span: Span


@dataclass(frozen=True, slots=True)
class ClockJumped:
    """The gateway's clock was set, or the rate is not what the descriptor says."""

    epoch: int
    by_us: int


StreamFact: TypeAlias = GapFound | GapFilled | ClockJumped


@dataclass(slots=True)
class _Epoch:
    arrived: Spans = field(default_factory=Spans)
    stored: Spans = field(default_factory=Spans)
    told_first: int | None = None
    """The first sample that its device took, where the gateway says so."""
    first: int = 0
    """The least that has arrived."""
    first_taken_us: int = 0
    acknowledged: int = -1
    clock: tuple[int, int] | None = None
    """A sample and its time, from which the clock is watched."""
    latest: tuple[int, int] | None = None
    """The first sample of the newest frame that came live, and its time."""


@dataclass(slots=True)
class Stream:
    """The samples of one ECG. ``late_samples`` and ``gap_count`` begin where they were left."""

    rate_hz: int = 0
    """0 before the device has described itself; no frame is taken then."""
    leads: int = 0
    declared: Declared | None = None
    late_samples: int = 0
    gap_count: int = 0
    version: int = 0
    """Rises with everything that is stored."""
    _epochs: dict[int, _Epoch] = field(default_factory=dict)
    _gaps: list[GapFound] = field(default_factory=list)
    _facts: list[StreamFact] = field(default_factory=list)
    newest_epoch: int = 0

    def describe(self, descriptor: Descriptor) -> None:
        """Takes what the device says of itself."""
        self.rate_hz, self.leads = descriptor.rate_hz, len(descriptor.leads)

    def load(self, kept: Mapping[int, Sequence[Span]], first_taken_us: Mapping[int, int]) -> None:
        """Takes what is in the log already, once, before anything arrives."""
        for number, spans in kept.items():
            epoch = self._epochs[number] = _Epoch()
            for start, end in spans:
                epoch.arrived.add(start, end)
                epoch.stored.add(start, end)
            epoch.first, epoch.first_taken_us = spans[0].start, first_taken_us[number]
            self.newest_epoch = max(self.newest_epoch, number)
            self._watch(
                GapFound(number, Span(before.end, after.start))
                for before, after in itertools.pairwise(spans)
                if self._is_gap(after.start - before.end)
            )
        self.version += 1

    def begin_epoch(self, number: int, first: int | None) -> None:
        """Takes note that the gateway sends an epoch, and of its first sample where it says which."""
        epoch = self._epochs.setdefault(number, _Epoch())
        if first is not None:
            epoch.told_first = first
        epoch.clock = epoch.latest = None
        epoch.acknowledged = -1
        self.newest_epoch = max(self.newest_epoch, number)

    def refusal_of(self, envelope: Envelope) -> str:
        """Returns why a frame cannot be of this ECG, "" where it can: frame_epoch_unknown,
        frame_leads_wrong, frame_beyond, frame_torn (a hole more than there may be).
        """
        epoch = self._epochs.get(envelope.epoch)
        if epoch is None:
            return "frame_epoch_unknown"
        if envelope.leads != self.leads:
            return "frame_leads_wrong"
        end = epoch.arrived.end
        if not end:
            return ""
        if len(epoch.arrived) >= MAX_STRETCHES and envelope.first_sample > end:
            return "frame_torn"
        reach = max(end, envelope.end_sample) - min(epoch.first, envelope.first_sample)
        is_beyond = envelope.first_sample - end > MAX_JUMP_S * self.rate_hz
        return "frame_beyond" if is_beyond or reach > MAX_EPOCH_S * self.rate_hz else ""

    def refusal_of_ahead(self, envelope: Envelope) -> str:
        """Returns why a frame that came beside the truth lane is not shown, "" where it is: frame_known (the
        truth lane has brought it, or goes on behind it), frame_ahead (too far before it, or it has brought
        nothing yet), frame_clock_wrong, and as ``refusal_of``. Nothing is changed by it.
        """
        epoch = self._epochs.get(envelope.epoch)
        if epoch is None or envelope.epoch != self.newest_epoch:
            return "frame_epoch_unknown"
        if envelope.leads != self.leads:
            return "frame_leads_wrong"
        if epoch.latest is None or self.declared is not None or envelope.flags & FrameFlag.LATE:
            return "frame_ahead"
        if envelope.first_sample < epoch.arrived.end:
            return "frame_known"
        if envelope.end_sample - epoch.arrived.end > MAX_AHEAD_S * self.rate_hz:
            return "frame_ahead"
        sample, taken_us = epoch.latest
        by_us = envelope.taken_us - taken_us - (envelope.first_sample - sample) * _US // self.rate_hz
        return "frame_clock_wrong" if abs(by_us) > CLOCK_JUMP_US else ""

    def may_declare(self, declared: Declared) -> bool:
        """Returns whether there can ever be that much: no epoch reaches further than MAX_EPOCH_S."""
        # Before the device has described itself it may have any rate.
        most = MAX_EPOCH_S * (self.rate_hz or MAX_RATE_HZ)
        return all(spans[-1].end - spans[0].start <= most for spans in declared.values() if spans)

    def receive_frame(self, envelope: Envelope) -> tuple[Span, ...]:
        """Takes in a frame that was not refused; returns which of its samples are new. What else it tells
        comes out of ``next_facts``.
        """
        epoch = self._epochs[envelope.epoch]
        first, end = envelope.first_sample, envelope.end_sample
        newest = epoch.arrived.end
        added = epoch.arrived.add(first, end)
        if not added:
            return ()
        if not newest or first < epoch.first:
            epoch.first, epoch.first_taken_us = first, envelope.taken_us
        if newest and self._is_gap(first - newest):
            self.gap_count += 1
            found = GapFound(envelope.epoch, Span(newest, first))
            self._watch([found])
            self._facts.append(found)
        if first < newest and self._gaps:
            self._close_gaps(envelope.epoch, epoch)
        if envelope.flags & FrameFlag.LATE:
            self.late_samples += sum(span.length for span in added)
        elif first >= newest:
            epoch.latest = first, envelope.taken_us
            self._watch_clock(epoch, envelope)
        return added

    def receive_stored(self, number: int, start: int, end: int) -> None:
        """Takes note that the log has written these samples."""
        # An epoch may be new here: the log was opened anew while frames still waited for the disk.
        self._epochs.setdefault(number, _Epoch()).stored.add(start, end)
        self.version += 1

    def next_facts(self) -> list[StreamFact]:
        """Returns what is new since the last time, in order."""
        facts, self._facts = self._facts, []
        return facts

    def acknowledgements(self) -> list[tuple[int, int]]:
        """Returns epoch and number of each acknowledgement that is due: all samples below it that the device
        took in that epoch are stored.
        """
        due = []
        for number, epoch in self._epochs.items():
            start = epoch.first if epoch.told_first is None else epoch.told_first
            until = epoch.stored.whole_until(start)
            if until > max(start, epoch.acknowledged):
                epoch.acknowledged = until
                due.append((number, until))
        return due

    def have(self) -> list[dict[str, list[list[int]]]]:
        """Returns the stored inventory as it travels to a gateway, in parts."""
        return list(told_parts({number: epoch.stored for number, epoch in self._epochs.items()}))

    def shown(self) -> dict[str, list[list[int]]]:
        """Returns the stored inventory for pages."""
        return shown_of({number: epoch.stored for number, epoch in self._epochs.items()})

    def extents(self) -> tuple[EpochExtent, ...]:
        """Returns how far each epoch reaches that has samples."""
        return tuple(
            EpochExtent(number, epoch.first, epoch.arrived.end, epoch.first_taken_us)
            for number, epoch in sorted(self._epochs.items())
            if epoch.arrived.end
        )

    def newest(self) -> tuple[int, int]:
        """Returns the newest epoch with samples and the number after its newest sample; (0, 0) for none."""
        extents = self.extents()
        return (extents[-1].epoch, extents[-1].end) if extents else (0, 0)

    @property
    def missing_samples(self) -> int:
        """Before all is declared: how many have not arrived between others that have. After it: how many of
        what was declared are not stored.
        """
        if self.declared is not None:
            return missing_of({number: one.stored for number, one in self._epochs.items()}, self.declared)
        whole = {each.epoch: (Span(each.first, each.end),) for each in self.extents()}
        return missing_of({number: one.arrived for number, one in self._epochs.items()}, whole)

    def missing(self) -> tuple[MissingStretch, ...]:
        """Returns the longest stretches of ``missing_samples``, in order."""
        whole = {each.epoch: (Span(each.first, each.end),) for each in self.extents()}
        stored = {number: one.stored for number, one in self._epochs.items()}
        found = holes_of(stored, whole if self.declared is None else self.declared)
        return longest(MissingStretch(*each) for each in found)

    @property
    def missing_ms(self) -> int:
        """The same as time, rounded up: 0 only where nothing is missing."""
        return -(-self.missing_samples * 1000 // self.rate_hz) if self.rate_hz else 0

    @property
    def late_ms(self) -> int:
        """How much came late."""
        return self.late_samples * 1000 // self.rate_hz if self.rate_hz else 0

    @property
    def is_complete(self) -> bool:
        """Whether it is known what there will ever be, and all of it is stored."""
        return self.declared is not None and not self.missing_samples

    def _is_gap(self, samples: int) -> bool:
        return samples * 1000 >= GAP_MS * self.rate_hz > 0

    def _watch(self, gaps: Iterable[GapFound]) -> None:
        self._gaps += gaps
        del self._gaps[:-MAX_OPEN_GAPS]

    def _close_gaps(self, number: int, epoch: _Epoch) -> None:
        filled = [gap for gap in self._gaps if gap.epoch == number and epoch.arrived.has(*gap.span)]
        for gap in filled:
            self._gaps.remove(gap)
            self._facts.append(GapFilled(gap.epoch, gap.span))

    def _watch_clock(self, epoch: _Epoch, envelope: Envelope) -> None:
        here = envelope.first_sample, envelope.taken_us
        if epoch.clock is None:
            epoch.clock = here
            return
        sample, taken_us = epoch.clock
        by_us = here[1] - taken_us - (here[0] - sample) * _US // self.rate_hz
        if abs(by_us) > CLOCK_JUMP_US:
            self._facts.append(ClockJumped(envelope.epoch, by_us))
            epoch.clock = here
