"""One gateway's connection as a state machine: what it may say when, and which of its streams is which ECG.

    opened ── hello ──▶ greeted ── stream, ended, vitals, ping, selftest ──▶ greeted

Anything else is refused and changes nothing. Frames are taken once their stream has been named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from clinical.ids import EcgId
from media_server.ecg.errors import MalformedFrame
from media_server.ecg.frame import Envelope, read_envelope
from signaling.ecg.uplink_messages import (
    Ended,
    Hello,
    Ping,
    Said,
    SelfTested,
    StreamNamed,
    UplinkRefused,
    VitalsTold,
)

MAX_STREAMS: Final = 64
"""Named on one connection: a gateway has one device, and some ECGs still to send."""
MAX_MESSAGE_BYTES: Final = 65_536
"""Of frames in one message: ten seconds of back-fill, so that a live frame never waits long behind it."""


class UplinkState(Enum):
    """How far the connection is."""

    OPENED = "opened"
    """Nothing has been said; the device is known by its session."""
    GREETED = "greeted"
    """Both speak the same protocol."""


_O, _G = UplinkState.OPENED, UplinkState.GREETED
_TRANSITIONS: Final[Mapping[UplinkState, Mapping[type[Said], UplinkState]]] = {
    _O: {Hello: _G},
    _G: {StreamNamed: _G, Ended: _G, VitalsTold: _G, Ping: _G, SelfTested: _G},
}


@dataclass(slots=True)
class Uplink:
    """The connection."""

    state: UplinkState = UplinkState.OPENED
    _ecgs: dict[int, EcgId] = field(default_factory=dict)

    def receive_said(self, said: Said) -> None:
        """Takes a message. Raises UplinkRefused(hello_missing, hello_repeated): nothing has changed."""
        following = _TRANSITIONS[self.state].get(type(said))
        if following is None:
            raise UplinkRefused("hello_missing" if self.state is _O else "hello_repeated")
        self.state = following

    def name_stream(self, stream: int, ecg: EcgId) -> None:
        """Takes note that frames of this number are of that ECG, from now on. Raises
        UplinkRefused(streams_too_many).
        """
        if stream not in self._ecgs and len(self._ecgs) >= MAX_STREAMS:
            raise UplinkRefused("streams_too_many", ecg)
        self._ecgs[stream] = ecg

    def read_frames(self, content: bytes) -> tuple[list[tuple[EcgId, Envelope]], str]:
        """Returns the frames of a message with their ECGs, and the code of the first refusal, "" for none.

        After a frame that is none nothing of the message is taken: where the next begins is not known. A
        frame of a stream without a name is left out by itself.
        """
        if len(content) > MAX_MESSAGE_BYTES or not content:
            return [], "message_malformed"
        found: list[tuple[EcgId, Envelope]] = []
        refusal = ""
        offset = 0
        while offset < len(content):
            try:
                envelope = read_envelope(content, offset)
            except MalformedFrame as error:
                return found, refusal or error.code
            ecg = self._ecgs.get(envelope.stream)
            if ecg is None:
                refusal = refusal or "stream_unknown"
            else:
                found.append((ecg, envelope))
            offset = envelope.end
        return found, refusal
