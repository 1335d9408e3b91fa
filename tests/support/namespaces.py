"""Two network namespaces joined by a wire: the server in one, its clients in the other, nobody else.

Neither namespace has a way to another host. The server's has a default route all the same, into a ``sink``
device that counts and drops: a packet meant for a foreign host is seen there instead of failing silently.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import itertools
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_NETNS_DIR = Path("/run/netns")
_NAME_PREFIX = "lianzhen"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Namespace:
    """One network namespace by name, with the address this run gave it."""

    name: str
    address: str

    def command(self, *args: str) -> list[str]:
        """The command line that runs ``args`` inside. nsenter execs: the process id is the program's."""
        return ["nsenter", f"--net={_NETNS_DIR / self.name}", *args]

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Moves the calling thread inside. A socket made here stays inside, whoever uses it later."""
        with (
            Path(f"/proc/self/task/{threading.get_native_id()}/ns/net").open("rb") as outside,
            (_NETNS_DIR / self.name).open("rb") as inside,
        ):
            _set_namespace(inside.fileno())
            try:
                yield
            finally:
                _set_namespace(outside.fileno())

    def open_socket(self, kind: socket.SocketKind, bind: tuple[str, int] | None = None) -> socket.socket:
        """A non-blocking IPv4 socket inside, bound when ``bind`` is given."""
        with self.entered():
            opened = socket.socket(socket.AF_INET, kind)
        if kind == socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if bind is not None:
            opened.bind(bind)
        opened.setblocking(False)
        return opened

    def wrapper_script(self, program: str, folder: Path) -> Path:
        """A script that runs ``program`` inside, for callers that take only the path of an executable."""
        script = folder / f"{Path(program).name}-in-{self.name}"
        script.write_text(f'#!/bin/sh\nexec nsenter --net={_NETNS_DIR / self.name} {program} "$@"\n')
        script.chmod(0o700)
        return script

    def packets_into_sink(self) -> int:
        """How many packets went towards hosts that are not ours. The device is made by ``Network`` only."""
        with self.entered():
            lines = subprocess.run(
                ["ip", "-s", "-s", "link", "show", "sink"], capture_output=True, text=True, check=True
            ).stdout.splitlines()
        after_heading = next(i for i, line in enumerate(lines) if line.strip().startswith("TX:")) + 1
        return int(lines[after_heading].split()[1])


@dataclass(frozen=True)
class Network:
    """The server's and the clients' namespaces, and spare client addresses for other senders."""

    server: Namespace
    clients: Namespace
    spare_client_addresses: tuple[str, ...]


def reason_to_skip() -> str | None:
    """Why namespaces cannot be made here, or None."""
    if sys.platform != "linux":
        return "network namespaces need Linux"
    if os.geteuid() != 0:
        return "network namespaces need root: run the end-to-end tests as root"
    for program in ("ip", "nsenter"):
        if shutil.which(program) is None:
            return f"the program {program} is missing (packages iproute2 and util-linux)"
    probe = f"{_NAME_PREFIX}-{os.getpid()}-probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return f"this machine refuses network namespaces: {made.stderr.strip()}"
    _delete(probe)
    return None


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """Makes the two namespaces and the wire between them; deletes both however the block ends."""
    _delete_leftovers()
    stem = f"{_NAME_PREFIX}-{os.getpid()}-{next(_numbers)}"
    server = Namespace(f"{stem}s", "10.77.0.1")
    clients = Namespace(f"{stem}c", "10.77.0.2")
    spare = tuple(f"10.77.0.{host}" for host in range(3, 9))

    def delete_both() -> None:
        _delete(server.name)
        _delete(clients.name)

    atexit.register(delete_both)
    try:
        for namespace in (server, clients):
            _ip("netns", "add", namespace.name)
            _ip("-n", namespace.name, "link", "set", "lo", "up")
        _ip(
            "link",
            "add",
            "wire",
            "netns",
            server.name,
            "type",
            "veth",
            "peer",
            "name",
            "wire",
            "netns",
            clients.name,
        )
        for namespace in (server, clients):
            _ip("-n", namespace.name, "addr", "add", f"{namespace.address}/24", "dev", "wire")
            _ip("-n", namespace.name, "link", "set", "wire", "up")
        for address in spare:
            _ip("-n", clients.name, "addr", "add", f"{address}/24", "dev", "wire")
        # A pair of which nobody reads the other end: not every kernel has dummy devices.
        _ip("-n", server.name, "link", "add", "sink", "type", "veth", "peer", "name", "drain")
        for device in ("sink", "drain"):
            _ip(
                "-n", server.name, "link", "set", device, "addrgenmode", "none"
            )  # no IPv6 solicitations to count
            _ip("-n", server.name, "link", "set", device, "arp", "off", "up")
        _ip("-n", server.name, "route", "add", "default", "dev", "sink")
        yield Network(server, clients, spare)
    finally:
        delete_both()
        atexit.unregister(delete_both)


def _ip(*args: str) -> None:
    done = subprocess.run(["ip", *args], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(args)}: {done.stderr.strip()}")


def _delete(name: str) -> None:
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _delete_leftovers() -> None:
    """Removes namespaces of test runs that were killed: the process id in the name is no longer alive."""
    if not _NETNS_DIR.is_dir():
        return
    for entry in _NETNS_DIR.iterdir():
        parts = entry.name.split("-")
        if len(parts) == 3 and parts[0] == _NAME_PREFIX and not Path(f"/proc/{parts[1]}").exists():
            _delete(entry.name)


def _set_namespace(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
