"""Whose fault a failure of media_server is: the type names it, the attributes carry the facts.

MediaServerError
 ├── PeerProtocolError     the remote side sent nonsense: refuse it, count it, go on
 │    └── SdpRefused
 ├── MisuseError           our own bug: the caller broke a contract
 ├── NotPermitted          the caller may not do this
 └── Unavailable           right now it cannot be done; the environment has to change first
      ├── PortTaken
      └── BindRefused
"""

from __future__ import annotations

from typing import Final


class MediaServerError(Exception):
    """Base of all errors that media_server raises on purpose. ``code`` is stable and fit for the wire."""

    code: str = "media_server_error"


class PeerProtocolError(MediaServerError):
    """The remote side broke a protocol. Its input was refused and changed nothing."""

    code = "peer_protocol_error"


class MisuseError(MediaServerError):
    """The caller broke the contract of media_server: a bug on this side of the wire."""

    code = "misuse"

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what: Final = what


class NotPermitted(MediaServerError):  # noqa: N818
    """The caller may not do this."""

    code = "not_permitted"


class Unavailable(MediaServerError):  # noqa: N818
    """It cannot be done now; trying again may help once the named circumstance has changed."""

    code = "unavailable"


class SdpRefused(PeerProtocolError):  # noqa: N818
    """A session description that was not accepted; nothing of it took effect.

    ``code`` is one of the constants ``SDP_*`` below. Where a cap was exceeded, ``limit`` is the cap and
    ``size`` what was found; else both are None. ``section`` is the index of the m-section at fault where
    there is one. The description's own text is never part of the error: it holds addresses.
    """

    def __init__(
        self,
        code: str,
        *,
        limit: int | None = None,
        size: int | None = None,
        section: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.limit: Final = limit
        self.size: Final = size
        self.section: Final = section

    def __str__(self) -> str:
        parts = [f"session description refused: {self.code}"]
        if self.limit is not None:
            parts.append(f"{self.size} where at most {self.limit} are accepted")
        if self.section is not None:
            parts.append(f"in m-section {self.section}")
        return ", ".join(parts)


SDP_TOO_LARGE: Final = "sdp_too_large"
SDP_TOO_MANY_SECTIONS: Final = "sdp_too_many_sections"
SDP_TOO_MANY_SSRCS: Final = "sdp_too_many_ssrcs"
SDP_TOO_MANY_CODECS: Final = "sdp_too_many_codecs"
SDP_MALFORMED: Final = "sdp_malformed"
SDP_NO_TRANSPORT: Final = "sdp_no_transport"
SDP_FINGERPRINT_MISSING: Final = "sdp_fingerprint_missing"
SDP_FINGERPRINT_CHANGED: Final = "sdp_fingerprint_changed"
SDP_DTLS_ROLE: Final = "sdp_dtls_role"
SDP_SECTIONS_CHANGED: Final = "sdp_sections_changed"
SDP_UNEXPECTED: Final = "sdp_unexpected"


class PortTaken(Unavailable):
    """Another program has the media port."""

    code = "port_taken"

    def __init__(self, *, bind_address: str, port: int) -> None:
        super().__init__(bind_address, port)
        self.bind_address: Final = bind_address
        self.port: Final = port

    def __str__(self) -> str:
        return (
            f"UDP port {self.port} on {self.bind_address} is used by another program: "
            "stop that program or choose another media port"
        )


class BindRefused(Unavailable):
    """The operating system refused the media address: not ours, or a port that needs privileges."""

    code = "bind_refused"

    def __init__(self, *, bind_address: str, port: int, reason: str) -> None:
        super().__init__(bind_address, port, reason)
        self.bind_address: Final = bind_address
        self.port: Final = port
        self.reason: Final = reason

    def __str__(self) -> str:
        return (
            f"UDP port {self.port} on {self.bind_address} cannot be opened ({self.reason}): "
            "choose an address of this machine and a port from 1024 up"
        )
