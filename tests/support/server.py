"""A `lianzhen serve` under test: its own process, data folder and ports, ended by its process id."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt

from tests.support.namespaces import Network
from tests.support.waiting import HANG_S

REPOSITORY = Path(__file__).resolve().parents[2]
LIANZHEN = Path(sys.executable).with_name("lianzhen")
OUT = REPOSITORY / "tests" / "out"

HTTP_PORT = 8080
MEDIA_PORT = 7882
API_KEY = "harness"

# From start to the ready line on an idle machine: under two seconds; on one with load 12, half a minute.
START_TIMEOUT_S = 3 * HANG_S
STOP_TIMEOUT_S = 3 * HANG_S


@dataclass(frozen=True)
class HttpAnswer:
    """Status, headers and body of one answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Server:
    """Settings of one server and, between ``start`` and ``stop``, its process."""

    network: Network
    data_dir: Path
    name: str = "server"
    command: str = "serve"
    program: tuple[str, ...] = (str(LIANZHEN),)
    settings: dict[str, str] = field(default_factory=dict)
    api_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    http_port: int = HTTP_PORT
    media_port: int = MEDIA_PORT
    ecg_port: int = 0
    """Of gateways' datagrams; 0: none are taken."""
    process: subprocess.Popen[str] | None = None
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)
    _readers: list[threading.Thread] = field(default_factory=list)

    # ---- the process ---------------------------------------------------------------------------------

    def environment(self) -> dict[str, str]:
        """This process's environment without its own LIANZHEN settings, with the server's."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIANZHEN_")}
        ours = {
            "LIANZHEN_HTTP_HOST": "0.0.0.0",
            "LIANZHEN_HTTP_PORT": str(self.http_port),
            "LIANZHEN_MEDIA_PORT": str(self.media_port),
            "LIANZHEN_ECG_PORT": str(self.ecg_port),
            "LIANZHEN_MEDIA_ADDRESSES": self.network.server.address,
            "LIANZHEN_DATA_DIR": str(self.data_dir),
            "PYTHONFAULTHANDLER": "1",
        }
        if self.command != "demo":
            ours |= {"LIANZHEN_API_KEY": API_KEY, "LIANZHEN_API_SECRET": self.api_secret}
        merged = inherited | ours | self.settings
        return {name: value for name, value in merged.items() if value != "<unset>"}

    def spawn(self) -> subprocess.Popen[str]:
        """Starts the process and the threads that read its output; does not wait for readiness."""
        assert self.process is None, "already started"
        self.stdout.clear()
        self.stderr.clear()
        self.process = subprocess.Popen(
            self.network.server.command(*self.program, self.command),
            env=self.environment(),
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        OUT.mkdir(exist_ok=True)
        log_path = OUT / f"{self.name}.log"
        self._readers = [
            threading.Thread(target=_collect, args=(stream, lines, log_path), daemon=True)
            for stream, lines in ((self.process.stdout, self.stdout), (self.process.stderr, self.stderr))
        ]
        for reader in self._readers:
            reader.start()
        return self.process

    def start(self) -> Server:
        """Starts the server and returns when it has said that it is ready."""
        process = self.spawn()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not any(line.startswith("ready ") for line in self.stdout):
            if process.poll() is not None:
                code, said = self.wait(), "\n".join(self.stderr[-30:])
                raise AssertionError(f"the server ended with code {code} before it was ready:\n{said}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError("the server did not get ready:\n" + "\n".join(self.stderr[-30:]))
            time.sleep(0.02)
        return self

    def wait(self, timeout_s: float = STOP_TIMEOUT_S) -> int:
        """Waits for the end of the process, returns its exit code."""
        assert self.process is not None
        code = self.process.wait(timeout_s)
        for reader in self._readers:
            reader.join(5)
        self.process = None
        return code

    def stop(self) -> int:
        """Asks the server to end (SIGTERM) and returns its exit code; kills it when it does not obey."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop within {STOP_TIMEOUT_S:g} s of SIGTERM") from None

    def kill(self) -> tuple[float, float]:
        """kill -9, and waits until the process is gone. Returns when: monotonic, wall clock (s)."""
        assert self.process is not None
        moment = (time.monotonic(), time.time())
        self.process.kill()
        self.wait()
        return moment

    @property
    def pid(self) -> int:
        """Its process id while it runs."""
        assert self.process is not None
        return self.process.pid

    def resident_bytes(self) -> int:
        """Resident memory now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
        assert found is not None
        return int(found[1]) * 1024

    def cpu_seconds(self) -> float:
        """CPU time used so far by all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # ---- its doors -----------------------------------------------------------------------------------

    @property
    def http_url(self) -> str:
        """The address of the pages and the API as clients reach it."""
        return f"http://{self.network.server.address}:{self.http_port}"

    @property
    def signal_url(self) -> str:
        """What a client SDK is given to connect to."""
        return f"ws://{self.network.server.address}:{self.http_port}"

    def token(
        self,
        identity: str,
        room: str,
        *,
        ttl_s: int = 3600,
        secret: str | None = None,
        key: str = API_KEY,
        claims: Mapping[str, Any] | None = None,
        **grants: Any,
    ) -> str:
        """A room token made here with the server's secret; ``grants`` go into the video grant."""
        now = int(time.time())
        payload = {
            "iss": key,
            "sub": identity,
            "name": identity,
            "nbf": now - 5,
            "exp": now + ttl_s,
            "video": {"room": room, "roomJoin": True, **grants},
            **(claims or {}),
        }
        return jwt.encode(payload, secret or self.api_secret, algorithm="HS256")

    def run_command(self, *args: str, timeout_s: float = 2 * HANG_S) -> subprocess.CompletedProcess[str]:
        """Runs another `lianzhen` command with the server's settings and returns what it said."""
        return subprocess.run(
            self.network.server.command(str(LIANZHEN), *args),
            env=self.environment(),
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Any = None,
        raw_body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = HANG_S,
    ) -> HttpAnswer:
        """One HTTP request from the clients' namespace. Blocks: use ``asyncio.to_thread`` beside pages."""
        data = raw_body if raw_body is not None else (None if body is None else json.dumps(body).encode())
        request = urllib.request.Request(self.http_url + path, data=data, method=method)
        if body is not None:
            request.add_header("Content-Type", "application/json")
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        with self.network.clients.entered():
            try:
                with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                    return HttpAnswer(answer.status, dict(answer.headers), answer.read())
            except urllib.error.HTTPError as refusal:
                with refusal:
                    return HttpAnswer(refusal.code, dict(refusal.headers), refusal.read())

    def metrics(self) -> dict[str, float]:
        """Prometheus samples by their full name with labels."""
        samples = {}
        for line in self.request("GET", "/metrics").body.decode().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                samples[name] = float(value)
        return samples

    # ---- recordings ----------------------------------------------------------------------------------

    def start_recording(self, room: str) -> str:
        """Starts recording a room that is open; returns the recording's id."""
        answer = self.request(
            "POST", f"/api/v1/rooms/{room}/recording", token=self._recorder_token(room), body={}
        )
        assert answer.status == 201, (answer.status, answer.body)
        return str(answer.json()["recording_id"])

    def stop_recording(self, room: str) -> str:
        """Ends the room's recording, returns its id when it is sealed."""
        answer = self.request("DELETE", f"/api/v1/rooms/{room}/recording", token=self._recorder_token(room))
        assert answer.status == 200, (answer.status, answer.body)
        return str(answer.json()["recording_id"])

    def recording_folder(self, recording_id: str) -> Path:
        """Where the recording lies."""
        return self.data_dir / "recordings" / recording_id

    def _recorder_token(self, room: str) -> str:
        return self.token("test-recorder", room, roomRecord=True, roomAdmin=True)


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    """Starts the server, stops it at the end of the block whatever happened."""
    try:
        yield server.start()
    finally:
        if server.process is not None:
            server.stop()


def _collect(stream: Any, lines: list[str], log_path: Path) -> None:
    with log_path.open("a") as log:
        for line in stream:
            lines.append(line.rstrip("\n"))
            log.write(line)
            log.flush()
