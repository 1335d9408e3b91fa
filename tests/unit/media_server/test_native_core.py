"""Our words and the core's: every value crosses the seam, and its refusals become ours."""

import socket
from pathlib import Path
from types import SimpleNamespace

import lianzhen_core
import pytest

from media_server.errors import BindRefused, MisuseError, PortTaken
from media_server.ids import OutputNumber, PeerNumber, TrackNumber
from media_server.native_core import _FROM_NATIVE, bind_native_cores, from_native, to_native
from media_server.ports import (
    AddInput,
    AddOutput,
    AudioLevels,
    DtlsDatagram,
    Event,
    EventsLost,
    InputCodec,
    LayerSeen,
    OutputCodec,
    PathSelected,
    PeerHeard,
    PeerSilent,
    RemoveInput,
    RemoveOutput,
    RouteChange,
    SelectLayer,
    SetExtensions,
)

PEER, TRACK, OUTPUT = PeerNumber(1), TrackNumber(2), OutputNumber(3)
ADD_INPUT = AddInput(
    track=TRACK,
    peer=PEER,
    mid="0",
    kind="video",
    clock_rate_hz=90_000,
    codecs=(InputCodec(codec="VP8", format="VP8", payload_type=96, rtx_payload_type=97),),
    ssrcs=((11, 12), (13, None)),
)
ADD_OUTPUT = AddOutput(
    output=OUTPUT,
    track=TRACK,
    peer=PEER,
    mid="1",
    codecs=(OutputCodec(format="VP8", payload_type=96),),
    ssrc=21,
    rtx_ssrc=None,
    layer="q",
)
CHANGES: list[RouteChange] = [
    SetExtensions(peer=PEER, mid=4, transport_cc=14),
    ADD_INPUT,
    ADD_OUTPUT,
    SelectLayer(output=OUTPUT, layer=None, is_paused=True),
    RemoveOutput(output=OUTPUT),
    RemoveInput(track=TRACK),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: type(change).__name__)
def test_every_change_becomes_the_cores_object_of_the_same_name(change: RouteChange) -> None:
    assert type(to_native(change)).__name__ == type(change).__name__


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"peer": 1, "datagram": b"x"}, DtlsDatagram(peer=PEER, datagram=b"x")),
        ({"peer": 1, "is_first": True}, PathSelected(peer=PEER, is_first=True)),
        ({"peer": 1, "silent_ms": 3000}, PeerSilent(peer=PEER, silent_ms=3000)),
        ({"peer": 1}, PeerHeard(peer=PEER)),
        ({"track": 2, "rid": "q"}, LayerSeen(track=TRACK, rid="q")),
        ({"levels": [(2, 30)]}, AudioLevels(levels=((TRACK, 30),))),
        ({"count": 7}, EventsLost(count=7)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_event_of_the_core_becomes_our_value(fields: dict[str, object], event: Event) -> None:
    # The core's events have no constructor: a stand-in with their fields goes through the same table.
    native = next(kind for kind in _FROM_NATIVE if kind.__name__ == type(event).__name__)
    assert _FROM_NATIVE[native](type("Native", (), fields)()) == event


def test_the_tables_are_complete() -> None:
    assert {kind.__name__ for kind in _FROM_NATIVE} == {kind.__name__ for kind in Event.__args__}  # type: ignore[attr-defined]
    assert {type(change) for change in CHANGES} == set(RouteChange.__args__)  # type: ignore[attr-defined]


def test_an_unknown_event_is_not_passed_over() -> None:
    with pytest.raises(KeyError):
        from_native(object())  # type: ignore[arg-type]


class TestOnASocket:
    def test_the_verbs_reach_the_core(self) -> None:
        (core,) = bind_native_cores("127.0.0.1", 0, 1)
        try:
            assert core.port > 0
            assert core.thread_id in {int(task.name) for task in Path("/proc/self/task").iterdir()}
            core.open_peer(peer=1, ufrag="ufrag", password="p" * 24)
            core.add_credentials(peer=1, ufrag="other", password="q" * 24)
            core.set_keys(peer=1, profile="SRTP_AEAD_AES_128_GCM", receive=bytes(28), transmit=bytes(28))
            core.send_datagram(peer=1, datagram=b"\x16" + bytes(20))
            core.apply(CHANGES[:4])
            core.request_keyframe(track=2)
            core.tap(tap=9, track=2, layer="q")
            assert core.read_batch(tap=9) == []
            core.untap(tap=9)
            core.apply(CHANGES[4:])
            core.close_peer(peer=1)
            core.close_peer(peer=1)
            assert isinstance(core.event_fd(), int)
            assert core.drain_events() == []
            assert {"counters", "peers", "tracks", "outputs"} <= set(core.stats())
        finally:
            core.close()
            core.close()

    def test_the_cores_misuse_is_ours_and_nothing_of_the_patch_holds(self) -> None:
        (core,) = bind_native_cores("127.0.0.1", 0, 1)
        try:
            core.open_peer(peer=1, ufrag="ufrag", password="p" * 24)
            with pytest.raises(MisuseError) as caught:
                core.apply([ADD_INPUT, RemoveOutput(output=OutputNumber(99))])
            assert isinstance(caught.value.__cause__, lianzhen_core.MisuseError)
            core.apply([ADD_INPUT])
        finally:
            core.close()

    def test_a_taken_port_is_named(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            with pytest.raises(PortTaken) as caught:
                bind_native_cores("127.0.0.1", port, 1)
        assert caught.value.port == port

    def test_an_address_of_another_machine_is_named(self) -> None:
        with pytest.raises(BindRefused) as caught:
            bind_native_cores("192.0.2.77", 0, 1)
        assert "192.0.2.77" in str(caught.value)

    def test_an_error_without_a_number_is_named_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(**_arguments: object) -> object:
            raise OSError("odd")

        monkeypatch.setattr(lianzhen_core, "PacketCore", SimpleNamespace(several=refuse))
        with pytest.raises(BindRefused) as caught:
            bind_native_cores("127.0.0.1", 0, 1)
        assert caught.value.reason == "refused"
