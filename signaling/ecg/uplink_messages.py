"""What a gateway and the server say to each other beside the frames: JSON texts of the uplink, read and made.

    gateway → server
     {"type": "hello", "protocol": 1, "model": …, "descriptor": {…} | null, "running": [ECG ids]}
     {"type": "stream", "ecg": …, "stream": 1…65535, "epoch": …, "descriptor": {…}, "first": … (optional)}
     {"type": "ended", "ecg": …, "epochs": {"0": [first, end]}}   or {"0": [[first, end], …]} with what the
                                                                  device itself has lost left out; or
                                                                  [first, end, samples] for many together
     {"type": "vitals", "ecg": …, "values": [{"t_us", "code", "value", "unit", "validity", "source"}]}
     {"type": "ping", "t1_us": …, "offset_us": …, "rtt_us": …}   what the pings before have told: the server's
                                                                 clock less the gateway's, by the quickest
                                                                 (left out before there was an answer)
     {"type": "selftest", "is_ok": …, "pulse_uv": …, "pulse_ms": …}
    server → gateway
     welcome, start, stop, pong, have, stored, refused
     {"type": "datagrams", "port": …, "key_id": …, "key": base64, "most": …}    live frames may come by UDP
                                                                 as well (media_server/ecg/datagram.py)
     {"type": "heard", "number": …, "came": …, "delay_us": …, "behind_ms": …, "is_watched": …} what came of it

``first`` is the first sample that the device took in the epoch. With it an acknowledgement means what it says
even where the first frames to arrive were not the first taken; without it the least number that has arrived
stands for it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from clinical.ids import EcgId
from media_server.ecg.descriptor import Descriptor, parse_descriptor
from media_server.ecg.frame import MAX_COUNT
from signaling.ecg.inventory import MAX_EPOCH, Declared, parse_declared
from signaling.ecg.vitals import Vital, parse_vitals
from signaling.errors import PeerProtocolError

PROTOCOL: Final = 1
MAX_TEXT_CHARACTERS: Final = 65_536
"""A vitals message of an hour off line is sent in pieces."""
MAX_RUNNING: Final = 200
"""ECGs that one gateway still has samples of: a busy day's."""
MAX_MODEL_CHARACTERS: Final = 64
_MAX_STREAM: Final = 65_535
_MAX_ID: Final = 40


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message. ``descriptor`` None: no device is connected to the gateway."""

    model: str
    descriptor: Descriptor | None
    running: tuple[EcgId, ...]


@dataclass(frozen=True, slots=True)
class StreamNamed:
    """From now on frames of this stream number are of that ECG."""

    ecg: EcgId
    stream: int
    epoch: int
    descriptor: Descriptor
    first: int | None


@dataclass(frozen=True, slots=True)
class Ended:
    """Everything there will ever be."""

    ecg: EcgId
    epochs: Declared


@dataclass(frozen=True, slots=True)
class VitalsTold:
    """Values measured beside the ECG."""

    ecg: EcgId
    values: tuple[Vital, ...]


@dataclass(frozen=True, slots=True)
class Ping:
    """A sign of life, and the first of four readings of two clocks."""

    t1_us: int
    offset_us: int | None = None
    """Our clock less the gateway's, as it found out by the pings before."""
    rtt_us: int | None = None
    """What the ping by which it did so took there and back."""


@dataclass(frozen=True, slots=True)
class SelfTested:
    """What the gateway's own test pulse showed."""

    is_ok: bool
    pulse_uv: int
    pulse_ms: int


Said: TypeAlias = Hello | StreamNamed | Ended | VitalsTold | Ping | SelfTested


class UplinkRefused(PeerProtocolError):  # noqa: N818
    """What a gateway said cannot be; the connection goes on. ``code`` goes back to it, with the ECG it is
    about, "" for none.
    """

    def __init__(self, code: str, ecg: str = "") -> None:
        super().__init__(code)
        self.ecg = ecg


def read_uplink_text(text: str) -> Said:
    """Returns what a gateway says. Raises UplinkRefused(message_malformed, protocol_unknown) and
    MalformedDescriptor.
    """
    try:
        value = json.loads(text) if len(text) <= MAX_TEXT_CHARACTERS else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UplinkRefused("message_malformed")
    reader = _READERS.get(str(value.get("type")))
    if reader is None:
        raise UplinkRefused("message_malformed")
    try:
        said: Said = reader(value)
    except (KeyError, TypeError, ValueError):
        ecg = value.get("ecg")
        named = ecg if isinstance(ecg, str) and len(ecg) <= _MAX_ID else ""
        raise UplinkRefused("message_malformed", named) from None
    return said


def _hello(value: Mapping[str, Any]) -> Hello:
    if value["protocol"] != PROTOCOL:
        raise UplinkRefused("protocol_unknown")
    running = value["running"]
    if not isinstance(running, list) or len(running) > MAX_RUNNING:
        raise ValueError("running")
    model = value["model"]
    if not isinstance(model, str) or len(model) > MAX_MODEL_CHARACTERS:
        raise ValueError("model")
    described = value["descriptor"]
    descriptor = None if described is None else _descriptor(described)
    return Hello(model, descriptor, tuple(_id(name) for name in running))


def _stream(value: Mapping[str, Any]) -> StreamNamed:
    first = None if value.get("first") is None else _whole(value["first"], 0, MAX_COUNT)
    return StreamNamed(
        _id(value["ecg"]),
        _whole(value["stream"], 1, _MAX_STREAM),
        _whole(value["epoch"], 0, MAX_EPOCH),
        _descriptor(value["descriptor"]),
        first,
    )


def _ended(value: Mapping[str, Any]) -> Ended:
    return Ended(_id(value["ecg"]), parse_declared(value["epochs"]))


def _vitals(value: Mapping[str, Any]) -> VitalsTold:
    return VitalsTold(_id(value["ecg"]), parse_vitals(value["values"]))


def _ping(value: Mapping[str, Any]) -> Ping:
    t1_us = _whole(value["t1_us"], 0, MAX_COUNT)
    if value.get("offset_us") is None:
        return Ping(t1_us)
    offset_us = _whole(value["offset_us"], -MAX_COUNT, MAX_COUNT)
    return Ping(t1_us, offset_us, _whole(value["rtt_us"], 0, MAX_COUNT))


def _selftest(value: Mapping[str, Any]) -> SelfTested:
    if not isinstance(value["is_ok"], bool):
        raise TypeError("is_ok")
    return SelfTested(
        value["is_ok"], _whole(value["pulse_uv"], -1_000_000, 1_000_000), _whole(value["pulse_ms"], 0, 60_000)
    )


_READERS: Final[Mapping[str, Any]] = {
    "hello": _hello,
    "stream": _stream,
    "ended": _ended,
    "vitals": _vitals,
    "ping": _ping,
    "selftest": _selftest,
}


def _id(value: object) -> EcgId:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_ID:
        raise TypeError("ecg")
    return EcgId(value)


def _whole(value: object, least: int, most: int) -> int:
    # Some clocks and libraries write 500.0 for 500.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not least <= value <= most:
        raise ValueError("number")
    return value


def _descriptor(value: object) -> Descriptor:
    if not isinstance(value, dict):
        raise TypeError("descriptor")
    return parse_descriptor(value)


# ---- what the server says -------------------------------------------------------------------------------


def welcome(server_us: int) -> str:
    """The answer to hello."""
    return json.dumps({"type": "welcome", "server_us": server_us})


def start(ecg: str) -> str:
    """Somebody asked for an ECG."""
    return json.dumps({"type": "start", "ecg": ecg})


def stop(ecg: str) -> str:
    """Somebody stopped it: measure no more, send what there is, then say "ended"."""
    return json.dumps({"type": "stop", "ecg": ecg})


def pong(t1_us: int, t2_us: int, t3_us: int) -> str:
    """The answer to ping: when it came and when this left, by the server's clock."""
    return json.dumps({"type": "pong", "t1_us": t1_us, "t2_us": t2_us, "t3_us": t3_us})


def have(ecg: str, parts: Sequence[Mapping[str, list[list[int]]]]) -> list[str]:
    """The real inventory, in as many messages as it has parts: each but the last says that there is more."""
    whole = [{"type": "have", "ecg": ecg, "epochs": part, "more": True} for part in parts]
    del whole[-1]["more"]
    return [json.dumps(word) for word in whole]


def stored(ecg: str, epoch: int, until: int) -> str:
    """The cumulative acknowledgement."""
    return json.dumps({"type": "stored", "ecg": ecg, "epoch": epoch, "until": until})


def datagrams(port: int, key_id: int, key: bytes, most: int) -> str:
    """The offer to take live frames by UDP, sealed with this key, numbered up to ``most``."""
    secret = base64.b64encode(key).decode()
    return json.dumps({"type": "datagrams", "port": port, "key_id": key_id, "key": secret, "most": most})


def heard(number: int, came: int, delay_us: int, behind_ms: int, *, is_watched: bool) -> str:
    """What came of the datagrams: the highest number, how many in all; how long the quickest of the last
    second was under way, plus a constant; how far the truth lane is behind them; and whether anybody watches.
    """
    word = {"type": "heard", "number": number, "came": came, "delay_us": delay_us, "behind_ms": behind_ms}
    return json.dumps(word | {"is_watched": is_watched})


def refused(ecg: str, code: str) -> str:
    """What was not taken, and why."""
    return json.dumps({"type": "refused", "ecg": ecg or None, "code": code})
