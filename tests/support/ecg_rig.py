"""An ECG over an emulated link: the demo service on its left, a real `lianzhen gateway` on its right.

with ecg_rig(LOSS_5_PERCENT, tmp_path) as rig:
    ecg = rig.begin()
    rig.link.set(CUT)
    …
    rig.finish(ecg)
    rig.assert_whole(ecg)

The gateway replays a real recording over and over, so that every sample is known by its number. What the
service knows is asked from its own side of the link, which is never cut.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clients.gateway.sources.replay import load
from load_tests.netem.link import Link
from load_tests.netem.profiles import Profile, Schedule
from media_server.ecg.frame import Samples, decode_frame, read_envelope
from tests.support.consult_people import DEMO_PASSWORD
from tests.support.namespaces import Network, emulated_network
from tests.support.server import LIANZHEN, OUT, REPOSITORY, HttpAnswer, Server, running
from tests.support.waiting import HANG_S

RECORDING = REPOSITORY / "tests/vectors/ecg/exchange/philips_mi_500hz.hea"
"""12 leads, 500 Hz, 11 s: the shortest real one that a cardiologist would read."""
DOCTOR, ADMINISTRATOR = "wangmin", "sunli"
CARD = "DEMO-0001-1965"
ASKED_S = 50
"""Of frames in one request; the service gives a minute."""
POLL_S = 0.05


@dataclass
class GatewayProcess:
    """`lianzhen gateway`, in the clients' namespace; its folder outlives it."""

    net: Network
    data_dir: Path
    server_url: str
    device: str = ""
    """Its id, once it is enrolled."""
    said: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def enrol(self, device: str, code: str) -> None:
        """Makes it the device that the code is for."""
        self.device = device
        done = subprocess.run(
            self._command("enrol", "--server", self.server_url, "--code", code),
            capture_output=True,
            text=True,
            timeout=HANG_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Starts it; it connects when it can."""
        assert self.process is None
        self.process = subprocess.Popen(
            self._command("run", "--source", f"loop:{RECORDING}"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Asks it to end; harmless where it does not run."""
        if self.process is not None:
            self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        try:
            self.process.wait(HANG_S)
        finally:
            self.process.kill()
            self.process = None

    def _command(self, *arguments: str) -> list[str]:
        return self.net.clients.command(
            str(LIANZHEN), "gateway", arguments[0], "--data", str(self.data_dir), *arguments[1:]
        )

    def _read(self, stream: Any) -> None:
        OUT.mkdir(exist_ok=True)
        with (OUT / "ecg-gateway.log").open("a") as log:
            for line in stream:
                self.said.append(line.rstrip("\n"))
                log.write(line)
                log.flush()


@dataclass
class EcgRig:
    """Service, link and gateway."""

    net: Network
    link: Link
    server: Server
    gateway: GatewayProcess
    source: Samples
    """What the gateway replays."""
    rate_hz: int
    _cookies: dict[str, str] = field(default_factory=dict)

    # ---- the service, from its own side of the link ------------------------------------------------------

    def request(self, login: str, method: str, path: str, body: Any = None) -> HttpAnswer:
        """One request below /api/v1 as this person."""
        if login not in self._cookies:
            signed_in = self._send("POST", "/session", {"account": login, "password": DEMO_PASSWORD}, "")
            assert signed_in.status == 200, signed_in.body
            self._cookies[login] = signed_in.headers["Set-Cookie"].partition(";")[0]
        return self._send(method, path, body, self._cookies[login])

    def done(self, login: str, method: str, path: str, body: Any = None) -> Any:
        """One request that must succeed; its answer."""
        answer = self.request(login, method, path, body)
        assert answer.status < 300, (login, method, path, answer.status, answer.body)
        return answer.json()

    def cookie(self, login: str) -> str:
        """The session of a person who has asked for something."""
        return self._cookies[login]

    def view(self, ecg: str) -> dict[str, Any]:
        """The ECG as it stands."""
        return dict(self.done(DOCTOR, "GET", f"/ecgs/{ecg}"))

    def wait(self, ecg: str, what: str, accept: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The ECG once it is accepted."""
        deadline_s = time.monotonic() + 2 * HANG_S
        while True:
            seen = self.view(ecg)
            if accept(seen):
                return seen
            if time.monotonic() > deadline_s:
                raise AssertionError(f"not in time: {what}; last {seen}; gateway: {self.gateway.said[-9:]}")
            time.sleep(POLL_S)

    # ---- an ECG ------------------------------------------------------------------------------------------

    def begin(self) -> str:
        """Starts the gateway where it does not run, asks for an ECG, and returns its id with its first
        samples stored.
        """
        if self.gateway.process is None:
            self.gateway.start()
        found = self.done(DOCTOR, "POST", "/patients/searches", {"text": CARD, "purpose": "treatment"})
        patient = found["patients"][0]["id"]
        wanted = {"patient": patient, "device": self.gateway.device, "case": None, "urgency": "urgent"}
        deadline_s = time.monotonic() + HANG_S
        while (asked := self.request(DOCTOR, "POST", "/ecgs", wanted)).status != 201:
            assert time.monotonic() < deadline_s, (asked.body, self.gateway.said[-9:])
            time.sleep(POLL_S)
        ecg = str(asked.json()["id"])
        self.wait(ecg, "the first samples come", lambda view: bool(view["epochs"]))
        return ecg

    @staticmethod
    def go_on(seconds: float) -> None:
        """Lets the recording go on for so long."""
        time.sleep(seconds)

    def back_filled_s(self, ecg: str, returned_s: float) -> float:
        """Waits until everything is stored that was measured before the link returned, at this moment of
        time.time(); returns how long that took from then on.
        """

        def is_filled(view: dict[str, Any]) -> bool:
            last = view["epochs"][-1]
            reached_us = last["first_taken_us"] + (last["end"] - last["first"]) * 1_000_000 // self.rate_hz
            return bool(reached_us / 1e6 >= returned_s and view["missing_ms"] == 0)

        self.wait(ecg, "the hole is filled", is_filled)
        return time.time() - returned_s

    def finish(self, ecg: str) -> dict[str, Any]:
        """Stops the ECG and waits until the service says that it has everything."""
        self.done(DOCTOR, "POST", f"/ecgs/{ecg}/stop")
        return self.wait(ecg, "it is complete", lambda view: view["is_complete"] and not view["missing_ms"])

    def stored(self, ecg: str) -> dict[int, tuple[int, Samples]]:
        """By epoch the first sample's number and all samples that the service has; none may be missing."""
        held = {}
        for epoch in self.view(ecg)["epochs"]:
            number, first, end = epoch["epoch"], epoch["first"], epoch["end"]
            samples = np.zeros((end - first, self.source.shape[1]), np.int32)
            is_there = np.zeros(end - first, bool)
            for start in range(first, end, ASKED_S * self.rate_hz):
                upto = min(start + ASKED_S * self.rate_hz, end)
                path = f"/ecgs/{ecg}/frames?epoch={number}&start={start}&end={upto}"
                answer = self.request(DOCTOR, "GET", path)
                assert answer.status == 200, answer.body
                offset = 0
                while offset < len(answer.body):
                    frame, offset = decode_frame(answer.body, offset)
                    at = slice(frame.first_sample - first, frame.end_sample - first)
                    samples[at], is_there[at] = frame.samples, True
            assert is_there.all(), f"epoch {number}: {np.count_nonzero(~is_there)} samples are missing"
            held[number] = first, samples
        return held

    def taken(self, ecg: str) -> dict[int, tuple[int, int]]:
        """By epoch the first sample and the one after the last that the gateway has on its own disk, where
        there is no hole between them.
        """
        found: dict[int, list[tuple[int, int]]] = {}
        for file in sorted((self.gateway.data_dir / "ecg" / ecg).glob("*.e1")):
            content, offset = file.read_bytes(), 0
            while offset < len(content):
                envelope = read_envelope(content, offset)
                found.setdefault(envelope.epoch, []).append((envelope.first_sample, envelope.end_sample))
                offset = envelope.end
        for spans in found.values():
            spans.sort()
            assert all(before[1] == after[0] for before, after in itertools.pairwise(spans))
        return {epoch: (spans[0][0], spans[-1][1]) for epoch, spans in found.items()}

    def assert_whole(self, ecg: str, epochs: int = 1) -> None:
        """Nothing that the gateway measured is missing, and every sample is the recording's."""
        held = self.stored(ecg)
        reach = {epoch: (first, first + len(samples)) for epoch, (first, samples) in held.items()}
        assert reach == self.taken(ecg)
        assert sorted(held) == list(range(epochs))
        expected = {
            epoch: (first, self.source[np.arange(first, first + len(samples)) % len(self.source)])
            for epoch, (first, samples) in held.items()
        }
        for (epoch, found), wanted in zip(sha256(held).items(), sha256(expected).values(), strict=True):
            print(f"epoch {epoch}: {len(held[epoch][1])} samples, 0 missing, SHA-256 {found[1][:16]}…")
            assert found == wanted

    def _send(self, method: str, path: str, body: Any, cookie: str) -> HttpAnswer:
        request = urllib.request.Request(f"{self.server.http_url}/api/v1{path}", method=method)
        request.add_header("Origin", self.server.http_url)
        request.add_header("Cookie", cookie)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with self.net.server.entered():
            try:
                with urllib.request.urlopen(request, timeout=HANG_S) as answer:
                    return HttpAnswer(answer.status, dict(answer.headers), answer.read())
            except urllib.error.HTTPError as refusal:
                with refusal:
                    return HttpAnswer(refusal.code, dict(refusal.headers), refusal.read())


def sha256(held: Mapping[int, tuple[int, Samples]]) -> dict[int, tuple[int, str]]:
    """By epoch the first sample's number and the SHA-256 of all samples."""
    return {
        epoch: (first, hashlib.sha256(np.ascontiguousarray(samples, "<i4").tobytes()).hexdigest())
        for epoch, (first, samples) in held.items()
    }


@contextlib.contextmanager
def ecg_rig(what: Profile | Schedule, folder: Path, *, http_port: int = 8141) -> Iterator[EcgRig]:
    """Starts the service and enrols a gateway; ends both however the block ends."""
    recorded = load(RECORDING)
    with emulated_network(what) as (net, link):
        server = Server(
            net,
            folder / "data",
            name="ecg-server",
            command="demo",
            http_port=http_port,
            media_port=7951,
            ecg_port=7955,
            settings={"LIANZHEN_HTTPS_PORT": "0"},
        )
        gateway = GatewayProcess(net, folder / "gateway", server.http_url)
        with running(server):
            rig = EcgRig(net, link, server, gateway, recorded.samples, recorded.descriptor.rate_hz)
            made = rig.done(ADMINISTRATOR, "POST", "/devices", {"name": "心电车", "kind": "gateway"})
            gateway.enrol(made["device"]["id"], made["code"])
            try:
                yield rig
            finally:
                gateway.stop()
