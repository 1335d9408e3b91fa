"""The yardstick as a system under test: plain_loop.rs, the least that forwarding can cost on this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from load_tests.forwarding.core_process import PeerSecrets, Reading

REFERENCE_US = {1: 1.80, 5: 1.14, 20: 1.03}
"""Such a loop's CPU per forwarded packet on the machine for which the targets were set, by subscribers
(design/performance.md, "native loop, sendmmsg, AES-128-GCM")."""
BINARY = Path(__file__).parents[2] / "media_server/core/target/release/examples/plain_loop"


class PlainLoop:
    """The loop in a process of its own. FileNotFoundError until `make bench-forwarding` has built it."""

    def __init__(self, cpu: int | None, peers: list[PeerSecrets]) -> None:
        self._subscribers = len(peers) - 1
        self._process = subprocess.Popen([BINARY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if cpu is not None:
            os.sched_setaffinity(self._process.pid, {cpu})
        keys = "".join(f"{peer.receive.hex()} {peer.transmit.hex()}\n" for peer in peers)
        self.port = int(self._ask(keys))

    def read(self) -> Reading:
        """Its state now."""
        cpu_ns, forwarded = (int(word) for word in self._ask().split())
        return Reading(cpu_ns=cpu_ns, received=forwarded // self._subscribers, forwarded=forwarded)

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, text: str = "") -> str:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()
