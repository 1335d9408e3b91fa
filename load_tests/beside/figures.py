"""What runs come to: medians, and of each name its best configuration."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MAX_LOSS = 0.001
"""Who loses more forwards less than it is asked to: what it costs then says nothing."""
ON_THE_WAY_PACKETS = 50
"""At a reading, of one subscriber: five bursts."""


@dataclass(frozen=True)
class Run:
    """One run of one server."""

    name: str
    configuration: str
    subscribers: int
    cpu_us_per_packet: float
    packets_per_s: float
    """That all subscribers received together."""
    wanted_per_s: float
    loss: float
    """Of the packets that subscribers should have received, what did not come."""
    delay_ms_p50: float
    delay_ms_p99: float


def loss_of(sent: int, received: int, holes: int, subscribers: int) -> float:
    """Returns the share of packets that did not come.

    ``holes``: numbers that all subscribers together did not get, between others that they got. What has no
    number behind it may be on its way: only what is missing beyond ON_THE_WAY_PACKETS is lost.
    """
    if not sent:
        return 0.0
    missing = max(0, holes, (sent - ON_THE_WAY_PACKETS) * subscribers - received)
    return missing / (sent * subscribers)


def medians(runs: Iterable[Run]) -> dict[tuple[str, str, int], Run]:
    """Returns of each name, configuration and number of subscribers the median of every figure."""
    groups: dict[tuple[str, str, int], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.name, run.configuration, run.subscribers), []).append(run)
    return {key: _median(key, group) for key, group in groups.items()}


def best(found: Mapping[tuple[str, str, int], Run]) -> dict[str, dict[str, float]]:
    """Returns by name and number of subscribers the CPU time of the configuration that took least there.

    Configurations that lost too much have no figure; a name may be left without any.
    """
    report: dict[str, dict[str, float]] = {name: {} for name, _, _ in found}
    for (name, _, subscribers), run in found.items():
        if run.loss > MAX_LOSS:
            continue
        own = report[name]
        own[str(subscribers)] = min(own.get(str(subscribers), float("inf")), round(run.cpu_us_per_packet, 3))
    return {
        name: dict(sorted(values.items(), key=lambda item: int(item[0]))) for name, values in report.items()
    }


def _median(key: tuple[str, str, int], runs: Sequence[Run]) -> Run:
    name, configuration, subscribers = key
    return Run(
        name,
        configuration,
        subscribers,
        cpu_us_per_packet=statistics.median(run.cpu_us_per_packet for run in runs),
        packets_per_s=statistics.median(run.packets_per_s for run in runs),
        wanted_per_s=statistics.median(run.wanted_per_s for run in runs),
        loss=statistics.median(run.loss for run in runs),
        delay_ms_p50=statistics.median(run.delay_ms_p50 for run in runs),
        delay_ms_p99=statistics.median(run.delay_ms_p99 for run in runs),
    )
