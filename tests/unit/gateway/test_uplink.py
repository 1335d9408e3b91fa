"""What goes up next: live before back-fill, nothing lost by a full queue, a drop or a refusal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clients.gateway.errors import ServerFault
from clients.gateway.holding import Stretch
from clients.gateway.uplink import (
    FIRST_PATIENCE_US,
    LATE_US,
    MAX_LIVE_FRAMES,
    MAX_VITALS,
    MAX_VITALS_MESSAGE,
    MOST_PATIENCE_US,
    AllStored,
    Asked,
    LinkState,
    ReadFrames,
    Say,
    SendFrames,
    Uplink,
    WasRefused,
)
from clients.gateway.vital_signs import HEART_RATE, Origin, Validity, VitalSign, measured
from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import Frame, FrameFlag, decode_message, encode_frame, read_envelope
from media_server.errors import MisuseError

T = 1_800_000_000_000_000
DESCRIPTOR = Descriptor(500, 2_500, ("I",), 50, 150, 0, "box", Source.DEVICE, 0)
FRAME_US = 40_000


def frame(number: int, *, epoch: int = 0, taken_us: int = T, size: int = 20) -> bytes:
    samples = np.arange(size, dtype=np.int32)[:, None]
    return encode_frame(Frame(1, epoch, 20 * number, taken_us, samples))


def vital(t_us: int) -> VitalSign:
    return measured(t_us, HEART_RATE, 60, validity=Validity.VALID, source=Origin.COUNTED)


class Side:
    """An uplink and what came out of it."""

    def __init__(self) -> None:
        self.uplink = Uplink(model="box")
        self.now_us = T
        self.disk: dict[int, list[bytes]] = {}

    def hear(self, **word: Any) -> None:
        self.uplink.receive_text(json.dumps(word), self.now_us)

    def drain(self) -> list[dict[str, Any] | list[int] | ReadFrames]:
        """All steps: words, the first samples of frames, and what is to be read."""
        out: list[dict[str, Any] | list[int] | ReadFrames] = []
        while (step := self.uplink.next(self.now_us)) is not None:
            match step:
                case Say(word):
                    out.append(word)
                case SendFrames(content):
                    out.append(firsts(content))
                case ReadFrames():
                    out.append(step)
                    return out
        return out

    def open(self) -> None:
        """Connected, welcomed, all words said."""
        self.uplink.connected(self.now_us)
        self.drain()
        self.hear(type="welcome", server_us=self.now_us)
        self.drain()

    def add(self, ecg: str = "e", *kept: tuple[int, int, int]) -> None:
        stretches = [Stretch(*each) for each in kept]
        self.uplink.add(ecg, stream=1, descriptors={0: DESCRIPTOR}, kept=stretches)

    def have(self, *spans: tuple[int, int], ecg: str = "e") -> None:
        self.hear(type="have", ecg=ecg, epochs={"0": spans})


@pytest.fixture
def side() -> Side:
    return Side()


def firsts(content: bytes) -> list[int]:
    """The numbers of the frames in a message."""
    numbers, offset = [], 0
    while offset < len(content):
        envelope = read_envelope(content, offset)
        numbers.append(envelope.first_sample // 20)
        offset = envelope.end
    return numbers


def kinds(out: list[dict[str, Any] | list[int] | ReadFrames]) -> list[Any]:
    return [each["type"] if isinstance(each, dict) else each for each in out]


def test_hello_names_the_device_and_what_is_still_held(side: Side) -> None:
    side.uplink.describe(DESCRIPTOR)
    side.add("e", (0, 0, 40))
    side.uplink.connected(T)
    assert side.drain() == [
        {
            "type": "hello",
            "protocol": 1,
            "model": "box",
            "descriptor": DESCRIPTOR.as_json(),
            "running": ["e"],
        }
    ]
    assert side.uplink.state is LinkState.GREETED


def test_after_the_welcome_a_stream_is_announced_before_its_frames(side: Side) -> None:
    side.uplink.connected(T)
    side.drain()
    side.add()
    side.uplink.receive_frame("e", frame(0))
    assert side.drain() == []
    side.hear(type="welcome", server_us=T)
    side.uplink.receive_frame("e", frame(1))
    assert kinds(side.drain()) == ["ping", "stream", [1]]
    side.uplink.begin_epoch("e", 1, DESCRIPTOR)
    side.uplink.receive_frame("e", frame(0, epoch=1))
    assert kinds(side.drain()) == ["stream", [0]]


def test_a_stream_that_begins_while_connected_is_announced_at_once(side: Side) -> None:
    side.open()
    side.add()
    assert kinds(side.drain()) == ["stream"]


def test_what_begins_while_away_is_announced_with_all_its_epochs(side: Side) -> None:
    side.add()
    side.uplink.begin_epoch("e", 1, DESCRIPTOR)
    side.uplink.connected(T)
    side.drain()
    side.hear(type="welcome", server_us=T)
    assert [word["epoch"] for word in side.drain() if word["type"] == "stream"] == [0, 1]


def test_the_first_sample_is_told_as_soon_as_it_is_known(side: Side) -> None:
    side.open()
    side.add()
    (announced,) = side.drain()
    assert isinstance(announced, dict)
    assert "first" not in announced
    side.uplink.disconnected()
    for number in (3, 4):
        side.uplink.receive_frame("e", frame(number))
    side.uplink.connected(T)
    side.drain()
    side.hear(type="welcome", server_us=T)
    (announced,) = [word for word in side.drain() if isinstance(word, dict) and word["type"] == "stream"]
    assert announced["first"] == 60


def test_live_goes_before_what_is_missing(side: Side) -> None:
    side.add("e", (0, 0, 200))
    side.open()
    side.have((20, 100))
    side.uplink.receive_frame("e", frame(10))
    side.uplink.receive_frame("e", frame(11))
    assert side.drain() == [[10, 11], ReadFrames("e", (Stretch(0, 0, 20), Stretch(0, 100, 200)))]


def test_nothing_is_filled_in_before_the_server_has_told_what_it_has(side: Side) -> None:
    side.add("e", (0, 0, 200))
    side.open()
    assert side.drain() == []
    side.have((0, 200))
    assert side.drain() == []


def test_one_batch_is_on_its_way_at_a_time(side: Side) -> None:
    side.add("e", (0, 0, 100))
    side.open()
    side.have()
    asked = side.drain()[-1]
    assert isinstance(asked, ReadFrames)
    frames = [frame(number) for number in range(5)]
    assert firsts(side.uplink.fill(asked, frames, T)) == [0, 1, 2, 3, 4]
    side.uplink.receive_frame("e", frame(9))
    side.now_us += 20
    assert kinds(side.drain()) == ["ping", [9]]
    side.hear(type="pong", t1_us=T, t2_us=T, t3_us=T)
    assert side.drain() == []
    assert side.uplink.counters.filled_frames == 5


def test_a_batch_ends_at_its_size_and_the_rest_follows(side: Side) -> None:
    side.add("e", (0, 0, 20 * 2_000))
    side.open()
    side.have()
    asked = side.drain()[-1]
    assert isinstance(asked, ReadFrames)
    message = side.uplink.fill(asked, (frame(number) for number in range(2_000)), T)
    sent = len(firsts(message))
    assert 10 < sent < 2_000
    assert len(message) <= 16_000
    side.drain()
    side.hear(type="pong", t1_us=T, t2_us=T, t3_us=T)
    assert side.drain() == [ReadFrames("e", (Stretch(0, 20 * sent, 40_000),))]


def test_what_the_disk_does_not_give_is_not_asked_for_for_ever(side: Side) -> None:
    side.add("e", (0, 0, 100))
    side.open()
    side.have()
    asked = side.drain()[-1]
    assert isinstance(asked, ReadFrames)
    assert side.uplink.fill(asked, [], T) == b""
    assert side.drain() == []
    assert side.uplink.counters.unreadable_stretches == 1


def test_a_frame_sent_late_says_so(side: Side) -> None:
    side.add()
    side.open()
    side.uplink.receive_frame("e", frame(0, taken_us=T - LATE_US - 1))
    side.uplink.receive_frame("e", frame(1, taken_us=T - LATE_US))
    step = side.uplink.next(T)
    assert isinstance(step, SendFrames)
    assert [each.flags for each in decode_message(step.content)] == [FrameFlag.LATE, FrameFlag(0)]
    assert side.uplink.counters.late_frames == 1


def test_what_leaves_a_full_queue_unsent_is_filled_in(side: Side) -> None:
    side.add()
    side.open()
    side.have()
    for number in range(MAX_LIVE_FRAMES + 2):
        side.uplink.receive_frame("e", frame(number))
    announced, sent, asked = side.drain()
    assert isinstance(announced, dict)
    assert (announced["type"], announced["first"]) == ("stream", 0), "the first frame did not go first"
    assert sent == list(range(2, MAX_LIVE_FRAMES + 2))
    assert asked == ReadFrames("e", (Stretch(0, 0, 40),))
    assert side.uplink.counters.left_queue_unsent == 2


def test_a_message_has_its_limit(side: Side) -> None:
    side.add()
    side.open()
    rng = np.random.default_rng(1)
    large = rng.integers(-(2**29), 2**29, (300, 16), np.int32)
    for number in range(5):
        side.uplink.receive_frame("e", encode_frame(Frame(1, 0, 300 * number, T, large)))
    sizes = []
    while (step := side.uplink.next(T)) is not None:
        assert isinstance(step, SendFrames)
        sizes.append(len(step.content))
    assert [len(sizes) > 1, max(sizes) <= 64_000] == [True, True]


def test_after_a_drop_what_was_sent_and_not_stored_is_missing_again(side: Side) -> None:
    side.add()
    side.open()
    for number in range(3):
        side.uplink.receive_frame("e", frame(number))
    side.drain()
    side.hear(type="stored", ecg="e", epoch=0, until=20)
    side.uplink.disconnected()
    side.uplink.receive_frame("e", frame(3))
    side.open()
    side.have((0, 40))
    assert side.drain() == [ReadFrames("e", (Stretch(0, 40, 80),))]


def test_an_ended_ecg_is_let_go_when_everything_of_it_is_stored(side: Side) -> None:
    side.add()
    side.open()
    side.have()
    side.uplink.receive_frame("e", frame(0))
    side.drain()
    side.uplink.end("e")
    side.uplink.end("e")
    assert side.drain() == [{"type": "ended", "ecg": "e", "epochs": {"0": [0, 20]}}]
    assert side.uplink.events() == []
    side.hear(type="stored", ecg="e", epoch=0, until=20)
    assert side.uplink.events() == [AllStored("e")]
    side.hear(type="stored", ecg="e", epoch=0, until=20)
    side.have()
    assert side.uplink.events() == []


def test_an_inventory_in_parts_holds_when_its_last_part_has_come(side: Side) -> None:
    side.add("e", (0, 0, 60))
    side.open()
    side.hear(type="have", ecg="e", epochs={"0": [[0, 20]]}, more=True)
    assert side.drain() == []
    side.have((40, 60))
    assert side.drain() == [ReadFrames("e", (Stretch(0, 20, 40),))]
    # What came of one that was cut off is none of the next.
    side.hear(type="have", ecg="e", epochs={"0": [[20, 40]]}, more=True)
    side.uplink.disconnected()
    side.open()
    side.have((0, 20), (40, 60))
    assert side.drain() == [ReadFrames("e", (Stretch(0, 20, 40),))]


def test_an_ecg_that_ended_while_away_says_so_when_it_is_back(side: Side) -> None:
    side.add("e", (0, 0, 20))
    side.uplink.end("e")
    side.uplink.connected(T)
    side.drain()
    side.hear(type="welcome", server_us=T)
    assert kinds(side.drain()) == ["ping", "stream", "ended"]
    side.have((0, 20))
    assert side.uplink.events() == [AllStored("e")]


def test_an_ecg_that_is_let_go_leaves_nothing_in_the_queue(side: Side) -> None:
    side.add("e", (0, 0, 20))
    side.add("other")
    side.open()
    side.uplink.receive_frame("e", frame(0))
    side.uplink.receive_frame("other", frame(5))
    side.uplink.end("e")
    side.have((0, 20))
    assert kinds(side.drain())[-1] == [5]


def test_the_server_asks_for_a_beginning_and_an_end(side: Side) -> None:
    side.open()
    side.hear(type="start", ecg="e")
    side.hear(type="stop", ecg="e")
    assert side.uplink.events() == [Asked("e", is_start=True), Asked("e", is_start=False)]
    assert side.uplink.events() == []


@pytest.mark.parametrize("code", ["second_device", "stream_unknown"])
def test_an_ecg_that_is_refused_is_kept_and_offered_again_ever_more_seldom(side: Side, code: str) -> None:
    side.add()
    side.open()
    side.hear(type="refused", ecg="e", code=code)
    side.uplink.receive_frame("e", frame(0))
    assert side.drain() == []
    assert side.uplink.events() == [WasRefused("e", code)]
    side.now_us += FIRST_PATIENCE_US
    assert kinds(side.drain())[0] == "stream"
    side.have()
    assert side.drain()[-1] == ReadFrames("e", (Stretch(0, 0, 20),))
    side.hear(type="refused", ecg="e", code=code)
    side.now_us += FIRST_PATIENCE_US
    assert "stream" not in kinds(side.drain())
    side.now_us += FIRST_PATIENCE_US
    assert "stream" in kinds(side.drain())


def test_a_warning_stops_nothing(side: Side) -> None:
    side.add()
    side.open()
    side.hear(type="refused", ecg="e", code="clock_jumped")
    side.hear(type="refused", ecg=None, code="frame_foreign")
    side.uplink.receive_frame("e", frame(0))
    assert side.drain() == [[0]]
    assert side.uplink.counters.refusals == 2


def test_a_stream_that_has_just_begun_is_not_asked_about(side: Side) -> None:
    side.open()
    side.add()
    side.uplink.receive_frame("e", frame(0))
    assert kinds(side.drain()) == ["stream", [0]]
    side.now_us += FIRST_PATIENCE_US - 1
    assert "stream" not in kinds(side.drain())


def test_another_device_wants_another_hello(side: Side) -> None:
    side.uplink.describe(DESCRIPTOR)
    assert not side.uplink.wants_new_hello
    side.open()
    assert not side.uplink.wants_new_hello
    side.uplink.describe(None)
    assert not side.uplink.wants_new_hello
    side.uplink.describe(replace(DESCRIPTOR, rate_hz=1_000))
    assert side.uplink.wants_new_hello


def test_what_is_never_stored_is_asked_about_and_sent_again(side: Side) -> None:
    side.add()
    side.open()
    side.uplink.receive_frame("e", frame(0))
    side.drain()
    waits_us, asked = FIRST_PATIENCE_US, 0
    while waits_us < MOST_PATIENCE_US:
        side.now_us += waits_us
        assert "stream" in kinds(side.drain())
        side.uplink.receive_frame("e", frame(asked + 1))
        side.drain()
        waits_us, asked = 2 * waits_us, asked + 1
    assert side.uplink.counters.asked_again == asked
    side.hear(type="stored", ecg="e", epoch=0, until=20 * (asked + 1))
    side.uplink.receive_frame("e", frame(99))
    side.drain()
    side.now_us += FIRST_PATIENCE_US
    assert "stream" in kinds(side.drain())


def test_vital_signs_go_between_live_and_back_fill(side: Side) -> None:
    side.add("e", (0, 0, 20))
    side.open()
    side.have()
    side.uplink.receive_vital("e", vital(1))
    side.uplink.receive_vital("f", vital(2))
    side.uplink.receive_frame("e", frame(1))
    out = side.drain()
    assert kinds(out)[:3] == [[1], "vitals", "vitals"]
    assert [out[1]["ecg"], out[2]["ecg"]] == ["e", "f"]  # type: ignore[index, call-overload]
    assert isinstance(out[3], ReadFrames)


def test_vital_signs_that_no_later_ping_confirmed_are_sent_again(side: Side) -> None:
    side.open()
    for t_us in range(MAX_VITALS_MESSAGE + 1):
        side.uplink.receive_vital("e", vital(t_us))
    side.now_us += 1
    assert [len(word["values"]) for word in side.drain()] == [MAX_VITALS_MESSAGE, 1]  # type: ignore[index, call-overload]
    side.hear(type="pong", t1_us=T, t2_us=T, t3_us=T)
    side.uplink.disconnected()
    side.open()
    side.uplink.disconnected()
    side.open()
    side.now_us += 2_000_000
    assert kinds(side.drain()) == ["ping"]
    side.hear(type="pong", t1_us=side.now_us, t2_us=T, t3_us=T)
    side.uplink.disconnected()
    side.uplink.connected(side.now_us)
    side.hear(type="welcome", server_us=T)
    assert "vitals" not in kinds(side.drain())


def test_a_ping_tells_what_the_ones_before_found_out_of_the_two_clocks(side: Side) -> None:
    side.open()
    asked_us = side.now_us
    side.now_us += 20_000
    side.hear(type="pong", t1_us=asked_us, t2_us=asked_us + 510_000, t3_us=asked_us + 510_000)
    side.now_us += 5_000_000
    assert side.drain() == [
        {"type": "ping", "t1_us": side.now_us, "offset_us": 500_000, "rtt_us": 20_000},
    ]


def test_the_oldest_vital_sign_leaves_a_full_queue(side: Side) -> None:
    for t_us in range(MAX_VITALS + 1):
        side.uplink.receive_vital("e", vital(t_us))
    assert side.uplink.counters.dropped_vitals == 1
    side.open()
    assert side.uplink.counters.dropped_vitals == 1


def test_a_self_test_is_told_now_and_after_each_reconnect(side: Side) -> None:
    side.open()
    side.uplink.tell_selftest(is_ok=True, pulse_uv=1_001, pulse_ms=200)
    assert kinds(side.drain()) == ["selftest"]
    side.uplink.disconnected()
    side.uplink.tell_selftest(is_ok=False, pulse_uv=900, pulse_ms=200)
    side.uplink.connected(T)
    side.hear(type="welcome", server_us=T)
    assert [word.get("is_ok") for word in side.drain()][-1] is False  # type: ignore[union-attr]


def test_a_link_without_answers_is_given_up(side: Side) -> None:
    side.open()
    side.now_us += 4_999_999
    assert not side.uplink.is_dead(side.now_us)
    assert side.uplink.is_dead(side.now_us + 1)


def test_the_servers_clock_is_known_after_the_first_answer(side: Side) -> None:
    side.open()
    assert side.uplink.offset_us is None
    side.hear(type="pong", t1_us=T, t2_us=T + 5, t3_us=T + 5)
    assert side.uplink.offset_us == 5


def test_words_of_a_later_protocol_are_passed_over(side: Side) -> None:
    side.open()
    side.hear(type="of a later protocol")
    assert side.uplink.counters.unknown_words == 1


def test_what_comes_out_of_turn_is_refused(side: Side) -> None:
    side.uplink.connected(T)
    with pytest.raises(ServerFault):
        side.hear(type="start", ecg="e")
    side.hear(type="welcome", server_us=T)
    with pytest.raises(ServerFault):
        side.hear(type="welcome", server_us=T)
    assert side.uplink.state is LinkState.OPEN


def test_our_own_mistakes_are_raised(side: Side) -> None:
    with pytest.raises(MisuseError):
        side.uplink.disconnected()
    side.add()
    with pytest.raises(MisuseError):
        side.add()
    side.open()
    with pytest.raises(MisuseError):
        side.uplink.connected(T)
    assert side.uplink.state is LinkState.OPEN
