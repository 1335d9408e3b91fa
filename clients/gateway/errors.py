"""What the gateway refuses, by whose fault, each with a stable code that has its sentence in messages.py.

GatewayError
 ├── SourceFault       the device, cable or file sent what cannot be an ECG: nothing already kept is touched
 ├── ServerFault       the server sent what cannot be read, or cannot be reached
 ├── DoorRefused       the server will not have this device: its own sentence is passed on
 └── GatewayUnfit      this machine cannot do it: no key, folder in use, a package that is not installed
"""

from __future__ import annotations


class GatewayError(Exception):
    """The base: ``code`` is stable, ``facts`` fill its sentence. No patient data, no token, no address."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code, *facts.values())
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.facts.items())])


class SourceFault(GatewayError):  # noqa: N818
    """Bad input, told where it came in. What was taken before stays."""


class ServerFault(GatewayError):  # noqa: N818
    """The server's side of the protocol cannot be followed."""


class DoorRefused(GatewayError):  # noqa: N818
    """The server refused enrolment or session; ``sentence`` is what it says of it."""

    def __init__(self, code: str, sentence: str = "") -> None:
        super().__init__(code, sentence=sentence)
        self.sentence = sentence


class GatewayUnfit(GatewayError):  # noqa: N818
    """This machine cannot do it as it is."""
