"""From a device's samples to frames of 40 ms: counted, timed, cut, and with every gap named.

What the device's counter may do, and what is made of it::

    follows                                   the next samples
    jumps ahead, by no more than time passed  a gap: the next frame says so, nothing is filled in
    jumps ahead further than that             another run of the counter
    falls back by less than two seconds       samples that were sent twice: passed over
    falls back further, or another run        another run of the counter: a new epoch
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clients.gateway.chunk import Chunk
from clients.gateway.device_clock import DeviceClock
from clients.gateway.errors import SourceFault
from media_server.ecg.descriptor import Descriptor
from media_server.ecg.frame import MAX_COUNT, MAX_VALUE, NO_FLAGS, FrameFlag, Samples

FRAME_MS: Final = 40
"""Measured (design/ecg.md §3): 20 ms costs half as much again on the wire, 100 ms is late."""
REPEATED_MS: Final = 2_000
"""Devices repeat what was not acknowledged; none keeps more than this for it."""
AHEAD_SLACK_MS: Final = 5_000
"""A driver may hold back some seconds; a counter further ahead than time passed plus this counts no time."""


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A frame's worth of samples, before it belongs to an ECG."""

    run: str
    first_sample: int
    taken_us: int
    samples: Samples
    lead_off: int
    flags: FrameFlag


class Taking:
    """One source, opened once."""

    def __init__(self, descriptor: Descriptor) -> None:
        self._descriptor = descriptor
        self._frame_samples = max(1, descriptor.rate_hz * FRAME_MS // 1000)
        self._repeated = descriptor.rate_hz * REPEATED_MS // 1000
        self._device_run: str | None = None
        self._run = ""
        self._runs = 0
        self._clock = DeviceClock(descriptor.rate_hz, descriptor.latency_ms)
        self._next = 0
        self._arrived_us = 0
        self._held: list[Samples] = []
        self._held_first = 0
        self._lead_off = 0
        self._flags = NO_FLAGS
        self.repeated_samples = 0
        """How many came twice and were passed over."""
        self.gap_samples = 0
        """How many the device has lost."""
        self.counter_jumps = 0
        """How often its counter began anew, or counted no time, without another run."""

    def receive(self, chunk: Chunk, arrived_us: int) -> list[Taken]:
        """Returns the frames that became whole, oldest first.

        Raises SourceFault: samples that are none of this device's, or a counter that does not keep the rate.
        Frames that were whole before have been returned before.
        """
        self._check(chunk)
        taken: list[Taken] = []
        samples, first = chunk.samples, chunk.first_sample
        if chunk.run != self._device_run or self._is_another_run(first, arrived_us):
            taken += self.flush()
            self._begin_run(chunk.run, first)
        elif first < self._next:
            repeated = min(self._next - first, len(samples))
            self.repeated_samples += repeated
            samples, first = samples[repeated:], first + repeated
        elif first > self._next:
            taken += self.flush()
            self.gap_samples += first - self._next
            self._flags |= FrameFlag.GAP_BEFORE
            self._next = first
        self._arrived_us = arrived_us
        if len(samples) == 0:
            return taken
        self._clock.receive(chunk.end_sample, arrived_us)
        if self._held and chunk.lead_off != self._lead_off:
            taken += self.flush()
        self._lead_off = chunk.lead_off
        self._flags |= chunk.flags
        self._hold(samples, first)
        while sum(map(len, self._held)) >= self._frame_samples:
            taken.append(self._cut(self._frame_samples))
            self._flags = chunk.flags if self._held else NO_FLAGS
        return taken

    def flush(self) -> list[Taken]:
        """Returns what is held as a frame of its own, at the end or before a gap."""
        if not self._held:
            return []
        taken = self._cut(sum(map(len, self._held)))
        self._flags = NO_FLAGS
        return [taken]

    # ---- inside -----------------------------------------------------------------------------------------

    def _check(self, chunk: Chunk) -> None:
        samples = chunk.samples
        leads = len(self._descriptor.leads)
        if samples.ndim != 2 or samples.shape[1] != leads or samples.dtype != np.int32:
            raise SourceFault("samples_malformed")
        if len(samples) and max(int(samples.max()), -int(samples.min())) > MAX_VALUE:
            raise SourceFault("sample_out_of_range")
        if not 0 <= chunk.lead_off < 2**leads:
            raise SourceFault("samples_malformed")
        if not 0 <= chunk.first_sample <= MAX_COUNT - len(samples):
            raise SourceFault("counter_out_of_range")

    def _is_another_run(self, first: int, arrived_us: int) -> bool:
        if first < self._next - self._repeated:
            return True
        passed_ms = (arrived_us - self._arrived_us) // 1000 + AHEAD_SLACK_MS
        return (first - self._next) * 1000 > passed_ms * self._descriptor.rate_hz

    def _begin_run(self, device_run: str, first: int) -> None:
        # Where the device says it is the same run, its counter says it is not.
        is_jump = self._device_run == device_run
        self.counter_jumps += is_jump
        self._runs = self._runs + 1 if is_jump else 0
        self._device_run = device_run
        self._run = f"{device_run}.{self._runs}" if self._runs else device_run
        self._clock = DeviceClock(self._descriptor.rate_hz, self._descriptor.latency_ms)
        self._next = first

    def _hold(self, samples: Samples, first: int) -> None:
        if not self._held:
            self._held_first = first
        self._held.append(samples)
        self._next = first + len(samples)

    def _cut(self, count: int) -> Taken:
        held = np.concatenate(self._held)
        taken = Taken(
            self._run,
            self._held_first,
            self._clock.taken_us(self._held_first),
            held[:count],
            self._lead_off,
            self._flags,
        )
        self._held = [held[count:]] if len(held) > count else []
        self._held_first += count
        return taken
