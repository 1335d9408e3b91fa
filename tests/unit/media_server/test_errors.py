"""Faults carry facts, and their sentences say what to do."""

import pytest

from media_server.errors import (
    BindRefused,
    MediaServerError,
    MisuseError,
    NotPermitted,
    PeerProtocolError,
    PortTaken,
    SdpRefused,
    Unavailable,
)


def test_the_type_says_whose_fault_it_is() -> None:
    assert issubclass(SdpRefused, PeerProtocolError)
    assert issubclass(PortTaken, Unavailable)
    assert issubclass(BindRefused, Unavailable)
    for kind in (PeerProtocolError, MisuseError, NotPermitted, Unavailable):
        assert issubclass(kind, MediaServerError)


def test_codes_are_stable() -> None:
    assert [kind.code for kind in (PeerProtocolError, MisuseError, NotPermitted, Unavailable)] == [
        "peer_protocol_error",
        "misuse",
        "not_permitted",
        "unavailable",
    ]
    assert (PortTaken.code, BindRefused.code) == ("port_taken", "bind_refused")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (SdpRefused("sdp_malformed"), "session description refused: sdp_malformed"),
        (
            SdpRefused("sdp_too_large", limit=4, size=5),
            "session description refused: sdp_too_large, 5 where at most 4 are accepted",
        ),
        (
            SdpRefused("sdp_malformed", section=3),
            "session description refused: sdp_malformed, in m-section 3",
        ),
        (
            PortTaken(bind_address="0.0.0.0", port=7882),
            "UDP port 7882 on 0.0.0.0 is used by another program: "
            "stop that program or choose another media port",
        ),
        (
            BindRefused(bind_address="192.0.2.1", port=80, reason="Permission denied"),
            "UDP port 80 on 192.0.2.1 cannot be opened (Permission denied): "
            "choose an address of this machine and a port from 1024 up",
        ),
        (MisuseError("closed"), "closed"),
    ],
)
def test_sentences(error: Exception, sentence: str) -> None:
    assert str(error) == sentence
