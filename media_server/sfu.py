"""The media server of this process: owns core, certificate and connections, and carries events up."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

import structlog

from media_server.certificate import CertificateSource
from media_server.connection import Connection, ConnectionParts
from media_server.counters import ControlCounters
from media_server.errors import MisuseError
from media_server.handshake_gate import HandshakeGate
from media_server.ids import OutputNumber, PeerNumber, TapNumber, TrackNumber
from media_server.placement import Placement
from media_server.plans import ConnectionListener
from media_server.ports import (
    AudioLevels,
    DtlsDatagram,
    Event,
    EventsLost,
    LayerSeen,
    MediaCore,
    OutputClock,
    PeerHeard,
    PeerSilent,
    RemoveInput,
    SecurePort,
    StreamPaused,
    StreamResumed,
)
from media_server.tracks import LiveTracks

if TYPE_CHECKING:
    from media_server.ports import TapRecord

AudioLevelsHeard = Callable[[list[tuple[TrackNumber, int]]], None]
"""[(track, level)], 0 loudest to 127 silent (RFC 6464): the tracks that sent in the last 500 ms."""
LayerWasSeen = Callable[[TrackNumber, str], None]
"""(track, RID or "" without simulcast)"""

_MAX_PORT: Final = 65_535
_LAST_RESERVED_PORT: Final = 1_023
_HTTPS_PORT: Final = 443
_log = structlog.get_logger(__name__)


class Tap:
    """Whole frames of one track, for the recorder; any thread may read."""

    def __init__(self, core: MediaCore, number: TapNumber) -> None:
        self._core = core
        self._number = number
        self._is_closed = False

    def read(self, max_records: int = 256) -> list[TapRecord]:
        """Returns what has come since the last call, oldest first, without waiting; nothing once closed."""
        return [] if self._is_closed else self._core.read_batch(tap=self._number, max_records=max_records)

    def close(self) -> None:
        """Ends the tap and drops what was not read. Twice is harmless."""
        if not self._is_closed:
            self._is_closed = True
            self._core.untap(tap=self._number)


class Sfu:
    """All connections over the cores of one port. Everything is called on the loop thread, reading from a tap
    aside.

    ``beside`` are further cores on the port of ``core``, each with a thread of its own. ``addresses`` are
    advertised as host candidates, best first: "ip" (with the core's port) or "ip:port", "[ip]:port" for IPv6.
    Each is advertised over TCP too.

    Raises:
        MisuseError: an address is not one, or there is none.
    """

    def __init__(
        self,
        core: MediaCore,
        *,
        addresses: Sequence[str],
        beside: Sequence[MediaCore] = (),
        certificate: CertificateSource | None = None,
    ) -> None:
        self._certificate = certificate or CertificateSource()
        self._counters = ControlCounters()
        self._connections: dict[PeerNumber, Connection] = {}
        self._companies: dict[PeerNumber, str] = {}
        self._last_number = 0
        gate, candidates = HandshakeGate(), parse_addresses(addresses, core.port)
        self._threads = [
            ConnectionParts(
                core=each,
                tracks=LiveTracks(),
                gate=gate,
                counters=self._counters,
                candidates=candidates,
                stream_candidates=stream_candidates(candidates, ()),
                next_output=self._next_output,
                forget=self._forget,
            )
            for each in (core, *beside)
        ]
        self._placement = Placement(len(self._threads))
        self._audio_levels_heard: AudioLevelsHeard | None = None
        self._layer_was_seen: LayerWasSeen | None = None
        self._event_fds: list[int] = []
        self._is_closed = False

    async def start(self) -> None:
        """Begins to carry the cores' events up, on the running loop."""
        if self._event_fds or self._is_closed:
            return
        for parts in self._threads:
            event_fd = parts.core.event_fd()
            asyncio.get_running_loop().add_reader(event_fd, self._drain_events, parts.core)
            self._event_fds.append(event_fd)

    def open_secure_port(self, secure: SecurePort) -> int:
        """Opens a TLS port that hands HTTP on, and speaks TURN and ICE over TCP besides; connections opened
        from now on are told of it. Returns its number.

        Raises:
            OSError: the port cannot be bound.
            ValueError: certificate and key do not fit.
        """
        first = self._threads[0]
        relay_to = [
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in first.candidates
        ]
        bound = first.core.open_secure_port(secure, relay_to=relay_to)
        reached = stream_candidates(first.candidates, [bound])
        self._threads = [replace(parts, stream_candidates=reached) for parts in self._threads]
        return bound

    def exchange_certificate(self, *, certificate: bytes, private_key: bytes) -> None:
        """Shows those who connect to the TLS port from now on another certificate.

        Raises:
            ValueError: the two do not fit; nothing has changed then.
        """
        self._threads[0].core.exchange_certificate(certificate=certificate, private_key=private_key)

    async def close(self) -> None:
        """Closes all connections (each says goodbye by DTLS), then the cores. Twice is harmless."""
        if self._is_closed:
            return
        self._is_closed = True
        await asyncio.gather(*(connection.close() for connection in list(self._connections.values())))
        for event_fd in self._event_fds:
            asyncio.get_running_loop().remove_reader(event_fd)
        for parts in self._threads:
            parts.core.close()

    def allocate_track(self) -> TrackNumber:
        """Returns a track number that was never used."""
        return TrackNumber(self._next_number())

    def open_connection(self, listener: ConnectionListener, *, offers: bool, company: str = "") -> Connection:
        """Opens a connection; with ``offers`` we make the offers and open the data channels. Tracks go only
        to connections of the same ``company``, which share a media thread.

        Raises:
            MisuseError: the server is closed.
        """
        if self._is_closed:
            raise MisuseError("open_connection: the server is closed")
        peer = PeerNumber(self._next_number())
        parts = self._threads[self._placement.enter(company)]
        connection = Connection(parts, peer, listener, self._certificate.current(), offers=offers)
        self._connections[peer], self._companies[peer] = connection, company
        return connection

    def end_track(self, track: TrackNumber) -> None:
        """Ends a published track with its outputs and taps, whatever its publisher goes on sending.

        The listener of the publisher is not told: it knows. Harmless for a track that has ended.
        """
        if parts := self._thread_of(track):
            parts.core.apply([RemoveInput(track=track)])
            parts.tracks.end(track)

    def request_keyframe(self, track: TrackNumber) -> None:
        """Asks the publisher for a key frame. Harmless for a track that has ended."""
        if parts := self._thread_of(track):
            parts.core.request_keyframe(track=track)

    def open_tap(self, track: TrackNumber, *, layer: str | None = None) -> Tap:
        """Returns a tap on a live track: its best layer, or the one named.

        Raises:
            MisuseError: the track is not live.
        """
        parts = self._thread_of(track)
        if parts is None:
            raise MisuseError("open_tap: the track is not live")
        number = TapNumber(self._next_number())
        parts.core.tap(tap=number, track=track, layer=layer)
        return Tap(parts.core, number)

    def on_audio_levels(self, heard: AudioLevelsHeard | None) -> None:
        """Sets who hears how loud the audio tracks are, a few times a second."""
        self._audio_levels_heard = heard

    def on_layer_seen(self, seen: LayerWasSeen | None) -> None:
        """Sets who hears of the first packet of each layer of a track."""
        self._layer_was_seen = seen

    def stats(self) -> dict[str, Any]:
        """Returns the cores' counters (``lianzhen_core.pyi``), summed, and, under "control", those of this
        package.
        """
        return {
            **summed_stats([parts.core.stats() for parts in self._threads]),
            "control": {**asdict(self._counters), "connections_open": len(self._connections)},
        }

    def last_heard_ms_ago(self, peers: Sequence[int]) -> dict[int, int]:
        """Returns how long ago something authentic came from each of these peers; nothing of one never heard,
        nor once closed.
        """
        if self._is_closed:
            return {}
        return {
            peer: heard_ms_ago
            for parts in self._threads
            for peer, heard_ms_ago in parts.core.last_heard_ms_ago(peers=peers).items()
        }

    def output_clocks(self, peers: Sequence[int]) -> list[OutputClock]:
        """Returns which moment of its publisher's clock each stream to these peers shows, where that is
        known; nothing once closed.
        """
        if self._is_closed:
            return []
        # A core knows nothing of the other ones' peers, and says so by leaving them out.
        return [clock for parts in self._threads for clock in parts.core.output_clocks(peers=peers)]

    def _thread_of(self, track: TrackNumber) -> ConnectionParts | None:
        return next((parts for parts in self._threads if parts.tracks.is_live(track)), None)

    def _next_number(self) -> int:
        """Peers, tracks, outputs and taps count on together: a number in a log names one thing."""
        self._last_number += 1
        return self._last_number

    def _next_output(self) -> OutputNumber:
        return OutputNumber(self._next_number())

    def _forget(self, peer: PeerNumber) -> None:
        if self._connections.pop(peer, None) is not None:
            self._placement.leave(self._companies.pop(peer))

    def _drain_events(self, core: MediaCore) -> None:
        for event in core.drain_events():
            try:
                self._dispatch(event)
            except Exception as error:
                # The frame of one event: the events behind it belong to other people's calls.
                self._counters.listener_faults += 1
                _log.error("event_fault", event_kind=type(event).__name__, error=type(error).__name__)

    def _dispatch(self, event: Event) -> None:
        if isinstance(event, DtlsDatagram):
            if connection := self._connections.get(event.peer):
                connection.receive_datagram(event.datagram)
        elif isinstance(event, AudioLevels):
            if self._audio_levels_heard is not None:
                self._audio_levels_heard(list(event.levels))
        elif isinstance(event, LayerSeen):
            if self._layer_was_seen is not None:
                self._layer_was_seen(event.track, event.rid)
        elif isinstance(event, PeerSilent):
            if connection := self._connections.get(event.peer):
                connection.silent(event.silent_ms)
        elif isinstance(event, PeerHeard):
            if connection := self._connections.get(event.peer):
                connection.heard()
        elif isinstance(event, StreamPaused | StreamResumed):
            if connection := self._connections.get(event.peer):
                connection.output_paused(event.output, is_paused=isinstance(event, StreamPaused))
        elif isinstance(event, EventsLost):
            self._counters.core_events_lost += event.count
            _log.warning("core_events_lost", count=event.count)


def summed_stats(of_cores: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Returns the statistics of all cores as those of one: counters added, numbered things side by side."""
    first, *others = of_cores
    summed = {name: dict(entries) for name, entries in first.items()}
    for stats in others:
        for name, entries in stats.items():
            if name == "counters":
                for counter, count in entries.items():
                    summed[name][counter] += count
            else:
                summed[name].update(entries)
    return summed


def parse_addresses(addresses: Sequence[str], default_port: int) -> tuple[tuple[str, int], ...]:
    """Returns (ip, port) pairs.

    Raises:
        MisuseError: one of them is not an IP address with an optional port, or there is none.
    """
    pairs = tuple(_parse_address(address.strip(), default_port) for address in addresses)
    if not pairs:
        raise MisuseError("addresses: none to advertise")
    return pairs


def stream_candidates(
    candidates: Sequence[tuple[str, int]], ports: Sequence[int]
) -> tuple[tuple[str, int], ...]:
    """Returns where ICE over TCP is taken, best first: at the candidates themselves, then at further
    ports."""
    hosts = dict.fromkeys(host for host, _ in candidates)
    further = ((host, port) for port in ports for host in hosts if _is_taken_by_clients(host, port))
    return tuple(dict.fromkeys((*candidates, *further)))


def _is_taken_by_clients(host: str, port: int) -> bool:
    """libwebrtc refuses a description whole that names a port below 1024, 443 of a public address aside
    (VerifyCandidate in its p2p/base); there TURN is the way."""
    return port > _LAST_RESERVED_PORT or (port == _HTTPS_PORT and ipaddress.ip_address(host).is_global)


def _parse_address(address: str, default_port: int) -> tuple[str, int]:
    host, port = address, str(default_port)
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif address.count(":") == 1:
        host, _, port = address.partition(":")
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        raise MisuseError(f"addresses: {address!r} is not an IP address") from None
    if not (port.isascii() and port.isdecimal() and 0 < int(port) <= _MAX_PORT):
        raise MisuseError(f"addresses: {address!r} has no port from 1 to {_MAX_PORT}")
    return str(ip), int(port)


def start_native_cores(bind_address: str, port: int, *, threads: int = 1) -> list[MediaCore]:
    """Returns packet cores on one port, bound and running: one for each of so many threads.

    Raises:
        PortTaken: another program has the port.
        BindRefused: the address is not of this machine, or the port needs privileges.
        ImportError: ``lianzhen_core`` is not installed.
    """
    # Imported here alone: everything else runs on any implementation of MediaCore.
    from media_server.native_core import bind_native_cores

    return bind_native_cores(bind_address, port, threads)
