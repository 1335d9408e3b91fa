"""Access tokens (livekit-protocol.md §2; RFC 8725)."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import jwt
import pytest

from media_server.ids import ParticipantIdentity, RoomName
from media_server.rooms import Grant, TrackSource
from signaling.errors import TokenRefused
from signaling.tokens import ApiRights, Binding, Claims, TokenDesk, refreshed

KEY, SECRET, NOW_S = "county", "k7Wq2Zt9Lm4Xc8Vb1Nf6Hd3Js5Pg0RaY", 1_800_000_000
DESK = TokenDesk(api_key=KEY, api_secret=SECRET)


def _token(secret: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    payload = {
        "iss": KEY,
        "sub": "zhou",
        "exp": NOW_S + 600,
        "video": {"roomJoin": True, "room": "ward"},
        **changes,
    }
    return jwt.encode({k: v for k, v in payload.items() if v is not None}, secret, algorithm)


def _refused(token: str, now_s: float = NOW_S) -> str:
    with pytest.raises(TokenRefused) as refused:
        DESK.verify(token, now_s=now_s)
    return refused.value.code


def test_what_is_absent_is_allowed_or_not_as_livekit_has_it() -> None:
    claims = DESK.verify(_token(), now_s=NOW_S)
    assert (claims.identity, claims.room, claims.may_join) == ("zhou", "ward", True)
    assert claims.grant == Grant()
    assert claims.api == ApiRights()


def test_everything_a_token_may_say_is_read() -> None:
    video = {
        "roomJoin": True,
        "room": "ward",
        "canPublish": True,
        "canSubscribe": False,
        "canPublishData": False,
        "canPublishSources": ["camera", "unheard_of"],
        "canUpdateOwnMetadata": True,
        "hidden": True,
        "recorder": True,
        "canSubscribeMetrics": True,
        "roomCreate": True,
        "roomList": True,
        "roomAdmin": True,
        "roomRecord": True,
    }
    token = _token(video=video, name="Zhou", metadata="m", attributes={"a": "b"}, kind="agent")
    claims = DESK.verify(token, now_s=NOW_S)
    assert claims.grant == Grant(
        sources=frozenset({TrackSource.CAMERA}),
        can_subscribe=False,
        can_publish_data=False,
        can_update_own_metadata=True,
        hidden=True,
        recorder=True,
        can_subscribe_metrics=True,
    )
    assert claims.api == ApiRights(True, True, True, True)
    assert (claims.name, claims.metadata, dict(claims.attributes), claims.kind) == (
        "Zhou",
        "m",
        {"a": "b"},
        4,
    )


def test_sources_that_nobody_knows_are_not_all_sources() -> None:
    claims = DESK.verify(_token(video={"roomJoin": True, "canPublishSources": ["unheard_of"]}), now_s=NOW_S)
    assert not claims.grant.can_publish


def test_who_may_not_publish_may_not_send_data_either_unless_it_says_so() -> None:
    assert not DESK.verify(_token(video={"canPublish": False}), now_s=NOW_S).grant.can_publish_data
    both = {"canPublish": False, "canPublishData": True}
    assert DESK.verify(_token(video=both), now_s=NOW_S).grant.can_publish_data


def test_what_is_issued_is_what_is_read() -> None:
    claims = Claims(
        identity=ParticipantIdentity("zhou"),
        name="周岚",
        metadata="m",
        attributes={"a": "b"},
        kind=4,
        room=RoomName("ward"),
        may_join=True,
        grant=Grant(sources=frozenset({TrackSource.CAMERA, TrackSource.MICROPHONE}), hidden=True),
        api=ApiRights(may_record=True),
    )
    token = DESK.issue(claims, now_s=NOW_S, ttl_s=60)
    assert DESK.verify(token, now_s=NOW_S + 59) == claims
    assert DESK.verify(DESK.issue(Claims(), now_s=NOW_S, ttl_s=60), now_s=NOW_S) == Claims()


def test_a_refreshed_token_carries_what_has_changed() -> None:
    before = Claims(identity=ParticipantIdentity("zhou"), room=RoomName("ward"), may_join=True)
    grant = Grant(can_publish=False)
    after = refreshed(before, grant=grant, name="n", metadata="m", attributes={"a": "b"})
    assert (after.identity, after.room, after.may_join) == ("zhou", "ward", True)
    assert (after.grant, after.name, after.metadata, after.attributes) == (grant, "n", "m", {"a": "b"})


@pytest.mark.parametrize(("late_s", "is_good"), [(660, True), (661, False)])
def test_an_expired_token_has_one_minute_of_grace(late_s: int, is_good: bool) -> None:
    if is_good:
        DESK.verify(_token(), now_s=NOW_S + late_s)
    else:
        assert _refused(_token(), NOW_S + late_s) == "token_expired"


@pytest.mark.parametrize(("early_s", "is_good"), [(60, True), (61, False)])
def test_a_token_of_the_future_has_one_minute_of_grace(early_s: int, is_good: bool) -> None:
    token = _token(nbf=NOW_S)
    if is_good:
        DESK.verify(token, now_s=NOW_S - early_s)
    else:
        assert _refused(token, NOW_S - early_s) == "token_early"


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


BODY = {"iss": KEY, "sub": "zhou", "exp": NOW_S + 600, "video": {"roomJoin": True, "room": "ward"}}
FORGERIES = {
    "another secret": (_token(secret="x" * 40), "token_forged"),
    "HS384": (_token(secret=SECRET.ljust(48, "x"), algorithm="HS384"), "token_forged"),
    "HS512 with our secret": (jwt.encode(BODY, SECRET.ljust(64, "x"), "HS512"), "token_forged"),
    "alg none": (f"{_part({'alg': 'none'})}.{_part(BODY)}.", "token_forged"),
    "alg None": (f"{_part({'alg': 'None'})}.{_part(BODY)}.", "token_forged"),
    "alg empty": (f"{_part({'alg': ''})}.{_part(BODY)}.", "token_forged"),
    "no alg": (f"{_part({'typ': 'JWT'})}.{_part(BODY)}.", "token_forged"),
    "no signature": (_token().rsplit(".", 1)[0] + ".", "token_forged"),
    "another body": (
        ".".join([_token().split(".")[0], _part(BODY | {"sub": "x"}), _token().split(".")[2]]),
        "token_forged",
    ),
    "crit": (jwt.encode(BODY, SECRET, "HS256", headers={"crit": ["b64"], "b64": False}), "token_malformed"),
    "another key": (_token(iss="elsewhere"), "token_foreign"),
    "no key": (_token(iss=None), "token_malformed"),
    "no end": (_token(exp=None), "token_malformed"),
    "end is text": (_token(exp="tomorrow"), "token_malformed"),
    "begin is text": (_token(nbf="today"), "token_malformed"),
    "nothing": ("", "token_missing"),
    "one part": ("abc", "token_malformed"),
    "binary": ("\x00.\x01.\x02", "token_malformed"),
    "too long": ("a" * 50_000, "token_malformed"),
    "grant is text": (_token(video="all"), "token_malformed"),
    "room is a number": (_token(video={"room": 5}), "token_malformed"),
    "flag is text": (_token(video={"roomJoin": "yes"}), "token_malformed"),
    "sources are text": (_token(video={"canPublishSources": "camera"}), "token_malformed"),
    "attributes hold numbers": (_token(attributes={"a": 1}), "token_malformed"),
    "name is a list": (_token(name=["x"]), "token_malformed"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_foreign_and_malformed_tokens_are_refused(name: str) -> None:
    token, code = FORGERIES[name]
    assert _refused(token) == code


def test_an_explicit_null_is_the_default() -> None:
    assert DESK.verify(_token(video={"canPublish": None}), now_s=NOW_S).grant.can_publish


# ---- bound tokens ---------------------------------------------------------------------------------------

BOUND = Claims(
    identity=ParticipantIdentity("zhou"),
    room=RoomName("ward"),
    may_join=True,
    binding=Binding(session="se_1", person="pe_1", breakglass="bg_1"),
)


def test_a_bound_token_says_to_whom_and_since_when_and_so_does_its_refreshment() -> None:
    first = DESK.verify(DESK.issue(BOUND, now_s=NOW_S, ttl_s=600), now_s=NOW_S)
    assert first.binding == Binding(
        session="se_1", person="pe_1", breakglass="bg_1", issued_at_ms=NOW_S * 1000
    )
    later = refreshed(first, grant=Grant(), name="", metadata="", attributes={})
    second = DESK.verify(DESK.issue(later, now_s=NOW_S + 300, ttl_s=600), now_s=NOW_S + 300)
    assert (second.binding.session, second.binding.issued_at_ms) == ("se_1", (NOW_S + 300) * 1000)


def test_two_bound_tokens_of_one_moment_differ() -> None:
    assert DESK.issue(BOUND, now_s=NOW_S, ttl_s=600) != DESK.issue(BOUND, now_s=NOW_S, ttl_s=600)


def test_a_revoked_token_is_refused_wherever_it_is_shown() -> None:
    revoked: set[str] = set()
    desk = TokenDesk(api_key=KEY, api_secret=SECRET, is_revoked=lambda binding: binding.session in revoked)
    token = desk.issue(BOUND, now_s=NOW_S, ttl_s=600)
    assert desk.verify(token, now_s=NOW_S).identity == "zhou"
    revoked.add("se_1")
    with pytest.raises(TokenRefused) as refused:
        desk.verify(token, now_s=NOW_S)
    assert refused.value.code == "token_revoked"


def test_tokens_made_elsewhere_are_bound_to_nobody_and_never_asked_about() -> None:
    desk = TokenDesk(api_key=KEY, api_secret=SECRET, is_revoked=lambda _: True)
    assert not desk.verify(_token(), now_s=NOW_S).binding


def test_a_token_may_say_that_its_rights_were_known_earlier() -> None:
    early = replace(BOUND, binding=replace(BOUND.binding, issued_at_ms=(NOW_S - 2) * 1000))
    claims = DESK.verify(DESK.issue(early, now_s=NOW_S, ttl_s=600), now_s=NOW_S)
    assert claims.binding.issued_at_ms == (NOW_S - 2) * 1000
