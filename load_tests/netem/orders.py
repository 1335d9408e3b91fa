"""What a link tells its driver: how to begin, what to change, what to answer."""

from __future__ import annotations

from dataclasses import dataclass

from load_tests.netem.emulation import Side
from load_tests.netem.profiles import Profile, Schedule


@dataclass(frozen=True)
class Begin:
    """The first: the link as it is to be."""

    what: Profile | Schedule
    seed: int


@dataclass(frozen=True)
class Change:
    """The link is like this from now on."""

    what: Profile | Schedule


@dataclass(frozen=True)
class Ask:
    """What became of the packets that entered at this side?"""

    side: Side
