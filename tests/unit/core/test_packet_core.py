"""The native core through its binding, over real sockets: what Rust tests without a socket cannot show."""

from __future__ import annotations

import errno
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from lianzhen_core import (
    AddInput,
    AddOutput,
    AudioLevels,
    DtlsDatagram,
    EventsLost,
    InputCodec,
    LayerSeen,
    MisuseError,
    OutputCodec,
    PacketCore,
    PathSelected,
    RemoveInput,
    SelectLayer,
    SetExtensions,
    TapClock,
    TapEnd,
    TapFrame,
)

from tests.support.waiting import HANG_S
from tests.unit.core.fake_client import PROFILES, FakeClient, rtp_packet

OPUS, VP8 = 111, 96

Found = TypeVar("Found")


def eventually(look: Callable[[], Found]) -> Found:
    """What `look` finds, as soon as it is not empty."""
    deadline = time.monotonic() + HANG_S
    while not (found := look()):
        assert time.monotonic() < deadline, "nothing like it happened"
        select.select([], [], [], 0.005)
    return found


def next_events(core: PacketCore) -> list[Any]:
    """The events that come next, waited for by the descriptor."""
    assert select.select([core.event_fd()], [], [], HANG_S)[0], "no event came"
    return core.drain_events()


def opus_input(track: int, peer: int) -> AddInput:
    codec = InputCodec(codec="opus", format="opus", payload_type=OPUS)
    return AddInput(track=track, peer=peer, mid="0", kind="audio", clock_rate_hz=48_000, codecs=[codec])


def opus_output(output: int, track: int, peer: int) -> AddOutput:
    codec = OutputCodec(format="opus", payload_type=63)
    return AddOutput(
        output=output, track=track, peer=peer, mid="1", codecs=[codec], ssrc=900 + output, rtx_ssrc=None
    )


def sound(sequence: int, payload: bytes = b"sound") -> bytes:
    return rtp_packet(
        payload_type=OPUS,
        sequence=sequence,
        timestamp=960 * sequence,
        ssrc=77,
        payload=payload,
        extensions={1: b"0", 2: bytes([30]), 3: struct.pack("!H", sequence & 0xFFFF)},
    )


@pytest.fixture
def pair(core: PacketCore) -> tuple[FakeClient, FakeClient]:
    """A publisher of sound (track 7) and its subscriber (output 9)."""
    publisher, subscriber = FakeClient(core, 1).connect(), FakeClient(core, 2).connect()
    core.apply(
        [
            SetExtensions(peer=1, mid=1, audio_level=2, transport_cc=3),
            SetExtensions(peer=2, mid=4, audio_level=5),
            opus_input(7, 1),
            opus_output(9, 7, 2),
        ]
    )
    core.drain_events()
    return publisher, subscriber


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_packet_is_forwarded_under_the_subscribers_numbers(core: PacketCore, profile: str) -> None:
    publisher = FakeClient(core, 1, profile=profile).connect()
    subscriber = FakeClient(core, 2, profile=profile).connect()
    core.apply([SetExtensions(peer=1, mid=1, audio_level=2), SetExtensions(peer=2, mid=4, audio_level=5)])
    core.apply([opus_input(7, 1), opus_output(9, 7, 2)])
    for sequence in (65_534, 65_535, 65_536):
        publisher.send_rtp(sound(sequence, payload=str(sequence).encode()))
    received = [subscriber.receive_rtp() for _ in range(3)]
    assert [packet.payload for packet in received] == [b"65534", b"65535", b"65536"]
    assert {(packet.ssrc, packet.payload_type) for packet in received} == {(909, 63)}
    assert received[0].extensions == {4: b"1", 5: bytes([30])}
    assert received[2].sequence == received[0].sequence + 2


def test_the_descriptor_is_readable_while_events_wait(
    core: PacketCore, pair: tuple[FakeClient, FakeClient]
) -> None:
    assert select.select([core.event_fd()], [], [], 0)[0] == []
    pair[0].send_rtp(sound(1))
    events = next_events(core)
    assert isinstance(events[0], LayerSeen)
    assert (events[0].track, events[0].rid) == (7, "")
    # Loudness is told within half a second: beside the first event where this process was kept from looking.
    while not (levels := [event for event in events if isinstance(event, AudioLevels)]):
        events += next_events(core)
    assert levels[0].levels == [(7, 30)]
    assert len(events) == 2
    # The packet was one: there is nothing more to tell, until the peer is missed.
    assert core.drain_events() == []
    assert select.select([core.event_fd()], [], [], 0)[0] == []


def test_first_path_dtls_both_ways_and_roaming(core: PacketCore) -> None:
    client = FakeClient(core, 5)
    client.socket.send(client.check(nominate=False))
    (event,) = next_events(core)
    assert isinstance(event, PathSelected)
    assert (event.peer, event.is_first) == (5, True)
    client.socket.send(b"\x16\xfe\xfdhello")
    (event,) = next_events(core)
    assert isinstance(event, DtlsDatagram)
    assert (event.peer, event.datagram) == (5, b"\x16\xfe\xfdhello")
    core.send_datagram(peer=5, datagram=b"\x16\xfe\xfdback")
    client.receive(lambda datagram: datagram if datagram == b"\x16\xfe\xfdback" else None)
    client.socket = client.new_socket()
    client.socket.send(client.check(nominate=True))
    (event,) = next_events(core)
    assert isinstance(event, PathSelected)
    assert not event.is_first
    core.send_datagram(peer=5, datagram=b"\x16moved")
    client.receive(lambda datagram: datagram if datagram == b"\x16moved" else None)


def test_a_flood_of_dtls_is_bounded_and_counted(core: PacketCore) -> None:
    client = FakeClient(core, 5)
    client.socket.send(client.check())
    next_events(core)
    for _ in range(200):
        client.socket.send(b"\x16flood")
    eventually(lambda: core.stats()["counters"]["dtls_received"] == 200)
    events = core.drain_events()
    assert sum(isinstance(event, DtlsDatagram) for event in events) == 64
    assert isinstance(events[-1], EventsLost)
    assert events[-1].count == core.stats()["counters"]["dtls_dropped"] == 136


def test_bad_checks_and_unvalidated_sources_meet_silence(
    core: PacketCore, pair: tuple[FakeClient, FakeClient]
) -> None:
    before = core.stats()["counters"]
    stranger = pair[0].new_socket()
    stranger.send(pair[0].check(password="a wrong password"))
    stranger.send(pair[0].check(ufrag="nobody"))
    stranger.send(b"")
    stranger.send(pair[0].protecting.protect(sound(1)))
    stranger.send(b"\x16\xfe\xfdhello")
    eventually(lambda: core.stats()["counters"]["datagrams_received"] == before["datagrams_received"] + 5)
    after = core.stats()["counters"]
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    del changed["bytes_received"]
    assert changed == {
        "datagrams_received": 5,
        "dropped_stun_auth": 1,
        "dropped_unknown_ufrag": 1,
        "dropped_empty": 1,
        "dropped_unvalidated_source": 2,
    }
    assert core.drain_events() == []


def test_a_dual_stack_core_serves_both_families_and_answers_from_the_address_it_was_asked_at() -> None:
    core = PacketCore(bind_address="::", port=0)
    try:
        first = FakeClient(core, 1, host="127.0.0.1").connect()
        second = FakeClient(core, 2, host="::1").connect()
        # A connected socket takes answers from that very address only.
        third = FakeClient(core, 3, host="127.0.0.2").connect()
        core.apply(
            [SetExtensions(peer=1, mid=1), opus_input(7, 1), opus_output(8, 7, 2), opus_output(9, 7, 3)]
        )
        first.send_rtp(sound(1))
        assert second.receive_rtp().payload == third.receive_rtp().payload == b"sound"
    finally:
        core.close()


def test_a_burst_of_equal_packets_leaves_in_few_sends_and_arrives_whole(
    core: PacketCore, pair: tuple[FakeClient, FakeClient]
) -> None:
    publisher, subscriber = pair
    packets = [publisher.protecting.protect(sound(sequence, bytes(900))) for sequence in range(1, 41)]
    publisher.socket.sendmsg([b"".join(packets)], [(socket.SOL_UDP, 103, struct.pack("H", len(packets[0])))])
    received = [subscriber.receive_rtp() for _ in range(40)]
    assert [packet.sequence - received[0].sequence for packet in received] == list(range(40))
    counters = core.stats()["counters"]
    assert counters["datagrams_sent"] - counters["sends"] > 30


def test_a_tap_delivers_frames_clocks_and_the_end(
    core: PacketCore, pair: tuple[FakeClient, FakeClient]
) -> None:
    publisher, _ = pair
    core.tap(tap=3, track=7)
    for sequence in range(1, 4):
        publisher.send_rtp(sound(sequence, bytes([sequence])))
    ntp = 2_208_988_800 + 1_700_000_000 << 32
    publisher.send_rtcp(struct.pack("!BBHLQLLL", 0x80, 200, 6, 77, ntp, 960 * 3, 3, 3))
    publisher.receive_rtcp(205, 15)
    core.apply([RemoveInput(track=7)])
    records: list[Any] = []
    eventually(lambda: (records.extend(core.read_batch(tap=3, max_records=2)), len(records) >= 5)[1])
    frames = [record for record in records if isinstance(record, TapFrame)]
    assert [(frame.codec, frame.rtp_timestamp, frame.data) for frame in frames] == [
        ("opus", 960 * sequence, bytes([sequence])) for sequence in range(1, 4)
    ]
    assert all(frame.is_keyframe and not frame.lost_packets for frame in frames)
    assert abs(frames[0].arrival_ns - time.monotonic_ns()) < 10**10
    (clock,) = [record for record in records if isinstance(record, TapClock)]
    assert (clock.rtp_timestamp, clock.ntp_ns) == (960 * 3, 1_700_000_000 * 10**9)
    assert isinstance(records[-1], TapEnd)
    core.untap(tap=3)
    core.untap(tap=3)
    with pytest.raises(MisuseError):
        core.read_batch(tap=3)


def test_the_clock_of_an_output_is_its_publishers_last_report(
    core: PacketCore, pair: tuple[FakeClient, FakeClient]
) -> None:
    pair[0].send_rtp(sound(1))
    heard = pair[1].receive_rtp()
    assert core.output_clocks(peers=[2]) == []
    ntp = 2_208_988_800 + 1_700_000_000 << 32
    pair[0].send_rtcp(struct.pack("!BBHLQLLL", 0x80, 200, 6, 77, ntp, 960 * 3, 1, 1))
    (clock,) = eventually(lambda: core.output_clocks(peers=[1, 2, 3]))
    assert (clock.peer, clock.track, clock.clock_rate_hz) == (2, 7, 48_000)
    assert (clock.rtp_timestamp, clock.ntp_ns) == (heard.timestamp + 960 * 2, 1_700_000_000 * 10**9)
    assert abs(clock.arrival_ns - time.monotonic_ns()) < 10**10


def test_stats_tell_peers_tracks_and_outputs_and_no_address(
    core: PacketCore, pair: tuple[FakeClient, FakeClient]
) -> None:
    began_s = time.monotonic()
    pair[0].send_rtp(sound(1))
    pair[1].receive_rtp()
    stats = core.stats()
    assert stats["peers"][1]["last_heard_ms_ago"] <= (time.monotonic() - began_s) * 1000 + 1
    heard_ms_ago = core.last_heard_ms_ago(peers=[1, 99])
    assert heard_ms_ago.keys() == {1}
    assert heard_ms_ago[1] <= (time.monotonic() - began_s) * 1000 + 1
    assert stats["peers"][1]["is_silent"] is (stats["peers"][1]["last_heard_ms_ago"] >= 3_000)
    layer = stats["tracks"][7]["layers"][""]
    assert (layer["packets"], layer["lost"], layer["is_live"]) == (1, 0, True)
    assert stats["outputs"][9] | {"rtt_ms": 0} == {
        "peer": 2,
        "track": 7,
        "layer": "",
        "target_layer": None,
        "is_paused": False,
        "grant": "everything",
        "max_temporal": None,
        "packets": 1,
        "bytes": 5,
        "nacks": 0,
        "retransmitted": 0,
        "plis": 0,
        "switches": 1,
        "fraction_lost": 0.0,
        "rtt_ms": 0,
    }
    assert "127.0.0.1" not in repr(stats)


def test_misuse_is_told_and_a_refused_patch_changes_nothing(core: PacketCore) -> None:
    client = FakeClient(core, 1)
    with pytest.raises(MisuseError, match="peer number 1 is in use"):
        core.open_peer(peer=1, ufrag="other", password="x")
    with pytest.raises(MisuseError, match="no peer has number 9"):
        core.set_keys(peer=9, profile="SRTP_AEAD_AES_128_GCM", receive=bytes(28), transmit=bytes(28))
    with pytest.raises(MisuseError, match="profile"):
        core.set_keys(peer=1, profile="SRTP_NULL", receive=b"", transmit=b"")  # type: ignore[arg-type]
    with pytest.raises(MisuseError, match="long"):
        core.set_keys(peer=1, profile="SRTP_AEAD_AES_128_GCM", receive=bytes(30), transmit=bytes(28))
    with pytest.raises(MisuseError, match="no track has number 8"):
        core.apply([opus_input(7, 1), opus_output(9, 8, 1)])
    assert core.stats()["tracks"] == {}
    with pytest.raises(MisuseError):
        core.request_keyframe(track=7)
    with pytest.raises(MisuseError):
        core.tap(tap=1, track=7)
    core.apply(change for change in [opus_input(7, 1)])  # type: ignore[arg-type]
    core.tap(tap=1, track=7)
    with pytest.raises(MisuseError, match="tap number 1 is in use"):
        core.tap(tap=1, track=7)
    client.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda: SetExtensions(peer=1, mid=15),
        lambda: InputCodec(codec="AV1", format="AV1", payload_type=45),
        lambda: InputCodec(codec="VP8", format="VP8", payload_type=128),
        lambda: OutputCodec(format="VP8", payload_type=96, rtx_payload_type=200),
        lambda: AddInput(track=1, peer=1, mid="", kind="audio", clock_rate_hz=48_000, codecs=[]),
        lambda: AddInput(track=1, peer=1, mid="0" * 17, kind="audio", clock_rate_hz=48_000, codecs=[]),
        lambda: AddInput(track=1, peer=1, mid="0", kind="data", clock_rate_hz=48_000, codecs=[]),
        lambda: AddInput(track=1, peer=1, mid="0", kind="audio", clock_rate_hz=0, codecs=[]),
        lambda: PacketCore(bind_address="localhost", port=0),
    ],
)
def test_values_out_of_range_are_misuse(make: Callable[[], object]) -> None:
    with pytest.raises(MisuseError):
        make()


def test_something_else_than_a_change_is_a_type_error(core: PacketCore) -> None:
    with pytest.raises(TypeError):
        core.apply([SelectLayer(output=1, layer=None), "change"])  # type: ignore[list-item]


def test_a_taken_port_is_an_os_error(core: PacketCore) -> None:
    with pytest.raises(OSError) as taken:
        PacketCore(bind_address="127.0.0.1", port=core.port)
    assert taken.value.errno == errno.EADDRINUSE
    with pytest.raises(OSError) as foreign:
        PacketCore(bind_address="192.0.2.1", port=0)
    assert foreign.value.errno == errno.EADDRNOTAVAIL


def test_closing_twice_is_harmless_and_frees_the_port() -> None:
    core = PacketCore(bind_address="127.0.0.1", port=0)
    core.open_peer(peer=1, ufrag="abcd", password="x")
    port = core.port
    core.close()
    core.close()
    core.close_peer(peer=1)
    core.untap(tap=1)
    core.send_datagram(peer=1, datagram=b"gone")
    assert core.drain_events() == []
    with pytest.raises(RuntimeError):
        core.stats()
    for _ in range(20):  # also by one whose threads had no time to begin
        PacketCore(bind_address="127.0.0.1", port=port).close()


def test_a_closed_peer_may_come_back_under_its_number(core: PacketCore) -> None:
    for _ in range(3):
        client = FakeClient(core, 1).connect()
        client.close()
        core.close_peer(peer=1)
        core.close_peer(peer=1)
    assert core.stats()["peers"] == {}
