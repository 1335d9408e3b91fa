"""Floods and forgeries at the media port, with the native core alone: OWASP ASVS 5.0 V17.1 and V17.2."""

from __future__ import annotations

import secrets
import socket
import struct
import time
from collections.abc import Iterator

import pytest
from aioice import stun
from lianzhen_core import AddInput, AddOutput, InputCodec, OutputCodec, PacketCore, SetExtensions, TapFrame
from pylibsrtp import Policy, Session

from tests.support.waiting import HANG_S

pytestmark = pytest.mark.alone

PUBLISHER, FLOODER, SUBSCRIBER = 1, 2, 3
TRACK, FLOODED_TRACK, TAP = 1, 2, 7
PAYLOAD_TYPE = 96
FRAMES = 60
FLOOD_PACKETS_A_FRAME = 300
"""Beside one packet of the other member: a hundred times what a member sends who behaves."""
QUIET_S = 0.5


class _Member:
    """One validated address with its SRTP keys."""

    def __init__(self, core: PacketCore, peer: int) -> None:
        self._password = secrets.token_hex(12)
        receive, transmit = secrets.token_bytes(28), secrets.token_bytes(28)
        core.open_peer(peer=peer, ufrag=f"member{peer}", password=self._password)
        core.set_keys(peer=peer, profile="SRTP_AEAD_AES_128_GCM", receive=receive, transmit=transmit)
        core.apply([SetExtensions(peer=peer)])
        self._sends = _session(receive, Policy.SSRC_ANY_OUTBOUND)
        self._takes = _session(transmit, Policy.SSRC_ANY_INBOUND)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.connect(("127.0.0.1", core.port))
        self.socket.settimeout(HANG_S)
        self.socket.send(self._check(peer))
        assert self.socket.recv(2_048)[0] == 1
        self._sequence = 0

    def packet(self, ssrc: int, frame: int, *, is_last: bool = True) -> bytes:
        """A protected packet of a VP8 key frame with its number in the payload."""
        self._sequence += 1
        header = struct.pack(
            "!BBHLL", 0x80, is_last << 7 | PAYLOAD_TYPE, self._sequence & 0xFFFF, frame * 3_000, ssrc
        )
        start = bytes([0x10]) + bytes([0, 0, 0, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xF0, 0x00])
        return self._sends.protect(header + start + struct.pack("!L", frame) + bytes(600))

    def frames(self) -> list[int]:
        """The numbers of all frames that come, in order: ``FRAMES`` are waited for, and then for quiet."""
        found: list[int] = []
        try:
            while True:
                self.socket.settimeout(HANG_S if len(found) < FRAMES else QUIET_S)
                datagram = self.socket.recv(2_048)
                if 128 <= datagram[0] < 192 and not 192 <= datagram[1] < 224:
                    found.append(struct.unpack("!L", self._takes.unprotect(datagram)[-604:-600])[0])
        except TimeoutError:
            return found

    def _check(self, peer: int) -> bytes:
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"member{peer}:other"
        request.attributes["PRIORITY"] = 1_853_824_767
        request.attributes["ICE-CONTROLLING"] = 1
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self._password.encode())
        return bytes(request)


def _session(key: bytes, direction: int) -> Session:
    return Session(Policy(key=key, ssrc_type=direction, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM))


def _add_track(core: PacketCore, track: int, peer: int, ssrc: int) -> None:
    codec = InputCodec(codec="VP8", format="VP8", payload_type=PAYLOAD_TYPE)
    core.apply(
        [
            AddInput(
                track=track,
                peer=peer,
                mid="0",
                kind="video",
                clock_rate_hz=90_000,
                codecs=[codec],
                ssrcs=[(ssrc, None)],
            )
        ]
    )


def _add_subscription(core: PacketCore) -> None:
    codec = OutputCodec(format="VP8", payload_type=PAYLOAD_TYPE)
    core.apply(
        [AddOutput(output=1, track=TRACK, peer=SUBSCRIBER, mid="1", codecs=[codec], ssrc=33, rtx_ssrc=None)]
    )


@pytest.fixture
def core() -> Iterator[PacketCore]:
    core = PacketCore(bind_address="127.0.0.1", port=0)
    yield core
    core.close()


def test_a_members_flood_of_good_srtp_costs_the_others_nothing_live_or_recorded(core: PacketCore) -> None:
    publisher, flooder, subscriber = (_Member(core, peer) for peer in (PUBLISHER, FLOODER, SUBSCRIBER))
    _add_track(core, TRACK, PUBLISHER, 11)
    _add_track(core, FLOODED_TRACK, FLOODER, 22)
    _add_subscription(core)
    core.tap(tap=TAP, track=TRACK)
    recorded: list[int] = []
    for frame in range(FRAMES):
        publisher.socket.send(publisher.packet(11, frame))
        for _ in range(FLOOD_PACKETS_A_FRAME):
            flooder.socket.send(flooder.packet(22, frame, is_last=False))
        _until_taken(core, "rtp_received", (frame + 1) * (1 + FLOOD_PACKETS_A_FRAME))
        recorded += _recorded(core)
    seen = subscriber.frames()
    recorded += _recorded(core)
    assert seen == list(range(FRAMES))
    assert recorded == list(range(FRAMES))
    assert core.stats()["counters"]["rtp_received"] == FRAMES * (1 + FLOOD_PACKETS_A_FRAME)


def test_malformed_replayed_and_forged_srtp_is_dropped_and_the_stream_goes_on(core: PacketCore) -> None:
    publisher, subscriber = _Member(core, PUBLISHER), _Member(core, SUBSCRIBER)
    _add_track(core, TRACK, PUBLISHER, 11)
    _add_subscription(core)
    for frame in range(FRAMES):
        good = publisher.packet(11, frame)
        forged = bytearray(good)
        forged[frame % (len(good) - 12) + 12] ^= 1
        for bad in (bytes(forged), good[:11], b"\x80", good[:-1]):
            publisher.socket.send(bad)
        publisher.socket.send(good)
        publisher.socket.send(good)
        _until_taken(core, "dropped_replay", frame + 1)
    assert subscriber.frames() == list(range(FRAMES))
    counters = core.stats()["counters"]
    assert counters["rtp_received"] == FRAMES
    assert counters["dropped_replay"] == FRAMES
    assert counters["dropped_srtp_auth"] >= 2 * FRAMES


def test_the_media_port_relays_nothing_to_anyone(core: PacketCore) -> None:
    # There is no TURN service here to reach reserved addresses through, or to open many ports at.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as guest:
        guest.connect(("127.0.0.1", core.port))
        guest.settimeout(QUIET_S)
        for method in (stun.Method.ALLOCATE, stun.Method.SEND, stun.Method.CHANNEL_BIND):
            guest.send(bytes(stun.Message(method, stun.Class.REQUEST)))
        guest.send(struct.pack("!HH", 0x4000, 4) + b"data")
        with pytest.raises(TimeoutError):
            guest.recv(2_048)
    assert core.stats()["counters"]["datagrams_sent"] == 0


def _until_taken(core: PacketCore, counter: str, count: int) -> None:
    """Waits for the core: a socket's buffer drops what a core without a processor does not fetch."""
    deadline_s = time.monotonic() + HANG_S
    while (taken := core.stats()["counters"][counter]) < count:
        assert time.monotonic() < deadline_s, f"{taken} of {count} {counter}"
        time.sleep(0)


def _recorded(core: PacketCore) -> list[int]:
    frames: list[int] = []
    while batch := core.read_batch(tap=TAP):
        frames += [
            struct.unpack("!L", record.data[10:14])[0] for record in batch if isinstance(record, TapFrame)
        ]
    return frames
