"""A running service listens where it says, and nowhere else (GB/T 22239 8.1.4.4)."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

from tests.support.local_service import local_service

TCP_LISTEN = "0A"


def test_two_web_ports_one_of_media_and_one_of_ecgs_are_all_that_is_open(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        ecg = free.getsockname()[1]
    with local_service(tmp_path, ECG_PORT=str(ecg)) as service:
        _, http, https, _, _, media = service.ready
        announced = {int(http.rsplit(":", 1)[1]), int(https.rsplit(":", 1)[1])}
        # Media comes over TCP too, where UDP is blocked.
        assert _ports(service.process.pid, "tcp") == {*announced, int(media)}
        assert _ports(service.process.pid, "udp") == {int(media), ecg}


def _ports(pid: int, protocol: str) -> set[int]:
    """Ports that a process itself has opened to receive on, of both address families."""
    own = _sockets(pid)
    found = set()
    for table in (protocol, f"{protocol}6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if f"socket:[{inode}]" in own and (protocol == "udp" or state == TCP_LISTEN):
                found.add(int(local.rsplit(":", 1)[1], 16))
    return found


def _sockets(pid: int) -> set[str]:
    """What a process holds open, by the kernel's names; what it closes meanwhile is not among them."""
    held = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            held.add(link.readlink().name)
    return held
