"""A packet core of a few lines: keeps what it is told, hands up what a test gives it, and moves no packet."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Any

from media_server.errors import MisuseError
from media_server.ports import (
    AddInput,
    AddOutput,
    Event,
    OutputClock,
    RemoveInput,
    RemoveOutput,
    RouteChange,
    SecurePort,
    SelectLayer,
)


class FakeCore:
    """Implements ``MediaCore``. ``datagram_sent`` hears each DTLS datagram that goes to a peer."""

    def __init__(self, port: int = 7882) -> None:
        self.port = port
        self.thread_id = 0
        self.secure_ports: list[tuple[SecurePort, list[str]]] = []
        self.certificates: list[tuple[bytes, bytes]] = []
        self.credentials: dict[int, list[tuple[str, str]]] = {}
        self.keys: dict[int, tuple[str, bytes, bytes]] = {}
        self.applied: list[RouteChange] = []
        self.inputs: dict[int, int] = {}
        self.outputs: dict[int, int] = {}
        self.keyframe_requests: list[int] = []
        self.taps: dict[int, int] = {}
        self.records: dict[int, list[Any]] = {}
        self.datagrams: list[tuple[int, bytes]] = []
        self.clocks: list[OutputClock] = []
        self.heard_ms_ago: dict[int, int] = {}
        self.datagram_sent: Callable[[int, bytes], None] = lambda peer, datagram: None
        self.is_closed = False
        self._events: list[Event] = []
        self._event_fd = os.eventfd(0, os.EFD_NONBLOCK)

    def happen(self, *events: Event) -> None:
        """Lets events wait for ``drain_events``."""
        if not self.is_closed:
            self._events.extend(events)
            os.eventfd_write(self._event_fd, 1)

    def open_secure_port(self, secure: SecurePort, *, relay_to: Sequence[str]) -> int:
        """Keeps what it is told."""
        self.secure_ports.append((secure, list(relay_to)))
        return secure.port

    def exchange_certificate(self, *, certificate: bytes, private_key: bytes) -> None:
        """Keeps what it is told."""
        self.certificates.append((certificate, private_key))

    def open_peer(self, *, peer: int, ufrag: str, password: str) -> None:
        if peer in self.credentials:
            raise MisuseError("peer in use")
        self.credentials[peer] = [(ufrag, password)]

    def add_credentials(self, *, peer: int, ufrag: str, password: str) -> None:
        self.credentials[peer].append((ufrag, password))

    def close_peer(self, *, peer: int) -> None:
        self.credentials.pop(peer, None)
        for track in [track for track, owner in self.inputs.items() if owner == peer]:
            del self.inputs[track]

    def set_keys(self, *, peer: int, profile: Any, receive: bytes, transmit: bytes) -> None:
        self.keys[peer] = (profile, receive, transmit)

    def send_datagram(self, *, peer: int, datagram: bytes) -> None:
        self.datagrams.append((peer, datagram))
        self.datagram_sent(peer, datagram)

    def apply(self, changes: Sequence[RouteChange]) -> None:
        for change in changes:
            self._apply(change)
        self.applied.extend(changes)

    def request_keyframe(self, *, track: int) -> None:
        self.keyframe_requests.append(track)

    def tap(self, *, tap: int, track: int, layer: str | None = None) -> None:
        self.taps[tap] = track
        self.records[tap] = []

    def untap(self, *, tap: int) -> None:
        self.taps.pop(tap, None)

    def read_batch(self, *, tap: int, max_records: int = 256) -> list[Any]:
        batch, self.records[tap] = self.records[tap][:max_records], self.records[tap][max_records:]
        return batch

    def event_fd(self) -> int:
        return self._event_fd

    def drain_events(self) -> list[Event]:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._event_fd)
        events, self._events = self._events, []
        return events

    def stats(self) -> dict[str, Any]:
        return {"counters": {}, "peers": {}, "tracks": {}, "outputs": {}}

    def last_heard_ms_ago(self, *, peers: Sequence[int]) -> dict[int, int]:
        return {peer: self.heard_ms_ago[peer] for peer in peers if peer in self.heard_ms_ago}

    def output_clocks(self, *, peers: Sequence[int]) -> list[OutputClock]:
        return [clock for clock in self.clocks if clock.peer in peers]

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            os.close(self._event_fd)

    def _apply(self, change: RouteChange) -> None:
        if isinstance(change, AddInput):
            self._refuse(change.track in self.inputs, "track in use")
            self.inputs[change.track] = change.peer
        elif isinstance(change, RemoveInput):
            self._refuse(change.track not in self.inputs, "unknown track")
            del self.inputs[change.track]
            self.outputs = {output: track for output, track in self.outputs.items() if track != change.track}
        elif isinstance(change, AddOutput):
            self._refuse(change.track not in self.inputs or change.output in self.outputs, "output")
            self.outputs[change.output] = change.track
        elif isinstance(change, RemoveOutput):
            self._refuse(change.output not in self.outputs, "unknown output")
            del self.outputs[change.output]
        elif isinstance(change, SelectLayer):
            self._refuse(change.output not in self.outputs, "unknown output")

    @staticmethod
    def _refuse(is_wrong: bool, what: str) -> None:
        if is_wrong:
            raise MisuseError(what)
