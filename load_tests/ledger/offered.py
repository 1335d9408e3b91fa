"""What is offered to the store: acts as a busy county makes them, by callers who wait for their answers."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from recording.audit.act import Act
from signaling.store.sql_store import SqlStore
from signaling.store.store import Unit

_KINDS = ("participant.joined", "track.published", "track.muted", "recording.started", "ecg.chunk_stored")


def acts(institutions: int) -> Iterator[Act]:
    """Yields acts without end, as long as real ones are."""
    for number in itertools.count():
        yield Act(
            institution=f"in_{number % institutions:032x}",
            kind=_KINDS[number % len(_KINDS)],
            actor=f"pe_{number % 97:032x}",
            at_ms=1_800_000_000_000 + number,
            actor_role="clinic_doctor",
            subject={
                "room": "east-2",
                "case": f"ca_{number % 499:032x}",
                "patient": f"pt_{number % 997:032x}",
            },
            after={"state": "active", "layer": 2},
        )


async def record_one(store: SqlStore, act: Act) -> None:
    """As the media plane does: an act that tells of no change in the store."""
    await store.record([act])


async def write_one(store: SqlStore, act: Act) -> None:
    """As the API does: a unit of work in a savepoint, with its act."""

    async def work(unit: Unit) -> None:
        unit.record(act)

    await store.write(work)


@dataclass
class Measured:
    """What one run showed. Waits are those of single callers."""

    acts: int = 0
    elapsed_s: float = 0.0
    cpu_s: float = 0.0
    waits_ms: list[float] = field(default_factory=list)
    lags_ms: list[float] = field(default_factory=list)

    @property
    def acts_per_s(self) -> float:
        """Acknowledged after their commit."""
        return self.acts / self.elapsed_s

    def percentile_ms(self, waits_ms: list[float], share: float) -> float:
        """The wait that ``share`` of them do not exceed; 0 where there is none."""
        ordered = sorted(waits_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


async def offer(
    store: SqlStore, call: Callable[[SqlStore, Act], Awaitable[None]], *, callers: int, seconds: float
) -> Measured:
    """Lets ``callers`` call one after another for ``seconds``; each waits for its answer before the next."""
    measured, source = Measured(), acts(institutions=4)
    began, cpu_began = time.perf_counter(), time.process_time()
    until = began + seconds

    async def caller() -> None:
        while (now := time.perf_counter()) < until:
            await call(store, next(source))
            measured.waits_ms.append((time.perf_counter() - now) * 1000)

    async def watch_lag() -> None:
        while True:
            measured.lags_ms.append(store.checkpoint_lag_ms())
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch_lag())
    await asyncio.gather(*(caller() for _ in range(callers)))
    measured.elapsed_s = time.perf_counter() - began
    measured.cpu_s = time.process_time() - cpu_began
    measured.acts = len(measured.waits_ms)
    while store.checkpoint_lag_ms():
        await asyncio.sleep(0.01)
    watching.cancel()
    return measured
