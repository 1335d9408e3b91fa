"""Session descriptions by hand: one good publisher's offer, and bent ones made from it."""

from __future__ import annotations

_SESSION = (
    "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mids}\r\n"
    "a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
)
_TRANSPORT = (
    "c=IN IP4 0.0.0.0\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:asd88fgpdd777uzjYhagZg12\r\n"
    "a=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 "
    "19:E2:1C:3B:4B:9F:81:E6:B8:5C:F4:A5:A8:D8:73:04:"
    "BB:05:2F:70:9F:04:A9:0E:05:E9:26:33:E8:70:88:A2\r\n"
    "a=setup:actpass\r\n"
)


def application_section(mid: int, *, ufrag: str = "8hhY") -> str:
    """The data channel section."""
    return (
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
        + _TRANSPORT.format(ufrag=ufrag)
        + f"a=mid:{mid}\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n"
    )


def audio_section(mid: int, *, ufrag: str = "8hhY", extra: str = "") -> str:
    """A sending Opus section."""
    return (
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
        + _TRANSPORT.format(ufrag=ufrag)
        + f"a=mid:{mid}\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=sendonly\r\n"
        + f"a=msid:- track-{mid}\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
        + f"a=fmtp:111 minptime=10;useinbandfec=1\r\n{extra}"
    )


def offer(*sections: str) -> str:
    """A whole offer; the sections' mids must count from 0."""
    mids = " ".join(str(number) for number in range(len(sections)))
    return _SESSION.format(mids=mids) + "".join(sections)


def good_offer() -> str:
    """Data channels and one microphone."""
    return offer(application_section(0), audio_section(1))


def bad_offers() -> dict[str, str]:
    """Offers that must be refused, by what is wrong with them."""
    good = good_offer()
    ssrcs = "".join(f"a=ssrc:{number} cname:x\r\n" for number in range(1, 66))
    return {
        "empty": "",
        "not sdp": "\x00\xff nonsense" * 10,
        "over 64 kB": good + "a=x-padding:" + "y" * 66_000 + "\r\n",
        "33 sections": offer(application_section(0), *(audio_section(mid) for mid in range(1, 33))),
        "65 ssrc lines": offer(application_section(0), audio_section(1, extra=ssrcs)),
        "50,000 ssrc lines": offer(
            application_section(0), audio_section(1, extra="a=ssrc:1 cname:x\r\n" * 50_000)
        ),
        "cut in the middle": good[: len(good) // 2],
        "no fingerprint": "\r\n".join(x for x in good.split("\r\n") if not x.startswith("a=fingerprint")),
        "no ice credentials": "\r\n".join(x for x in good.split("\r\n") if not x.startswith("a=ice-")),
        "bad payload type": good.replace("SAVPF 111", "SAVPF abc"),
        "bad rtpmap": good.replace("a=rtpmap:111 opus/48000/2", "a=rtpmap:111"),
        "number too large": good.replace("a=sctp-port:5000", "a=sctp-port:99999999999999999999"),
    }
