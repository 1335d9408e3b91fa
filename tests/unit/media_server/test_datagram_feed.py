"""The mailbox between the core and DTLS."""

import asyncio

import pytest

from media_server.counters import ControlCounters
from media_server.datagram_feed import (
    MAX_BURST_DATAGRAMS,
    MAX_WAITING_DATAGRAMS,
    DatagramFeed,
    TokenBucket,
)
from media_server.ids import PeerNumber
from tests.support.fake_core import FakeCore

RECORD = b"\x16\xfe\xfd" + bytes(10)


class TestDatagramFeed:
    def setup_method(self) -> None:
        self.core = FakeCore()
        self.counters = ControlCounters()
        self.feed = DatagramFeed(self.core, PeerNumber(3), self.counters)

    def teardown_method(self) -> None:
        self.core.close()

    async def test_datagrams_come_out_in_order(self) -> None:
        self.feed.receive(RECORD + b"1")
        self.feed.receive(RECORD + b"2")
        assert self.feed.has_datagrams
        assert await self.feed.next_datagram(None) == RECORD + b"1"
        assert await self.feed.next_datagram(None) == RECORD + b"2"
        assert not self.feed.has_datagrams

    async def test_one_who_waits_is_woken(self) -> None:
        waiting = asyncio.ensure_future(self.feed.next_datagram(None))
        await asyncio.sleep(0)
        self.feed.receive(RECORD)
        self.feed.receive(RECORD)
        assert await waiting == RECORD

    async def test_waiting_ends_with_nothing_when_the_time_is_over(self) -> None:
        assert await self.feed.next_datagram(0.001) is None

    async def test_a_datagram_in_time_cancels_the_timer(self) -> None:
        waiting = asyncio.ensure_future(self.feed.next_datagram(60))
        await asyncio.sleep(0)
        self.feed.receive(RECORD)
        assert await waiting == RECORD

    async def test_the_newest_is_dropped_and_counted_when_it_is_full(self) -> None:
        for number in range(MAX_WAITING_DATAGRAMS + 5):
            self.feed.receive(RECORD + bytes([number]))
        assert self.counters.dtls_datagrams == MAX_WAITING_DATAGRAMS
        assert self.counters.dtls_datagrams_dropped == 5
        assert await self.feed.next_datagram(None) == RECORD + b"\0"

    @pytest.mark.parametrize("datagram", [b"", b"\x16" * 12, b"\x80" * 40, bytes(40), b"\x40" * 40])
    def test_what_is_no_dtls_record_is_refused_and_counted(self, datagram: bytes) -> None:
        self.feed.receive(datagram)
        assert not self.feed.has_datagrams
        assert self.counters.dtls_datagrams_refused == 1

    def test_a_flood_is_refused_beyond_its_burst(self) -> None:
        for _ in range(3 * MAX_BURST_DATAGRAMS):
            self.feed.receive(RECORD)
        assert self.counters.dtls_datagrams_over_rate > MAX_BURST_DATAGRAMS

    async def test_closing_ends_all_waiting_and_takes_no_more(self) -> None:
        waiting = asyncio.ensure_future(self.feed.next_datagram(None))
        await asyncio.sleep(0)
        self.feed.close()
        self.feed.close()
        with pytest.raises(ConnectionError):
            await waiting
        self.feed.receive(RECORD)
        assert self.counters.dtls_datagrams_dropped == 1
        with pytest.raises(ConnectionError):
            await self.feed.next_datagram(None)

    async def test_what_is_sent_goes_to_the_peer_until_closed(self) -> None:
        await self.feed._send(b"flight")
        self.feed.close()
        self.feed.send(b"late")
        assert self.core.datagrams == [(3, b"flight")]

    def test_aiortc_sees_an_ice_transport(self) -> None:
        assert (self.feed.role, self.feed.state) == ("controlled", "completed")


class TestTokenBucket:
    def test_a_burst_then_the_rate(self) -> None:
        bucket = TokenBucket(per_s=10, burst=3)
        assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
        assert [bucket.take(100.15) for _ in range(2)] == [True, False]

    def test_several_are_taken_together_or_not_at_all(self) -> None:
        bucket = TokenBucket(per_s=10, burst=3)
        assert bucket.take(0.0, 2)
        assert not bucket.take(0.0, 2)
        assert bucket.take(0.1, 2)

    def test_it_never_holds_more_than_a_burst(self) -> None:
        bucket = TokenBucket(per_s=10, burst=2)
        assert bucket.take(0.0)
        assert [bucket.take(1000.0) for _ in range(3)] == [True, True, False]
