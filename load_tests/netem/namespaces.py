"""Network namespaces by twos, named after the process that made them and deleted however it ended."""

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
        """How many packets went towards hosts that are not ours. ``add_sink`` makes the device."""
        with self.entered():
            lines = subprocess.run(
                ["ip", "-s", "-s", "link", "show", "sink"], capture_output=True, text=True, check=True
            ).stdout.splitlines()
        after_heading = next(i for i, line in enumerate(lines) if line.strip().startswith("TX:")) + 1
        return int(lines[after_heading].split()[1])

    def ip(self, *args: str) -> None:
        """Runs the program ip inside. RuntimeError with what it says where it fails."""
        ip("-n", self.name, *args)

    def add_sink(self) -> None:
        """Gives it a default route into a device that counts and drops what is meant for other hosts."""
        # A pair of which nobody reads the other end: not every kernel has dummy devices.
        self.ip("link", "add", "sink", "type", "veth", "peer", "name", "drain")
        for device in ("sink", "drain"):
            self.ip("link", "set", device, "addrgenmode", "none")  # no IPv6 solicitations to count
            self.ip("link", "set", device, "arp", "off", "up")
        self.ip("route", "add", "default", "dev", "sink")


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
def two_namespaces(left: str, right: str) -> Iterator[tuple[Namespace, Namespace]]:
    """Makes two namespaces for these addresses, not joined yet; deletes both however the block ends."""
    _delete_leftovers()
    stem = f"{_NAME_PREFIX}-{os.getpid()}-{next(_numbers)}"
    both = Namespace(f"{stem}s", left), Namespace(f"{stem}c", right)

    def delete_both() -> None:
        for namespace in both:
            _delete(namespace.name)

    atexit.register(delete_both)
    try:
        for namespace in both:
            ip("netns", "add", namespace.name)
            namespace.ip("link", "set", "lo", "up")
        yield both
    finally:
        delete_both()
        atexit.unregister(delete_both)


def ip(*args: str) -> None:
    """Runs the program ip. RuntimeError with what it says where it fails."""
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
