"""The packet core in Rust, behind the words of ``ports``: translates values and nothing else.

The only module that imports ``lianzhen_core`` at run time.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import lianzhen_core

from media_server.errors import BindRefused, MisuseError, PortTaken
from media_server.ids import OutputNumber, PeerNumber, TrackNumber
from media_server.ports import (
    AddInput,
    AddOutput,
    AudioLevels,
    DtlsDatagram,
    Event,
    EventsLost,
    LayerSeen,
    MediaCore,
    OutputClock,
    PathSelected,
    PeerHeard,
    PeerSilent,
    RemoveInput,
    RemoveOutput,
    RouteChange,
    SecurePort,
    SelectLayer,
    SetExtensions,
    SrtpProfileName,
    StreamPaused,
    StreamResumed,
)

if TYPE_CHECKING:
    from media_server.ports import TapRecord


def bind_native_cores(bind_address: str, port: int, threads: int) -> list[MediaCore]:
    """Returns packet cores on one port, bound and running, each with a thread and peers of its own.

    Raises:
        PortTaken: another program has the port.
        BindRefused: the address is not of this machine, or the port needs privileges.
    """
    try:
        cores = lianzhen_core.PacketCore.several(bind_address=bind_address, port=port, threads=threads)
        return [NativeCore(core) for core in cores]
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(bind_address=bind_address, port=port) from error
        reason = os.strerror(error.errno) if error.errno else "refused"
        raise BindRefused(bind_address=bind_address, port=port, reason=reason) from error


class NativeCore:
    """Implements ``MediaCore`` by ``lianzhen_core.PacketCore``."""

    def __init__(self, core: lianzhen_core.PacketCore) -> None:
        self._core = core

    @property
    def port(self) -> int:
        """See ``MediaCore``, as for all below."""
        return self._core.port

    @property
    def thread_id(self) -> int:
        """See ``MediaCore``."""
        return self._core.thread_id

    def open_secure_port(self, secure: SecurePort, *, relay_to: Sequence[str]) -> int:
        """See ``MediaCore``."""
        with _misuse():
            return self._core.open_secure_port(
                bind_address=secure.bind_address,
                port=secure.port,
                certificate=secure.certificate,
                private_key=secure.private_key,
                backend=secure.backend,
                turn_secret=secure.turn_secret,
                relay_to=list(relay_to),
            )

    def exchange_certificate(self, *, certificate: bytes, private_key: bytes) -> None:
        """See ``MediaCore``."""
        self._core.exchange_certificate(certificate=certificate, private_key=private_key)

    def open_peer(self, *, peer: int, ufrag: str, password: str) -> None:
        """See ``MediaCore``."""
        with _misuse():
            self._core.open_peer(peer=peer, ufrag=ufrag, password=password)

    def add_credentials(self, *, peer: int, ufrag: str, password: str) -> None:
        """See ``MediaCore``."""
        with _misuse():
            self._core.add_credentials(peer=peer, ufrag=ufrag, password=password)

    def close_peer(self, *, peer: int) -> None:
        """See ``MediaCore``."""
        with _misuse():
            self._core.close_peer(peer=peer)

    def set_keys(self, *, peer: int, profile: SrtpProfileName, receive: bytes, transmit: bytes) -> None:
        """See ``MediaCore``."""
        with _misuse():
            self._core.set_keys(peer=peer, profile=profile, receive=receive, transmit=transmit)

    def send_datagram(self, *, peer: int, datagram: bytes) -> None:
        """See ``MediaCore``."""
        with _misuse():
            self._core.send_datagram(peer=peer, datagram=datagram)

    def apply(self, changes: Sequence[RouteChange]) -> None:
        """See ``MediaCore``."""
        with _misuse():
            self._core.apply([to_native(change) for change in changes])

    def request_keyframe(self, *, track: int) -> None:
        """See ``MediaCore``."""
        with _misuse():
            self._core.request_keyframe(track=track)

    def tap(self, *, tap: int, track: int, layer: str | None = None) -> None:
        """See ``MediaCore``."""
        with _misuse():
            self._core.tap(tap=tap, track=track, layer=layer)

    def untap(self, *, tap: int) -> None:
        """See ``MediaCore``."""
        with _misuse():
            self._core.untap(tap=tap)

    def read_batch(self, *, tap: int, max_records: int = 256) -> list[TapRecord]:
        """See ``MediaCore``."""
        with _misuse():
            return self._core.read_batch(tap=tap, max_records=max_records)

    def event_fd(self) -> int:
        """See ``MediaCore``."""
        return self._core.event_fd()

    def drain_events(self) -> list[Event]:
        """See ``MediaCore``."""
        return [from_native(event) for event in self._core.drain_events()]

    def stats(self) -> dict[str, Any]:
        """See ``MediaCore``."""
        return self._core.stats()

    def last_heard_ms_ago(self, *, peers: Sequence[int]) -> dict[int, int]:
        """See ``MediaCore``."""
        return self._core.last_heard_ms_ago(peers=peers)

    def output_clocks(self, *, peers: Sequence[int]) -> list[OutputClock]:
        """See ``MediaCore``."""
        return [
            OutputClock(
                peer=PeerNumber(clock.peer),
                track=TrackNumber(clock.track),
                rtp_timestamp=clock.rtp_timestamp,
                ntp_ns=clock.ntp_ns,
                arrival_ns=clock.arrival_ns,
                clock_rate_hz=clock.clock_rate_hz,
            )
            for clock in self._core.output_clocks(peers=peers)
        ]

    def close(self) -> None:
        """See ``MediaCore``."""
        self._core.close()


def to_native(change: RouteChange) -> lianzhen_core.RouteChange:
    """Returns the core's object for a route change.

    Raises:
        lianzhen_core.MisuseError: a number is out of its range.
    """
    return _TO_NATIVE[type(change)](change)


def from_native(event: lianzhen_core.Event) -> Event:
    """Returns our value for an event of the core."""
    return _FROM_NATIVE[type(event)](event)


@contextmanager
def _misuse() -> Iterator[None]:
    try:
        yield
    except lianzhen_core.MisuseError as error:
        raise MisuseError(str(error)) from error


def _set_extensions(change: SetExtensions) -> lianzhen_core.SetExtensions:
    return lianzhen_core.SetExtensions(
        peer=change.peer,
        mid=change.mid,
        rid=change.rid,
        repaired_rid=change.repaired_rid,
        audio_level=change.audio_level,
        transport_cc=change.transport_cc,
        video_orientation=change.video_orientation,
        playout_delay=change.playout_delay,
    )


def _add_input(change: AddInput) -> lianzhen_core.AddInput:
    return lianzhen_core.AddInput(
        track=change.track,
        peer=change.peer,
        mid=change.mid,
        kind=change.kind,
        clock_rate_hz=change.clock_rate_hz,
        codecs=[
            lianzhen_core.InputCodec(
                codec=codec.codec,
                format=codec.format,
                payload_type=codec.payload_type,
                rtx_payload_type=codec.rtx_payload_type,
                red_payload_type=codec.red_payload_type,
                has_nack=codec.has_nack,
            )
            for codec in change.codecs
        ],
        ssrcs=change.ssrcs,
    )


def _add_output(change: AddOutput) -> lianzhen_core.AddOutput:
    return lianzhen_core.AddOutput(
        output=change.output,
        track=change.track,
        peer=change.peer,
        mid=change.mid,
        codecs=[
            lianzhen_core.OutputCodec(
                format=codec.format,
                payload_type=codec.payload_type,
                rtx_payload_type=codec.rtx_payload_type,
                red_payload_type=codec.red_payload_type,
            )
            for codec in change.codecs
        ],
        ssrc=change.ssrc,
        rtx_ssrc=change.rtx_ssrc,
        layer=change.layer,
    )


def _select_layer(change: SelectLayer) -> lianzhen_core.SelectLayer:
    return lianzhen_core.SelectLayer(
        output=change.output,
        layer=change.layer,
        is_paused=change.is_paused,
        priority=change.priority,
        max_fps=change.max_fps,
    )


_TO_NATIVE: Final[dict[type, Callable[[Any], lianzhen_core.RouteChange]]] = {
    SetExtensions: _set_extensions,
    AddInput: _add_input,
    RemoveInput: lambda change: lianzhen_core.RemoveInput(track=change.track),
    AddOutput: _add_output,
    RemoveOutput: lambda change: lianzhen_core.RemoveOutput(output=change.output),
    SelectLayer: _select_layer,
}

_FROM_NATIVE: Final[dict[type, Callable[[Any], Event]]] = {
    lianzhen_core.DtlsDatagram: lambda event: DtlsDatagram(
        peer=PeerNumber(event.peer), datagram=event.datagram
    ),
    lianzhen_core.PathSelected: lambda event: PathSelected(
        peer=PeerNumber(event.peer), is_first=event.is_first
    ),
    lianzhen_core.PeerSilent: lambda event: PeerSilent(
        peer=PeerNumber(event.peer), silent_ms=event.silent_ms
    ),
    lianzhen_core.PeerHeard: lambda event: PeerHeard(peer=PeerNumber(event.peer)),
    lianzhen_core.LayerSeen: lambda event: LayerSeen(track=TrackNumber(event.track), rid=event.rid),
    lianzhen_core.AudioLevels: lambda event: AudioLevels(
        levels=tuple((TrackNumber(track), level) for track, level in event.levels)
    ),
    lianzhen_core.StreamPaused: lambda event: StreamPaused(
        peer=PeerNumber(event.peer), output=OutputNumber(event.output)
    ),
    lianzhen_core.StreamResumed: lambda event: StreamResumed(
        peer=PeerNumber(event.peer), output=OutputNumber(event.output)
    ),
    lianzhen_core.EventsLost: lambda event: EventsLost(count=event.count),
}
