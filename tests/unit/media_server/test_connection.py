"""The driver: sections, DTLS, SCTP and the core, joined over a fake core."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from media_server.connection import Connection
from media_server.errors import MisuseError, SdpRefused
from media_server.ids import ParticipantSid, TrackNumber, TrackSid
from media_server.plans import (
    ChannelKind,
    DisconnectReason,
    MediaKind,
    PublicationPlan,
    SubscriptionPlan,
)
from media_server.ports import AddInput, AddOutput, PeerHeard, PeerSilent, RemoveOutput, SelectLayer
from media_server.sdp.parse import parse_description
from media_server.sfu import Sfu
from tests.support.dtls_client import DtlsClient
from tests.support.fake_core import FakeCore
from tests.support.listening import KeepingListener, until
from tests.support.offers import audio, data, describe, video


class Peer:
    """A connection of the server, with its listener and a client that can reach it."""

    def __init__(self, sfu: Sfu, core: FakeCore, *, offers: bool = False) -> None:
        self.listener = KeepingListener()
        self.connection: Connection = sfu.open_connection(self.listener, offers=offers)
        self.client = DtlsClient.of_peer(core, self.connection.peer)

    def describe(self, *sections: list[str], **more: str) -> str:
        return describe(*sections, fingerprint=self.client.fingerprint, **more)

    async def join(self, *sections: list[str]) -> None:
        """Offers, shakes hands and opens the data channels."""
        answer = self.connection.receive_offer(self.describe(*sections, data("d")))
        assert await self.client.connect(answer.sdp) == "connected"
        await until(lambda: self.listener.is_connected)
        await self.client.open_channels("_reliable", "_lossy")
        await until(lambda: all(c.readyState == "open" for c in self.client.channels.values()))


class World:
    """A server over a fake core."""

    def __init__(self) -> None:
        self.core = FakeCore()
        self.sfu = Sfu(self.core, addresses=["192.0.2.1"])
        self.peers: list[Peer] = []

    def peer(self, *, offers: bool = False) -> Peer:
        self.peers.append(Peer(self.sfu, self.core, offers=offers))
        return self.peers[-1]

    def publisher(self, kind: MediaKind = "video") -> tuple[Peer, SubscriptionPlan]:
        """Returns a peer that publishes one track, and the wish to receive it."""
        peer, track, sid = self.peer(), self.sfu.allocate_track(), TrackSid(f"TR_{len(self.peers)}")
        peer.listener.plans[kind] = PublicationPlan(sid, track)
        section = video("0", "sendonly") if kind == "video" else audio("0", "sendonly")
        peer.connection.receive_offer(peer.describe(section, data("d")))
        return peer, SubscriptionPlan(ParticipantSid("PA_p"), sid, track, kind)

    def control(self, name: str) -> int:
        return int(self.sfu.stats()["control"][name])


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    await made.sfu.start()
    yield made
    await made.sfu.close()
    for peer in made.peers:
        await peer.client.close()


class TestJoining:
    async def test_offer_answer_handshake_and_data_both_ways(self, world: World) -> None:
        peer = world.peer()
        assert not peer.connection.is_connected
        await peer.join(audio("0"))
        assert peer.connection.is_connected
        assert world.core.keys[peer.connection.peer][0] == "SRTP_AEAD_AES_128_GCM"
        peer.client.channels["_reliable"].send(b"up")
        await until(lambda: peer.listener.messages)
        assert peer.listener.messages == [(ChannelKind.RELIABLE, b"up")]
        assert peer.connection.send_data(ChannelKind.LOSSY, b"down")
        await until(lambda: peer.client.messages)
        assert peer.client.messages == [("_lossy", b"down")]

    async def test_the_answer_carries_the_credentials_the_core_knows(self, world: World) -> None:
        peer = world.peer()
        answer = peer.connection.receive_offer(peer.describe(data("0")))
        ((ufrag, password),) = world.core.credentials[peer.connection.peer]
        assert f"a=ice-ufrag:{ufrag}\r\n" in answer.sdp
        assert f"a=ice-pwd:{password}\r\n" in answer.sdp
        assert "a=candidate:1 1 udp 1845559295 192.0.2.1 7882 typ host" in answer.sdp
        assert len(ufrag) >= 4 and len(password) >= 22

    async def test_a_datagram_before_the_offer_waits_for_it(self, world: World) -> None:
        peer = world.peer()
        algorithm, value = world.sfu._certificate.current().fingerprint
        connecting = asyncio.create_task(peer.client.connect(f"a=fingerprint:{algorithm} {value}\r\n"))
        await until(lambda: world.control("dtls_datagrams"))
        assert world.core.datagrams == []
        peer.connection.receive_offer(peer.describe(data("0")))
        assert await connecting == "connected"

    async def test_a_data_section_in_a_later_offer_starts_the_channels(self, world: World) -> None:
        peer = world.peer()
        answer = peer.connection.receive_offer(peer.describe(audio("0")))
        await peer.client.connect(answer.sdp)
        await until(lambda: peer.listener.is_connected)
        peer.connection.receive_offer(peer.describe(audio("0"), data("1")))
        await peer.client.open_channels("_reliable")
        await until(lambda: peer.client.channels["_reliable"].readyState == "open")

    async def test_versions_of_our_descriptions_grow_under_one_id(self, world: World) -> None:
        peer = world.peer()
        first, second = (
            peer.connection.receive_offer(peer.describe(data("0"))).sdp.split("\r\n")[1] for _ in range(2)
        )
        assert first.split()[1] == second.split()[1]
        assert (first.split()[2], second.split()[2]) == ("1", "2")


class TestRefusing:
    @pytest.mark.parametrize(
        ("more", "code"),
        [({"setup": "passive"}, "sdp_dtls_role"), ({"ufrag": ""}, "sdp_no_transport")],
    )
    async def test_an_unacceptable_offer_changes_nothing(
        self, world: World, more: dict[str, str], code: str
    ) -> None:
        peer = world.peer()
        peer.listener.plans["audio"] = PublicationPlan(TrackSid("TR_a"), world.sfu.allocate_track())
        with pytest.raises(SdpRefused) as caught:
            peer.connection.receive_offer(peer.describe(audio("0", "sendonly"), **more))
        assert caught.value.code == code
        assert world.core.applied == []
        assert peer.listener.started == []
        assert world.control("sdp_refused") == 1

    async def test_another_certificate_in_a_later_offer_is_refused(self, world: World) -> None:
        peer = world.peer()
        peer.connection.receive_offer(peer.describe(data("0")))
        with pytest.raises(SdpRefused) as caught:
            peer.connection.receive_offer(describe(data("0")))
        assert caught.value.code == "sdp_fingerprint_changed"

    async def test_a_certificate_other_than_announced_disconnects(self, world: World) -> None:
        peer = world.peer()
        answer = peer.connection.receive_offer(describe(data("0")))
        connecting = asyncio.create_task(peer.client.connect(answer.sdp))
        await until(lambda: peer.listener.reasons)
        assert peer.listener.reasons == [DisconnectReason.FINGERPRINT_MISMATCH]
        assert world.core.keys == {}
        assert not peer.connection.is_connected
        await connecting

    async def test_a_handshake_that_takes_too_long_disconnects(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("media_server.connection.HANDSHAKE_DEADLINE_S", 0.05)
        peer = world.peer()
        answer = peer.connection.receive_offer(peer.describe(data("0")))
        peer.client.pipe.lose_to_client = 1_000
        connecting = asyncio.create_task(peer.client.connect(answer.sdp))
        await until(lambda: peer.listener.reasons)
        assert peer.listener.reasons == [DisconnectReason.HANDSHAKE_FAILED]
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)

    async def test_offers_and_answers_on_the_wrong_kind_of_connection_are_misuse(self, world: World) -> None:
        answering, offering = world.peer().connection, world.peer(offers=True).connection
        with pytest.raises(MisuseError):
            answering.next_offer()
        with pytest.raises(MisuseError):
            answering.receive_answer("")
        with pytest.raises(MisuseError):
            offering.receive_offer("")


class TestPublishing:
    async def test_the_listener_hears_of_start_and_end(self, world: World) -> None:
        peer, plan = world.publisher()
        (media,) = peer.listener.started
        assert (media.track_sid, media.codec) == (plan.track_sid, "video/VP8")
        assert world.core.inputs == {plan.track: peer.connection.peer}
        peer.connection.receive_offer(peer.describe(video("0", "inactive"), data("d")))
        assert peer.listener.ended == [plan.track_sid]
        assert world.core.inputs == {}

    async def test_a_track_ended_from_above_is_gone_and_its_publisher_is_not_told(self, world: World) -> None:
        peer, plan = world.publisher()
        world.sfu.end_track(plan.track)
        world.sfu.end_track(plan.track)
        assert world.core.inputs == {}
        assert peer.listener.ended == []
        peer.listener.plans.clear()
        answer = peer.connection.receive_offer(peer.describe(video("0", "sendonly"), data("d")))
        assert parse_description(answer.sdp).sections[0].direction == "inactive"


class TestSubscribing:
    async def test_a_subscription_is_placed_by_the_next_answer_and_kept(self, world: World) -> None:
        _publisher, plan = world.publisher()
        peer = world.peer()
        peer.connection.subscribe(plan)
        assert peer.connection.missing_sections() == (0, 1)
        assert peer.connection.has_unplaced_subscriptions
        answer = peer.connection.receive_offer(peer.describe(video("7"), data("d")))
        assert answer.mid_to_track == {"7": plan.track_sid} == peer.connection.mid_to_track()
        assert peer.connection.missing_sections() == (0, 0)
        assert not peer.connection.has_unplaced_subscriptions
        again = peer.connection.receive_offer(peer.describe(video("7"), data("d")))
        assert again.mid_to_track == {"7": plan.track_sid}
        assert len([c for c in world.core.applied if isinstance(c, AddOutput)]) == 1

    async def test_layers_and_ends_go_to_the_core(self, world: World) -> None:
        _publisher, plan = world.publisher()
        peer = world.peer()
        peer.connection.subscribe(plan)
        peer.connection.receive_offer(peer.describe(video("7"), data("d")))
        peer.connection.select_layer(plan.track_sid, "q")
        peer.connection.select_layer(TrackSid("TR_unknown"), "q")
        (output,) = [c.output for c in world.core.applied if isinstance(c, AddOutput)]
        peer.connection.output_paused(output, is_paused=True)
        assert peer.listener.stream_states == [(plan.participant_sid, plan.track_sid, True)]
        peer.connection.unsubscribe(plan.track_sid)
        peer.connection.unsubscribe(plan.track_sid)
        peer.connection.output_paused(output, is_paused=False)
        assert len(peer.listener.stream_states) == 1
        assert [type(c) for c in world.core.applied[-2:]] == [SelectLayer, RemoveOutput]

    async def test_a_publisher_that_leaves_takes_its_outputs_along(self, world: World) -> None:
        publisher, plan = world.publisher()
        peer = world.peer()
        peer.connection.subscribe(plan)
        peer.connection.receive_offer(peer.describe(video("7"), data("d")))
        await publisher.connection.close()
        assert peer.connection.mid_to_track() == {}
        assert peer.connection.missing_sections() == (0, 0)
        peer.connection.unsubscribe(plan.track_sid)
        assert not any(isinstance(c, RemoveOutput) for c in world.core.applied)

    async def test_a_track_subscribed_twice_is_misuse(self, world: World) -> None:
        _publisher, plan = world.publisher()
        peer = world.peer()
        peer.connection.subscribe(plan)
        with pytest.raises(MisuseError):
            peer.connection.subscribe(plan)


class TestOffering:
    @staticmethod
    def answer(peer: Peer, offer: str, **more: str) -> str:
        sections = []
        for section in parse_description(offer).sections:
            if section.kind == "application":
                sections.append(data(section.mid))
            elif section.kind == "audio":
                sections.append(audio(section.mid, "recvonly" if section.sends else "inactive"))
            else:
                sections.append(video(section.mid, "recvonly" if section.sends else "inactive"))
        return peer.describe(*sections, **{"setup": "active", **more})

    async def test_we_offer_the_client_answers_and_our_channels_open(self, world: World) -> None:
        _publisher, plan = world.publisher()
        peer = world.peer(offers=True)
        peer.connection.subscribe(plan)
        assert peer.connection.missing_sections() == (0, 0)
        assert peer.connection.has_unplaced_subscriptions
        offer = peer.connection.next_offer()
        assert offer.mid_to_track == {"1": plan.track_sid}
        assert "a=setup:actpass" in offer.sdp
        assert not any(isinstance(c, AddOutput) for c in world.core.applied)
        peer.connection.receive_answer(self.answer(peer, offer.sdp))
        assert any(isinstance(c, AddOutput) for c in world.core.applied)
        await peer.client.connect(offer.sdp)
        await until(lambda: peer.listener.is_connected)
        await peer.client.open_channels()
        await until(lambda: len(peer.client.channels) == 2)
        await until(lambda: peer.connection.send_data(ChannelKind.RELIABLE, b"down"))

    async def test_one_offer_at_a_time(self, world: World) -> None:
        peer = world.peer(offers=True)
        offer = peer.connection.next_offer()
        with pytest.raises(MisuseError):
            peer.connection.next_offer()
        peer.connection.receive_answer(self.answer(peer, offer.sdp))
        peer.connection.next_offer()

    async def test_an_answer_nobody_waits_for_is_refused(self, world: World) -> None:
        peer = world.peer(offers=True)
        with pytest.raises(SdpRefused) as caught:
            peer.connection.receive_answer(peer.describe(data("0"), setup="active"))
        assert caught.value.code == "sdp_unexpected"

    async def test_an_answer_that_takes_no_role_is_refused_and_the_offer_stays_open(
        self, world: World
    ) -> None:
        peer = world.peer(offers=True)
        offer = peer.connection.next_offer()
        with pytest.raises(SdpRefused) as caught:
            peer.connection.receive_answer(self.answer(peer, offer.sdp, setup="actpass"))
        assert caught.value.code == "sdp_dtls_role"
        with pytest.raises(SdpRefused):
            peer.connection.receive_answer(peer.describe(data("0"), audio("1"), setup="active"))
        peer.connection.receive_answer(self.answer(peer, offer.sdp))
        assert world.control("sdp_refused") == 2


class TestIceRestart:
    async def test_a_new_remote_ufrag_is_answered_with_fresh_credentials(self, world: World) -> None:
        peer = world.peer()
        first = peer.connection.receive_offer(peer.describe(data("0"), ufrag="one"))
        same = peer.connection.receive_offer(peer.describe(data("0"), ufrag="one"))
        assert len(world.core.credentials[peer.connection.peer]) == 1
        restarted = peer.connection.receive_offer(peer.describe(data("0"), ufrag="two"))
        old, new = world.core.credentials[peer.connection.peer]
        assert old[0] in first.sdp and old[0] in same.sdp
        assert new[0] in restarted.sdp and old[0] not in restarted.sdp
        assert new[0] != old[0] and new[1] != old[1]

    async def test_our_restart_shows_in_our_next_offer(self, world: World) -> None:
        peer = world.peer(offers=True)
        peer.connection.restart_ice()
        _old, new = world.core.credentials[peer.connection.peer]
        assert new[0] in peer.connection.next_offer().sdp


class TestSilence:
    async def test_silence_and_sound_are_passed_on(self, world: World) -> None:
        peer = world.peer()
        number = peer.connection.peer
        world.core.happen(PeerSilent(peer=number, silent_ms=3000), PeerHeard(peer=number))
        await until(lambda: len(peer.listener.silences) == 2)
        assert peer.listener.silences == [3000, None]


class TestEnding:
    async def test_the_clients_goodbye_is_heard_once(self, world: World) -> None:
        peer = world.peer()
        await peer.join(audio("0"))
        await peer.client.dtls.stop()
        await until(lambda: peer.listener.reasons)
        world.core.happen(PeerSilent(peer=peer.connection.peer, silent_ms=3000))
        await peer.connection.close()
        assert peer.listener.reasons == [DisconnectReason.CLOSED_BY_PEER]
        assert peer.listener.silences == []
        assert not peer.connection.is_connected

    async def test_after_close_nothing_is_heard_and_nothing_reaches_the_core(self, world: World) -> None:
        _publisher, plan = world.publisher()
        peer = world.peer()
        await peer.join(video("0"))
        peer.connection.subscribe(plan)
        await peer.connection.close()
        await peer.connection.close()
        await until(lambda: peer.client.dtls.state == "closed")
        assert peer.connection.peer not in world.core.credentials
        assert peer.listener.reasons == []
        applied = list(world.core.applied)
        peer.connection.unsubscribe(plan.track_sid)
        peer.connection.restart_ice()
        assert world.core.applied == applied
        assert not peer.connection.send_data(ChannelKind.RELIABLE, b"late")
        for late in (
            lambda: peer.connection.receive_offer(peer.describe(data("0"))),
            lambda: peer.connection.subscribe(plan),
        ):
            with pytest.raises(MisuseError):
                late()

    async def test_close_cancels_a_pending_handshake(self, world: World) -> None:
        peer = world.peer()
        answer = peer.connection.receive_offer(peer.describe(data("0")))
        peer.client.pipe.lose_to_client = 1_000
        connecting = asyncio.create_task(peer.client.connect(answer.sdp))
        await until(lambda: world.core.datagrams)
        await peer.connection.close()
        assert peer.listener.reasons == []
        assert world.control("connections_open") == 0
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)

    async def test_our_own_fault_ends_the_connection_with_its_name(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        peer = world.peer()

        def broken(**_keys: object) -> None:
            raise KeyError("a bug of ours")

        monkeypatch.setattr(world.core, "set_keys", broken)
        answer = peer.connection.receive_offer(peer.describe(data("0")))
        connecting = asyncio.create_task(peer.client.connect(answer.sdp))
        await until(lambda: peer.listener.reasons)
        assert peer.listener.reasons == [DisconnectReason.FAULT]
        await connecting

    async def test_a_publishers_end_closes_its_inputs_in_the_core(self, world: World) -> None:
        peer, plan = world.publisher()
        await peer.connection.close()
        assert world.core.inputs == {}
        with pytest.raises(MisuseError):
            world.sfu.open_tap(TrackNumber(plan.track))
        assert any(isinstance(c, AddInput) for c in world.core.applied)
