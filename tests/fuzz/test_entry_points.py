"""Whatever a stranger sends is accepted or refused with a documented error, and quickly."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from livekit.protocol import models, rtc

from clinical.ids import EcgId
from media_server.answering import AnsweringSections
from media_server.ecg.datagram import DatagramSealer
from media_server.errors import SdpRefused
from media_server.ids import (
    OutputNumber,
    ParticipantIdentity,
    ParticipantSid,
    PeerNumber,
    TrackNumber,
    TrackSid,
)
from media_server.plans import MediaKind, PublicationPlan, SubscriptionPlan
from media_server.sdp.parse import parse_description
from media_server.sdp.write import LocalTransport, Origin, write_description
from signaling.ecg.datagram_keys import DatagramKeys
from signaling.ecg.uplink import Uplink
from signaling.errors import PeerProtocolError, TokenRefused
from signaling.livekit.data_packets import stamp_packet
from signaling.livekit.frames import decode_request
from signaling.livekit.join_query import read_join_request, read_query
from signaling.tokens import TokenDesk
from tests.fuzz.data_channel import Association
from tests.fuzz.mutations import attack
from tests.support.crafted_sdp import bad_offers, good_offer
from tests.support.ecg_world import measured, split_frames
from tests.support.signal_client import join_request_query

MESSAGES = {
    "offer": 500,
    "signal request": 40_000,
    "signal request as text": 20_000,
    "join request": 30_000,
    "query": 50_000,
    "data channel": 10_000,
    "data packet": 100_000,
    "token": 60_000,
    "datagram": 50_000,
    "frames of a datagram": 40_000,
}
"""Some three seconds each."""
SEED = int(os.environ.get("LIANZHEN_FUZZ_SEED", "1"))
_CORPUS = Path(__file__).parent / "corpus"
_VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "sdp"


class _Numbers:
    """Unique numbers, without a core."""

    def __init__(self) -> None:
        self._last = 0

    def next_output(self) -> OutputNumber:
        """The next one."""
        self._last += 1
        return OutputNumber(self._last)

    def new_ssrc(self) -> int:
        """Unique, if not random."""
        self._last += 1
        return self._last


def _corpus(name: str) -> list[bytes]:
    """What earlier searches found worth keeping."""
    return [path.read_bytes() for path in sorted((_CORPUS / name).glob("*")) if path.is_file()]


def _offers() -> list[bytes]:
    good = [path.read_bytes() for path in sorted(_VECTORS.glob("*.sdp"))]
    return [
        *good,
        *_corpus("sdp"),
        good_offer().encode(),
        *(offer.encode(errors="replace")[:70_000] for offer in bad_offers().values()),
    ]


def _plan(kind: MediaKind, msid_track_id: str) -> PublicationPlan:
    return PublicationPlan(track_sid=TrackSid("TR_1"), track=TrackNumber(1), preferred_codec=None)


def _answer(offer: bytes) -> None:
    """An offer's whole way to its answer: parsed, negotiated, written, and parsed again."""
    description = parse_description(offer.decode(errors="replace"))
    sections = AnsweringSections(PeerNumber(1), _Numbers())
    for number, kind in enumerate(("audio", "video"), 2):
        sections.subscribe(
            SubscriptionPlan(
                participant_sid=ParticipantSid("PA_1"),
                track_sid=TrackSid(f"TR_{number}"),
                track=TrackNumber(number),
                kind=kind,
            )
        )
    step = sections.receive_offer(description, plan_publication=_plan, is_live=lambda track: True)
    transport = LocalTransport(
        ufrag="abcd",
        password="p" * 24,
        fingerprint=("sha-256", "AA:" * 31 + "AA"),
        candidates=(("10.0.0.1", 7882),),
    )
    answer = write_description(Origin(1, 1), transport, step.sections)
    assert answer.startswith("v=0"), answer
    assert answer.count("\r\nm=") == len(description.sections)


def _requests() -> list[bytes]:
    offer = good_offer()
    messages = [
        rtc.SignalRequest(offer=rtc.SessionDescription(type="offer", sdp=offer, id=1)),
        rtc.SignalRequest(
            add_track=rtc.AddTrackRequest(
                cid="cid",
                name="camera",
                type=models.TrackType.VIDEO,
                width=1280,
                height=720,
                layers=[models.VideoLayer(width=320, height=180, bitrate=150_000)],
                simulcast_codecs=[rtc.SimulcastCodec(codec="vp8", cid="cid")],
            )
        ),
        rtc.SignalRequest(
            trickle=rtc.TrickleRequest(candidateInit='{"candidate":"","sdpMid":"0","sdpMLineIndex":0}')
        ),
        rtc.SignalRequest(mute=rtc.MuteTrackRequest(sid="TR_1", muted=True)),
        rtc.SignalRequest(track_setting=rtc.UpdateTrackSettings(track_sids=["TR_1"], width=320, height=180)),
        rtc.SignalRequest(update_metadata=rtc.UpdateParticipantMetadata(metadata="m", attributes={"a": "b"})),
        rtc.SignalRequest(ping_req=rtc.Ping(timestamp=1, rtt=2)),
        rtc.SignalRequest(sync_state=rtc.SyncState(track_sids_disabled=["TR_1"])),
        rtc.SignalRequest(leave=rtc.LeaveRequest(reason=models.DisconnectReason.CLIENT_INITIATED)),
    ]
    return [message.SerializeToString() for message in messages]


def _join_requests() -> list[bytes]:
    plain = rtc.JoinRequest(
        client_info=models.ClientInfo(sdk=models.ClientInfo.SDK.JS, protocol=16),
        connection_settings=rtc.ConnectionSettings(auto_subscribe=True),
        publisher_offer=rtc.SessionDescription(type="offer", sdp=good_offer(), id=1),
        participant_attributes={"a": "b"},
    ).SerializeToString()
    return [
        join_request_query(plain).encode(),
        join_request_query(plain, compression=1).encode(),
        join_request_query(bytes(1 << 20), compression=1).encode(),
        plain,
        gzip.compress(plain),
    ]


def _data_packets() -> list[bytes]:
    user = models.UserPacket(payload=b"BP 120/80", topic="vitals", participant_identity="forged")
    return [
        models.DataPacket(user=user, sequence=7, destination_identities=["a", "b"]).SerializeToString(),
        models.DataPacket(rpc_request=models.RpcRequest(id="1", method="m", payload="p")).SerializeToString(),
        b"\xfa\x7f\x03abc",
    ]


def _read_bent_query(query: bytes) -> None:
    text = query.decode(errors="replace")
    pairs = dict(pair.partition("=")[::2] for pair in text.split("&"))
    read_query(pairs)


def _verify_token(token: bytes) -> None:
    _DESK.verify(token.decode(errors="replace"), now_s=1_000_000.0)
    raise AssertionError("a bent token was accepted") if token not in _TOKENS else TokenRefused("good")


def _tokens() -> list[bytes]:
    import jwt

    claims = {"iss": "key", "sub": "x", "exp": 2_000_000, "nbf": 0, "video": {"room": "r", "roomJoin": True}}
    return [
        jwt.encode(claims, "s" * 32, "HS256").encode(),
        jwt.encode(claims | {"sub": 5}, "s" * 32).encode(),
    ]


_DESK = TokenDesk(api_key="key", api_secret="s" * 32)
_TOKENS = _tokens()
_QUERY = b"auto_subscribe=1&protocol=16&sdk=js&reconnect=1&sid=PA_1&client_protocol=1&attributes=eyJhIjoiYiJ9"


def _datagrams() -> list[bytes]:
    """Of a key that lives, each number once."""
    sealer = DatagramSealer(_DATAGRAM_KEY.id, _DATAGRAM_KEY.secret)
    frames = measured(0.2).frames()
    return [sealer.seal(frames[at : at + 1 + at % 3]) for at in range(5)]


def _open_datagram(datagram: bytes) -> None:
    """What is opened holds whole frames or is refused for what it is; the sealer's own may come twice."""
    opened = _DATAGRAM_KEYS.open(datagram)
    if opened is None:
        raise PeerProtocolError("junk")
    split_frames(opened.content)


def _read_sealed(content: bytes) -> None:
    """As if a gateway had sealed it: frames of a stream that it has named."""
    found, refusal = _SEALED_UPLINK.read_frames(content)
    if refusal and not found:
        raise PeerProtocolError(refusal)


_ASSOCIATION = Association()
_DATAGRAM_KEYS: DatagramKeys[str] = DatagramKeys()
_DATAGRAM_KEY = _DATAGRAM_KEYS.issue("box")
_SEALED_UPLINK = Uplink()
_SEALED_UPLINK.name_stream(1, EcgId("ecg"))


_TARGETS: dict[str, tuple[Callable[[bytes], object], list[bytes], tuple[type[Exception], ...]]] = {
    "offer": (_answer, _offers(), (SdpRefused,)),
    "signal request": (decode_request, _requests(), (PeerProtocolError,)),
    "signal request as text": (
        lambda frame: decode_request(frame.decode(errors="replace")),
        [b'{"ping":"5"}', b'{"addTrack":{"cid":"c","type":"VIDEO","layers":[{"width":3}]}}', b"[" * 2_000],
        (PeerProtocolError,),
    ),
    "join request": (
        lambda packed: read_join_request(packed.decode(errors="replace")),
        _join_requests(),
        (PeerProtocolError,),
    ),
    "query": (_read_bent_query, [_QUERY], (PeerProtocolError,)),
    "data channel": (_ASSOCIATION.receive, _corpus("data_channel"), (PeerProtocolError,)),
    "data packet": (
        lambda payload: stamp_packet(
            payload, sid=ParticipantSid("PA_1"), identity=ParticipantIdentity("me"), is_hidden=False
        ),
        _data_packets(),
        (PeerProtocolError,),
    ),
    "token": (_verify_token, _TOKENS, (TokenRefused,)),
    "datagram": (_open_datagram, _datagrams(), (PeerProtocolError,)),
    "frames of a datagram": (
        _read_sealed,
        [b"".join(measured(0.2).frames()[:3]), measured(0.2).frames()[0]],
        (PeerProtocolError,),
    ),
}


@pytest.mark.parametrize("name", _TARGETS)
def test_bent_messages_are_accepted_or_refused_by_a_documented_error(name: str) -> None:
    target, seeds, allowed = _TARGETS[name]
    accepted, refused = attack(target, seeds, allowed=allowed, messages=MESSAGES[name], seed=SEED)
    print(f"{name}: {accepted} accepted, {refused} refused")
    assert refused > 0


def test_a_stamped_packet_never_carries_another_sender() -> None:
    def stamp(payload: bytes) -> None:
        stamped = stamp_packet(
            payload, sid=ParticipantSid("PA_1"), identity=ParticipantIdentity("me"), is_hidden=False
        )
        packet = models.DataPacket.FromString(stamped.payload)
        assert (packet.participant_sid, packet.participant_identity) == ("PA_1", "me")
        if packet.WhichOneof("value") == "user":
            assert packet.user.participant_identity in ("", "me")

    messages = MESSAGES["data packet"]
    attack(stamp, _data_packets(), allowed=(PeerProtocolError,), messages=messages, seed=SEED + 1)
