"""The fixed numbers of our own offers."""

from media_server.sdp.description import RID_EXTENSION
from media_server.sdp.negotiate import Stream
from media_server.sdp.subscriber_offer import (
    OFFERED_CODECS,
    OFFERED_EXTENSION_IDS,
    data_section,
    media_section,
)


def test_payload_types_are_unique_over_both_kinds() -> None:
    numbers = [
        number
        for codecs in OFFERED_CODECS.values()
        for codec in codecs
        for number in (codec.payload_type, codec.rtx_payload_type, codec.red_payload_type)
        if number is not None
    ]
    assert len(numbers) == len(set(numbers))
    # RFC 3551 §6 for dynamic ones, and below what looks like RTCP (RFC 5761 §4).
    assert all(96 <= number <= 127 or 35 <= number <= 63 for number in numbers)


def test_extension_ids_fit_the_one_byte_form_and_leave_out_layers() -> None:
    assert sorted(OFFERED_EXTENSION_IDS.values()) == [1, 2, 3, 4, 5]
    assert RID_EXTENSION not in OFFERED_EXTENSION_IDS


def test_a_section_with_a_stream_is_sent_and_one_without_is_inactive() -> None:
    stream = Stream("PA_a|TR_b", "TR_b", 1, 2)
    assert media_section("video", "1", stream).direction == "sendonly"
    assert media_section("audio", "2", None).direction == "inactive"


def test_the_data_section_is_the_first() -> None:
    assert data_section().mid == "0"
