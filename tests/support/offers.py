"""Small session descriptions, built line by line, and the ones real clients wrote."""

from __future__ import annotations

from pathlib import Path

VECTORS = Path(__file__).parent.parent / "vectors" / "sdp"
FINGERPRINT = "AB:" * 31 + "CD"

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ORIENTATION = "urn:3gpp:video-orientation"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"


def vector(name: str) -> str:
    """Returns a description as a real client wrote it, line ends included."""
    return (VECTORS / f"{name}.sdp").read_bytes().decode()


def audio(mid: str, direction: str = "recvonly", *extra: str, port: int = 9) -> list[str]:
    """Returns an audio section: opus 111, PCMU 0."""
    return [
        f"m=audio {port} UDP/TLS/RTP/SAVPF 111 0",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=extmap:1 {LEVEL}",
        f"a=extmap:3 {TRANSPORT_CC}",
        f"a=extmap:4 {MID}",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtcp-fb:111 transport-cc",
        *extra,
    ]


def video(mid: str, direction: str = "recvonly", *extra: str, port: int = 9) -> list[str]:
    """Returns a video section: VP8 96/97, H.264 102/103 in mode 1 and 104/105 in mode 0, VP9 98."""
    return [
        f"m=video {port} UDP/TLS/RTP/SAVPF 96 97 102 103 104 105 98",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        f"a=extmap:3 {TRANSPORT_CC}",
        f"a=extmap:4 {MID}",
        f"a=extmap:10 {RID}",
        f"a=extmap:11 {REPAIRED_RID}",
        f"a=extmap:13 {ORIENTATION}",
        "a=rtpmap:96 VP8/90000",
        "a=rtcp-fb:96 goog-remb",
        "a=rtcp-fb:96 transport-cc",
        "a=rtcp-fb:96 ccm fir",
        "a=rtcp-fb:96 nack",
        "a=rtcp-fb:96 nack pli",
        "a=rtpmap:97 rtx/90000",
        "a=fmtp:97 apt=96",
        "a=rtpmap:102 H264/90000",
        "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
        "a=rtpmap:103 rtx/90000",
        "a=fmtp:103 apt=102",
        "a=rtpmap:104 H264/90000",
        "a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f",
        "a=rtpmap:105 rtx/90000",
        "a=fmtp:105 apt=104",
        "a=rtpmap:98 VP9/90000",
        *extra,
    ]


def simulcast(mid: str, *extra: str) -> list[str]:
    """Returns a video section that sends three layers."""
    return video(
        mid,
        "sendonly",
        "a=msid:stream camera",
        "a=rid:q send",
        "a=rid:h send",
        "a=rid:f send",
        "a=simulcast:send q;h;f",
        *extra,
    )


def data(mid: str) -> list[str]:
    """Returns a data section."""
    return [
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        f"a=mid:{mid}",
        "a=sctp-port:5000",
        "a=max-message-size:262144",
    ]


def describe(
    *sections: list[str],
    ufrag: str = "abcd",
    setup: str = "actpass",
    fingerprint: str = FINGERPRINT,
    bundle: str | None = None,
) -> str:
    """Returns a whole description; ``bundle`` None puts every section into the group."""
    mids = [line[6:] for lines in sections for line in lines if line.startswith("a=mid:")]
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(mids) if bundle is None else bundle}",
        f"a=ice-ufrag:{ufrag}",
        "a=ice-pwd:0123456789abcdefghijklmn",
        f"a=fingerprint:sha-256 {fingerprint}",
        f"a=setup:{setup}",
    ]
    return "\r\n".join([*lines, *(line for section in sections for line in section)]) + "\r\n"
