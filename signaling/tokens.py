"""Access tokens: what one must look like (JWT, HS256), what it grants, and how a running session gets a new
one.

The layout is LiveKit's (livekit-protocol.md §2). One key, one algorithm, named in the verification itself,
so that "none" and key confusion cannot happen (RFC 8725 §3.1). A token is read here and nowhere else: below,
only a Grant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import jwt

from media_server.ids import ParticipantIdentity, RoomName
from media_server.rooms import Grant, TrackSource
from signaling.errors import TokenRefused

ALGORITHM: Final = "HS256"
LEEWAY_S: Final = 60
"""Clocks of clients and servers differ; LiveKit allows the same minute."""
MAX_TOKEN_BYTES: Final = 48 * 1024
"""Metadata and attributes may be in it. Larger ones do not fit an HTTP header anyway."""
DEFAULT_TTL_S: Final = 6 * 3600
"""For tokens made by hand: a working half-day."""
REFRESH_TTL_S: Final = 10 * 60
REFRESH_INTERVAL_S: Final = 5 * 60
"""As LiveKit does: a client that reconnects always holds a token with at least five minutes left."""
_NOBODY: Final = ParticipantIdentity("")
_NOWHERE: Final = RoomName("")


@dataclass(frozen=True, slots=True)
class ApiRights:
    """What a token allows beside being in a room."""

    may_create_rooms: bool = False
    may_list_rooms: bool = False
    is_room_admin: bool = False
    """Of the room the token names."""
    may_record: bool = False


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says. ``room`` is "" where it names none; ``may_join`` is LiveKit's ``roomJoin``."""

    identity: ParticipantIdentity = _NOBODY
    name: str = ""
    metadata: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    kind: int = 0
    room: RoomName = _NOWHERE
    may_join: bool = False
    grant: Grant = field(default_factory=Grant)
    api: ApiRights = field(default_factory=ApiRights)


_KINDS: Final = {"standard": 0, "ingress": 1, "egress": 2, "sip": 3, "agent": 4}


class TokenDesk:
    """Checks and makes the tokens of one API key."""

    def __init__(self, *, api_key: str, api_secret: str) -> None:
        self._api_key = api_key
        self._api_secret = api_secret

    def verify(self, token: str, *, now_s: float) -> Claims:
        """Returns what the token says.

        Raises TokenRefused with code token_missing, token_malformed, token_foreign (another key's),
        token_forged, token_expired, token_early or token_incomplete.
        """
        if not token:
            raise TokenRefused("token_missing")
        if len(token) > MAX_TOKEN_BYTES:
            raise TokenRefused("token_malformed")
        payload = self._decode(token)
        _check_times(payload, now_s)
        return _claims(payload)

    def issue(self, claims: Claims, *, now_s: float, ttl_s: int) -> str:
        """Returns a token that says what ``claims`` say, valid for ``ttl_s`` seconds from now."""
        payload: dict[str, Any] = {
            "iss": self._api_key,
            "sub": claims.identity,
            "nbf": int(now_s) - 5,
            "exp": int(now_s) + ttl_s,
            "video": _video_grant(claims),
        }
        if claims.name:
            payload["name"] = claims.name
        if claims.metadata:
            payload["metadata"] = claims.metadata
        if claims.attributes:
            payload["attributes"] = dict(claims.attributes)
        if claims.kind:
            payload["kind"] = next(word for word, number in _KINDS.items() if number == claims.kind)
        return jwt.encode(payload, self._api_secret, ALGORITHM)

    def _decode(self, token: str) -> Mapping[str, Any]:
        try:
            payload: Mapping[str, Any] = jwt.decode(
                token,
                self._api_secret,
                algorithms=[ALGORITHM],
                options={
                    "require": ["exp", "iss"],
                    # Times are checked below, against the caller's clock.
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_aud": False,
                },
            )
        except jwt.InvalidSignatureError:
            raise TokenRefused("token_forged") from None
        except jwt.InvalidAlgorithmError:
            raise TokenRefused("token_forged") from None
        except jwt.InvalidTokenError:
            raise TokenRefused("token_malformed") from None
        if payload.get("iss") != self._api_key:
            raise TokenRefused("token_foreign")
        return payload


def refreshed(
    claims: Claims, *, grant: Grant, name: str, metadata: str, attributes: Mapping[str, str]
) -> Claims:
    """Returns the claims of a running session with what has changed since its join."""
    return replace(claims, grant=grant, name=name, metadata=metadata, attributes=attributes)


def _check_times(payload: Mapping[str, Any], now_s: float) -> None:
    expires, begins = payload.get("exp"), payload.get("nbf", 0)
    if not isinstance(expires, int | float) or not isinstance(begins, int | float):
        raise TokenRefused("token_malformed")
    if now_s > expires + LEEWAY_S:
        raise TokenRefused("token_expired")
    if now_s < begins - LEEWAY_S:
        raise TokenRefused("token_early")


def _claims(payload: Mapping[str, Any]) -> Claims:
    video = _mapping(payload, "video")
    attributes = _mapping(payload, "attributes")
    if not all(isinstance(value, str) for value in attributes.values()):
        raise TokenRefused("token_malformed")
    return Claims(
        identity=ParticipantIdentity(_text(payload, "sub")),
        name=_text(payload, "name"),
        metadata=_text(payload, "metadata"),
        attributes=attributes,
        kind=_KINDS.get(_text(payload, "kind") or "standard", 0),
        room=RoomName(_text(video, "room")),
        may_join=_flag(video, "roomJoin", default=False),
        grant=_grant(video),
        api=ApiRights(
            may_create_rooms=_flag(video, "roomCreate", default=False),
            may_list_rooms=_flag(video, "roomList", default=False),
            is_room_admin=_flag(video, "roomAdmin", default=False),
            may_record=_flag(video, "roomRecord", default=False),
        ),
    )


def _grant(video: Mapping[str, Any]) -> Grant:
    words = video.get("canPublishSources", [])
    if not isinstance(words, list):
        raise TokenRefused("token_malformed")
    known = {source.value: source for source in TrackSource}
    sources = frozenset(known[word] for word in words if word in known)
    return Grant(
        # A list of sources that nobody here knows must not turn into "all sources".
        can_publish=_flag(video, "canPublish", default=True) and not (words and not sources),
        sources=sources,
        can_subscribe=_flag(video, "canSubscribe", default=True),
        can_publish_data=_flag(video, "canPublishData", default=_flag(video, "canPublish", default=True)),
        can_update_own_metadata=_flag(video, "canUpdateOwnMetadata", default=False),
        hidden=_flag(video, "hidden", default=False),
        recorder=_flag(video, "recorder", default=False),
        can_subscribe_metrics=_flag(video, "canSubscribeMetrics", default=False),
    )


def _video_grant(claims: Claims) -> dict[str, Any]:
    grant, api = claims.grant, claims.api
    video: dict[str, Any] = {
        "canPublish": grant.can_publish,
        "canSubscribe": grant.can_subscribe,
        "canPublishData": grant.can_publish_data,
        "canUpdateOwnMetadata": grant.can_update_own_metadata,
    }
    if claims.room:
        video["room"] = claims.room
    if grant.sources:
        video["canPublishSources"] = sorted(source.value for source in grant.sources)
    flags = {
        "roomJoin": claims.may_join,
        "hidden": grant.hidden,
        "recorder": grant.recorder,
        "canSubscribeMetrics": grant.can_subscribe_metrics,
        "roomCreate": api.may_create_rooms,
        "roomList": api.may_list_rooms,
        "roomAdmin": api.is_room_admin,
        "roomRecord": api.may_record,
    }
    return {**video, **{name: True for name, is_set in flags.items() if is_set}}


def _mapping(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = payload.get(key) or {}
    if not isinstance(value, Mapping):
        raise TokenRefused("token_malformed")
    return value


def _text(payload: Mapping[str, Any], key: str) -> str:
    value = payload.get(key) or ""
    if not isinstance(value, str):
        raise TokenRefused("token_malformed")
    return value


def _flag(payload: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = payload.get(key, default)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise TokenRefused("token_malformed")
    return value
