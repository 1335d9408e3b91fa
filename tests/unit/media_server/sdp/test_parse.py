"""Remote descriptions into values: real clients, small cases, hostile text."""

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_server.errors import SdpRefused
from media_server.sdp.description import Codec, RemoteSection, SimulcastLayer
from media_server.sdp.parse import MAX_CODECS, MAX_LAYERS, format_key, parse_description
from tests.support.cpu_time import least_cpu_s
from tests.support.offers import (
    FINGERPRINT,
    MID,
    VECTORS,
    audio,
    data,
    describe,
    vector,
    video,
)


def only_section(*lines: str, offer: str | None = None) -> RemoteSection:
    """Parses one section next to a data section, which keeps the transport alive."""
    return parse_description(offer or describe(list(lines), data("d"))).sections[0]


def refusal(sdp: str) -> SdpRefused:
    with pytest.raises(SdpRefused) as caught:
        parse_description(sdp)
    return caught.value


class TestRealClients:
    def test_chromium_joins_with_three_audio_three_video_and_data_last(self) -> None:
        sections = parse_description(vector("chromium-single-join")).sections
        assert [(s.kind, s.mid, s.direction) for s in sections[:6]] == [
            ("audio", "0", "recvonly"),
            ("audio", "1", "recvonly"),
            ("audio", "2", "recvonly"),
            ("video", "3", "recvonly"),
            ("video", "4", "recvonly"),
            ("video", "5", "recvonly"),
        ]
        assert (sections[6].kind, sections[6].sctp_port, sections[6].max_message_bytes) == (
            "application",
            5000,
            262144,
        )
        assert all(section.is_usable and section.has_reduced_size for section in sections[:6])

    def test_chromium_publishes_simulcast_with_rids_and_without_sources(self) -> None:
        video_section, audio_section, _data = parse_description(vector("chromium-publish-simulcast")).sections
        assert [layer.rid for layer in video_section.layers] == ["q", "h", "f"]
        assert video_section.ssrcs == ()
        assert len(video_section.msid_track_id) == 36
        assert [codec.format for codec in video_section.codecs] == [
            "VP8",
            "H264/1/4200",
            "H264/1/42e0",
            "H264/1/4d00",
        ]
        assert audio_section.codecs[0] == Codec(
            name="opus",
            format="opus",
            payload_type=111,
            red_payload_type=63,
            clock_rate_hz=48000,
            channels=2,
            parameters=(("minptime", "10"), ("useinbandfec", "1")),
            feedback=("transport-cc",),
        )

    def test_chromium_without_simulcast_announces_a_source_and_its_repair(self) -> None:
        _audio, video_section = parse_description(vector("chromium-publish-plain")).sections
        ((ssrc, rtx_ssrc),) = video_section.ssrcs
        assert ssrc and rtx_ssrc and ssrc != rtx_ssrc
        assert video_section.layers == ()

    def test_a_stopped_section_is_not_usable_and_the_others_are(self) -> None:
        sections = parse_description(vector("chromium-stopped-section")).sections
        assert [(s.kind, s.is_usable) for s in sections] == [
            ("audio", True),
            ("video", False),
            ("application", True),
        ]

    def test_the_python_sdk_joins_like_chromium(self) -> None:
        offer = parse_description(vector("python-sdk-single-join"))
        assert [s.kind for s in offer.sections] == ["audio"] * 3 + ["video"] * 3 + ["application"]
        assert offer.transport.setup == "actpass"
        assert offer.transport.fingerprints[0][0] == "sha-256"


class TestTransport:
    def test_it_is_that_of_the_first_usable_section(self) -> None:
        stopped = audio("0", port=0)
        section = [*data("1"), "a=ice-ufrag:tagged", "a=fingerprint:SHA-1 aa:bb"]
        transport = parse_description(describe(stopped, section)).transport
        assert transport.ufrag == "tagged"
        assert transport.fingerprints == (("sha-256", FINGERPRINT), ("sha-1", "AA:BB"))

    @pytest.mark.parametrize("setup", ["actpass", "active", "passive"])
    def test_setup_is_reported_as_it_stands(self, setup: str) -> None:
        assert parse_description(describe(data("0"), setup=setup)).transport.setup == setup

    def test_without_a_ufrag_it_is_refused(self) -> None:
        assert refusal(describe(data("0")).replace("a=ice-ufrag:abcd\r\n", "")).code == "sdp_no_transport"

    def test_without_setup_it_is_refused(self) -> None:
        assert refusal(describe(data("0")).replace("a=setup:actpass\r\n", "")).code == "sdp_no_transport"

    def test_without_a_fingerprint_it_is_refused(self) -> None:
        sdp = describe(data("0")).replace(f"a=fingerprint:sha-256 {FINGERPRINT}\r\n", "")
        assert refusal(sdp).code == "sdp_fingerprint_missing"

    def test_without_any_usable_section_it_is_refused(self) -> None:
        assert refusal(describe(audio("0", port=0))).code == "sdp_no_transport"
        assert refusal("").code == "sdp_no_transport"


class TestUsable:
    def test_sections_outside_the_bundle_group_are_not(self) -> None:
        offer = parse_description(describe(audio("0"), data("1"), bundle="1"))
        assert [section.is_usable for section in offer.sections] == [False, True]

    def test_without_any_bundle_group_none_is(self) -> None:
        sdp = describe(audio("0")).replace("a=group:BUNDLE 0\r\n", "")
        assert refusal(sdp).code == "sdp_no_transport"

    def test_port_zero_with_bundle_only_is(self) -> None:
        assert only_section(*audio("0", "recvonly", "a=bundle-only", port=0)).is_usable

    def test_other_kinds_of_media_are_not(self) -> None:
        section = only_section("m=text 9 UDP/TLS/RTP/SAVPF 98", "a=mid:0", "a=rtcp-mux")
        assert (section.kind, section.is_usable) == ("text", False)

    def test_sections_without_a_codec_of_ours_are_not(self) -> None:
        lines = ["m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", "a=rtcp-mux", "a=rtpmap:0 PCMU/8000"]
        assert not only_section(*lines).is_usable

    def test_unencrypted_profiles_are_not(self) -> None:
        lines = [line.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP") for line in audio("0")]
        assert not only_section(*lines).is_usable

    def test_sections_without_rtcp_mux_are_not(self) -> None:
        assert not only_section(*(line for line in audio("0") if line != "a=rtcp-mux")).is_usable

    def test_sections_without_a_mid_are_not(self) -> None:
        assert not only_section(*(line for line in audio("0") if line != "a=mid:0")).is_usable

    @pytest.mark.parametrize("mid", ["seventeen-letters", "ü"])
    def test_a_mid_that_is_no_token_of_sixteen_bytes_is_not(self, mid: str) -> None:
        section = only_section(*audio(mid))
        assert (section.mid, section.is_usable) == ("", False)

    def test_only_the_first_data_section_is(self) -> None:
        offer = parse_description(describe(data("0"), data("1")))
        assert [section.is_usable for section in offer.sections] == [True, False]

    def test_the_old_form_of_a_data_section_is_not(self) -> None:
        old = ["m=application 9 DTLS/SCTP 5000", "a=mid:0", "a=sctpmap:5000 webrtc-datachannel 256"]
        assert not only_section(*old).is_usable

    def test_a_data_section_without_port_and_size_has_the_default_port(self) -> None:
        section = only_section(*data("0")[:2], offer=describe(data("0")[:2]))
        assert (section.sctp_port, section.max_message_bytes) == (5000, None)

    def test_twin_mids_are_refused(self) -> None:
        error = refusal(describe(audio("0"), video("0")))
        assert (error.code, error.section) == ("sdp_malformed", 1)

    def test_a_section_without_a_port_is_not_usable_and_leaves_the_others_so(self) -> None:
        offer = parse_description(describe(audio("0", port=0), data("1")))
        assert [(section.mid, section.is_usable) for section in offer.sections] == [("0", False), ("1", True)]


class TestCodecs:
    def test_the_m_line_gives_the_order(self) -> None:
        lines = ["m=video 9 UDP/TLS/RTP/SAVPF 102 96", *video("0")[1:]]
        assert [codec.payload_type for codec in only_section(*lines).codecs] == [102, 96]

    def test_each_has_its_retransmission_and_the_feedback_we_know(self) -> None:
        vp8, h264 = only_section(*video("0")).codecs
        assert (vp8.payload_type, vp8.rtx_payload_type) == (96, 97)
        assert vp8.feedback == ("transport-cc", "nack", "nack pli", "ccm fir")
        assert (h264.payload_type, h264.rtx_payload_type, h264.format) == (102, 103, "H264/1/42e0")
        assert h264.feedback == ()

    def test_feedback_for_all_codecs_counts_for_each(self) -> None:
        codecs = only_section(*video("0", "recvonly", "a=rtcp-fb:* nack pli")).codecs
        assert all("nack pli" in codec.feedback for codec in codecs)

    def test_payload_types_that_look_like_rtcp_are_left_out(self) -> None:
        lines = [
            "m=video 9 UDP/TLS/RTP/SAVPF 96 66",
            *video("0")[1:],
            "a=rtpmap:66 VP8/90000",
        ]
        assert [codec.payload_type for codec in only_section(*lines).codecs] == [96]

    def test_a_retransmission_type_that_looks_like_rtcp_is_left_out(self) -> None:
        lines = ["m=video 9 UDP/TLS/RTP/SAVPF 100", *video("0")[1:9]]
        section = only_section(
            *lines, "a=rtpmap:100 VP8/90000", "a=rtpmap:80 rtx/90000", "a=fmtp:80 apt=100;rtx-time=3000"
        )
        assert section.codecs[0].rtx_payload_type is None

    @pytest.mark.parametrize(
        ("red", "blocks", "payload_type"),
        [
            ("red/48000/2", "111/111", 63),
            ("red/48000/2", "111", 63),
            ("RED/48000/2", "111/111/111", 63),
            ("red/48000/2", "111/0", None),
            ("red/48000/2", "63/63", None),
            ("red/48000/2", "x", None),
            ("rex/48000/2", "111/111", None),
        ],
    )
    def test_redundant_data_belongs_to_the_codec_of_its_blocks(
        self, red: str, blocks: str, payload_type: int | None
    ) -> None:
        section = only_section(*audio("0", "recvonly", f"a=rtpmap:63 {red}", f"a=fmtp:63 {blocks}"))
        assert [(codec.payload_type, codec.red_payload_type) for codec in section.codecs] == [
            (111, payload_type)
        ]

    def test_redundant_data_of_pictures_is_left_out(self) -> None:
        section = only_section(*video("0", "recvonly", "a=rtpmap:63 red/90000", "a=fmtp:63 96/96"))
        assert {codec.red_payload_type for codec in section.codecs} == {None}

    def test_wrong_clock_rates_and_wrong_kinds_are_left_out(self) -> None:
        lines = [
            "m=audio 9 UDP/TLS/RTP/SAVPF 111 112 96",
            *audio("0")[1:],
            "a=rtpmap:112 opus/16000/2",
            "a=rtpmap:96 VP8/90000",
        ]
        assert [codec.payload_type for codec in only_section(*lines).codecs] == [111]

    def test_the_second_rtpmap_of_a_payload_type_is_ignored(self) -> None:
        section = only_section(*video("0", "recvonly", "a=rtpmap:96 H264/90000"))
        assert section.codecs[0].name == "VP8"

    def test_broken_rtpmap_lines_are_ignored(self) -> None:
        assert only_section(*audio("0", "recvonly", "a=rtpmap:x", "a=rtpmap:1000 opus/48000/2")).is_usable

    def test_no_more_than_the_cap_are_read(self) -> None:
        numbers = [*range(1, 60)]
        lines = [
            f"m=video 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, numbers))}",
            *video("0")[1:9],
            *(f"a=rtpmap:{number} VP8/90000" for number in numbers),
        ]
        assert len(only_section(*lines).codecs) == MAX_CODECS // 2

    @pytest.mark.parametrize(
        ("name", "parameters", "key"),
        [
            ("VP8", {}, "VP8"),
            ("opus", {"minptime": "10"}, "opus"),
            ("H264", {"packetization-mode": "1", "profile-level-id": "640C1F"}, "H264/1/640c"),
            ("H264", {"packetization-mode": "1"}, "H264/1/42e0"),
            ("H264", {}, "H264/0/42e0"),
        ],
    )
    def test_formats_are_equal_for_equal_bitstreams(
        self, name: str, parameters: dict[str, str | None], key: str
    ) -> None:
        assert format_key(name, parameters) == key


class TestExtensions:
    def test_unknown_uris_and_ids_beyond_one_byte_form_are_left_out(self) -> None:
        lines = [line for line in audio("0") if not line.startswith("a=extmap")]
        section = only_section(
            *lines, f"a=extmap:15 {MID}", "a=extmap:2 urn:unknown", "a=extmap:16 urn:3gpp:video-orientation"
        )
        assert section.extensions == ()

    def test_a_second_use_of_an_id_or_a_uri_is_left_out(self) -> None:
        lines = [line for line in audio("0") if not line.startswith("a=extmap")]
        section = only_section(
            *lines,
            f"a=extmap:4/sendonly {MID}",
            f"a=extmap:5 {MID}",
            "a=extmap:4 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        )
        assert section.extensions == ((4, MID),)


class TestLayers:
    def test_restrictions_are_kept_and_unknown_rids_left_out(self) -> None:
        section = only_section(
            *video("0", "sendonly", "a=rid:q send max-width=320;max-height=180", "a=simulcast:send ~q,x;z")
        )
        assert section.layers == (SimulcastLayer("q", " max-width=320;max-height=180"),)

    def test_without_simulcast_there_are_none(self) -> None:
        assert only_section(*video("0", "sendonly", "a=rid:q send")).layers == ()

    def test_no_more_than_the_cap_are_read(self) -> None:
        rids = "abcdefgh"
        lines = [f"a=rid:{rid} send" for rid in rids]
        section = only_section(*video("0", "sendonly", *lines, f"a=simulcast:send {';'.join(rids)}"))
        assert [layer.rid for layer in section.layers] == list(rids[:MAX_LAYERS])


class TestSources:
    def test_a_repair_source_is_paired_and_not_counted_twice(self) -> None:
        section = only_section(
            *video(
                "0",
                "sendonly",
                "a=ssrc-group:FID 11 12",
                "a=ssrc:11 cname:x",
                "a=ssrc:12 cname:x",
                "a=ssrc:13 cname:x",
            )
        )
        assert section.ssrcs == ((11, 12), (13, None))

    def test_sources_out_of_range_unannounced_repairs_and_odd_groups_are_left_out(self) -> None:
        section = only_section(
            *video(
                "0",
                "sendonly",
                "a=ssrc-group:FID 11 99",
                "a=ssrc-group:SIM 11 12",
                "a=ssrc-group:FID 11",
                "a=ssrc:11 cname:x",
                "a=ssrc:0 cname:x",
                "a=ssrc:4294967296 cname:x",
            )
        )
        assert section.ssrcs == ((11, None),)


class TestDirections:
    @pytest.mark.parametrize(
        ("direction", "sends", "receives"),
        [
            ("sendonly", True, False),
            ("sendrecv", True, True),
            ("recvonly", False, True),
            ("inactive", False, False),
        ],
    )
    def test_who_sends_and_receives(self, direction: str, sends: bool, receives: bool) -> None:
        section = only_section(*audio("0", direction))
        assert (section.sends, section.receives) == (sends, receives)

    def test_without_a_line_it_is_sendrecv(self) -> None:
        assert only_section(*(line for line in audio("0") if line != "a=recvonly")).direction == "sendrecv"

    def test_data_and_unusable_sections_neither_send_nor_receive(self) -> None:
        section = only_section(*audio("0", "sendrecv", port=0))
        assert (section.sends, section.receives, section.is_media) == (False, False, False)


class TestHostileText:
    @pytest.mark.parametrize(
        "line",
        [
            "m=audio",
            "m=audio x UDP/TLS/RTP/SAVPF 111",
            "m=audio 9 UDP/TLS/RTP/SAVPF 300",
            "m=video 9 UDP/TLS/RTP/SAVPF 72",
            "m=audio 9 UDP/TLS/RTP/SAVPF VP8",
            "a=extmap:x urn:y",
            "a=extmap:1",
            "a=ssrc:x cname:y",
            "a=ssrc:1",
            "a=ssrc:1 cname",
            "a=ssrc-group:FID x",
            "a=fingerprint:sha-256",
            "a=setup:maybe",
            "a=sctp-port:x",
            "a=max-message-size:x",
            "a=sctp-port:" + "9" * 5000,
            "a=mid",
        ],
    )
    def test_a_malformed_line_of_a_kept_kind_is_refused_or_harmless(self, line: str) -> None:
        try:
            parse_description(describe(audio("0", "sendonly", line), data("1")))
        except SdpRefused as error:
            assert error.code in {"sdp_malformed", "sdp_no_transport"}
            assert line not in str(error)

    @pytest.mark.parametrize("path", sorted(VECTORS.glob("*.sdp")), ids=lambda path: path.stem)
    def test_mutated_real_offers_parse_or_are_refused(self, path: object) -> None:
        rng = random.Random(20261121)
        original = vector(path.stem)  # type: ignore[attr-defined]
        lines = original.split("\r\n")
        for _ in range(60):
            mutated = list(lines)
            for _ in range(rng.randint(1, 4)):
                index = rng.randrange(len(mutated))
                choice = rng.randrange(4)
                if choice == 0:
                    del mutated[index]
                elif choice == 1:
                    mutated.insert(index, rng.choice(lines))
                elif choice == 2:
                    line = mutated[index]
                    cut = rng.randint(0, len(line))
                    mutated[index] = line[:cut]
                else:
                    line = mutated[index]
                    cut = rng.randint(0, len(line))
                    mutated[index] = line[:cut] + chr(rng.randrange(1, 0x300)) + line[cut + 1 :]
            with contextlib.suppress(SdpRefused):
                parse_description("\r\n".join(mutated))

    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=400))
    def test_any_text_parses_or_is_refused(self, text: str) -> None:
        for sdp in (text, describe(audio("0", "sendonly", *text.split("\n")), data("1"))):
            with contextlib.suppress(SdpRefused):
                parse_description(sdp)

    def test_the_dearest_text_within_the_caps_costs_little(self) -> None:
        formats = "".join(
            f"a=rtpmap:{n} VP8/90000\r\na=fmtp:{n} a=1\r\n"
            + "".join(f"a=rtcp-fb:{n} {f}\r\n" for f in ("transport-cc", "nack", "nack pli", "ccm fir"))
            for n in range(64)
        )
        section = "m=video 9 UDP/TLS/RTP/SAVPF 1\r\n" + formats
        count = (64 * 1024 - 2000) // len(section)
        sdp = describe(data("d")) + section * count
        # The claim is 20 ms on a quiet machine (threat 14); the rest is room for a busy one.
        assert least_cpu_s(lambda: parse_description(sdp)) < 0.1
