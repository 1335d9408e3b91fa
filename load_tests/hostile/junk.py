"""The program that sends junk (virtual_peer/src/bin/flood.rs), and what the kernel dropped meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from load_tests.crowd.crowd import BINARY

FLOOD: Final = BINARY.with_name("flood")
KINDS: Final = ("stun", "dtls", "rtp", "random", "mixed")
SOURCES: Final = tuple(f"127.66.{net}.{host}" for net in range(4) for host in range(1, 17))
SOCKETS: Final = 128
NICENESS: Final = 5
"""Behind the people's own process: what it does to them is to be the junk's doing, not the scheduler's."""
_SEED: Final = 7


@dataclass(frozen=True)
class Sent:
    """What became of a flood at its sender."""

    sent: int
    refused: int
    took_s: float


async def send_junk(port: int, kind: str, per_s: int, seconds: int, ufrags: Sequence[str]) -> Sent:
    """Sends junk to a media port on loopback. RuntimeError where the sender refuses."""
    what = {
        "target": f"127.0.0.1:{port}",
        "sources": SOURCES,
        "sockets": SOCKETS,
        "per_s": per_s,
        "seconds": seconds,
        "kind": kind,
        "ufrags": list(ufrags),
        "seed": _SEED,
    }
    process = await asyncio.create_subprocess_exec(
        str(FLOOD),
        json.dumps(what),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    try:
        told, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise RuntimeError(errors.decode(errors="replace").strip())
    return Sent(**json.loads(told))


def kernel_drops(table: str, port: int) -> int:
    """Returns how many datagrams found no room at the sockets of a port. ``table``: of ``/proc/net/udp``."""
    drops = 0
    for line in table.splitlines()[1:]:
        columns = line.split()
        if int(columns[1].rpartition(":")[2], 16) == port:
            drops += int(columns[-1])
    return drops


def read_kernel_drops(port: int) -> int:
    """Returns the same of this machine's table, IPv4 and IPv6."""
    return sum(kernel_drops(Path(f"/proc/net/{name}").read_text(), port) for name in ("udp", "udp6"))
