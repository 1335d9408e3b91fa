"""For how long a caller of the store waits before it is told that nothing came of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Seconds. The defaults are the service's; tests that are not about them wait longer than any disk."""

    write_s: float = 2.0
    """A whole write, waiting included: what people still take for "it hangs a little"."""
    read_s: float = 2.0
    unit_s: float = 1.0
    """One unit's work: longer is a bug in it, and all others wait behind it."""
