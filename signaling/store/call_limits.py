"""For how long a caller of the store waits before it is told that nothing came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Seconds. The defaults are those of a service that patients wait for."""

    write_s: float = 2.0
    """A whole write, waiting included: what people still take for "it hangs a little"."""
    read_s: float = 2.0
    unit_s: float = 1.0
    """One unit's work: longer is a bug in it, and all others wait behind it."""


PATIENT: Final = CallLimits(write_s=60, read_s=60, unit_s=30)
"""For the demo, which is shown on whatever machine there is and seeded with days of work at once, and for
tests that are not about limits: longer than any disk stands still."""
