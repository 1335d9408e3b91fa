"""One route of the API: its URL, what it asks of the caller, what it takes and gives, and who serves it.

From this declaration come the aiohttp route, the check against the table of rights, the OpenAPI document and
the generated tests. A handler runs only after the check.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from signaling.auth.rights import Action, Caller, State, Subject
from signaling.messages import Language
from signaling.tokens import Claims

MAX_BODY_BYTES: Final = 64 * 1024
"""What a form holds fits a hundred times; a route that takes more says so."""


class Model(BaseModel):
    """A body, a query or an answer: unknown fields are refused, text is stripped."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Refusal(Exception):  # noqa: N818
    """A refusal as problem+json (RFC 9457): ``code`` decides status and sentence, ``facts`` fill the
    sentence.
    """

    detail = ""
    """A sentence already made, which then comes in place of the code's own."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


class Pace(StrEnum):
    """Which limit of requests a route falls under (limits.py)."""

    LOGIN = "login"
    """Something secret can be guessed here: few, and none where nobody can be counted any more."""
    ORDINARY = "ordinary"
    ROOM = "room"
    """Part of a call: never refused to someone who is in a room."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request after its checks. ``body`` and ``query`` are instances of the route's models; while
    ``find`` runs, ``body`` is there only where the route says so.
    """

    request: web.Request
    caller: Caller
    path: Mapping[str, str]
    body: Any
    query: Any
    now_ms: int
    language: Language
    found: Any = None
    """What ``find`` found besides the subject: ``Found.row``."""
    claims: Claims | None = None
    """What a room token says, where one was shown in place of a session. The caller is then a guest."""


@dataclass(frozen=True, slots=True)
class Found:
    """A subject with what was loaded to know it."""

    subject: Subject
    row: Any = None


@dataclass(frozen=True, slots=True)
class Route:
    """The declaration. Paths are aiohttp patterns below /api/v1."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    action: Action
    summary: str
    """One English sentence for the API's document."""
    handler: Callable[[Call], Awaitable[BaseModel | web.StreamResponse | None]]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    """None: 204, or a response that the handler makes."""
    status: int = 200
    """101 for a WebSocket, 303 for sending a browser on."""
    refusals: tuple[str, ...] = field(default=())
    """Codes beyond those that every route may answer with. Each has a status in problems.py and a sentence
    ``api.<code>`` in both catalogues."""
    find: Callable[[Call], Awaitable[Found | None]] | None = None
    """Finds the subject. None as a value: the subject is the caller's own institution in state NONE. A find
    that returns None means that there is nothing: 404, as for a stranger."""
    collection_state: State = State.NONE
    is_subject_in_body: bool = False
    """The body names the subject: it is read before ``find``. Else the check comes first."""
    missing: str = "not_found"
    """The code for what is absent and for what belongs to strangers: the same for both."""
    pace: Pace = Pace.ORDINARY
    max_body_bytes: int = MAX_BODY_BYTES
    accepts_room_tokens: bool = False
    """Also who shows a room token (LiveKit's) in place of a session is heard: as a guest, with its claims."""
    media_type: str = "application/json"
    """Of what the handler answers with, where it makes the response itself and ``answer`` is None."""
    serves_ranges: bool = False
    """Answers to Range (RFC 9110 §14) as well: media files."""
