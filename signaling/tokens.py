"""Access tokens: what one must look like (JWT, HS256), what it grants, and how a running session gets a new
one.

The layout is LiveKit's (livekit-protocol.md §2); what of its form is taken says token_envelope.py. Tokens
that this service makes for its own people are bound: to a session, a person, a device, an invitation, with
whose end they end, however much of their time is left. A token is read here and nowhere else: below, only a
Grant.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import jwt

from media_server.ids import ParticipantIdentity, RoomName
from media_server.rooms import Grant, TrackSource
from signaling.errors import TokenRefused
from signaling.token_envelope import ALGORITHM, open_envelope, read_object

LEEWAY_S: Final = 60
"""Clocks of clients and servers differ; LiveKit allows the same minute."""
AUDIENCE: Final = "lianzhen"
"""Ours in a token that names whom it is for (RFC 7519 §4.1.3). LiveKit's name nobody."""
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
class Binding:
    """With whose end a token ends; all "" in tokens made elsewhere with the API key."""

    session: str = ""
    person: str = ""
    device: str = ""
    invitation: str = ""
    breakglass: str = ""
    """By which use of break-glass its holder came in."""
    role: str = ""
    """As what its holder came in: a word for the ledger."""
    admission: str = ""
    """To a case's room: case and person (``admission_of``), with whose removal it ends."""
    issued_at_ms: int = 0
    """Since when its rights are known: what was revoked before does not concern it. 0: when it is made."""

    def __bool__(self) -> bool:
        return bool(self.session or self.person or self.device or self.invitation)


UNBOUND: Final = Binding()


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
    binding: Binding = UNBOUND


_BINDING_NAMES: Final = ("session", "person", "device", "invitation", "breakglass", "role", "admission")
_KINDS: Final = {"standard": 0, "ingress": 1, "egress": 2, "sip": 3, "agent": 4}


def _never(_: Binding) -> bool:
    return False


class TokenDesk:
    """Checks and makes the tokens of one API key. ``is_revoked`` says which bound ones have ended early."""

    def __init__(
        self, *, api_key: str, api_secret: str, is_revoked: Callable[[Binding], bool] = _never
    ) -> None:
        self._api_key = api_key
        self._api_secret = api_secret
        self._is_revoked = is_revoked

    def verify(self, token: str, *, now_s: float) -> Claims:
        """Returns what the token says.

        Raises TokenRefused with code token_missing, token_malformed, token_foreign (another key's, or meant
        for somebody else), token_forged, token_expired, token_early, token_incomplete or token_revoked.
        """
        payload = read_object(open_envelope(token, self._api_secret))
        if not isinstance(payload.get("iss"), str):
            raise TokenRefused("token_malformed")
        if payload["iss"] != self._api_key or not _is_for_us(payload.get("aud")):
            raise TokenRefused("token_foreign")
        _check_times(payload, now_s)
        claims = _claims(payload)
        if claims.binding and self._is_revoked(claims.binding):
            raise TokenRefused("token_revoked")
        return claims

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
        if claims.binding:
            bound = {name: getattr(claims.binding, name) for name in _BINDING_NAMES}
            payload["lianzhen"] = {name: value for name, value in bound.items() if value}
            payload["lianzhen"]["issued_at_ms"] = claims.binding.issued_at_ms or int(now_s * 1000)
            payload["jti"] = secrets.token_urlsafe(12)
        return jwt.encode(payload, self._api_secret, ALGORITHM)


def refreshed(
    claims: Claims, *, grant: Grant, name: str, metadata: str, attributes: Mapping[str, str]
) -> Claims:
    """Returns the claims of a running session with what has changed since its join."""
    binding = replace(claims.binding, issued_at_ms=0)
    return replace(claims, grant=grant, name=name, metadata=metadata, attributes=attributes, binding=binding)


def _check_times(payload: Mapping[str, Any], now_s: float) -> None:
    expires, begins = _number(payload.get("exp")), _number(payload.get("nbf", 0))
    if now_s > expires + LEEWAY_S:
        raise TokenRefused("token_expired")
    if now_s < begins - LEEWAY_S:
        raise TokenRefused("token_early")


def _number(value: Any) -> int | float:
    # True is a number to Python.
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TokenRefused("token_malformed")
    return value


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
        binding=_binding(payload),
    )


def _is_for_us(audience: Any) -> bool:
    return audience is None or audience == AUDIENCE or (isinstance(audience, list) and AUDIENCE in audience)


def _binding(payload: Mapping[str, Any]) -> Binding:
    bound = _mapping(payload, "lianzhen")
    issued_at_ms = bound.get("issued_at_ms", 0)
    if not isinstance(issued_at_ms, int) or isinstance(issued_at_ms, bool):
        raise TokenRefused("token_malformed")
    return Binding(**{name: _text(bound, name) for name in _BINDING_NAMES}, issued_at_ms=issued_at_ms)


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
