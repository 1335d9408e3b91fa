"""What each person received, from the page's packet to recording and ledger; and what a page is told of its
link.
"""

from __future__ import annotations

from typing import Any

import orjson
from livekit.protocol import models

from media_server.ids import RoomName
from media_server.plans import ChannelKind
from media_server.rooms import LeaveCause, RoomOptions
from recording.audit.act import Act
from signaling.reception.reception_desk import MAX_WAITING_REPORTS, SAYS_NOTHING_NS
from tests.contract.conftest import Client, Node

VOICE = {"samples": 240_000, "concealed": 480, "packets": 250, "buffer_ms": 60}


async def _two(node: Node) -> tuple[Client, Client, str]:
    """One who speaks, one who listens, and the voice's track."""
    speaker, listener = await node.join_single("zhou"), await node.join_single("chen")
    track = await speaker.publish("mic-1")
    await speaker.offer("send audio mic-1")
    await listener.settle()
    return speaker, listener, track.sid


def _say(node: Node, client: Client, payload: bytes) -> None:
    (connection, *_) = node.connections(client)
    packet = models.DataPacket()
    packet.user.payload, packet.user.topic = payload, "lianzhen.received"
    connection.listener.data_received(ChannelKind.RELIABLE, packet.SerializeToString())


def _report(track: str, **fields: Any) -> bytes:
    tracks = [{"track": track, **VOICE}] if track else []
    return orjson.dumps({"span_ms": 5_000, "round_trip_ms": 40, "tracks": tracks, **fields})


def _stats(node: Node, client: Client, **of_output: Any) -> None:
    peer = int(node.connections(client)[0].peer)
    figures = {"estimate_bps": 150_000, "wanted_bps": 2_500_000, "allotted_bps": 40_000, "rtt_ms": 30}
    output = {
        "peer": peer,
        "track": 1,
        "layer": "",
        "grant": "everything",
        "is_paused": False,
        "packets": 250,
        "bytes": 20_000,
        "fraction_lost": 0.0,
    }
    node.sfu.counters = {
        "counters": {},
        "peers": {peer: figures},
        "tracks": {1: {"layers": {"": {"packets": 250, "lost": 0}}}},
        "outputs": {7: output | of_output, 8: output | {"track": 99, "grant": "nothing"}},
    }


def _told_of_link(node: Node, client: Client) -> list[dict[str, Any]]:
    packets = [models.DataPacket.FromString(sent) for _, sent in node.connections(client)[0].sent]
    return [orjson.loads(each.user.payload) for each in packets if each.user.topic == "lianzhen.link"]


def _acts(node: Node, monkeypatch: Any) -> list[Act]:
    acts: list[Act] = []
    monkeypatch.setattr(node.service.spool, "put", acts.append)
    return acts


def _later(node: Node, monkeypatch: Any, by_ns: int) -> None:
    now = node.host.clock.monotonic_ns
    monkeypatch.setattr(node.host.clock, "monotonic_ns", lambda: now() + by_ns)


async def test_what_a_page_says_is_in_the_ledger_when_its_person_goes(node: Node, monkeypatch: Any) -> None:
    speaker, listener, track = await _two(node)
    acts = _acts(node, monkeypatch)
    _say(node, listener, _report(track))
    node.service.pulse.judge()
    _say(node, listener, _report(track))
    sid = listener.join.participant.sid
    node.host.leave(sid, LeaveCause.LEFT)  # type: ignore[arg-type]
    told = [act for act in acts if act.kind == "qos.received"]
    assert [act.after["seat"] for act in told] == [sid]
    assert dict(told[0].after) == {
        "seat": sid,
        "source": "receiver",
        "seconds": 10,
        "lost_permille": 0,
        "concealed_permille": 2,
        "delay_ms": 80,
        "worst_delay_ms": 80,
    }
    # It was for the server: nobody else was sent it.
    assert not [sent for sent in node.connections(speaker)[0].sent if b"lianzhen.received" in sent[1]]


async def test_of_a_client_that_says_nothing_the_server_says_what_it_sent(
    node: Node, monkeypatch: Any
) -> None:
    _, listener, _ = await _two(node)
    acts = _acts(node, monkeypatch)
    _stats(node, listener)
    node.service.pulse.judge()
    _later(node, monkeypatch, 5_000_000_000)
    _stats(node, listener, packets=500, bytes=40_000)
    node.service.pulse.judge()
    _later(node, monkeypatch, 300_000_000_000)
    node.service.pulse.judge()
    # A stay that lasts is told of in between as well.
    (told,) = [act.after for act in acts if act.kind == "qos.received"]
    assert (told["source"], told["seconds"]) == ("server", 305)


async def test_a_page_is_waited_for_before_the_server_speaks_in_its_place(
    node: Node, monkeypatch: Any
) -> None:
    _, listener, track = await _two(node)
    acts = _acts(node, monkeypatch)
    _stats(node, listener)
    _say(node, listener, _report(track))
    node.service.pulse.judge()
    _later(node, monkeypatch, 5_000_000_000)
    node.service.pulse.judge()
    _later(node, monkeypatch, SAYS_NOTHING_NS)
    node.service.pulse.judge()
    node.host.leave(listener.join.participant.sid, LeaveCause.LEFT)  # type: ignore[arg-type]
    (told,) = [act.after for act in acts if act.kind == "qos.received"]
    assert (told["source"], told["seconds"]) == ("both", 5 + 12)


async def test_rubbish_lies_and_floods_are_counted_and_nothing_else(node: Node) -> None:
    _, listener, track = await _two(node)
    for payload in (b"{", _report(track, span_ms=1), b" " * 9_000):
        _say(node, listener, payload)
    for _ in range(MAX_WAITING_REPORTS + 2):
        _say(node, listener, _report(track))
    text = await (await node.session.get(f"{node.url}/metrics")).text()
    counted = {
        what: f'lianzhen_reception_total{{what="{what}"}} {count}.0'
        for what, count in (("reports", 3), ("reports_refused", 3), ("reports_dropped", 2))
    }
    assert all(line in text for line in counted.values()), counted


async def test_a_page_is_told_what_its_link_carries_and_other_clients_are_not(node: Node) -> None:
    speaker, listener, _ = await _two(node)
    _stats(node, listener)
    node.service.pulse.judge()
    assert _told_of_link(node, listener) == []
    _say(node, listener, _report(""))
    node.service.pulse.judge()
    assert _told_of_link(node, listener) == [
        {"rung": 3, "carries_kbps": 150, "wants_kbps": 2_500, "paused": 1}
    ]
    assert _told_of_link(node, speaker) == []
    update = await speaker.next("connection_quality")
    worst = {each.participant_sid: each.quality for each in update.updates}
    assert worst[listener.join.participant.sid] == models.ConnectionQuality.POOR
    text = await (await node.session.get(f"{node.url}/metrics")).text()
    assert 'lianzhen_links{what="rung_3"} 1.0' in text
    assert 'lianzhen_links{what="pictures_held_back"} 1.0' in text


async def test_a_recorded_room_keeps_a_line_for_each_person(node: Node, monkeypatch: Any) -> None:
    speaker, listener, track = await _two(node)
    noted: list[tuple[str, Any]] = []
    desk = node.service.desk
    monkeypatch.setattr(desk, "open_recordings", lambda: {RoomName("ward"): "RC_1"})
    monkeypatch.setattr(desk, "note_own", lambda room, kind, facts: noted.append((kind, facts)))
    _say(node, listener, _report(track))
    _say(node, speaker, _report(track))
    node.service.pulse.judge()
    (kind, facts), *more = noted
    assert (kind, more) == ("reception.noted", [])
    # The speaker was sent nothing: what it says of its own voice is nobody's reception.
    (line,) = facts["received"]
    assert line["identity"] == "chen"
    assert line["line"].startswith("source=receiver span_ms=5000 pictures=0 ")


async def test_whoever_was_never_seen_by_a_beat_leaves_no_line(node: Node, monkeypatch: Any) -> None:
    node.host.open_room(RoomName("empty"), RoomOptions())
    client = await node.join_single("guest", "empty")
    acts = _acts(node, monkeypatch)
    node.host.leave(client.join.participant.sid, LeaveCause.LEFT)  # type: ignore[arg-type]
    assert [act for act in acts if act.kind == "qos.received"] == []
