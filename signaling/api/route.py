"""One route of the API: its URL, what it asks of the caller, what it takes and gives, and who serves it.

From this declaration come the aiohttp route, the check against the table of rights, the OpenAPI document and
the generated tests. A handler runs only after the check.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from signaling.auth.rights import Action, Caller, State, Subject
from signaling.messages import Language


class Model(BaseModel):
    """A body, a query or an answer: unknown fields are refused, text is stripped."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Refusal(Exception):  # noqa: N818
    """A refusal as problem+json (RFC 9457): ``code`` decides status and sentence, ``facts`` fill the
    sentence.
    """

    def __init__(self, code: str, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Call:
    """One request after its checks. ``body`` and ``query`` are instances of the route's models."""

    request: web.Request
    caller: Caller
    path: Mapping[str, str]
    body: Any
    query: Any
    now_ms: int
    language: Language
    found: Any = None
    """What ``find`` found besides the subject."""


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
    refusals: tuple[str, ...] = field(default=())
    """Codes beyond those that every route may answer with."""
    find: Callable[[Call], Awaitable[Found | None]] | None = None
    """Finds the subject. None as a value: the subject is the caller's own institution in state NONE. A find
    that returns None means that there is nothing: 404, as for a stranger."""
    collection_state: State = State.NONE
