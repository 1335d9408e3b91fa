"""Twirp on the wire (twirp v7 specification): protobuf or JSON in and out, errors as JSON with a code."""

from __future__ import annotations

import json
from typing import Final, TypeVar

from aiohttp import web
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

PROTOBUF: Final = "application/protobuf"
JSON: Final = "application/json"
_STATUSES: Final = {
    "malformed": 400,
    "invalid_argument": 400,
    "unauthenticated": 401,
    "permission_denied": 403,
    "bad_route": 404,
    "not_found": 404,
    "already_exists": 409,
    "failed_precondition": 412,
    "resource_exhausted": 429,
    "unimplemented": 501,
    "unavailable": 503,
}
_Request = TypeVar("_Request", bound=Message)


class TwirpError(Exception):
    """A refusal with one of Twirp's codes."""

    def __init__(self, code: str, text: str) -> None:
        assert code in _STATUSES, code
        self.code, self.text = code, text
        super().__init__(code)

    def response(self) -> web.Response:
        """Returns the answer. Twirp says 404 for bad_route and 412 for failed_precondition."""
        body = json.dumps({"code": self.code, "msg": self.text})
        return web.Response(text=body, content_type=JSON, status=_STATUSES[self.code])


def content_type_of(request: web.Request) -> str:
    """Returns which of the two encodings a request speaks. TwirpError("bad_route")."""
    content_type = request.content_type
    if content_type not in (PROTOBUF, JSON):
        raise TwirpError("bad_route", f"use {JSON} or {PROTOBUF}")
    return content_type


def decode(content: bytes, content_type: str, kind: type[_Request]) -> _Request:
    """Returns the message in a body. TwirpError("malformed")."""
    try:
        if content_type == PROTOBUF:
            return kind.FromString(content)
        return json_format.Parse(content.decode() or "{}", kind(), ignore_unknown_fields=True)
    except (DecodeError, json_format.ParseError, UnicodeDecodeError, RecursionError, ValueError):
        raise TwirpError("malformed", "the request could not be decoded") from None


def encode(message: Message, content_type: str) -> web.Response:
    """Returns the answer in the encoding of the request."""
    if content_type == PROTOBUF:
        return web.Response(body=message.SerializeToString(), content_type=PROTOBUF)
    # Names as in the .proto and fields without a value too: Twirp's default, as LiveKit's own server has it.
    text = json_format.MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=None
    )
    return web.Response(text=text, content_type=JSON)
