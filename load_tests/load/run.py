"""Runs a scenario: starts the service, lets people join, waits, reads what they received."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from load_tests.beside.system import cpu_time_ns
from load_tests.crowd.crowd import VOICE, Crowd, Played, crowd
from load_tests.crowd.reading import Reading
from load_tests.crowd.seat import taken_seat
from load_tests.crowd.service import Service, service
from load_tests.load.figures import Use, figures_of, probe_figures
from load_tests.load.recording import recording_of
from load_tests.load.scenario import Person, Picture, Scenario
from load_tests.netem.link import Link, reason_to_skip_link
from load_tests.netem.namespaces import Namespace
from load_tests.netem.profiles import PRESETS

LOOPBACK = "127.0.0.1"
SETTLING_S = 3.0
"""After the last has asked to join, before anybody is missed."""
SAMPLE_S = 1.0
_REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Moment:
    """One second of the course."""

    at_s: float
    people: int
    """Who is connected."""
    packets_per_s: float
    cores: float
    """Of the server's process."""


@dataclass
class Course:
    """What happened."""

    figures: dict[str, float] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    delays: list[tuple[float, int]] = field(default_factory=list)
    """Voice packets by the upper bound of their delay in milliseconds; the last is infinite."""
    failures: dict[str, int] = field(default_factory=dict)
    """Why people could not join, by the error's name."""


@dataclass(frozen=True)
class Place:
    """Where the service and the clients are."""

    server: str
    clients: str
    server_prefix: tuple[str, ...] = ()
    client_prefix: tuple[str, ...] = ()
    namespace: Namespace | None = None


async def run(scenario: Scenario, folder: Path, progress: Callable[[float, str], None]) -> Course:
    """Returns what happened. ``progress`` is told the share that is done, and a sentence.

    RuntimeError where the scenario needs a network that this machine does not allow.
    """
    recordings = {
        picture: await asyncio.to_thread(recording_of, picture, folder) for picture in scenario.pictures
    }
    async with contextlib.AsyncExitStack() as stack:
        place = stack.enter_context(_place(scenario))
        served = stack.enter_context(service(place.server, prefix=place.server_prefix))
        peers = await stack.enter_async_context(crowd(place.clients, prefix=place.client_prefix))
        session = await stack.enter_async_context(_http(place.namespace))
        return await Run(scenario, recordings, served, peers, session, place).run(progress)


class Run:
    """One run, once everything is there."""

    def __init__(
        self,
        scenario: Scenario,
        recordings: Mapping[Picture, Path],
        served: Service,
        peers: Crowd,
        session: aiohttp.ClientSession,
        place: Place,
    ) -> None:
        self._scenario, self._recordings, self._place = scenario, recordings, place
        self._served, self._peers, self._session = served, peers, session
        self._began_ns: dict[str, int] = {}
        self._end = asyncio.Event()
        self._course = Course()

    async def run(self, progress: Callable[[float, str], None]) -> Course:
        """Everybody joins, stays and is read."""
        scenario, course = self._scenario, self._course
        began_s, cpu_began_ns = time.monotonic(), cpu_time_ns(self._served.pid)
        people = [asyncio.create_task(self._attend(person)) for person in scenario.people]
        probing = asyncio.create_task(self._probe())
        length_s = scenario.joining_s + SETTLING_S + scenario.duration_s
        reading = await self._watch(began_s, length_s, progress)
        use = Use(
            cpu_s=(cpu_time_ns(self._served.pid) - cpu_began_ns) / 1e9,
            seconds=time.monotonic() - began_s,
            peak_bytes=_peak_bytes(self._served.pid),
        )
        probed = await probing
        self._end.set()
        await asyncio.gather(*people)
        failed = sum(course.failures.values())
        course.figures = figures_of(scenario, self._began_ns, failed, reading, use) | probed
        classes = [stream.delays for stream in reading.streams() if stream.delays]
        totals = [sum(counts) for counts in zip(*classes, strict=True)]
        bounds_ms = [*(bound / 1_000 for bound in reading.bounds_us), float("inf")]
        course.delays = list(zip(bounds_ms, totals, strict=False))
        return course

    async def _watch(
        self, began_s: float, length_s: float, progress: Callable[[float, str], None]
    ) -> Reading:
        """Samples the course until the end; returns the last reading."""
        reading, cpu_ns = await self._peers.read(), cpu_time_ns(self._served.pid)
        while (passed_s := time.monotonic() - began_s) < length_s:
            await asyncio.sleep(min(SAMPLE_S, length_s - passed_s))
            before, cpu_before_ns = reading, cpu_ns
            reading, cpu_ns = await self._peers.read(), cpu_time_ns(self._served.pid)
            took_ns = max(1, reading.now_ns - before.now_ns)
            packets = reading.received_packets() - before.received_packets()
            moment = Moment(
                at_s=time.monotonic() - began_s,
                people=self._connected(reading),
                packets_per_s=packets * 1e9 / took_ns,
                cores=(cpu_ns - cpu_before_ns) / took_ns,
            )
            self._course.moments.append(moment)
            progress(
                min(1.0, moment.at_s / length_s),
                f"{moment.people} of {len(self._scenario.people)} people, "
                f"{moment.packets_per_s:,.0f} packets/s, {moment.cores:.2f} cores",
            )
        return reading

    def _connected(self, reading: Reading) -> int:
        peers = reading.peers
        return sum(
            any(name in peers and peers[name].connected_ns for name in (person.name, f"{person.name}<"))
            for person in self._scenario.people
        )

    async def _attend(self, person: Person) -> None:
        """One person's way through the run; what goes wrong is counted."""
        await asyncio.sleep(person.joins_at_s)
        token = self._served.token(person.room, person.name)
        self._began_ns[person.name] = time.monotonic_ns()
        try:
            async with taken_seat(self._peers, self._session, self._served.url, token, person.name) as seat:
                if plays := self._plays(person):
                    await seat.publish(plays)
                await self._end.wait()
        except Exception as error:
            # Whatever it was, it was a join or a stay that failed, and the others go on.
            kind = type(error).__name__
            self._course.failures[kind] = self._course.failures.get(kind, 0) + 1

    def _plays(self, person: Person) -> dict[str, Played]:
        plays: dict[str, Played] = {"audio": VOICE} if person.has_voice else {}
        if person.picture is not None:
            plays["video"] = {"kind": "recording", "path": str(self._recordings[person.picture])}
        return plays

    async def _probe(self) -> dict[str, float]:
        """Two real clients in the first room, when everybody is there."""
        scenario = self._scenario
        if not scenario.probe_s:
            return {}
        await asyncio.sleep(scenario.joining_s + SETTLING_S)
        room = scenario.people[0].room
        tokens = [self._served.token(room, name) for name in ("probe-sender", "probe-viewer")]
        url = self._served.url.replace("http", "ws", 1)
        process = await asyncio.create_subprocess_exec(
            *(*self._place.client_prefix, sys.executable, "-m", "load_tests.load.probe"),
            *(url, *tokens, str(scenario.probe_s)),
            cwd=_REPOSITORY,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await process.communicate()
        if process.returncode != 0:
            return {}
        told = json.loads(out)
        return probe_figures(told["shown_ns"], told["delays_ms"], told["seconds"])


@contextlib.contextmanager
def _place(scenario: Scenario) -> Iterator[Place]:
    if scenario.network is None:
        yield Place(LOOPBACK, LOOPBACK)
        return
    reason = reason_to_skip_link()
    if reason is not None:
        raise RuntimeError(f"{scenario.title} needs an emulated network: {reason}")
    with Link(PRESETS[scenario.network]) as link:
        yield Place(
            link.left.address,
            link.right.address,
            tuple(link.left.command()),
            tuple(link.right.command()),
            link.right,
        )


@contextlib.asynccontextmanager
async def _http(namespace: Namespace | None) -> AsyncIterator[aiohttp.ClientSession]:
    """A session without a limit of connections, which start inside the namespace."""

    def open_inside(_: object) -> socket.socket:
        assert namespace is not None
        return namespace.open_socket(socket.SOCK_STREAM)

    factory = None if namespace is None else open_inside
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, socket_factory=factory)
    ) as session:
        yield session


def _peak_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1_024
    return 0
