"""What a gateway's ping may say of the two clocks."""

import json

import pytest

from media_server.ecg.frame import MAX_COUNT
from signaling.ecg.uplink_messages import Ping, UplinkRefused, read_uplink_text


def ping(**words: object) -> str:
    return json.dumps({"type": "ping", "t1_us": 5, **words})


def test_the_first_ping_knows_nothing_of_the_clocks() -> None:
    assert read_uplink_text(ping()) == Ping(5)
    assert read_uplink_text(ping(offset_us=None, rtt_us=3)) == Ping(5)


def test_a_later_one_tells_what_it_found_out() -> None:
    assert read_uplink_text(ping(offset_us=-3, rtt_us=2)) == Ping(5, -3, 2)


@pytest.mark.parametrize(
    "words",
    [
        {"offset_us": 3},
        {"offset_us": 3, "rtt_us": -1},
        {"offset_us": "3", "rtt_us": 1},
        {"offset_us": MAX_COUNT + 1, "rtt_us": 1},
        {"offset_us": True, "rtt_us": 1},
    ],
)
def test_an_offset_that_cannot_be_is_refused(words: dict[str, object]) -> None:
    with pytest.raises(UplinkRefused, match="message_malformed"):
        read_uplink_text(ping(**words))
