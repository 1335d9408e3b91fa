"""On which rung of the degradation ladder a link stands by the server's own estimate (domain.md §5).

An estimate says how much a link carries only where more is wanted than it is given: nobody's link is known to
carry a picture that nobody asked for. So whoever has all that it wants stands on rung 0, whatever the figure.
Rung 5, no connection, is not among them: who has no link cannot be told of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LESS_BELOW_BPS: Final = 600_000
"""Below it a picture is for reference only (rung 2); from here up it is smaller than wanted (rung 1)."""
PAUSED_BELOW_BPS: Final = 250_000
"""Below it no picture goes beside voice and ECG (rung 3)."""
VOICE_BELOW_BPS: Final = 96_000
"""Below it voice and the live ECG have no room together (rung 4), where both are there."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What a link is thought to carry, what all that its person wants would take, and what that person may
    have; ``estimate_bps`` is None while nothing is known.
    """

    estimate_bps: int | None
    wanted_bps: int
    allotted_bps: int


def rung_of(link: Carried) -> int:
    """Returns the rung, 0 the best … 4."""
    if link.estimate_bps is None or link.allotted_bps >= link.wanted_bps:
        # What is never refused, voice and data, may still be more than the link carries.
        return 4 if link.estimate_bps is not None and _starves(link, link.estimate_bps) else 0
    if _starves(link, link.estimate_bps):
        return 4
    if link.estimate_bps < PAUSED_BELOW_BPS:
        return 3
    return 2 if link.estimate_bps < LESS_BELOW_BPS else 1


def _starves(link: Carried, estimate_bps: int) -> bool:
    return estimate_bps < VOICE_BELOW_BPS and estimate_bps < link.allotted_bps
