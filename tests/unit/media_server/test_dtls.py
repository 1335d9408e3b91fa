"""Handshakes against stock aiortc: honest, lossy, hostile."""

import asyncio
import contextlib

import pytest
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCDtlsTransport,
)
from OpenSSL import SSL

from media_server.certificate import Certificate
from media_server.counters import ControlCounters
from media_server.datagram_feed import DatagramFeed
from media_server.dtls import FIRST_REPEAT_S, MAX_RESTARTS, PRIVATE_NAMES, DtlsTransport, record_datagrams
from media_server.ids import PeerNumber
from media_server.plans import DisconnectReason
from tests.support.dtls_client import DtlsClient
from tests.support.fake_core import FakeCore
from tests.support.listening import until
from tests.support.waiting import HANG_S

BROKEN_HELLO = b"\x16\xfe\xfd" + bytes(8) + b"\x00\x10" + b"\x01" * 16
FATAL_ALERT = b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28"


class Pair:
    """Our server and a client, joined."""

    def __init__(self) -> None:
        self.core = FakeCore()
        self.counters = ControlCounters()
        self.keys: list[tuple[str, bytes, bytes]] = []
        self.certificate = Certificate.generateCertificate()
        self.feed = DatagramFeed(self.core, PeerNumber(1), self.counters)
        self.server = DtlsTransport(
            self.feed,
            self.certificate,
            self.counters,
            keys_ready=lambda *keys: self.keys.append(keys),
        )
        self.client = DtlsClient(self.feed.receive)
        self.core.datagram_sent = lambda peer, datagram: self.client.pipe.receive(datagram)

    @property
    def sdp(self) -> str:
        algorithm, value = self.certificate.fingerprint
        return f"a=fingerprint:{algorithm} {value}\r\n"

    async def shake(self, fingerprint: str | None = None) -> tuple[bool, str]:
        """Returns whether the server is connected, and the client's state."""
        fingerprints = (("sha-256", fingerprint or self.client.fingerprint),)
        async with asyncio.timeout(HANG_S):
            is_connected, state = await asyncio.gather(
                self.server.handshake(fingerprints), self.client.connect(self.sdp)
            )
        return is_connected, state

    async def close(self) -> None:
        await self.client.close()
        await self.server.close()
        self.core.close()


@pytest.fixture
async def pair() -> object:
    joined = Pair()
    yield joined
    await joined.close()


@pytest.fixture
def openssl_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL's own timer is always a second away and never expires, however long the machine stood still."""
    monkeypatch.setattr("OpenSSL.SSL.Connection.DTLSv1_get_timeout", lambda connection: 1.0)
    monkeypatch.setattr("OpenSSL.SSL.Connection.DTLSv1_handle_timeout", lambda connection: False)


@pytest.mark.parametrize("name", PRIVATE_NAMES)
def test_aiortc_still_has_the_private_name(name: str) -> None:
    class Transport:
        role, state = "controlled", "completed"

    transport = RTCDtlsTransport(Transport(), [Certificate.generateCertificate()])  # type: ignore[arg-type]
    assert hasattr(transport, name)


class TestHandshake:
    async def test_both_sides_connect_and_the_keys_match_crosswise(self, pair: Pair) -> None:
        assert await pair.shake() == (True, "connected")
        ((profile, receive, transmit),) = pair.keys
        assert profile == "SRTP_AEAD_AES_128_GCM"
        assert len(receive) == len(transmit) == 16 + 12
        material = pair.client.dtls._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 56)
        assert SRTP_AEAD_AES_128_GCM.get_key_and_salt(material, 0) == receive
        assert SRTP_AEAD_AES_128_GCM.get_key_and_salt(material, 1) == transmit
        assert pair.counters.dtls_handshakes_done == 1

    async def test_rtp_stays_out_of_python(self, pair: Pair) -> None:
        await pair.shake()
        assert pair.server._rx_srtp is None and pair.server._tx_srtp is None

    async def test_a_client_without_gcm_gets_counter_mode(self, pair: Pair) -> None:
        pair.client.dtls._srtp_profiles = [SRTP_AES128_CM_SHA1_80]
        assert await pair.shake() == (True, "connected")
        ((profile, receive, _transmit),) = pair.keys
        assert (profile, len(receive)) == ("SRTP_AES128_CM_SHA1_80", 16 + 14)

    async def test_without_a_common_profile_it_fails(self, pair: Pair) -> None:
        pair.client.dtls._srtp_profiles = [SRTP_AEAD_AES_256_GCM]
        is_connected, _state = await pair.shake()
        assert not is_connected
        assert pair.server.failure is DisconnectReason.HANDSHAKE_FAILED
        assert pair.keys == []
        assert pair.counters.dtls_handshakes_failed == 1

    async def test_another_certificate_than_announced_is_refused(self, pair: Pair) -> None:
        is_connected, _state = await pair.shake("00:" * 31 + "00")
        assert not is_connected
        assert pair.server.failure is DisconnectReason.FINGERPRINT_MISMATCH
        assert pair.keys == []
        assert pair.counters.fingerprints_refused == 1

    async def test_a_feed_that_closes_ends_it(self, pair: Pair) -> None:
        pending = asyncio.create_task(pair.server.handshake((("sha-256", pair.client.fingerprint),)))
        await asyncio.sleep(0.01)
        pair.feed.close()
        assert not await pending
        assert pair.server.failure is DisconnectReason.HANDSHAKE_FAILED


class TestLoss:
    async def test_a_lost_flight_of_ours_is_repeated_long_before_openssls_second(
        self, pair: Pair, openssl_stands: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waits_s: list[float | None] = []
        next_datagram = pair.feed.next_datagram

        async def note_wait(timeout_s: float | None) -> bytes | None:
            datagram = await next_datagram(timeout_s)
            if datagram is None:
                waits_s.append(timeout_s)
            return datagram

        monkeypatch.setattr(pair.feed, "next_datagram", note_wait)
        pair.client.pipe.lose_to_client = 2
        assert await pair.shake() == (True, "connected")
        assert waits_s[:2] == [FIRST_REPEAT_S, 2 * FIRST_REPEAT_S]
        assert sum(waits_s[:2]) < 0.9
        # Two were lost; a machine that stands still may add one.
        assert pair.counters.dtls_flights_repeated == len(waits_s) >= 2

    async def test_a_client_that_is_gone_is_not_written_to_for_ever(
        self, pair: Pair, openssl_stands: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("media_server.dtls.MAX_REPEATS", 1)
        pending = asyncio.create_task(pair.server.handshake((("sha-256", pair.client.fingerprint),)))
        connecting = asyncio.create_task(pair.client.connect(pair.sdp))
        pair.client.pipe.lose_to_client = 10_000
        await until(lambda: pair.core.datagrams)
        pair.client.pipe.is_quiet = True
        await until(lambda: len(pair.core.datagrams) == 2)
        await asyncio.sleep(0.35)  # two more repetitions would have come by now
        assert len(pair.core.datagrams) == 2
        pair.feed.close()
        connecting.cancel()
        await asyncio.gather(pending, connecting, return_exceptions=True)

    async def test_openssls_own_timer_still_runs_where_nothing_is_repeated(
        self, pair: Pair, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("media_server.dtls.MAX_REPEATS", 0)
        pair.client.pipe.lose_to_client = 1
        pending = asyncio.create_task(pair.server.handshake((("sha-256", pair.client.fingerprint),)))
        connecting = asyncio.create_task(pair.client.connect(pair.sdp))
        await until(lambda: pair.core.datagrams)
        pair.client.pipe.is_quiet = True
        await until(lambda: len(pair.core.datagrams) >= 2)
        pair.client.pipe.is_quiet = False
        assert await asyncio.gather(pending, connecting) == [True, "connected"]
        assert pair.counters.dtls_flights_repeated == 0


class TestHostileRecords:
    @pytest.mark.parametrize("record", [BROKEN_HELLO, FATAL_ALERT])
    async def test_a_broken_record_before_the_hello_does_not_cost_the_handshake(
        self, pair: Pair, record: bytes
    ) -> None:
        pair.feed.receive(record)
        assert await pair.shake() == (True, "connected")
        assert pair.counters.dtls_handshakes_restarted == 1

    async def test_its_alert_is_not_sent_to_the_innocent(self, pair: Pair) -> None:
        pair.feed.receive(BROKEN_HELLO)
        pending = asyncio.create_task(pair.server.handshake((("sha-256", pair.client.fingerprint),)))
        await until(lambda: pair.counters.dtls_handshakes_restarted)
        assert pair.core.datagrams == []
        pair.feed.close()
        await pending

    async def test_too_many_of_them_end_it(self, pair: Pair) -> None:
        for _ in range(MAX_RESTARTS + 1):
            pair.feed.receive(BROKEN_HELLO)
        assert not await pair.server.handshake((("sha-256", pair.client.fingerprint),))
        assert pair.counters.dtls_handshakes_restarted == MAX_RESTARTS

    async def test_junk_after_the_handshake_changes_nothing(self, pair: Pair) -> None:
        await pair.shake()
        heard = Heard()
        pair.server._register_data_receiver(heard)
        for record in (BROKEN_HELLO, FATAL_ALERT, b"\x17" * 40, b"\x3f" * 60):
            pair.feed.receive(record)
        await pair.client.dtls._send_data(b"still here")
        await until(lambda: heard.records)
        assert heard.records == [b"still here"]


class Heard:
    """A data receiver that keeps records, or raises."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.records: list[bytes] = []
        self.fault = fault

    async def _handle_data(self, data: bytes) -> None:
        self.records.append(data)
        if self.fault is not None:
            raise self.fault


class TestData:
    async def test_a_handler_that_raises_is_survived_and_counted(self, pair: Pair) -> None:
        await pair.shake()
        heard = Heard(ValueError("bad message"))
        pair.server._register_data_receiver(heard)
        await pair.client.dtls._send_data(b"one")
        await pair.client.dtls._send_data(b"two")
        await until(lambda: len(heard.records) == 2)
        assert pair.counters.data_packets_failed == 2
        assert pair.server.state == "connected"

    async def test_records_before_a_receiver_is_there_are_dropped(self, pair: Pair) -> None:
        await pair.shake()
        read = 0
        hand_up = pair.server._hand_up

        async def count(data: bytes) -> None:
            nonlocal read
            await hand_up(data)
            read += 1

        pair.server._hand_up = count  # type: ignore[method-assign]
        await pair.client.dtls._send_data(b"early")
        await pair.client.dtls._send_data(b"early")
        await until(lambda: read == 2)
        heard = Heard()
        pair.server._register_data_receiver(heard)
        await pair.client.dtls._send_data(b"late")
        await until(lambda: heard.records)
        assert heard.records == [b"late"]

    async def test_every_record_of_a_datagram_is_read(self, pair: Pair) -> None:
        await pair.shake()
        heard = Heard()
        pair.server._register_data_receiver(heard)
        connection = pair.client.dtls._ssl
        connection.send(b"first")
        connection.send(b"second")
        pair.feed.receive(connection.bio_read(4096))
        await until(lambda: len(heard.records) == 2)
        assert heard.records == [b"first", b"second"]

    async def test_what_we_send_reaches_the_client(self, pair: Pair) -> None:
        await pair.shake()
        heard = Heard()
        pair.client.dtls._register_data_receiver(heard)
        await pair.server._send_data(b"down")
        await until(lambda: heard.records)
        assert heard.records == [b"down"]

    async def test_sending_while_not_connected_is_dropped(self, pair: Pair) -> None:
        await pair.server._send_data(b"early")
        assert pair.core.datagrams == []

    async def test_sending_on_a_connection_that_openssl_has_shut_is_dropped(self, pair: Pair) -> None:
        await pair.shake()
        sent = len(pair.core.datagrams)
        pair.server._ssl.shutdown()
        pair.server._ssl.bio_read(4096)
        await pair.server._send_data(b"late")
        assert len(pair.core.datagrams) == sent


class TestEnd:
    async def test_the_clients_goodbye_closes_ours(self, pair: Pair) -> None:
        await pair.shake()
        await pair.client.dtls.stop()
        await until(lambda: pair.server.state == "closed")

    async def test_our_goodbye_closes_the_clients(self, pair: Pair) -> None:
        await pair.shake()
        await pair.server.close()
        await pair.server.close()
        await until(lambda: pair.client.dtls.state == "closed")
        assert pair.server.state == "closed"


class TestRecordDatagrams:
    @staticmethod
    def record(size: int) -> bytes:
        return b"\x16\xfe\xfd" + bytes(8) + size.to_bytes(2, "big") + b"x" * size

    def test_nothing_is_no_datagram(self) -> None:
        assert record_datagrams(b"") == []

    def test_records_go_together_while_they_fit(self) -> None:
        flight = self.record(400) + self.record(400) + self.record(400) + self.record(10)
        assert [len(item) for item in record_datagrams(flight)] == [826, 436]
        assert b"".join(record_datagrams(flight)) == flight

    def test_a_record_over_the_limit_goes_alone_and_whole(self) -> None:
        flight = self.record(10) + self.record(1300) + self.record(10)
        assert [len(item) for item in record_datagrams(flight)] == [23, 1313, 23]


def test_dtls_1_2_is_what_openssl_speaks_here() -> None:
    # record_datagrams reads DTLS 1.2 headers; a library that begins to speak 1.3 has to be looked at.
    context = Certificate.generateCertificate()._create_ssl_context([SRTP_AEAD_AES_128_GCM])
    client, server = SSL.Connection(context), SSL.Connection(context)
    client.set_connect_state()
    server.set_accept_state()
    for _ in range(4):
        for one, other in ((client, server), (server, client)):
            with contextlib.suppress(SSL.WantReadError):
                one.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                other.bio_write(one.bio_read(65536))
    assert client.get_protocol_version_name() == "DTLSv1.2"
