"""Our descriptions as text; what is written must come back through the parser."""

from aiortc.sdp import SessionDescription

from media_server.sdp.negotiate import LocalSection, Stream, answer_section, merged_extensions
from media_server.sdp.parse import parse_description
from media_server.sdp.subscriber_offer import data_section, media_section
from media_server.sdp.write import LocalTransport, Origin, write_description
from tests.support.offers import audio, data, describe, simulcast, vector, video

TRANSPORT = LocalTransport(
    ufrag="ourufrag",
    password="ourpassword",
    fingerprint=("sha-256", "AA:BB"),
    candidates=(("192.0.2.1", 7882), ("2001:db8::1", 7883)),
    stream_candidates=(("192.0.2.1", 7882), ("192.0.2.1", 443)),
)
STREAM = Stream(stream_id="PA_a|TR_b", track_id="TR_b", ssrc=11, rtx_ssrc=12)


def answered(offer: str, **wish: object) -> str:
    remote = parse_description(offer)
    ids = merged_extensions({}, remote.sections)
    sections = [answer_section(s, extensions=ids, **wish) for s in remote.sections]  # type: ignore[arg-type]
    return write_description(Origin(7, 2), TRANSPORT, sections)


def sections_of(sdp: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for line in sdp.split("\r\n")[:-1]:
        if line.startswith("m="):
            parts.append([])
        parts[-1].append(line)
    return parts


def test_equal_arguments_give_equal_text_with_crlf_line_ends() -> None:
    offer = vector("chromium-publish-simulcast")
    assert answered(offer, is_published=True) == answered(offer, is_published=True)
    assert answered(offer).count("\n") == answered(offer).count("\r\n")


def test_the_session_part_says_ice_lite_and_one_bundle() -> None:
    session, *_ = sections_of(answered(describe(audio("a"), video("b"), data("c"))))
    assert session == [
        "v=0",
        "o=- 7 2 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=group:BUNDLE a b c",
        "a=msid-semantic:WMS *",
    ]


def test_a_simulcast_answer_receives_the_layers() -> None:
    _session, lines, _data = sections_of(answered(describe(simulcast("0"), data("1")), is_published=True))
    assert lines[0] == "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103"
    for line in (
        "a=recvonly",
        "a=rid:q recv",
        "a=rid:h recv",
        "a=rid:f recv",
        "a=simulcast:recv q;h;f",
        "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
        "a=rtcp-mux",
        "a=rtcp-fb:96 transport-cc",
        "a=rtcp-fb:96 nack pli",
        "a=rtcp-fb:96 ccm fir",
        "a=fmtp:97 apt=96",
        "a=setup:passive",
        "a=ice-ufrag:ourufrag",
        "a=ice-pwd:ourpassword",
        "a=fingerprint:sha-256 AA:BB",
    ):
        assert line in lines
    assert not any("goog" in line for line in lines)
    assert "a=rtcp-rsize" not in lines


def test_redundant_data_stands_before_the_codec_it_carries() -> None:
    red = ("a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111")
    offer = describe(audio("0", "sendonly", *red), data("1"))
    _session, lines, _data = sections_of(answered(offer, is_published=True))
    assert lines[0] == "m=audio 9 UDP/TLS/RTP/SAVPF 63 111"
    assert {"a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111"} <= set(lines)
    assert " red/" not in answered(offer, is_published=True, is_red_disabled=True)
    ours = write_description(Origin(1, 1), TRANSPORT, [data_section(), media_section("audio", "1", STREAM)])
    assert parse_description(ours).sections[1].codecs[0].red_payload_type == 63


def test_restrictions_of_a_layer_come_back_as_offered() -> None:
    offer = describe(video("0", "sendonly", "a=rid:q send max-width=320", "a=simulcast:send q"), data("1"))
    assert "a=rid:q recv max-width=320\r\n" in answered(offer, is_published=True)


def test_a_sent_section_names_its_stream_and_sources() -> None:
    _session, lines, _data = sections_of(answered(describe(video("0"), data("1")), stream=STREAM))
    for line in (
        "a=sendonly",
        "a=msid:PA_a|TR_b TR_b",
        "a=ssrc-group:FID 11 12",
        "a=ssrc:11 cname:PA_a|TR_b",
        "a=ssrc:11 msid:PA_a|TR_b TR_b",
        "a=ssrc:12 cname:PA_a|TR_b",
    ):
        assert line in lines


def test_a_stream_without_retransmission_has_one_source_and_no_group() -> None:
    stream = Stream(stream_id="PA_a|TR_b", track_id="TR_b", ssrc=11, rtx_ssrc=None)
    text = answered(describe(audio("0"), data("1")), stream=stream)
    assert "a=ssrc:11 cname" in text
    assert "a=ssrc-group" not in text


def test_candidates_stand_in_the_first_accepted_section_only() -> None:
    _session, rejected, first, second = sections_of(
        answered(describe(audio("0", port=0), audio("1"), video("2")))
    )
    assert rejected == ["m=audio 0 UDP/TLS/RTP/SAVPF 111", "a=inactive", "a=mid:0"]
    cost = " generation 0 network-cost 999"
    assert [line for line in first if "candidate" in line] == [
        f"a=candidate:1 1 udp 1845559295 192.0.2.1 7882 typ host{cost}",
        f"a=candidate:2 1 udp 1845559039 2001:db8::1 7883 typ host{cost}",
        f"a=candidate:101 1 tcp 1510014975 192.0.2.1 7882 typ host tcptype passive{cost}",
        f"a=candidate:102 1 tcp 1510014719 192.0.2.1 443 typ host tcptype passive{cost}",
        "a=end-of-candidates",
    ]
    assert not any("candidate" in line for line in second)


def test_a_rejected_section_of_another_kind_has_no_direction() -> None:
    old = ["m=application 9 DTLS/SCTP 5000", "a=mid:0"]
    _session, rejected, _data = sections_of(answered(describe(old, data("1"))))
    assert rejected == ["m=application 0 DTLS/SCTP 5000", "a=mid:0"]


def test_nothing_but_rejected_sections_makes_an_empty_bundle() -> None:
    section = LocalSection(
        kind="audio", mid="0", profile="UDP/TLS/RTP/SAVPF", is_rejected=True, formats=("111",)
    )
    assert "a=group:BUNDLE \r\n" in write_description(Origin(1, 1), TRANSPORT, [section])


def test_the_data_section_takes_messages_of_64_kb() -> None:
    _session, lines = sections_of(answered(describe(data("0"))))
    assert lines[0] == "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"
    assert "a=sctp-port:5000" in lines
    assert "a=max-message-size:65536" in lines


def test_an_answer_reads_back_as_written() -> None:
    text = answered(describe(audio("0", "sendonly"), simulcast("1"), data("2")), is_published=True)
    back = parse_description(text)
    assert [section.direction for section in back.sections[:2]] == ["recvonly", "recvonly"]
    assert back.transport.setup == "passive"
    assert [codec.format for codec in back.sections[1].codecs] == ["VP8", "H264/1/42e0"]


def test_our_offer_is_actpass_and_reads_back_as_written() -> None:
    transport = LocalTransport(
        TRANSPORT.ufrag, TRANSPORT.password, TRANSPORT.fingerprint, TRANSPORT.candidates, dtls_role="auto"
    )
    sections = [data_section(), media_section("video", "1", STREAM), media_section("audio", "2", None)]
    text = write_description(Origin(1, 1), transport, sections)
    back = parse_description(text)
    assert back.transport.setup == "actpass"
    assert [(s.mid, s.direction) for s in back.sections[1:]] == [("1", "sendonly"), ("2", "inactive")]
    assert [(c.format, c.payload_type, c.rtx_payload_type) for c in back.sections[1].codecs] == [
        ("VP8", 96, 97),
        ("H264/1/42e0", 98, 99),
        ("H264/1/4200", 100, 101),
        ("H264/1/4d00", 102, 103),
        ("H264/1/6400", 104, 105),
    ]
    assert back.sections[1].ssrcs == ((11, 12),)
    assert back.sections[2].codecs[0].feedback == ("transport-cc", "nack")


def test_aiortcs_own_parser_reads_our_answer() -> None:
    parsed = SessionDescription.parse(answered(vector("chromium-single-join")))
    assert len(parsed.media) == 7
    assert all(media.ice is not None and media.ice.iceLite for media in parsed.media)
