"""What a gateway may say, word by word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from media_server.ecg.descriptor import parse_descriptor
from media_server.ecg.errors import MalformedDescriptor
from media_server.ecg.spans import Span
from signaling.ecg import uplink_messages as say
from signaling.ecg.uplink_messages import (
    MAX_MODEL_CHARACTERS,
    MAX_RUNNING,
    MAX_TEXT_CHARACTERS,
    Ended,
    Hello,
    SelfTested,
    StreamNamed,
    UplinkRefused,
    VitalsTold,
    read_uplink_text,
)
from signaling.ecg.vitals import Vital
from tests.support.ecg_world import DESCRIPTOR

HELLO = {"type": "hello", "protocol": 1, "model": "m", "descriptor": None, "running": ["ec_1"]}
STREAM = {"type": "stream", "ecg": "ec_1", "stream": 1, "epoch": 0, "descriptor": DESCRIPTOR}
VITAL = {
    "t_us": 5, "code": "MDC_TEMP", "value": 36.6, "unit": "Cel", "validity": "valid", "source": "device",
}  # fmt: skip
SELFTEST = {"type": "selftest", "is_ok": True, "pulse_uv": 1_000, "pulse_ms": 200}


def _read(**word: Any) -> Any:
    return read_uplink_text(json.dumps(word))


class TestSaid:
    def test_hello(self) -> None:
        assert _read(**HELLO) == Hello("m", None, ("ec_1",))  # type: ignore[comparison-overlap]
        assert _read(**HELLO | {"descriptor": DESCRIPTOR}).descriptor == parse_descriptor(DESCRIPTOR)

    def test_a_stream_with_and_without_its_first_sample(self) -> None:
        described = parse_descriptor(DESCRIPTOR)
        assert _read(**STREAM) == StreamNamed("ec_1", 1, 0, described, None)  # type: ignore[arg-type]
        assert _read(**STREAM | {"first": 7}).first == 7
        assert _read(**STREAM | {"first": 7.0}).first == 7

    def test_an_end(self) -> None:
        said = _read(type="ended", ecg="ec_1", epochs={"0": [1, 9]})
        assert said == Ended("ec_1", {0: (Span(1, 9),)})  # type: ignore[arg-type]

    def test_vital_signs(self) -> None:
        said = _read(type="vitals", ecg="ec_1", values=[VITAL])
        assert said == VitalsTold("ec_1", (Vital(**VITAL),))  # type: ignore[arg-type]

    def test_a_test_pulse(self) -> None:
        assert _read(**SELFTEST) == SelfTested(True, 1_000, 200)


class TestRefused:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "nonsense",
            "[" * 5_000,
            '"' + "x" * MAX_TEXT_CHARACTERS,
            "{}",
            '{"type": 5}',
            '{"type": "hullo"}',
            '{"type": ["hello"]}',
        ],
    )
    def test_what_is_no_word(self, text: str) -> None:
        with pytest.raises(UplinkRefused) as refused:
            read_uplink_text(text)
        assert (refused.value.code, refused.value.ecg) == ("message_malformed", "")

    @pytest.mark.parametrize(
        "word",
        [
            HELLO | {"running": None},
            HELLO | {"running": ["ec"] * (MAX_RUNNING + 1)},
            HELLO | {"running": [5]},
            HELLO | {"model": 5},
            HELLO | {"model": "m" * (MAX_MODEL_CHARACTERS + 1)},
            HELLO | {"descriptor": []},
            STREAM | {"stream": 0},
            STREAM | {"stream": 65_536},
            STREAM | {"stream": True},
            STREAM | {"epoch": -1},
            STREAM | {"epoch": 65_536},
            STREAM | {"epoch": 0.5},
            STREAM | {"descriptor": None},
            STREAM | {"first": -1},
            {"type": "ended", "ecg": "ec_1", "epochs": {"0": [9, 1]}},
            {"type": "ended", "ecg": "ec_1"},
            {"type": "vitals", "ecg": "ec_1", "values": []},
            {"type": "ping", "t1_us": "5"},
            SELFTEST | {"is_ok": 1},
            SELFTEST | {"pulse_uv": 1_000_001},
            SELFTEST | {"pulse_ms": -1},
        ],
    )
    def test_a_word_that_cannot_be(self, word: dict[str, Any]) -> None:
        with pytest.raises(UplinkRefused) as refused:
            _read(**word)
        assert (refused.value.code, refused.value.ecg) == ("message_malformed", word.get("ecg", ""))

    @pytest.mark.parametrize("name", [5, "", "x" * 41])
    def test_a_name_that_cannot_be_is_not_said_back(self, name: object) -> None:
        with pytest.raises(UplinkRefused) as refused:
            _read(type="ended", ecg=name, epochs={})
        assert refused.value.ecg == ""

    def test_another_protocol(self) -> None:
        with pytest.raises(UplinkRefused, match="protocol_unknown"):
            _read(**HELLO | {"protocol": 2})

    def test_a_device_that_cannot_be(self) -> None:
        for wrong in ({"rate_hz": 0}, {"resolution_nv": -1}, {"leads": ["I", "I"]}, {"more": 1}):
            with pytest.raises(MalformedDescriptor):
                _read(**STREAM | {"descriptor": DESCRIPTOR | wrong})
        with pytest.raises(MalformedDescriptor):
            read_uplink_text(json.dumps(STREAM).replace('"rate_hz": 500', '"rate_hz": NaN'))


def test_what_the_server_says() -> None:
    assert [
        json.loads(text)
        for text in (
            say.welcome(5),
            say.start("ec_1"),
            say.stop("ec_1"),
            say.pong(1, 2, 3),
            *say.have("ec_1", [{"0": [[0, 5]]}, {"1": [[2, 3]]}]),
            say.stored("ec_1", 0, 5),
            say.refused("", "frame_altered"),
            say.refused("ec_1", "second_device"),
        )
    ] == [
        {"type": "welcome", "server_us": 5},
        {"type": "start", "ecg": "ec_1"},
        {"type": "stop", "ecg": "ec_1"},
        {"type": "pong", "t1_us": 1, "t2_us": 2, "t3_us": 3},
        {"type": "have", "ecg": "ec_1", "epochs": {"0": [[0, 5]]}, "more": True},
        {"type": "have", "ecg": "ec_1", "epochs": {"1": [[2, 3]]}},
        {"type": "stored", "ecg": "ec_1", "epoch": 0, "until": 5},
        {"type": "refused", "ecg": None, "code": "frame_altered"},
        {"type": "refused", "ecg": "ec_1", "code": "second_device"},
    ]
