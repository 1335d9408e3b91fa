"""Health and Prometheus metrics: numbers of rooms, participants, messages and packets; no names, no
addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from signaling.room_host import RoomHost

_NOT_A_NAME: Final = re.compile(r"[^a-z0-9_]+")


class ServerCollector(Collector):
    """Reads all figures at the moment of the scrape; keeps none."""

    def __init__(
        self,
        host: RoomHost,
        extra: Mapping[str, Callable[[], Mapping[str, int]]],
        links: Callable[[], Mapping[str, int]],
    ) -> None:
        self._host = host
        self._extra = extra
        self._links = links

    def collect(self) -> Iterable[Metric]:
        """Returns every figure as it is now."""
        rooms = [room.view() for room in self._host.rooms]
        yield _gauge("lianzhen_rooms", "Open rooms.", len(rooms))
        participants = sum(room.num_participants for room in rooms)
        yield _gauge("lianzhen_participants", "Participants in rooms, hidden ones not counted.", participants)
        yield _gauge("lianzhen_publishers", "Participants who publish.", sum(r.num_publishers for r in rooms))
        recorded = sum(1 for room in rooms if room.is_recording)
        yield _gauge("lianzhen_rooms_recorded", "Rooms being recorded.", recorded)
        links = GaugeMetricFamily("lianzhen_links", "Links on each rung of the ladder.", labels=["what"])
        for what, value in self._links().items():
            links.add_metric([what], value)
        yield links
        yield _counter("lianzhen_signal", "What signalling has seen.", self._host.traffic.counts())
        counters = _integers(self._host.media.stats().get("counters", {}))
        yield _counter("lianzhen_core", "What the packet core has counted.", counters)
        for name, read in self._extra.items():
            yield _counter(f"lianzhen_{name}", f"What {name} has counted.", read())


class MetricsPages:
    """/healthz and /metrics."""

    def __init__(
        self,
        host: RoomHost,
        extra: Mapping[str, Callable[[], Mapping[str, int]]],
        links: Callable[[], Mapping[str, int]],
    ) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(ServerCollector(host, extra, links))
        ProcessCollector(registry=self._registry)

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes to add to the application."""
        return [web.get("/healthz", self.health), web.get("/metrics", self.metrics)]

    async def health(self, request: web.Request) -> web.Response:
        """Says that the event loop turns."""
        return web.json_response({"status": "ok"})

    async def metrics(self, request: web.Request) -> web.Response:
        """Returns the figures in Prometheus' text form."""
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )


def _gauge(name: str, text: str, value: int) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _counter(name: str, text: str, values: Mapping[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=["what"])
    for what, value in sorted(values.items()):
        family.add_metric([_NOT_A_NAME.sub("_", what.lower())], value)
    return family


def _integers(values: Mapping[str, Any]) -> Mapping[str, int]:
    return {name: value for name, value in values.items() if isinstance(value, int)}
