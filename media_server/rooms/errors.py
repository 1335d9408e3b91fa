"""What a room refuses, each with a stable code.

    RoomRefusal (a MediaServerError)
    ├── NotPermitted       the grant does not allow it
    ├── LimitExceeded      a named bound would be passed
    ├── NotFound           no such room, participant or track (any more)
    └── TransitionRefused  the state machine lists no such transition; nothing has changed

None of these texts holds a name, an identity or content: they may be logged and sent as they are.
"""

from __future__ import annotations

from media_server.errors import MediaServerError


class RoomRefusal(MediaServerError):  # noqa: N818
    """The base of everything a room refuses; ``code`` is stable and may go on the wire."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class NotPermitted(RoomRefusal):
    """The participant's grant does not allow it."""


class LimitExceeded(RoomRefusal):
    """A bound would be passed; ``limit`` is the bound."""

    def __init__(self, code: str, *, limit: int) -> None:
        super().__init__(code)
        self.limit = limit

    def __str__(self) -> str:
        return f"{self.code} (at most {self.limit})"


class NotFound(RoomRefusal):
    """There is no such room, participant or track (any more)."""


class TransitionRefused(RoomRefusal):
    """A state machine was asked for a transition that its table does not list."""

    def __init__(self, *, machine: str, state: str, event: str) -> None:
        super().__init__("transition_refused")
        self.machine, self.state, self.event = machine, state, event

    def __str__(self) -> str:
        return f"{self.machine}: {self.event} is not allowed in state {self.state}"
