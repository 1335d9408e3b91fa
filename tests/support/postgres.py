"""A PostgreSQL cluster of a test's own: in a temporary folder, as a user without rights, on a Unix socket."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL

from signaling.store.database_url import database_url
from tests.support.waiting import HANG_S

_USERS = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; the first of these that exists runs it then."""
_START_TIMEOUT_S = 2 * HANG_S
_PORT = 5432
"""Only names the socket's file: the server listens on no network."""


class NoPostgres(Exception):
    """This machine cannot run a cluster; the text says why, and is the reason of the skip."""


def binaries() -> Path:
    """The folder of initdb and postgres. Raises NoPostgres."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    if program is None:
        raise NoPostgres("PostgreSQL is not installed: run deploy/setup/system_packages.sh")
    return Path(program).resolve().parent


@dataclass
class PostgresCluster:
    """A running server. ``kill`` and ``freeze`` do to it what a machine does."""

    folder: Path
    user: str | None
    binaries: Path
    _process: subprocess.Popen[bytes] | None = None
    _databases: int = 0
    _frozen: list[int] = field(default_factory=list)

    def url(self, database: str) -> URL:
        """The URL of a database, as the setting would name it."""
        return database_url(f"postgresql://lianzhen@/{database}?host={self.folder}", self.folder)

    def new_database(self, *, template: str = "template1") -> str:
        """The name of a fresh database."""
        self._databases += 1
        name = f"test_{self._databases}"
        self.run_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def run_sql(self, sql: str, *, database: str = "postgres") -> str:
        """What psql prints of one statement."""
        done = subprocess.run(
            [self.binaries / "psql", "-h", self.folder, "-U", "lianzhen", "-d", database, "-Atqc", sql],
            capture_output=True,
            text=True,
            check=True,
            timeout=_START_TIMEOUT_S,
        )
        return done.stdout

    def start(self) -> None:
        """Starts the server and returns when it answers."""
        self._process = subprocess.Popen(
            [
                *(self.binaries / "postgres", "-D", self.folder / "data"),
                *("-k", self.folder, "-c", "listen_addresses=", "-p", str(_PORT)),
                # Its page cache outlives the kills of these tests; only a power cut would need more.
                *("-c", "fsync=off"),
            ],
            **self._as_user(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            with contextlib.suppress(subprocess.SubprocessError):
                self.run_sql("SELECT 1")
                return
            assert self._process.poll() is None, "postgres ended at its start"
            assert time.monotonic() < deadline, "postgres did not answer"
            time.sleep(0.05)

    def kill(self) -> None:
        """Ends every process of the server at once, as a crash of the machine does."""
        assert self._process is not None
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(_START_TIMEOUT_S)
        # Its processes share memory that must be gone before it can start again.
        while _children_of(self._process.pid):
            time.sleep(0.02)

    def freeze(self) -> None:
        """Stops every process of the server where it stands: it neither answers nor hangs up."""
        self._frozen = self._pids()
        for pid in self._frozen:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets the server go on."""
        for pid in self._frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._frozen = []

    def stop(self) -> None:
        """Ends the server."""
        self.thaw()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_START_TIMEOUT_S)

    def create(self) -> None:
        """Makes the cluster's files."""
        subprocess.run(
            [
                *(self.binaries / "initdb", "-D", self.folder / "data", "-U", "lianzhen", "-A", "trust"),
                *("-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"),
            ],
            **self._as_user(),
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def _as_user(self) -> dict[str, object]:
        if self.user is None:
            return {"cwd": self.folder}
        entry = pwd.getpwnam(self.user)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "cwd": self.folder}

    def _pids(self) -> list[int]:
        assert self._process is not None
        return [self._process.pid, *_children_of(self._process.pid)]


@contextlib.contextmanager
def running_cluster() -> Iterator[PostgresCluster]:
    """A running cluster, gone afterwards. Raises NoPostgres."""
    found = binaries()
    user = _user_without_rights()
    # Not below pytest's folder, which another user must not enter; and a socket's path has 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="lianzhen-pg-"))
    if user is not None:
        shutil.chown(folder, user)
    cluster = PostgresCluster(folder, user, found)
    try:
        cluster.create()
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _user_without_rights() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in _USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise NoPostgres("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")


def _children_of(parent: int) -> list[int]:
    children = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name, in parentheses, may hold anything; what follows it is state and parent.
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                children.append(int(folder.name))
    return children
