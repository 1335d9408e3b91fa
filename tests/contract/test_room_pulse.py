"""Speakers and link qualities as clients hear of them (livekit-protocol.md §5)."""

from __future__ import annotations

from typing import Any

from livekit.protocol import models

from media_server.rooms.presence import Media
from tests.contract.conftest import Client, Node

S = 1_000_000_000


async def _speaker_and_listener(node: Node) -> tuple[Client, Client]:
    first, second = await node.join_single("zhou"), await node.join_single("chen")
    await first.publish("mic-1")
    await first.offer("send audio mic-1")
    await first.settle()
    await second.settle()
    return first, second


def _stats(
    node: Node,
    client: Client,
    *,
    packets: int = 100,
    lost: int = 0,
    down: float = 0.0,
    rtt: float | None = 20,
) -> None:
    peer = int(node.connections(client)[0].peer)
    node.sfu.counters = {
        "counters": {},
        "peers": {peer: {"rtt_ms": rtt}},
        "tracks": {1: {"layers": {"": {"packets": packets, "lost": lost}}}},
        "outputs": {7: {"peer": peer, "fraction_lost": down}},
    }


async def _quality(node: Node, client: Client) -> dict[str, Any]:
    node.service.pulse.judge()
    update = await client.next("connection_quality")
    return {entry.participant_sid: entry.quality for entry in update.updates}


async def test_everyone_hears_who_speaks_and_who_stopped(node: Node) -> None:
    first, second = await _speaker_and_listener(node)
    node.sfu.tell_levels([(1, 20), (99, 5)])  # type: ignore[list-item]
    for client in (first, second):
        (speaker,) = (await client.next("speakers_changed")).speakers
        assert (speaker.sid, speaker.active) == (first.join.participant.sid, True)
    node.sfu.tell_levels([(1, 20)])  # type: ignore[list-item]
    assert await second.settle() == []
    node.sfu.tell_levels([])
    (speaker,) = (await second.next("speakers_changed")).speakers
    assert (speaker.level, speaker.active) == (0.0, False)


async def test_what_reports_say_of_the_way_is_kept_with_what_pings_say(node: Node) -> None:
    first, _ = await _speaker_and_listener(node)
    session = node.host.session(first.join.participant.sid)  # type: ignore[arg-type]
    assert session is not None and session.round_trips.shortest_ns == 0
    _stats(node, first, rtt=20.5)
    node.service.pulse.judge()
    assert session.round_trips.shortest_ns == 20_500_000


async def test_a_hidden_person_is_not_heard_of_by_its_voice(node: Node) -> None:
    hidden, other = await node.join_single("supervisor", hidden=True), await node.join_single("chen")
    await hidden.publish("mic-1")
    await hidden.offer("send audio mic-1")
    node.sfu.tell_levels([(1, 5)])  # type: ignore[list-item]
    assert await other.settle() == []


async def test_a_muted_person_does_not_speak(node: Node) -> None:
    from livekit.protocol import rtc

    first, second = await _speaker_and_listener(node)
    sid = second.seen[-1] and next(iter(node.host.rooms)).participants()[0].tracks[0].sid
    await first.send(mute=rtc.MuteTrackRequest(sid=sid, muted=True))
    await first.settle()
    await second.settle()
    node.sfu.tell_levels([(1, 5)])  # type: ignore[list-item]
    assert await second.settle() == []


async def test_link_quality_follows_loss_on_the_way_up(node: Node) -> None:
    first, second = await _speaker_and_listener(node)
    sid = first.join.participant.sid
    _stats(node, first)
    assert (await _quality(node, second))[sid] == models.ConnectionQuality.EXCELLENT
    _stats(node, first, packets=200, lost=20)
    assert (await _quality(node, second))[sid] == models.ConnectionQuality.POOR
    _stats(node, first, packets=300, lost=20)
    assert (await _quality(node, second))[sid] == models.ConnectionQuality.EXCELLENT
    # Another track under the same number would count from the start: nothing is known of that period.
    _stats(node, first, packets=10, lost=5)
    assert (await _quality(node, second))[sid] == models.ConnectionQuality.EXCELLENT


async def test_link_quality_follows_loss_on_the_way_down_and_the_round_trip(node: Node) -> None:
    first, second = await _speaker_and_listener(node)
    sid = first.join.participant.sid
    _stats(node, first, down=0.05)
    assert (await _quality(node, second))[sid] == models.ConnectionQuality.GOOD
    _stats(node, first, packets=200, rtt=2_000)
    assert (await _quality(node, second))[sid] == models.ConnectionQuality.POOR
    _stats(node, first, packets=300, rtt=None)
    assert (await _quality(node, second))[sid] == models.ConnectionQuality.EXCELLENT


async def test_nobody_hears_lost_of_itself(node: Node) -> None:
    first, second = await _speaker_and_listener(node)
    sid = first.join.participant.sid
    room = node.host.room_of(sid)  # type: ignore[arg-type]
    now_ns = node.host.clock.monotonic_ns()
    node.host.apply(room, room.receive_media(sid, Media.SILENT, now_ns - 11 * S))  # type: ignore[arg-type]
    assert (await _quality(node, second))[sid] == models.ConnectionQuality.LOST
    assert sid not in {entry.participant_sid for entry in (await first.next("connection_quality")).updates}


async def test_a_hidden_person_is_not_heard_of_by_its_link(node: Node) -> None:
    hidden, other = await node.join_single("supervisor", hidden=True), await node.join_single("chen")
    assert set(await _quality(node, other)) == {other.join.participant.sid}
    own = {entry.participant_sid for entry in (await hidden.next("connection_quality")).updates}
    assert own == {hidden.join.participant.sid, other.join.participant.sid}


async def test_a_lost_link_greys_at_once_and_its_return_too(node: Node) -> None:
    first, second = await _speaker_and_listener(node)
    sid = first.join.participant.sid
    room = node.host.room_of(sid)  # type: ignore[arg-type]
    for media, told in (
        (Media.SILENT, models.ConnectionQuality.LOST),
        (Media.HEARD, models.ConnectionQuality.GOOD),
    ):
        node.host.apply(room, room.receive_media(sid, media, 0))  # type: ignore[arg-type]
        (update,) = (await second.next("connection_quality")).updates
        assert (update.participant_sid, update.quality) == (sid, told)
    assert "connection_quality" not in await first.settle()


async def test_a_hidden_persons_lost_link_is_nobodys_business(node: Node) -> None:
    hidden, other = await node.join_single("supervisor", hidden=True), await node.join_single("chen")
    sid = hidden.join.participant.sid
    room = node.host.room_of(sid)  # type: ignore[arg-type]
    node.host.apply(room, room.receive_media(sid, Media.SILENT, 0))  # type: ignore[arg-type]
    assert "connection_quality" not in await other.settle()
