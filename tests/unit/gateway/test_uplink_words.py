"""The uplink's words: what the server may say, and that nothing else is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clients.gateway import uplink_words as words
from clients.gateway.errors import ServerFault
from clients.gateway.vital_signs import HEART_RATE, Origin, Validity, measured
from media_server.ecg.descriptor import Descriptor, Source, parse_descriptor

DESCRIPTOR = Descriptor(500, 2_500, ("I", "II"), 50, 150, 0, "box", Source.SIMULATOR, 0)


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"type": "welcome", "server_us": 7}, words.Welcome(7)),
        ({"type": "start", "ecg": "ec_1"}, words.Start("ec_1")),
        ({"type": "stop", "ecg": "ec_1"}, words.Stop("ec_1")),
        ({"type": "pong", "t1_us": 1, "t2_us": 2, "t3_us": 3}, words.Pong(1, 2, 3)),
        (
            {"type": "have", "ecg": "e", "epochs": {"0": [[1, 5], [9, 9]], "12": []}},
            words.Have("e", {0: [(1, 5), (9, 9)], 12: []}),
        ),
        ({"type": "have", "ecg": "e", "epochs": {}, "more": True}, words.Have("e", {}, is_last=False)),
        ({"type": "stored", "ecg": "e", "epoch": 1, "until": 9}, words.Stored("e", 1, 9)),
        ({"type": "refused", "ecg": None, "code": "frame_foreign"}, words.Refused("", "frame_foreign")),
        ({"type": "refused", "ecg": "e", "code": "stream_unknown"}, words.Refused("e", "stream_unknown")),
        (
            {"type": "datagrams", "port": 7883, "key_id": 5, "key": "AAECAwQFBgcICQoLDA0ODw==", "most": 9},
            words.Offer(7883, 5, bytes(range(16))),
        ),
        (
            {"type": "heard", "number": 9, "came": 8, "delay_us": -7, "behind_ms": 40, "is_watched": True},
            words.Heard(9, 8, -7, 40, True),
        ),
        ({"type": "of a later protocol"}, None),
    ],
)
def test_what_the_server_may_say(said: dict[str, Any], word: words.Word | None) -> None:
    assert words.read_word(json.dumps(said)) == word


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        "{}",
        '{"type":1}',
        '{"type":"welcome"}',
        '{"type":"welcome","server_us":true}',
        '{"type":"welcome","server_us":-1}',
        '{"type":"welcome","server_us":9007199254740992}',
        '{"type":"start"}',
        '{"type":"datagrams","port":0,"key_id":5,"key":"AAECAwQFBgcICQoLDA0ODw=="}',
        '{"type":"datagrams","port":70000,"key_id":5,"key":"AAECAwQFBgcICQoLDA0ODw=="}',
        '{"type":"datagrams","port":7883,"key_id":4294967296,"key":"AAECAwQFBgcICQoLDA0ODw=="}',
        '{"type":"datagrams","port":7883,"key_id":5,"key":"AAECAwQFBgcICQoLDA0ODw"}',
        '{"type":"datagrams","port":7883,"key_id":5,"key":"AAEC"}',
        '{"type":"datagrams","port":7883,"key_id":5,"key":7}',
        '{"type":"heard","number":9,"came":8,"delay_us":0.5,"behind_ms":40,"is_watched":true}',
        '{"type":"heard","number":9,"came":8,"delay_us":9007199254740992,"behind_ms":40,"is_watched":true}',
        '{"type":"heard","number":9,"came":8,"delay_us":7,"behind_ms":-1,"is_watched":true}',
        '{"type":"heard","number":9,"came":8,"delay_us":7,"behind_ms":40,"is_watched":1}',
        '{"type":"start","ecg":"../../etc"}',
        '{"type":"refused","code":"no code"}',
        '{"type":"refused","ecg":null}',
        '{"type":"have","ecg":"e","epochs":[]}',
        '{"type":"have","ecg":"e","epochs":{"x":[]}}',
        '{"type":"have","ecg":"e","epochs":{"0":{}}}',
        '{"type":"have","ecg":"e","epochs":{"0":[[5,4]]}}',
        '{"type":"have","ecg":"e","epochs":{"0":[[1,2,3]]}}',
        '{"type":"have","ecg":"e","epochs":{"0":[["1",2]]}}',
        '"' + " " * words.MAX_TEXT_CHARACTERS + '"',
    ],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ServerFault) as refused:
        words.read_word(text)
    assert refused.value.code == "server_unreadable"


def test_what_the_gateway_says() -> None:
    assert words.hello("box", None, ["e"])["descriptor"] is None
    said = words.hello("box", DESCRIPTOR, ["e"])
    assert (said["protocol"], said["running"]) == (1, ["e"])
    assert parse_descriptor(json.loads(json.dumps(said))["descriptor"]) == DESCRIPTOR
    assert words.stream("e", 7, 2, DESCRIPTOR, None)["stream"] == 7
    assert "first" not in words.stream("e", 7, 2, DESCRIPTOR, None)
    assert words.stream("e", 7, 2, DESCRIPTOR, 0)["first"] == 0
    assert words.ping(5) == words.ping(5, 3) == {"type": "ping", "t1_us": 5}
    assert words.ping(5, -3, 2) == {"type": "ping", "t1_us": 5, "offset_us": -3, "rtt_us": 2}
    assert words.selftest(is_ok=True, pulse_uv=1_000, pulse_ms=200)["pulse_uv"] == 1_000


def test_an_end_names_one_stretch_or_all_of_them() -> None:
    said = words.ended("e", {0: [(5, 90)], 1: [(0, 10), (20, 30)]})
    assert said == {"type": "ended", "ecg": "e", "epochs": {"0": [5, 90], "1": [[0, 10], [20, 30]]}}


def test_an_end_of_very_many_stretches_names_them_together() -> None:
    torn = [(10 * n, 10 * n + 9) for n in range(28_800)]
    said = words.ended("e", {0: torn, 1: [(0, 5)], 2: torn[:2], 3: []})
    parts = said["epochs"]["0"]
    assert said["epochs"]["1"] == [0, 5] and len(said["epochs"]["2"]) == 2 and said["epochs"]["3"] == []
    assert len(parts) <= words.MAX_DECLARED // 2
    assert (parts[0][0], parts[-1][1], sum(part[2] for part in parts)) == (0, 287_999, 9 * 28_800)
    assert len(json.dumps(said)) < 65_536


def test_a_vital_sign_says_its_unit_validity_and_source() -> None:
    value = measured(5, HEART_RATE, 72, validity=Validity.QUESTIONABLE, source=Origin.COUNTED)
    assert json.loads(json.dumps(words.vitals("e", [value])))["values"] == [
        {
            "t_us": 5,
            "code": "MDC_ECG_HEART_RATE",
            "value": 72,
            "unit": "/min",
            "validity": "questionable",
            "source": "counted",
        }
    ]
