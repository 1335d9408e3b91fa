"""What signaling refuses, by whose fault, each with a stable code.

    SignalingError
    ├── PeerProtocolError    the client sent something that cannot be read: refuse it, count it, go on
    ├── TokenRefused         who is there cannot be told: 401
    ├── NotPermitted         who is there is known and may not: 403
    ├── Unavailable          not now: 503, or exit code 1 at the start
    └── SettingWrong         an operator's mistake: exit code 2

No text here holds a token, a name, an address or the client's own words.
"""

from __future__ import annotations


class SignalingError(Exception):
    """The base of everything raised here on purpose; ``code`` is stable and may go on the wire."""

    code = "signaling_error"

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class PeerProtocolError(SignalingError):
    """The client sent something that cannot be read."""


class TokenRefused(SignalingError):  # noqa: N818
    """The token proves nothing: missing, expired, forged, or of a foreign key."""


class NotPermitted(SignalingError):  # noqa: N818
    """The token is good and does not allow this."""


class Unavailable(SignalingError):  # noqa: N818
    """It cannot be done now; ``sentence`` says what to do."""

    def __init__(self, code: str, sentence: str = "") -> None:
        super().__init__(code)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence or self.code


class SettingWrong(SignalingError):  # noqa: N818
    """A setting cannot be used: ``variable`` names it, ``sentence`` says what it must be."""

    def __init__(self, variable: str, sentence: str) -> None:
        super().__init__("setting_wrong")
        self.variable, self.sentence = variable, sentence

    def __str__(self) -> str:
        return self.sentence
