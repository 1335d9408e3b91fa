"""The pump, the taps and the addresses."""

from collections.abc import AsyncIterator

import pytest

from media_server import placement
from media_server.certificate import CertificateSource
from media_server.errors import MisuseError
from media_server.ids import PeerNumber, TrackNumber, TrackSid
from media_server.plans import PublicationPlan
from media_server.ports import (
    AudioLevels,
    DtlsDatagram,
    EventsLost,
    LayerSeen,
    OutputClock,
    PathSelected,
    PeerHeard,
    PeerSilent,
    SecurePort,
    StreamPaused,
)
from media_server.sfu import Sfu, parse_addresses, stream_candidates, summed_stats
from tests.support.fake_core import FakeCore
from tests.support.listening import KeepingListener, until
from tests.support.offers import audio, data, describe


@pytest.fixture
async def core() -> FakeCore:
    return FakeCore(port=5000)


@pytest.fixture
async def sfu(core: FakeCore) -> AsyncIterator[Sfu]:
    made = Sfu(core, addresses=["192.0.2.1"])
    await made.start()
    yield made
    await made.close()


def publish(sfu: Sfu, company: str = "") -> tuple[TrackNumber, KeepingListener]:
    listener, track = KeepingListener(), sfu.allocate_track()
    listener.plans["audio"] = PublicationPlan(TrackSid("TR_a"), track)
    connection = sfu.open_connection(listener, offers=False, company=company)
    connection.receive_offer(describe(audio("0", "sendonly"), data("d")))
    return track, listener


async def test_clocks_are_the_cores_until_it_is_closed(sfu: Sfu, core: FakeCore) -> None:
    clock = OutputClock(
        peer=PeerNumber(2),
        track=TrackNumber(7),
        rtp_timestamp=5,
        ntp_ns=6,
        arrival_ns=7,
        clock_rate_hz=90_000,
    )
    core.clocks = [clock]
    assert (sfu.output_clocks([1, 2]), sfu.output_clocks([1])) == ([clock], [])
    await sfu.close()
    assert sfu.output_clocks([1, 2]) == []


async def test_when_peers_were_heard_is_the_cores_until_it_is_closed(sfu: Sfu, core: FakeCore) -> None:
    core.heard_ms_ago = {2: 20, 3: 30}
    assert sfu.last_heard_ms_ago([1, 2]) == {2: 20}
    await sfu.close()
    assert sfu.last_heard_ms_ago([1, 2]) == {}


class TestEvents:
    async def test_levels_and_layers_reach_who_asked_for_them(self, sfu: Sfu, core: FakeCore) -> None:
        levels: list[list[tuple[TrackNumber, int]]] = []
        layers: list[tuple[TrackNumber, str]] = []
        sfu.on_audio_levels(levels.append)
        sfu.on_layer_seen(lambda track, rid: layers.append((track, rid)))
        core.happen(AudioLevels(levels=((TrackNumber(7), 30),)), LayerSeen(track=7, rid="q"))
        await until(lambda: layers)
        assert levels == [[(7, 30)]]
        assert layers == [(7, "q")]

    async def test_without_anybody_to_hear_them_events_pass(self, sfu: Sfu, core: FakeCore) -> None:
        core.happen(
            AudioLevels(levels=()),
            LayerSeen(track=7, rid=""),
            PathSelected(peer=1, is_first=True),
            DtlsDatagram(peer=99, datagram=b"x"),
            PeerSilent(peer=99, silent_ms=1),
            PeerHeard(peer=99),
            StreamPaused(peer=99, output=1),
            EventsLost(count=3),
        )
        await until(lambda: sfu.stats()["control"]["core_events_lost"])
        assert sfu.stats()["control"]["core_events_lost"] == 3
        assert sfu.stats()["control"]["listener_faults"] == 0

    async def test_one_who_raises_does_not_cost_others_their_events(self, sfu: Sfu, core: FakeCore) -> None:
        heard: list[str] = []

        def broken(_levels: object) -> None:
            raise RuntimeError("a bug above")

        sfu.on_audio_levels(broken)
        sfu.on_layer_seen(lambda _track, rid: heard.append(rid))
        core.happen(AudioLevels(levels=()), LayerSeen(track=7, rid="h"))
        await until(lambda: heard)
        assert sfu.stats()["control"]["listener_faults"] == 1

    async def test_starting_twice_is_harmless(self, sfu: Sfu) -> None:
        await sfu.start()


class TestTracks:
    async def test_numbers_are_never_given_twice(self, sfu: Sfu) -> None:
        numbers = [sfu.allocate_track() for _ in range(3)]
        connection = sfu.open_connection(KeepingListener(), offers=True)
        assert len({*numbers, connection.peer}) == 4

    async def test_key_frames_are_asked_of_live_tracks_only(self, sfu: Sfu, core: FakeCore) -> None:
        track, _listener = publish(sfu)
        sfu.request_keyframe(track)
        sfu.request_keyframe(TrackNumber(999))
        assert core.keyframe_requests == [track]

    async def test_a_tap_reads_until_it_is_closed(self, sfu: Sfu, core: FakeCore) -> None:
        track, _listener = publish(sfu)
        tap = sfu.open_tap(track)
        ((number, tapped),) = core.taps.items()
        assert tapped == track
        core.records[number] = ["one", "two", "three"]  # type: ignore[list-item]
        assert tap.read(2) == ["one", "two"]
        assert tap.read() == ["three"]
        tap.close()
        tap.close()
        assert core.taps == {}
        assert tap.read() == []

    async def test_a_tap_on_a_track_that_is_not_live_is_misuse(self, sfu: Sfu) -> None:
        with pytest.raises(MisuseError):
            sfu.open_tap(TrackNumber(999))


class TestSeveralThreads:
    @pytest.fixture(autouse=True)
    def crowded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One connection is worth a thread."""
        monkeypatch.setattr(placement, "WORTH_A_THREAD", 1)

    @pytest.fixture
    async def cores(self) -> list[FakeCore]:
        return [FakeCore(port=5000), FakeCore(port=5000)]

    @pytest.fixture
    async def shared(self, cores: list[FakeCore]) -> AsyncIterator[Sfu]:
        made = Sfu(cores[0], beside=cores[1:], addresses=["192.0.2.1"])
        await made.start()
        yield made
        await made.close()
        assert all(core.is_closed for core in cores)

    async def test_each_company_has_one_thread(self, shared: Sfu, cores: list[FakeCore]) -> None:
        of_first = [publish(shared, "first")[0] for _ in range(2)]
        of_second = [publish(shared, "second")[0] for _ in range(2)]
        assert [list(core.inputs) for core in cores] == [of_first, of_second]

    async def test_a_track_is_asked_for_tapped_and_ended_where_it_is(
        self, shared: Sfu, cores: list[FakeCore]
    ) -> None:
        publish(shared, "first")
        track, _listener = publish(shared, "second")
        shared.request_keyframe(track)
        tap = shared.open_tap(track)
        assert [core.keyframe_requests for core in cores] == [[], [track]]
        assert [list(core.taps.values()) for core in cores] == [[], [track]]
        tap.close()
        shared.end_track(track)
        shared.end_track(track)
        assert [len(core.inputs) for core in cores] == [1, 0]

    async def test_a_company_that_has_left_may_come_back_elsewhere(
        self, shared: Sfu, cores: list[FakeCore]
    ) -> None:
        connection = shared.open_connection(KeepingListener(), offers=True, company="first")
        await connection.close()
        publish(shared, "second")
        publish(shared, "first")
        assert [len(core.inputs) for core in cores] == [1, 1]

    async def test_events_and_clocks_come_from_all(self, shared: Sfu, cores: list[FakeCore]) -> None:
        layers: list[TrackNumber] = []
        shared.on_layer_seen(lambda track, _rid: layers.append(track))
        for number, core in enumerate(cores):
            core.happen(LayerSeen(track=TrackNumber(number), rid=""))
            core.clocks = [
                OutputClock(
                    peer=PeerNumber(number),
                    track=TrackNumber(7),
                    rtp_timestamp=5,
                    ntp_ns=6,
                    arrival_ns=7,
                    clock_rate_hz=90_000,
                )
            ]
        await until(lambda: len(layers) == 2)
        assert [clock.peer for clock in shared.output_clocks([0, 1])] == [0, 1]

    def test_statistics_are_those_of_one(self) -> None:
        assert summed_stats(
            [
                {"counters": {"sends": 3, "rtp": 1}, "peers": {1: "one"}},
                {"counters": {"sends": 4, "rtp": 0}, "peers": {2: "two"}},
            ]
        ) == {"counters": {"sends": 7, "rtp": 1}, "peers": {1: "one", 2: "two"}}


class TestClosing:
    async def test_it_closes_connections_then_the_core_and_opens_no_more(self, core: FakeCore) -> None:
        sfu = Sfu(core, addresses=["192.0.2.1"], certificate=CertificateSource())
        await sfu.start()
        publish(sfu)
        await sfu.close()
        await sfu.close()
        await sfu.start()
        assert core.is_closed
        assert core.inputs == {}
        with pytest.raises(MisuseError):
            sfu.open_connection(KeepingListener(), offers=False)

    async def test_it_may_be_closed_before_it_started(self, core: FakeCore) -> None:
        sfu = Sfu(core, addresses=["192.0.2.1"])
        await sfu.close()
        assert core.is_closed


class TestAddresses:
    @pytest.mark.parametrize(
        ("text", "pair"),
        [
            ("192.0.2.1", ("192.0.2.1", 7882)),
            (" 192.0.2.1:9000 ", ("192.0.2.1", 9000)),
            ("2001:DB8::1", ("2001:db8::1", 7882)),
            ("[2001:db8::1]", ("2001:db8::1", 7882)),
            ("[2001:db8::1]:9000", ("2001:db8::1", 9000)),
        ],
    )
    def test_an_address_with_or_without_a_port(self, text: str, pair: tuple[str, int]) -> None:
        assert parse_addresses([text], 7882) == (pair,)

    @pytest.mark.parametrize(
        "text",
        ["", "media.example", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "[::1]:x", "192.0.2.1:٣"],
    )
    def test_anything_else_is_misuse(self, text: str) -> None:
        with pytest.raises(MisuseError):
            parse_addresses([text], 7882)

    def test_none_at_all_is_misuse(self) -> None:
        with pytest.raises(MisuseError):
            parse_addresses([], 7882)


class TestStreamCandidates:
    def test_they_are_those_of_udp_and_further_ports_of_the_same_hosts(self) -> None:
        candidates = (("192.0.2.1", 7882), ("192.0.2.1", 7883), ("2001:db8::1", 7882))
        further = (("192.0.2.1", 8443), ("2001:db8::1", 8443))
        assert stream_candidates(candidates, [8443]) == (*candidates, *further)

    def test_what_makes_clients_refuse_all_candidates_is_left_out(self) -> None:
        candidates = (("8.8.8.8", 7882), ("10.0.0.1", 7882), ("100.64.0.1", 7882))
        assert stream_candidates(candidates, [443, 444]) == (*candidates, ("8.8.8.8", 443))


def test_a_secure_port_relays_to_all_addresses_and_is_advertised() -> None:
    core = FakeCore()
    sfu = Sfu(core, addresses=["192.0.2.1", "[2001:db8::1]:7883"])
    secure = SecurePort(
        bind_address="::", port=8443, certificate=b"", private_key=b"", backend="/x", turn_secret=b""
    )
    assert sfu.open_secure_port(secure) == 8443
    assert core.secure_ports == [(secure, ["192.0.2.1:7882", "[2001:db8::1]:7883"])]
    sfu.exchange_certificate(certificate=b"new", private_key=b"key")
    assert core.certificates == [(b"new", b"key")]
