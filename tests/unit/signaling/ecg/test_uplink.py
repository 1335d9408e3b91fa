"""One gateway's connection: what it may say when, and whose frames are whose."""

from __future__ import annotations

import pytest

from clinical.ids import EcgId
from signaling.ecg.uplink import MAX_MESSAGE_BYTES, MAX_STREAMS, Uplink, UplinkState
from signaling.ecg.uplink_messages import Ended, Hello, Ping, UplinkRefused
from tests.support.ecg_world import measured

HELLO = Hello("m", None, ())
ONE, TWO = EcgId("ec_1"), EcgId("ec_2")


class TestSaying:
    def test_hello_comes_first_and_once(self) -> None:
        uplink = Uplink()
        with pytest.raises(UplinkRefused, match="hello_missing"):
            uplink.receive_said(Ping(5))
        assert uplink.state is UplinkState.OPENED
        uplink.receive_said(HELLO)
        assert uplink.state is UplinkState.GREETED
        with pytest.raises(UplinkRefused, match="hello_repeated"):
            uplink.receive_said(HELLO)
        uplink.receive_said(Ended(ONE, {}))
        uplink.receive_said(Ping(5))
        assert uplink.state is UplinkState.GREETED

    def test_so_many_streams_and_no_more(self) -> None:
        uplink = Uplink()
        for number in range(MAX_STREAMS):
            uplink.name_stream(number, EcgId(f"ec_{number}"))
        uplink.name_stream(0, TWO)
        with pytest.raises(UplinkRefused, match="streams_too_many") as refused:
            uplink.name_stream(MAX_STREAMS, ONE)
        assert refused.value.ecg == ONE


class TestFrames:
    def test_each_belongs_to_its_streams_ecg(self) -> None:
        uplink = Uplink()
        uplink.name_stream(1, ONE)
        frames = measured(0.08).frames()
        found, refusal = uplink.read_frames(b"".join(frames))
        assert [(ecg, each.first_sample) for ecg, each in found] == [(ONE, 0), (ONE, 20)]
        assert refusal == ""

    def test_one_without_a_name_is_left_out_alone(self) -> None:
        uplink = Uplink()
        uplink.name_stream(1, ONE)
        (unnamed,) = _of_stream(2)
        (named,) = _of_stream(1)
        found, refusal = uplink.read_frames(unnamed + named + unnamed)
        assert ([ecg for ecg, _ in found], refusal) == ([ONE], "stream_unknown")

    def test_after_what_is_no_frame_nothing_is_taken(self) -> None:
        uplink = Uplink()
        uplink.name_stream(1, ONE)
        first, second = measured(0.08).frames()
        found, refusal = uplink.read_frames(first + b"?" + second)
        assert (len(found), refusal) == (1, "frame_foreign")

    def test_the_first_refusal_is_told(self) -> None:
        (unnamed,) = _of_stream(2)
        assert Uplink().read_frames(unnamed + b"?") == ([], "stream_unknown")

    @pytest.mark.parametrize("content", [b"", b"\xec" * (MAX_MESSAGE_BYTES + 1)])
    def test_nothing_and_too_much_are_no_message(self, content: bytes) -> None:
        assert Uplink().read_frames(content) == ([], "message_malformed")


def _of_stream(number: int) -> list[bytes]:
    recording = measured(0.04)
    recording.stream = number
    return recording.frames()
