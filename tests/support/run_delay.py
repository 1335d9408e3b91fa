"""How long the threads of a process have waited for a processor while they wanted one (Linux's schedstat)."""

from __future__ import annotations

import contextlib
from pathlib import Path

_NS_PER_S = 1e9


def run_delays_s(pid: int) -> dict[str, float]:
    """Seconds since each thread began, by its number and name; empty where the kernel does not count them."""
    delays: dict[str, float] = {}
    for task in Path(f"/proc/{pid}/task").glob("[0-9]*"):
        # Threads end while one looks.
        with contextlib.suppress(OSError, ValueError, IndexError):
            name = (task / "comm").read_text().strip()
            delays[f"{task.name} {name}"] = int((task / "schedstat").read_text().split()[1]) / _NS_PER_S
    return delays


def most_delayed(before: dict[str, float], after: dict[str, float]) -> tuple[str, float]:
    """The thread that waited longest between two readings, and for how many seconds."""
    waited = {name: delay_s - before.get(name, 0.0) for name, delay_s in after.items()}
    return max(waited.items(), key=lambda each: each[1], default=("", 0.0))
