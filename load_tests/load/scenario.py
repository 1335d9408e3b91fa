"""A load test as data: rooms, people, what they send, the network, how long, and what must be shown.

title = "Ten consultations"
duration_s = 60
joining_s = 10              # so long until the last has asked to join
network = "township_4g"     # a profile of load_tests.netem between the server and everybody; may be missing

[[rooms]]
count = 10
people = [
    { count = 2, voice = true, picture = "640x360@15:400" },   # width x height @ frames : kbit/s
]

[probe]                     # two real clients in the first room: one sends stamped pictures, one decodes them
seconds = 20

[targets]                   # names in load_tests/load/verdict.py
joins_failed = 0
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from load_tests.load.verdict import FIGURES
from load_tests.netem.profiles import PRESETS

MAX_PEOPLE = 1_000
"""Two sockets each, and the process may hold 20,000 descriptors; the machine's processors end before."""
_PICTURE = re.compile(r"(\d{2,4})x(\d{2,4})@(\d{1,2}):(\d{2,4})")


class ScenarioError(ValueError):
    """What a scenario's file says cannot be done; names the place."""


@dataclass(frozen=True)
class Picture:
    """A recorded picture that a person sends."""

    width: int
    height: int
    frames_per_s: int
    kbps: int

    @property
    def name(self) -> str:
        """As the scenario writes it."""
        return f"{self.width}x{self.height}@{self.frames_per_s}:{self.kbps}"


@dataclass(frozen=True)
class Person:
    """One participant."""

    room: str
    name: str
    has_voice: bool
    picture: Picture | None
    joins_at_s: float
    """Since the beginning."""


@dataclass(frozen=True)
class Scenario:
    """A whole load test."""

    title: str
    duration_s: float
    """After the last has asked to join."""
    people: tuple[Person, ...]
    network: str | None
    probe_s: float
    """How long real clients send and decode; 0: none."""
    targets: Mapping[str, float]

    @property
    def pictures(self) -> frozenset[Picture]:
        """The recordings that are needed."""
        return frozenset(person.picture for person in self.people if person.picture is not None)

    @property
    def joining_s(self) -> float:
        """When the last joins."""
        return max(person.joins_at_s for person in self.people)

    def streams_expected(self) -> int:
        """How many streams all people together receive when everybody is there: everything but their own, and
        in the first room the probe's picture."""
        rooms: dict[str, tuple[int, int]] = {}
        for person in self.people:
            people, streams = rooms.get(person.room, (0, 0))
            rooms[person.room] = people + 1, streams + person.has_voice + (person.picture is not None)
        probed = rooms[self.people[0].room][0] if self.probe_s else 0
        return sum((people - 1) * streams for people, streams in rooms.values()) + probed


def read_scenario(text: str) -> Scenario:
    """Returns what the file says. ScenarioError where it cannot be done."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"no TOML: {error}") from None
    known = {"title", "duration_s", "joining_s", "network", "rooms", "probe", "targets"}
    if unknown := sorted(set(told) - known):
        raise ScenarioError(f"nobody knows {', '.join(unknown)}")
    duration_s = _number(told, "duration_s", "the scenario")
    joining_s = _number(told, "joining_s", "the scenario", default=0.0)
    network = told.get("network")
    if network is not None and network not in PRESETS:
        raise ScenarioError(f"network: there is no profile {network!r}")
    probe = told.get("probe", {})
    people = tuple(_spread(list(_people(told.get("rooms", []))), joining_s))
    if not duration_s or not 0 < len(people) <= MAX_PEOPLE:
        raise ScenarioError(f"a scenario lasts, and has 1 to {MAX_PEOPLE} people")
    return Scenario(
        title=str(told.get("title", "")),
        duration_s=duration_s,
        people=people,
        network=network,
        probe_s=_number(probe, "seconds", "probe", default=0.0),
        targets=_targets(told.get("targets", {})),
    )


def picture_of(text: str) -> Picture:
    """Returns a picture by its name, such as 640x360@15:400. ScenarioError where it is none."""
    found = _PICTURE.fullmatch(text)
    if found is None:
        raise ScenarioError(f"{text!r} is no picture: WIDTHxHEIGHT@FRAMES:KBPS")
    width, height, frames_per_s, kbps = (int(part) for part in found.groups())
    if not frames_per_s or width % 2 or height % 2:
        raise ScenarioError(f"{text!r}: width and height are even, and there are frames")
    return Picture(width, height, frames_per_s, kbps)


def _people(rooms: list[dict[str, Any]]) -> Iterator[Person]:
    number = 0
    for group in rooms:
        for _ in range(_count(group, "rooms")):
            number += 1
            place = 0
            for kind in group.get("people", []):
                picture = picture_of(kind["picture"]) if "picture" in kind else None
                for _ in range(_count(kind, "rooms.people")):
                    place += 1
                    name = f"r{number}p{place}"
                    yield Person(f"load-{number}", name, bool(kind.get("voice")), picture, 0.0)


def _spread(people: list[Person], joining_s: float) -> Iterator[Person]:
    """Everybody at an even pace, the rooms in turn: the first of each room, then the second of each."""
    in_turn = sorted(people, key=lambda person: int(person.name.partition("p")[2]))
    for index, person in enumerate(in_turn):
        at_s = joining_s * index / max(1, len(people) - 1)
        yield Person(person.room, person.name, person.has_voice, person.picture, at_s)


def _count(table: Mapping[str, Any], where: str) -> int:
    count = table.get("count", 1)
    if not isinstance(count, int) or count < 1:
        raise ScenarioError(f"{where}: count is a whole number from 1")
    return count


def _number(table: Mapping[str, Any], name: str, where: str, default: float | None = None) -> float:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ScenarioError(f"{where}: {name} is a number from 0")
    return float(value)


def _targets(told: Mapping[str, Any]) -> dict[str, float]:
    if unknown := sorted(set(told) - set(FIGURES)):
        raise ScenarioError(f"targets: nobody measures {', '.join(unknown)}")
    return {name: _number(told, name, "targets") for name in told}
