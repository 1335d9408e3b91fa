"""The uplink's JSON: what the server may say, read into values; what the gateway says, as objects.

What cannot be read raises ServerFault and changes nothing; a word of a later protocol is passed over.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

from clients.gateway.ahead import Offer
from clients.gateway.ahead_pace import Heard
from clients.gateway.errors import ServerFault
from clients.gateway.vital_signs import VitalSign
from media_server.ecg.datagram import KEY_BYTES, MAX_KEY_ID
from media_server.ecg.descriptor import Descriptor
from media_server.ecg.frame import MAX_COUNT

PROTOCOL: Final = 1
MAX_TEXT_CHARACTERS: Final = 1_000_000
"""Ten thousand stretches of an inventory are a quarter of it."""
MAX_DECLARED: Final = 1_000
"""Stretches in "ended", of all epochs that have more than one; 65,536 characters is what the server reads."""
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""An ECG's id names its folder as well."""
_CODE: Final = re.compile(r"[a-z0-9_]{1,40}")
Object: TypeAlias = "dict[str, Any]"


@dataclass(frozen=True, slots=True)
class Welcome:
    """The server listens."""

    server_us: int


@dataclass(frozen=True, slots=True)
class Start:
    """Somebody pressed 开始心电."""

    ecg: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody pressed 结束心电."""

    ecg: str


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a ping: when it was sent (our clock), came and was answered (the server's)."""

    t1_us: int
    t2_us: int
    t3_us: int


@dataclass(frozen=True, slots=True)
class Have:
    """What the server has of an ECG: stretches by epoch. ``is_last`` False: another such word goes on."""

    ecg: str
    epochs: Mapping[int, Sequence[tuple[int, int]]]
    is_last: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything of the epoch that was taken before ``until`` is in the server's log."""

    ecg: str
    epoch: int
    until: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The server did not take something; ``ecg`` is empty where it was no ECG's."""

    ecg: str
    code: str


Word: TypeAlias = Welcome | Start | Stop | Pong | Have | Stored | Refused | Offer | Heard
_MAX_PORT: Final = 65_535


def read_word(text: str) -> Word | None:
    """Returns what the server says; None for a word that this version does not know. Raises ServerFault."""
    if len(text) > MAX_TEXT_CHARACTERS:
        raise ServerFault("server_unreadable")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ServerFault("server_unreadable") from None
    if not isinstance(value, dict):
        raise ServerFault("server_unreadable")
    match value.get("type"):
        case "welcome":
            return Welcome(_count(value, "server_us"))
        case "start":
            return Start(_id(value))
        case "stop":
            return Stop(_id(value))
        case "pong":
            return Pong(_count(value, "t1_us"), _count(value, "t2_us"), _count(value, "t3_us"))
        case "have":
            return Have(_id(value), _epochs(value.get("epochs")), value.get("more") is not True)
        case "stored":
            return Stored(_id(value), _count(value, "epoch"), _count(value, "until"))
        case "refused":
            return Refused("" if value.get("ecg") is None else _id(value), _code(value))
        case "datagrams":
            return _offer(value)
        case "heard":
            return _heard(value)
        case str():
            return None
        case _:
            raise ServerFault("server_unreadable")


def hello(model: str, descriptor: Descriptor | None, running: Iterable[str]) -> Object:
    """Returns the first word on a connection."""
    described = None if descriptor is None else descriptor.as_json()
    return {
        "type": "hello",
        "protocol": PROTOCOL,
        "model": model,
        "descriptor": described,
        "running": list(running),
    }


def stream(ecg: str, number: int, epoch: int, descriptor: Descriptor, first: int | None) -> Object:
    """Returns what is said before an epoch's frames, and again after each reconnect. ``first`` is the first
    sample that was taken, None before there is one: by it the server knows what "stored until" is to mean.
    """
    word = {
        "type": "stream",
        "ecg": ecg,
        "stream": number,
        "epoch": epoch,
        "descriptor": descriptor.as_json(),
    }
    return word if first is None else word | {"first": first}


def ended(ecg: str, declared: Mapping[int, Sequence[tuple[int, int]]]) -> Object:
    """Returns what there will ever be of an ECG: of an epoch one stretch, or several where the device lost
    samples between them. Where those are very many, neighbours are told together, with the number of their
    samples.
    """
    most = max(1, MAX_DECLARED // max(1, sum(len(spans) > 1 for spans in declared.values())))
    epochs = {
        str(epoch): list(spans[0]) if len(spans) == 1 else _together(spans, most)
        for epoch, spans in declared.items()
    }
    return {"type": "ended", "ecg": ecg, "epochs": epochs}


def _together(spans: Sequence[tuple[int, int]], most: int) -> list[list[int]]:
    size = -(-len(spans) // most)
    groups = [spans[at : at + size] for at in range(0, len(spans), max(1, size))]
    return [
        list(group[0])
        if len(group) == 1
        else [group[0][0], group[-1][1], sum(end - start for start, end in group)]
        for group in groups
    ]


def vitals(ecg: str, values: Iterable[VitalSign]) -> Object:
    """Returns timed values."""
    return {"type": "vitals", "ecg": ecg, "values": [asdict(value) for value in values]}


def ping(t1_us: int, offset_us: int | None = None, rtt_us: int | None = None) -> Object:
    """Returns the sign of life, with our clock; with what the pings before have told of it, so that the
    server can say which moment of it a picture shows: the server's less ours, and the quickest round trip.
    """
    word = {"type": "ping", "t1_us": t1_us}
    if offset_us is None or rtt_us is None:
        return word
    return word | {"offset_us": offset_us, "rtt_us": rtt_us}


def selftest(*, is_ok: bool, pulse_uv: int, pulse_ms: int) -> Object:
    """Returns what came of the calibration pulse."""
    return {"type": "selftest", "is_ok": is_ok, "pulse_uv": pulse_uv, "pulse_ms": pulse_ms}


def _offer(value: Object) -> Offer:
    port, key_id, key = _count(value, "port"), _count(value, "key_id"), value.get("key")
    try:
        secret = base64.b64decode(key, validate=True) if isinstance(key, str) else b""
    except (binascii.Error, ValueError):
        secret = b""
    if not 0 < port <= _MAX_PORT or key_id > MAX_KEY_ID or len(secret) != KEY_BYTES:
        raise ServerFault("server_unreadable")
    return Offer(port, key_id, secret)


def _heard(value: Object) -> Heard:
    delay_us, is_watched = value.get("delay_us"), value.get("is_watched")
    if type(delay_us) is not int or abs(delay_us) > MAX_COUNT or type(is_watched) is not bool:
        raise ServerFault("server_unreadable")
    return Heard(
        _count(value, "number"), _count(value, "came"), delay_us, _count(value, "behind_ms"), is_watched
    )


def _count(value: Object, name: str) -> int:
    found = value.get(name)
    if type(found) is not int or not 0 <= found <= MAX_COUNT:
        raise ServerFault("server_unreadable")
    return found


def _id(value: Object) -> str:
    found = value.get("ecg")
    if not isinstance(found, str) or not _ID.fullmatch(found):
        raise ServerFault("server_unreadable")
    return found


def _code(value: Object) -> str:
    found = value.get("code")
    if not isinstance(found, str) or not _CODE.fullmatch(found):
        raise ServerFault("server_unreadable")
    return found


def _epochs(value: object) -> dict[int, list[tuple[int, int]]]:
    if not isinstance(value, dict):
        raise ServerFault("server_unreadable")
    epochs: dict[int, list[tuple[int, int]]] = {}
    for name, spans in value.items():
        if not re.fullmatch(r"\d{1,5}", name) or not isinstance(spans, list):
            raise ServerFault("server_unreadable")
        epochs[int(name)] = [_span(span) for span in spans]
    return epochs


def _span(value: object) -> tuple[int, int]:
    match value:
        case [int(start), int(end)] if 0 <= start <= end <= MAX_COUNT:
            return start, end
        case _:
            raise ServerFault("server_unreadable")
