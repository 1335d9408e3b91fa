"""The data channels against stock aiortc, and chunks no honest peer sends (reliability.md §2, threat 13)."""

import asyncio
import random
import struct
import time
from collections.abc import AsyncIterator

import pytest
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcsctptransport import (
    WEBRTC_DCEP,
    WEBRTC_STRING,
    DataChunk,
    ForwardTsnChunk,
    RTCSctpTransport,
    SackChunk,
    tsn_plus_one,
)
from google_crc32c import value as crc32c

from media_server.certificate import Certificate
from media_server.counters import ControlCounters
from media_server.datachannels import (
    MAX_BUFFERED_BYTES,
    MAX_BYTES_PER_S,
    MAX_GAP_SPAN,
    MAX_TSN_AHEAD,
    MAX_WAITING_BYTES,
    MIN_CHUNK_BYTES,
    PRIVATE_NAMES,
    DataChannels,
    has_endless_parameters,
)
from media_server.datagram_feed import DatagramFeed, TokenBucket
from media_server.dtls import DtlsTransport
from media_server.ids import PeerNumber
from media_server.plans import ChannelKind
from tests.support.dtls_client import DtlsClient
from tests.support.fake_core import FakeCore
from tests.support.listening import until

RELIABLE, LOSSY = ChannelKind.RELIABLE, ChannelKind.LOSSY


class Pair:
    """Our data channels and a client's, over a real DTLS association."""

    def __init__(self, *, is_opener: bool) -> None:
        self.core = FakeCore()
        self.counters = ControlCounters()
        self.certificate = Certificate.generateCertificate()
        self.feed = DatagramFeed(self.core, PeerNumber(1), self.counters)
        self.dtls = DtlsTransport(self.feed, self.certificate, self.counters, keys_ready=lambda *keys: None)
        self.client = DtlsClient(self.feed.receive)
        self.core.datagram_sent = lambda peer, datagram: self.client.pipe.receive(datagram)
        self.received: list[tuple[ChannelKind, bytes]] = []
        self.fault: Exception | None = None
        self.channels = DataChannels(
            self.dtls, self.counters, is_opener=is_opener, data_received=self.receive
        )
        self.sctp = self.channels._sctp

    def receive(self, kind: ChannelKind, payload: bytes) -> None:
        self.received.append((kind, payload))
        if self.fault is not None:
            raise self.fault

    async def start(self, *labels: str, max_message_bytes: int | None = 65536) -> None:
        algorithm, value = self.certificate.fingerprint
        fingerprints = (("sha-256", self.client.fingerprint),)
        await asyncio.gather(
            self.dtls.handshake(fingerprints),
            self.client.connect(f"a=fingerprint:{algorithm} {value}\r\n"),
        )
        await self.channels.start(remote_port=5000, max_message_bytes=max_message_bytes)
        await self.client.open_channels(*labels)
        await until(
            lambda: (
                self.client.channels
                and all(c.readyState == "open" for c in self.client.channels.values())
                and len(self.channels._channels) == 2
                and all(c.readyState == "open" for c in self.channels._channels.values())
            )
        )

    async def inject(self, chunk: DataChunk | ForwardTsnChunk | SackChunk) -> None:
        """Sends a chunk the client's own SCTP would not."""
        await self.client.sctp._send_chunk(chunk)
        await asyncio.sleep(0.02)
        # Where the machine stood still, time alone has passed: everything due has its turn, too.
        for _ in range(100):
            await asyncio.sleep(0)

    def chunk(self, *, ahead: int = 0, stream: int = 0, size: int = 10, flags: int = 3) -> DataChunk:
        chunk = DataChunk(flags=flags)
        chunk.tsn = (self.client.sctp._local_tsn + ahead) % 2**32
        chunk.stream_id = stream
        chunk.protocol = WEBRTC_STRING
        chunk.user_data = b"x" * size
        return chunk

    async def close(self) -> None:
        await self.client.close()
        await self.channels.close()
        await self.dtls.close()
        self.core.close()


def sctp_packet(*chunks: tuple[int, bytes]) -> bytes:
    """A packet under a common header of zeros."""
    return bytes(12) + b"".join(
        struct.pack("!BBH", kind, 0, 4 + len(body)) + body + bytes(-len(body) % 4) for kind, body in chunks
    )


SOUND_PARAMETER, ENDLESS_PARAMETER = struct.pack("!HH4s", 13, 8, b"abcd"), struct.pack("!HH", 13, 0)


class TestParametersWithoutLength:
    """RFC 9260 §3.2.1: a parameter's length counts its own header."""

    @pytest.mark.parametrize("kind", [1, 2, 4, 5, 6, 9, 130])
    def test_they_are_found_in_every_chunk_that_has_parameters(self, kind: int) -> None:
        fixed = bytes(16) if kind in (1, 2) else b""
        assert not has_endless_parameters(sctp_packet((0, b"data"), (kind, fixed + SOUND_PARAMETER)))
        for body in (ENDLESS_PARAMETER, SOUND_PARAMETER + ENDLESS_PARAMETER, b"\x00\x01\x00\x05x" + bytes(3)):
            is_endless = body.endswith(ENDLESS_PARAMETER)
            assert has_endless_parameters(sctp_packet((3, bytes(12)), (kind, fixed + body))) is is_endless

    def test_what_is_no_parameter_and_what_is_cut_off_is_none(self) -> None:
        assert not has_endless_parameters(b"")
        assert not has_endless_parameters(sctp_packet((0, ENDLESS_PARAMETER), (130, ENDLESS_PARAMETER[:3])))
        assert not has_endless_parameters(bytes(12) + struct.pack("!BBH", 130, 0, 3) + ENDLESS_PARAMETER)

    async def test_such_a_packet_is_refused_and_the_association_goes_on(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        refused = pair.counters.data_chunks_refused
        await pair.sctp._handle_data(sctp_packet((130, ENDLESS_PARAMETER)))
        assert pair.counters.data_chunks_refused == refused + 1
        assert pair.channels.send(RELIABLE, b"still here")


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    joined = Pair(is_opener=False)
    yield joined
    await joined.close()


@pytest.fixture
async def opener() -> AsyncIterator[Pair]:
    joined = Pair(is_opener=True)
    yield joined
    await joined.close()


@pytest.mark.parametrize("name", PRIVATE_NAMES)
async def test_aiortc_still_has_the_private_name(name: str) -> None:
    class Transport:
        role, state = "controlled", "completed"

    dtls = RTCDtlsTransport(Transport(), [Certificate.generateCertificate()])  # type: ignore[arg-type]
    assert hasattr(RTCSctpTransport(dtls), name)


class TestMessages:
    async def test_the_clients_channels_carry_both_ways(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        pair.client.channels["_reliable"].send(b"up")
        pair.client.channels["_lossy"].send(b"up lossy")
        assert pair.channels.send(RELIABLE, b"down")
        assert pair.channels.send(LOSSY, b"down lossy")
        await until(lambda: len(pair.received) == 2 and len(pair.client.messages) == 2)
        assert sorted(pair.received, key=str) == [(LOSSY, b"up lossy"), (RELIABLE, b"up")]
        assert sorted(pair.client.messages) == [("_lossy", b"down lossy"), ("_reliable", b"down")]
        assert pair.counters.data_messages_received == 2
        assert pair.counters.data_messages_sent == 2

    async def test_where_we_make_the_offers_we_open_the_channels(self, opener: Pair) -> None:
        await opener.start()
        lossy = opener.client.channels["_lossy"]
        assert (lossy.ordered, lossy.maxRetransmits) == (False, 0)
        reliable = opener.client.channels["_reliable"]
        assert (reliable.ordered, reliable.maxRetransmits) == (True, None)
        reliable.send(b"up")
        assert opener.channels.send(RELIABLE, b"down")
        await until(lambda: opener.received and opener.client.messages)
        assert opener.received == [(RELIABLE, b"up")]

    async def test_text_comes_as_its_bytes(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        pair.client.channels["_reliable"].send("血氧")
        await until(lambda: pair.received)
        assert pair.received == [(RELIABLE, "血氧".encode())]

    async def test_a_channel_we_do_not_know_stays_unheard(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy", "_data_track")
        pair.client.channels["_data_track"].send(b"?")
        pair.client.channels["_reliable"].send(b"!")
        await until(lambda: pair.received)
        assert pair.received == [(RELIABLE, b"!")]

    async def test_a_listener_that_raises_costs_nobody_anything(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        pair.fault = KeyError("a bug above")
        pair.client.channels["_reliable"].send(b"one")
        pair.client.channels["_reliable"].send(b"two")
        await until(lambda: len(pair.received) == 2)
        assert pair.counters.listener_faults == 2
        assert pair.dtls.state == "connected"

    async def test_a_label_opened_anew_replaces_the_old_one(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        await pair.client.open_channels("_reliable")
        newest = pair.client.channels["_reliable"]
        await until(lambda: newest.readyState == "open")
        pair.channels.send(RELIABLE, b"to the newest")
        heard: list[bytes] = []
        newest.on("message", heard.append)
        await until(lambda: heard)
        assert heard == [b"to the newest"]

    async def test_starting_twice_is_harmless(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        await pair.channels.start(remote_port=5000, max_message_bytes=None)
        assert pair.channels.send(RELIABLE, b"x")


class TestLoss:
    async def test_the_only_message_lost_comes_again_well_within_aiortcs_second(
        self, pair: Pair, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await pair.start("_reliable", "_lossy")
        pair.channels.send(RELIABLE, b"first")
        await until(lambda: pair.client.messages and not pair.sctp._sent_queue)
        # The round trip of a quiet machine, whatever this one did; then the timer that is really set.
        pair.sctp._srtt = None
        pair.sctp._update_rto(0.001)
        timers_s: list[float] = []
        start, expired = pair.sctp._t3_start, pair.sctp._t3_expired
        expiries: list[int] = []

        def note_start() -> None:
            timers_s.append(pair.sctp._rto)
            start()

        def note_expiry() -> None:
            expiries.append(len(pair.client.messages))
            expired()

        monkeypatch.setattr(pair.sctp, "_t3_start", note_start)
        monkeypatch.setattr(pair.sctp, "_t3_expired", note_expiry)
        pair.client.pipe.lose_to_client = 1
        pair.channels.send(RELIABLE, b"second")
        await until(lambda: len(pair.client.messages) == 2)
        assert timers_s[0] < 0.9
        # The first expiry of that timer, and nothing before it, brought the message.
        assert expiries[0] == 1

    async def test_a_lost_lossy_message_does_not_come_again(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        pair.client.pipe.lose_to_client = 1
        pair.channels.send(LOSSY, b"lost")
        await until(lambda: pair.client.pipe.lose_to_client == 0)
        pair.channels.send(LOSSY, b"fresh")
        await until(lambda: pair.client.messages)
        await asyncio.sleep(0.5)  # longer than the retransmission timer
        assert pair.client.messages == [("_lossy", b"fresh")]


class TestOutgoingLimits:
    async def test_before_the_channel_is_open_nothing_is_sent(self, pair: Pair) -> None:
        assert not pair.channels.send(RELIABLE, b"early")
        assert pair.counters.data_messages_dropped == 1

    async def test_64_kb_go_and_one_byte_more_does_not(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        assert pair.channels.send(RELIABLE, b"x" * 65536)
        assert not pair.channels.send(RELIABLE, b"x" * 65537)
        await until(lambda: pair.client.messages)
        assert pair.counters.data_messages_dropped == 1

    async def test_what_the_peer_says_it_cannot_take_is_not_sent(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy", max_message_bytes=100)
        assert pair.channels.send(RELIABLE, b"x" * 100)
        assert not pair.channels.send(RELIABLE, b"x" * 101)

    @pytest.mark.parametrize("kind", [RELIABLE, LOSSY])
    async def test_a_slow_peer_costs_no_more_than_its_buffer(self, pair: Pair, kind: ChannelKind) -> None:
        await pair.start("_reliable", "_lossy")
        pair.client.pipe.lose_to_client = 1_000_000
        for _ in range(100):
            pair.channels.send(kind, b"x" * 32_000)
        assert pair.channels._channels[kind].bufferedAmount <= MAX_BUFFERED_BYTES[kind]
        assert pair.counters.data_messages_dropped > 50

    async def test_after_the_end_nothing_is_sent(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        await pair.channels.close()
        await pair.channels.close()
        assert not pair.channels.send(RELIABLE, b"late")


class TestHostilePackets:
    async def test_whatever_a_peer_says_in_sctp_the_connection_lives(self, pair: Pair) -> None:
        """Real packets with bytes changed, cut and swapped, checksum made right again."""
        await pair.start("_reliable", "_lossy")
        seen: list[bytes] = []
        handle = pair.sctp._handle_data

        async def keep(data: bytes) -> None:
            seen.append(data)
            await handle(data)

        pair.sctp._handle_data = keep  # type: ignore[method-assign]
        for size in (10, 3000, 20):
            pair.client.channels["_reliable"].send(b"x" * size)
        await until(lambda: len(pair.received) == 3)
        rng = random.Random(4)
        types = [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 14, 130, 192, 64, 255]
        originals = list(seen)
        began = time.process_time()
        for _ in range(3000):
            packet = bytearray(rng.choice(originals))
            for _ in range(rng.randint(1, 5)):
                packet[rng.randrange(12, len(packet))] = rng.randrange(256)
            if rng.random() < 0.5:
                packet[12] = rng.choice(types)
            if rng.random() < 0.3:
                del packet[rng.randrange(16, len(packet) + 1) :]
                packet[14:16] = (len(packet) - 12).to_bytes(2, "big")
            packet[8:12] = bytes(4)
            packet[8:12] = crc32c(bytes(packet)).to_bytes(4, "little")
            await pair.dtls._hand_up(bytes(packet))
        assert time.process_time() - began < 20
        assert pair.dtls.state == "connected"
        assert len(pair.sctp._inbound_streams) <= 32
        assert len(pair.sctp._data_channels) <= 32


class TestHostileChunks:
    async def test_an_incoming_message_over_64_kb_is_dropped_and_the_next_one_comes(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        pair.client.sctp._remote_max_message_size = 0
        pair.client.channels["_reliable"].send(b"x" * 70_000)
        pair.client.channels["_reliable"].send(b"small")
        await until(lambda: pair.received)
        assert pair.received == [(RELIABLE, b"small")]
        assert pair.counters.data_messages_refused == 1

    async def test_an_open_message_with_a_long_label_is_dropped(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        await pair.client.sctp._send(8, WEBRTC_DCEP, b"\x03" + bytes(11) + b"x" * 2000)
        await until(lambda: pair.counters.data_messages_refused)
        assert 8 not in pair.sctp._data_channels

    async def test_a_message_that_aiortc_cannot_decode_does_not_end_the_association(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        await pair.client.sctp._send(0, WEBRTC_STRING, b"\xff\xfe")
        pair.client.channels["_reliable"].send(b"after")
        await until(lambda: pair.received)
        assert pair.counters.data_packets_failed == 1

    async def test_a_stream_number_beyond_the_cap_is_refused(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        await pair.inject(pair.chunk(stream=32))
        assert 32 not in pair.sctp._inbound_streams
        assert pair.counters.data_chunks_refused == 1

    async def test_a_chunk_far_ahead_is_refused_and_one_within_the_window_is_kept(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        await pair.inject(pair.chunk(ahead=MAX_TSN_AHEAD + 1))
        assert pair.counters.data_chunks_refused == 1
        await pair.inject(pair.chunk(ahead=MAX_TSN_AHEAD - 2))
        assert pair.counters.data_chunks_refused == 1
        assert len(pair.sctp._sack_misordered) == 1

    async def test_a_chunk_from_the_past_is_only_a_duplicate(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        await pair.inject(pair.chunk(ahead=-1))
        assert pair.counters.data_chunks_refused == 0

    async def test_data_before_the_association_is_refused(self, pair: Pair) -> None:
        await pair.sctp._receive_data_chunk(DataChunk(flags=3, body=bytes(20)))
        await pair.sctp._receive_forward_tsn_chunk(ForwardTsnChunk(body=bytes(4)))
        assert pair.counters.data_chunks_refused == 2

    async def test_more_than_the_window_in_pieces_ends_the_association_and_not_the_call(
        self, pair: Pair
    ) -> None:
        await pair.start("_reliable", "_lossy")
        # Slowly enough: what comes too fast is refused before it could wait.
        pair.sctp._allowance = TokenBucket(per_s=1, burst=2 * MAX_WAITING_BYTES)
        for number in range(MAX_WAITING_BYTES // 16_000 + 1):
            await pair.sctp._receive_data_chunk(pair.chunk(ahead=number + 1, size=16_000, flags=2))
        assert pair.counters.data_associations_aborted == 1
        assert pair.sctp.state == "closed"
        assert pair.dtls.state == "connected"
        assert not pair.channels.send(RELIABLE, b"late")

    async def test_what_comes_too_fast_is_not_acknowledged_and_taken_when_it_comes_again(
        self, pair: Pair
    ) -> None:
        await pair.start("_reliable", "_lossy")
        pair.sctp._allowance = TokenBucket(per_s=0, burst=2 * MIN_CHUNK_BYTES)
        received = pair.sctp._last_received_tsn
        first, second, third = (pair.chunk(ahead=ahead, size=1) for ahead in range(3))
        for chunk in (first, second, third):
            await pair.sctp._receive_data_chunk(chunk)
        assert pair.counters.data_chunks_slowed == 1
        assert pair.sctp._last_received_tsn == second.tsn != received
        pair.sctp._allowance = TokenBucket(per_s=0, burst=MIN_CHUNK_BYTES)
        await pair.sctp._receive_data_chunk(third)
        assert pair.sctp._last_received_tsn == third.tsn

    async def test_a_large_message_of_an_honest_client_comes_whole_however_slowly(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        pair.sctp._allowance = TokenBucket(per_s=MAX_BYTES_PER_S, burst=16_000)
        pair.client.channels["_reliable"].send(b"y" * 40_000)
        await until(lambda: pair.received)
        assert pair.received == [(RELIABLE, b"y" * 40_000)]
        assert pair.counters.data_chunks_slowed > 0

    async def test_a_forward_tsn_makes_no_streams_beyond_the_cap(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        chunk = ForwardTsnChunk()
        chunk.cumulative_tsn = pair.client.sctp._local_tsn
        chunk.streams = [(stream, 0) for stream in range(0, 250)]
        await pair.inject(chunk)
        assert max(pair.sctp._inbound_streams) < 32
        assert pair.sctp._last_received_tsn == pair.client.sctp._local_tsn

    async def test_a_sack_with_gaps_without_end_is_refused(self, pair: Pair) -> None:
        await pair.start("_reliable", "_lossy")
        sack = SackChunk()
        sack.cumulative_tsn = tsn_plus_one(pair.sctp._last_sacked_tsn)
        sack.advertised_rwnd = 1000
        sack.gaps = [(2, 65535)] * 100
        await pair.inject(sack)
        assert pair.counters.data_chunks_refused == 1
        sack.gaps = [(2, 2 + MAX_GAP_SPAN - 1)]
        await pair.sctp._receive_sack_chunk(sack)
        assert pair.counters.data_chunks_refused == 1
