"""How the API answers: JSON, and refusals with a stable code and a sentence in both languages."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, Final, TypeAlias

from aiohttp import web

from signaling.errors import TokenRefused, Unavailable
from signaling.messages import say_both
from signaling.recording_desk import DeskRefusal

MAX_JSON_BYTES: Final = 64 * 1024
_STATUSES: Final = {
    "bad_request": 400,
    "too_long": 400,
    "signed_out": 401,
    "token_refused": 401,
    "password_wrong": 401,
    "not_permitted": 403,
    "origin_refused": 403,
    "not_found": 404,
    "room_not_open": 404,
    "recording_missing": 404,
    "media_missing": 404,
    "already_recording": 409,
    "not_recording": 409,
    "media_unready": 409,
    "account_locked": 423,
    "too_many": 429,
    "unavailable": 503,
    "recording_unavailable": 503,
}

Handler: TypeAlias = Callable[[Any, web.Request], Awaitable[web.StreamResponse]]


class ApiRefusal(Exception):  # noqa: N818
    """A refusal: ``code`` decides status and sentence, ``facts`` are sent along and fill the sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


def refusal(code: str, facts: Mapping[str, Any]) -> web.Response:
    """Returns the answer to a refused request."""
    body = {"code": code, "message": say_both(f"api.{code}", **facts), **facts}
    return answer(body, status=_STATUSES[code])


def answer(body: Any, *, status: int = 200) -> web.Response:
    """Returns a JSON answer; Chinese stays readable in it."""
    return web.json_response(body, status=status, dumps=lambda value: json.dumps(value, ensure_ascii=False))


def api(handler: Handler) -> Handler:
    """Makes refusals into answers, for a method that serves a request."""

    @wraps(handler)
    async def serve(pages: Any, request: web.Request) -> web.StreamResponse:
        try:
            return await handler(pages, request)
        except ApiRefusal as error:
            return refusal(error.code, error.facts)
        except DeskRefusal as error:
            return refusal(error.code, {})
        except TokenRefused:
            return refusal("token_refused", {})
        except Unavailable as error:
            return refusal(error.code if error.code in _STATUSES else "unavailable", {})

    return serve


async def read_json(request: web.Request) -> Mapping[str, Any]:
    """Returns the JSON object in the body, an empty one where there is no body. ApiRefusal("bad_request")."""
    if request.content_length is not None and request.content_length > MAX_JSON_BYTES:
        raise ApiRefusal("bad_request")
    content = await request.content.read(MAX_JSON_BYTES + 1)
    while 0 < len(content) <= MAX_JSON_BYTES and not request.content.at_eof():
        content += await request.content.read(MAX_JSON_BYTES + 1 - len(content))
    if not content:
        return {}
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise ApiRefusal("bad_request") from None
    if not isinstance(body, dict) or len(content) > MAX_JSON_BYTES:
        raise ApiRefusal("bad_request")
    return body


def text_of(body: Mapping[str, Any], key: str, *, limit: int) -> str:
    """Returns a text of the body, without blanks around it. ApiRefusal: bad_request, too_long."""
    value = body.get(key)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ApiRefusal("bad_request")
    if len(value) > limit:
        raise ApiRefusal("too_long", limit=limit)
    return value.strip()
