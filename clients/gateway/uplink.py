"""What goes up next: the deciding half of the gateway's WebSocket, without socket, disk or clock.

A frame reaches this machine only when it is on our disk. Its way from there::

    taken ──live──▶ sent ──stored──▶ stored            while the link keeps up
      └──(link gone, or queue full)──▶ missing ──fill──▶ sent ──stored──▶ stored

In this order, whenever the driver asks: words (a stream is announced before its frames), live frames, vital
signs, and only then one batch of what is missing, oldest first, once the server has told what it has. So
nothing new ever waits behind what is old. Nothing is lost by a full queue: a frame that leaves it unsent is
missing like any other and is filled in from disk.

Link states; what is not listed is refused and changes nothing::

    AWAY      connected    → GREETED      hello goes out
    GREETED   welcome      → OPEN         streams are announced, frames flow
    GREETED   disconnected → AWAY
    OPEN      disconnected → AWAY         what was sent and not stored is missing again

The driver feeds one input, then calls ``next`` until it returns None, and takes ``events``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

from clients.gateway import uplink_words as words
from clients.gateway.ahead import Ahead, Offer
from clients.gateway.ahead_pace import Heard
from clients.gateway.errors import ServerFault
from clients.gateway.holding import Holding, Stretch
from clients.gateway.link_pulse import LinkPulse
from clients.gateway.vital_signs import VitalSign
from media_server.ecg.descriptor import Descriptor
from media_server.ecg.frame import Envelope, FrameFlag, read_envelope, with_flags
from media_server.errors import MisuseError

LATE_US: Final = 2_000_000
"""Later than this a frame was not seen live by anybody: the contract's bound for FrameFlag.LATE."""
MAX_LIVE_FRAMES: Final = 50
"""Two seconds of one ECG: what waits longer would be late and is filled in from disk."""
MAX_MESSAGE_BYTES: Final = 64_000
MAX_VITALS: Final = 10_000
"""Waiting values: heart rate each second and some others for an hour. When full, the oldest goes."""
MAX_VITALS_MESSAGE: Final = 100
MAX_GAPS_A_BATCH: Final = 16
"""Where much is torn, so many holes are filled with one batch."""
FIRST_PATIENCE_US: Final = 15_000_000
"""So long after something was sent and nothing new was stored the server is asked again what it has."""
MOST_PATIENCE_US: Final = 300_000_000
"""A frame that the server refuses is offered again, but ever more seldom."""


class LinkState(Enum):
    """What is true of the connection."""

    AWAY = "there is none"
    GREETED = "hello went out; the server has said nothing yet"
    OPEN = "the server listens"


class LinkEvent(Enum):
    """What happens to a connection."""

    CONNECTED = "connected"
    WELCOMED = "welcome"
    DISCONNECTED = "disconnected"


_TRANSITIONS: Final[Mapping[LinkState, Mapping[LinkEvent, LinkState]]] = {
    LinkState.AWAY: {LinkEvent.CONNECTED: LinkState.GREETED},
    LinkState.GREETED: {LinkEvent.WELCOMED: LinkState.OPEN, LinkEvent.DISCONNECTED: LinkState.AWAY},
    LinkState.OPEN: {LinkEvent.DISCONNECTED: LinkState.AWAY},
}


@dataclass(frozen=True, slots=True)
class Say:
    """A word for the server, as an object for JSON."""

    word: words.Object


@dataclass(frozen=True, slots=True)
class SendFrames:
    """Whole frames for one binary message."""

    content: bytes


@dataclass(frozen=True, slots=True)
class ReadFrames:
    """The driver reads the frames that hold these samples, in this order, and gives them to ``fill``."""

    ecg: str
    gaps: tuple[Stretch, ...]


Step: TypeAlias = Say | SendFrames | ReadFrames


@dataclass(frozen=True, slots=True)
class Asked:
    """The server wants an ECG to begin (``is_start``) or to end."""

    ecg: str
    is_start: bool


@dataclass(frozen=True, slots=True)
class WasRefused:
    """The server did not take something; ``ecg`` is empty where it was no ECG's."""

    ecg: str
    code: str


@dataclass(frozen=True, slots=True)
class AllStored:
    """An ECG has ended and every sample of it is stored: its folder has done its duty."""

    ecg: str


Event: TypeAlias = Asked | WasRefused | AllStored

STOPPING_CODES: Final = frozenset(
    {"stream_unknown", "second_device", "descriptor_malformed", "descriptor_changed"}
)
"""After these, more frames of the ECG would be refused as well: it is tried again after a while."""


@dataclass(slots=True)
class Counters:
    """For the status line; numbers only."""

    live_frames: int = 0
    filled_frames: int = 0
    late_frames: int = 0
    sent_bytes: int = 0
    left_queue_unsent: int = 0
    unreadable_stretches: int = 0
    dropped_vitals: int = 0
    refusals: int = 0
    unknown_words: int = 0
    asked_again: int = 0


@dataclass(slots=True)
class _Ecg:
    stream: int
    descriptors: dict[int, Descriptor]
    holding: Holding = field(default_factory=Holding)
    is_ended: bool = False
    is_known: bool = False
    """The server has told what it has, on this connection."""
    is_refused: bool = False
    told: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """The parts of an inventory that have come, while more of it will."""
    patience_us: int = FIRST_PATIENCE_US
    progress_us: int | None = None
    """When something was last stored, or nothing was on its way; None before anything went out."""


class _Waiting(NamedTuple):
    ecg: str
    envelope: Envelope
    content: bytes


class Uplink:
    """One gateway's side of the protocol. All times are the gateway's clock in microseconds."""

    def __init__(self, *, model: str) -> None:
        self.counters = Counters()
        self.ahead = Ahead()
        """Live frames as datagrams besides; the driver sends what its ``next`` returns."""
        self._model = model
        self._descriptor: Descriptor | None = None
        self._greeted_as: Descriptor | None = None
        self._state = LinkState.AWAY
        self._pulse = LinkPulse(0)
        self._ecgs: dict[str, _Ecg] = {}
        self._words: deque[words.Object] = deque()
        self._live: deque[_Waiting] = deque()
        self._vitals: deque[tuple[str, VitalSign]] = deque()
        self._unsure_vitals: list[tuple[str, VitalSign]] = []
        self._unsure_since_us = 0
        self._selftest: words.Object | None = None
        self._events: list[Event] = []

    @property
    def state(self) -> LinkState:
        """What is true of the connection."""
        return self._state

    @property
    def offset_us(self) -> int | None:
        """The server's clock less ours; None before it was measured on this connection."""
        return self._pulse.offset_us

    # ---- what the gateway tells -------------------------------------------------------------------------

    def describe(self, descriptor: Descriptor | None) -> None:
        """Says which device is there; the server hears it with the next hello."""
        self._descriptor = descriptor

    @property
    def wants_new_hello(self) -> bool:
        """Whether another device is there than the one that hello named: hello is said once on a connection,
        so the driver opens another.
        """
        is_another = self._descriptor is not None and self._descriptor != self._greeted_as
        return self._state is LinkState.OPEN and is_another

    def tell_selftest(self, *, is_ok: bool, pulse_uv: int, pulse_ms: int) -> None:
        """Says what came of the calibration pulse, now and after each reconnect."""
        self._selftest = words.selftest(is_ok=is_ok, pulse_uv=pulse_uv, pulse_ms=pulse_ms)
        if self._state is LinkState.OPEN:
            self._words.append(self._selftest)

    def add(
        self, ecg: str, *, stream: int, descriptors: Mapping[int, Descriptor], kept: Iterable[Stretch]
    ) -> None:
        """Takes on an ECG with what of it is on our disk. Raises MisuseError: it is known."""
        if ecg in self._ecgs:
            raise MisuseError("the ECG is known")
        held = self._ecgs[ecg] = _Ecg(stream, dict(descriptors))
        for stretch in kept:
            held.holding.take(stretch)
        if self._state is LinkState.OPEN:
            self._announce(ecg, held)

    def begin_epoch(self, ecg: str, epoch: int, descriptor: Descriptor) -> None:
        """Says that the device's counter begins anew, or begins at all."""
        held = self._ecgs[ecg]
        held.descriptors[epoch] = descriptor
        if self._state is LinkState.OPEN:
            self._say_stream(ecg, held, epoch)

    def receive_frame(self, ecg: str, content: bytes) -> None:
        """Takes a frame that is on our disk."""
        envelope = read_envelope(content)
        held = self._ecgs[ecg]
        held.holding.take(Stretch(envelope.epoch, envelope.first_sample, envelope.end_sample))
        if self._state is LinkState.OPEN and not held.is_refused:
            self.ahead.receive_frame(envelope, content)
            self._live.append(_Waiting(ecg, envelope, content))
            if len(self._live) > MAX_LIVE_FRAMES * len(self._ecgs):
                self._leave_queue(self._live.popleft())

    def receive_vital(self, ecg: str, value: VitalSign) -> None:
        """Takes a timed value."""
        self._vitals.append((ecg, value))
        self._trim_vitals()

    def end(self, ecg: str) -> None:
        """Says that no sample will follow. Doing so twice is harmless."""
        held = self._ecgs[ecg]
        if not held.is_ended:
            held.is_ended = True
            if self._state is LinkState.OPEN:
                self._say_ended(ecg, held)
            self._finish(ecg, held)

    # ---- what the link tells ----------------------------------------------------------------------------

    def connected(self, now_us: int) -> None:
        """A connection is open. Raises MisuseError: there was one."""
        self._step(LinkEvent.CONNECTED)
        self._pulse = LinkPulse(now_us)
        self._greeted_as = self._descriptor
        self._words.append(words.hello(self._model, self._descriptor, self._ecgs))

    def disconnected(self) -> None:
        """The connection is gone, with all that was on its way. Raises MisuseError: there was none."""
        self._step(LinkEvent.DISCONNECTED)
        self.ahead.leave()
        self._words.clear()
        self._live.clear()
        self._vitals.extendleft(reversed(self._unsure_vitals))
        self._unsure_vitals.clear()
        self._trim_vitals()
        for held in self._ecgs.values():
            held.holding.forget_sent()
            held.is_known = held.is_refused = False
            held.told.clear()

    def receive_text(self, text: str, now_us: int) -> None:
        """Takes what the server says. Raises ServerFault: it cannot be read, or is out of turn; the driver
        then closes the connection.
        """
        word = words.read_word(text)
        self._pulse.hear(now_us)
        if isinstance(word, words.Welcome):
            self._open(now_us)
            return
        if self._state is not LinkState.OPEN:
            raise ServerFault("server_out_of_turn")
        match word:
            case words.Start(ecg):
                self._events.append(Asked(ecg, is_start=True))
            case words.Stop(ecg):
                self._events.append(Asked(ecg, is_start=False))
            case words.Pong(t1_us, t2_us, t3_us):
                self._pulse.pong(t1_us, t2_us, t3_us, now_us)
                if t1_us > self._unsure_since_us:
                    self._unsure_vitals.clear()
            case words.Have():
                self._learn(word, now_us)
            case words.Stored(ecg, epoch, until):
                self._confirm(ecg, epoch, until, now_us)
            case words.Refused(ecg, code):
                self._refuse(ecg, code, now_us)
            case Offer():
                self.ahead.receive_offer(word, now_us)
            case Heard():
                self.ahead.receive_heard(word, now_us)
            case _:
                self.counters.unknown_words += 1

    def is_dead(self, now_us: int) -> bool:
        """Whether the driver is to give the connection up."""
        return self._pulse.is_dead(now_us)

    # ---- what goes out ----------------------------------------------------------------------------------

    def next(self, now_us: int) -> Step | None:
        """Returns what is to be done next; None: nothing, until something comes in or a quarter of a second
        has passed.
        """
        if self._words:
            return Say(self._words.popleft())
        if self._state is not LinkState.OPEN:
            return None
        if self._live:
            return SendFrames(self._take_live(now_us))
        if self._vitals:
            return Say(self._take_vitals(now_us))
        self._ask_again(now_us)
        if self._words:
            return Say(self._words.popleft())
        is_busy = any(held.holding.is_outstanding for held in self._ecgs.values())
        if self._pulse.wants_ping(now_us, is_busy=is_busy or bool(self._unsure_vitals)):
            self._pulse.ping(now_us)
            return Say(self._ping(now_us))
        return None if self._pulse.is_filling else self._what_to_read()

    def fill(self, asked: ReadFrames, frames: Iterable[bytes], now_us: int) -> bytes:
        """Returns the message to be sent of the frames that ``next`` asked to be read; empty where the disk
        gave none. A stretch that the disk gives no frames for is not asked for again on this connection.
        """
        batch = bytearray()
        holding = self._ecgs[asked.ecg].holding
        for content in frames:
            envelope = read_envelope(content)
            if batch and len(batch) + len(content) > self._pulse.batch_bytes:
                break
            batch += self._marked(content, envelope, now_us)
            holding.send(Stretch(envelope.epoch, envelope.first_sample, envelope.end_sample))
            self.counters.filled_frames += 1
        else:
            for gap in asked.gaps:
                holding.send(gap)
        if batch:
            self.counters.sent_bytes += len(batch)
            self._pulse.ping(now_us, is_after_fill=True)
            self._words.append(self._ping(now_us))
        else:
            self.counters.unreadable_stretches += len(asked.gaps)
        return bytes(batch)

    def events(self) -> list[Event]:
        """Returns what the server asked and told since last time."""
        events, self._events = self._events, []
        return events

    # ---- inside -----------------------------------------------------------------------------------------

    def _ping(self, now_us: int) -> words.Object:
        return words.ping(now_us, self._pulse.offset_us, self._pulse.round_trip_us)

    def _step(self, event: LinkEvent) -> None:
        state = _TRANSITIONS[self._state].get(event)
        if state is None:
            raise MisuseError(f"{event.value} while {self._state.value}")
        self._state = state

    def _open(self, now_us: int) -> None:
        if self._state is not LinkState.GREETED:
            raise ServerFault("server_out_of_turn")
        self._step(LinkEvent.WELCOMED)
        # A bare ping first: by its answer batches are measured.
        self._pulse.ping(now_us)
        self._words.append(self._ping(now_us))
        if self._selftest is not None:
            self._words.append(self._selftest)
        for ecg, held in self._ecgs.items():
            held.progress_us = now_us
            held.patience_us = FIRST_PATIENCE_US
            self._announce(ecg, held)

    def _announce(self, ecg: str, held: _Ecg) -> None:
        for epoch in sorted(held.descriptors):
            self._say_stream(ecg, held, epoch)
        if held.is_ended:
            self._say_ended(ecg, held)

    def _say_stream(self, ecg: str, held: _Ecg, epoch: int) -> None:
        first = held.holding.first(epoch)
        self._words.append(words.stream(ecg, held.stream, epoch, held.descriptors[epoch], first))

    def _leave_queue(self, waiting: _Waiting) -> None:
        """A frame goes unsent. When it is the first of its epoch the server must hear so before it
        acknowledges those that follow: to it the first that arrives is the first there is.
        """
        self.counters.left_queue_unsent += 1
        held, envelope = self._ecgs[waiting.ecg], waiting.envelope
        if envelope.first_sample == held.holding.first(envelope.epoch):
            self._say_stream(waiting.ecg, held, envelope.epoch)

    def _say_ended(self, ecg: str, held: _Ecg) -> None:
        self._words.append(words.ended(ecg, held.holding.declared()))

    def _learn(self, word: words.Have, now_us: int) -> None:
        held = self._ecgs.get(word.ecg)
        if held is None:
            return
        for epoch, spans in word.epochs.items():
            held.told.setdefault(epoch, []).extend(spans)
        held.progress_us = now_us
        if word.is_last:
            told, held.told = held.told, {}
            held.holding.learn_stored(told)
            held.is_known = True
            self._finish(word.ecg, held)

    def _confirm(self, ecg: str, epoch: int, until: int, now_us: int) -> None:
        held = self._ecgs.get(ecg)
        if held is not None and held.holding.confirm(epoch, until):
            held.progress_us = now_us
            held.patience_us = FIRST_PATIENCE_US
            self._finish(ecg, held)

    def _finish(self, ecg: str, held: _Ecg) -> None:
        """Lets go of an ECG that is ended and stored, once the server has said so on this connection."""
        if held.is_ended and held.is_known and held.holding.is_stored:
            del self._ecgs[ecg]
            self._live = deque(each for each in self._live if each.ecg != ecg)
            self._events.append(AllStored(ecg))

    def _refuse(self, ecg: str, code: str, now_us: int) -> None:
        self.counters.refusals += 1
        held = self._ecgs.get(ecg)
        if held is not None and code in STOPPING_CODES:
            held.is_refused = True
            held.progress_us = now_us
        self._events.append(WasRefused(ecg, code))

    def _take_live(self, now_us: int) -> bytes:
        message = bytearray()
        while self._live and len(message) + len(self._live[0].content) <= MAX_MESSAGE_BYTES:
            ecg, envelope, content = self._live.popleft()
            message += self._marked(content, envelope, now_us)
            self._ecgs[ecg].holding.send(Stretch(envelope.epoch, envelope.first_sample, envelope.end_sample))
            self.counters.live_frames += 1
        self.counters.sent_bytes += len(message)
        return bytes(message)

    def _take_vitals(self, now_us: int) -> words.Object:
        ecg = self._vitals[0][0]
        values: list[VitalSign] = []
        while self._vitals and self._vitals[0][0] == ecg and len(values) < MAX_VITALS_MESSAGE:
            self._unsure_vitals.append(self._vitals[0])
            values.append(self._vitals.popleft()[1])
        # They have no acknowledgement: the answer to a ping that went after them is one.
        self._unsure_since_us = now_us
        return words.vitals(ecg, values)

    def _marked(self, content: bytes, envelope: Envelope, now_us: int) -> bytes:
        if now_us - envelope.taken_us <= LATE_US:
            return content
        self.counters.late_frames += 1
        return with_flags(content, FrameFlag.LATE)

    def _ask_again(self, now_us: int) -> None:
        for ecg, held in self._ecgs.items():
            is_waiting = held.is_refused or held.holding.is_outstanding
            if held.progress_us is None or not is_waiting:
                held.progress_us = now_us
            elif now_us - held.progress_us >= held.patience_us:
                held.holding.forget_sent()
                held.is_known = held.is_refused = False
                held.progress_us = now_us
                held.patience_us = min(2 * held.patience_us, MOST_PATIENCE_US)
                self.counters.asked_again += 1
                self._announce(ecg, held)

    def _trim_vitals(self) -> None:
        while len(self._vitals) > MAX_VITALS:
            self._vitals.popleft()
            self.counters.dropped_vitals += 1

    def _what_to_read(self) -> ReadFrames | None:
        for ecg, held in self._ecgs.items():
            if held.is_known and not held.is_refused:
                gaps = tuple(islice(held.holding.missing(), MAX_GAPS_A_BATCH))
                if gaps:
                    return ReadFrames(ecg, gaps)
        return None
