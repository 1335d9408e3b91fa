"""The gateway's deciding half and the service's, joined by a link that breaks: in the end nothing is missing.

Faster than real time and without socket, disk or clock: links that break and are thin, a service that writes
late and is killed, a gateway that is killed and counts anew. What happens is drawn from a seed; whatever it
is, the service has in the end every sample that the gateway has on its disk, and both say so.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator
from random import Random

import numpy as np
import pytest

from clients.gateway.holding import Stretch
from clients.gateway.uplink import AllStored, Asked, LinkState, ReadFrames, Say, SendFrames
from clients.gateway.uplink import Uplink as GatewayUplink
from clinical.ids import EcgId
from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import Envelope, Frame, encode_frame, read_envelope
from media_server.ecg.spans import Span, Spans
from signaling.ecg import uplink_messages as say
from signaling.ecg.stream import Stream
from signaling.ecg.uplink import Uplink as ServiceUplink
from signaling.ecg.uplink_messages import Ended, Hello, Ping, StreamNamed, read_uplink_text

ECG = EcgId("ec_1")
RATE_HZ, FRAME_SAMPLES = 100, 4
STEP_US = 40_000
DESCRIPTOR = Descriptor(RATE_HZ, 5_000, ("II",), 50, 40, 0, "walk", Source.SIMULATOR, 0)
START_US = 1_800_000_000_000_000
SEEDS = int(os.environ.get("LIANZHEN_ECG_WALKS", "12"))
RECORDED_STEPS = 750
"""30 s, in which everything happens."""
ENDED_STEPS = 300
"""And after the last sample goes on happening."""
SETTLING_STEPS = 10_000
"""More than six minutes with a sound link: beyond MOST_PATIENCE_US, after which a gateway asks again."""


class Service:
    """What survives the service's kill, and the rest."""

    def __init__(self) -> None:
        self.log: dict[int, Spans] = {}
        self.declared: dict[int, tuple[Span, ...]] | None = None
        self.is_stopped = False
        self.restart()

    def restart(self) -> None:
        self.stream = Stream(declared=self.declared)
        self.stream.describe(DESCRIPTOR)
        kept = {epoch: list(spans) for epoch, spans in self.log.items()}
        self.stream.load(kept, dict.fromkeys(kept, START_US))
        self.unwritten: deque[Envelope] = deque()
        self.disconnect()

    def disconnect(self) -> None:
        self.uplink = ServiceUplink()
        self.is_named = False

    def hear_text(self, text: str, now_us: int) -> Iterator[str]:
        said = read_uplink_text(text)
        self.uplink.receive_said(said)
        match said:
            case Hello():
                yield say.welcome(now_us)
                if self.is_stopped and not self.stream.is_complete:
                    yield say.stop(ECG)
                for name in said.running:
                    yield from say.have(name, self.stream.have())
            case StreamNamed():
                self.uplink.name_stream(said.stream, said.ecg)
                self.stream.begin_epoch(said.epoch, said.first)
                self.is_named = True
                yield from say.have(said.ecg, self.stream.have())
            case Ended():
                self.stream.declared = self.declared = dict(said.epochs)
            case Ping():
                yield say.pong(said.t1_us, now_us, now_us)

    def hear_frames(self, content: bytes) -> None:
        found, refusal = self.uplink.read_frames(content)
        assert refusal == ""
        for _, envelope in found:
            assert self.stream.refusal_of(envelope) == ""
            if self.stream.receive_frame(envelope):
                self.unwritten.append(envelope)

    def write(self, count: int) -> None:
        for _ in range(min(count, len(self.unwritten))):
            envelope = self.unwritten.popleft()
            spans = self.log.setdefault(envelope.epoch, Spans())
            spans.add(envelope.first_sample, envelope.end_sample)
            self.stream.receive_stored(envelope.epoch, envelope.first_sample, envelope.end_sample)


class Walk:
    """Both sides, the gateway's disk and the link between."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now_us = START_US
        self.service = Service()
        self.disk: dict[int, list[bytes]] = {}
        self.is_ended = self.is_all_stored = False
        self.up: deque[str | bytes] = deque()
        self.down: deque[str] = deque()
        self.is_link_up = True
        self.messages_a_step = 4
        self.start_gateway()

    def start_gateway(self) -> None:
        """As after a kill: only the disk is left, and the counter begins anew."""
        self.break_link()
        self.gateway = GatewayUplink(model="walk")
        self.gateway.describe(DESCRIPTOR)
        self.add_kept()
        self.epoch, self.next_sample = len(self.disk), self.random.randrange(50)

    def add_kept(self) -> None:
        """Tells the gateway's deciding half what lies on its disk."""
        self.is_all_stored = False
        kept = [self.stretch(each) for frames in self.disk.values() for each in frames]
        self.gateway.add(ECG, stream=1, descriptors=dict.fromkeys(self.disk, DESCRIPTOR), kept=kept)
        if self.is_ended:
            self.gateway.end(ECG)

    def take(self) -> None:
        """A frame: on disk, then told."""
        samples = np.zeros((FRAME_SAMPLES, 1), np.int32)
        content = encode_frame(Frame(1, self.epoch, self.next_sample, self.now_us, samples))
        self.next_sample += FRAME_SAMPLES
        if self.epoch not in self.disk:
            self.disk[self.epoch] = []
            self.gateway.begin_epoch(ECG, self.epoch, DESCRIPTOR)
        self.disk[self.epoch].append(content)
        self.gateway.receive_frame(ECG, content)

    def break_link(self) -> None:
        """What was on the way is gone; both sides hear of it."""
        self.up.clear()
        self.down.clear()
        self.service.disconnect()
        if hasattr(self, "gateway") and self.gateway.state is not LinkState.AWAY:
            self.gateway.disconnected()

    def step(self) -> None:
        """40 ms of the link and of both sides."""
        self.now_us += STEP_US
        if self.is_link_up and self.gateway.state is LinkState.AWAY:
            self.gateway.connected(self.now_us)
        if self.gateway.state is not LinkState.AWAY and self.gateway.is_dead(self.now_us):
            self.break_link()
        self.send()
        if self.is_link_up:
            for _ in range(min(self.messages_a_step, len(self.up))):
                message = self.up.popleft()
                if isinstance(message, bytes):
                    self.service.hear_frames(message)
                else:
                    self.down += self.service.hear_text(message, self.now_us)
            while self.down:
                self.gateway.receive_text(self.down.popleft(), self.now_us)
        self.service.write(self.random.randrange(30))
        if self.service.is_named:
            acknowledged = self.service.stream.acknowledgements()
            self.down += [say.stored(ECG, epoch, until) for epoch, until in acknowledged]
        for event in self.gateway.events():
            self.is_all_stored |= event == AllStored(ECG)
            if event == Asked(ECG, is_start=False) and self.is_ended and self.is_all_stored:
                self.add_kept()

    def send(self) -> None:
        """As much as a socket takes before its driver waits."""
        while len(self.up) < 20 and self.gateway.state is not LinkState.AWAY:
            match self.gateway.next(self.now_us):
                case Say(word):
                    self.up.append(json.dumps(word))
                case SendFrames(content):
                    self.up.append(content)
                case ReadFrames(_, gaps) as asked:
                    wanted = [each for gap in gaps for each in self.read(gap)]
                    filled = self.gateway.fill(asked, wanted, self.now_us)
                    if filled:
                        self.up.append(filled)
                case None:
                    return

    def disturb(self) -> None:
        """Something happens, or nothing."""
        match self.random.randrange(120):
            case 0:
                self.break_link()
            case 1 | 2:
                self.is_link_up = False
            case 3 | 4 | 5 | 6:
                self.is_link_up = True
            case 7:
                self.break_link()
                self.service.restart()
            case 8:
                self.start_gateway()
            case 9:
                self.messages_a_step = self.random.choice([0, 1, 1, 4, 20])

    def read(self, gap: Stretch) -> Iterator[bytes]:
        for content in self.disk.get(gap.epoch, []):
            here = self.stretch(content)
            if here.start < gap.end and here.end > gap.start:
                yield content

    @staticmethod
    def stretch(content: bytes) -> Stretch:
        envelope = read_envelope(content)
        return Stretch(envelope.epoch, envelope.first_sample, envelope.end_sample)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_every_sample_that_was_taken_is_stored(seed: int) -> None:
    walk = Walk(seed)
    for _ in range(RECORDED_STEPS):
        walk.disturb()
        walk.take()
        walk.step()
    walk.is_ended = walk.service.is_stopped = True
    if walk.random.random() < 0.5:
        walk.start_gateway()
    else:
        walk.gateway.end(ECG)
    for _ in range(ENDED_STEPS):
        walk.disturb()
        walk.step()
    walk.is_link_up, walk.messages_a_step = True, 4
    for _ in range(SETTLING_STEPS):
        walk.step()
        if walk.is_all_stored and walk.service.stream.is_complete:
            break
    taken: dict[int, Spans] = {}
    for frames in walk.disk.values():
        for content in frames:
            epoch, start, end = walk.stretch(content)
            taken.setdefault(epoch, Spans()).add(start, end)
    assert {epoch: list(spans) for epoch, spans in walk.service.log.items()} == {
        epoch: list(spans) for epoch, spans in taken.items()
    }
    assert walk.service.stream.is_complete
    assert walk.is_all_stored, "the gateway was never told"
