"""From the bytes of a request to the route's models, or to what is wrong with them in words.

JSON is read strictly: no unknown field, no number in quotation marks, no NUL and no half of a surrogate pair,
so that what a handler gets can be stored as it is. Nothing of a wrong value is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from multidict import MultiMapping
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from signaling.api.route import Refusal
from signaling.messages import Language, say
from signaling.messages.field_names import FIELD_NAMES

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""RFC 8259 §6: beyond it not every reader of JSON agrees on what the number is."""
MAX_ERRORS: Final = 8
"""So many faults are told at once; whoever mends them hears of the next."""
MAX_FIELD_CHARACTERS: Final = 60
"""An unknown field's name is the client's own words: enough of it to find it."""
MAX_PATH_CHARACTERS: Final = 200
JSON: Final = "application/json"

_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
"""One walk in C: a file in base64 has eleven million characters."""
_REASONS: Final[Mapping[str, str]] = {
    "missing": "missing",
    "extra_forbidden": "unknown",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "too_long": "too_many_items",
    "too_short": "too_few_items",
    "string_type": "not_text",
    "int_type": "not_whole",
    "int_parsing": "not_whole",
    "int_from_float": "not_whole",
    "int_parsing_size": "too_large",
    "bool_type": "not_yes_or_no",
    "bool_parsing": "not_yes_or_no",
    "greater_than_equal": "too_small",
    "greater_than": "too_small",
    "less_than_equal": "too_large",
    "less_than": "too_large",
    "literal_error": "not_one_of",
    "enum": "not_one_of",
    "string_pattern_mismatch": "wrong_form",
    "list_type": "not_a_list",
    "tuple_type": "not_a_list",
    "frozen_set_type": "not_a_list",
    "model_type": "not_an_object",
    "model_attributes_type": "not_an_object",
    "dict_type": "not_an_object",
    "twice": "twice",
    "control_character": "control_character",
    "unsafe_integer": "too_large",
}
"""Pydantic's kinds of faults and our few sentences for them (``field.*`` in the catalogues)."""


class FieldsRefusal(Refusal):
    """Fields that cannot be used: each with its place, a stable reason and a sentence."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("bad_request", errors=errors)
        self.detail = errors[0]["detail"]


async def read_body(request: web.Request, *, limit_bytes: int) -> bytes:
    """Returns the body. Refusal: body_too_large, content_type_wrong, bad_request (broken off or broken)."""
    if request.content_length is not None and request.content_length > limit_bytes:
        raise Refusal("body_too_large", limit_kilobytes=limit_bytes // 1024)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal("content_type_wrong")
    content = b""
    try:
        while chunk := await request.content.read(limit_bytes + 1 - len(content)):
            content += chunk
            if len(content) > limit_bytes:
                raise Refusal("body_too_large", limit_kilobytes=limit_bytes // 1024)
    except (web.RequestPayloadError, ConnectionError):
        raise Refusal("bad_request") from None
    return content


def parse_body(
    content: bytes, content_type: str, model: type[BaseModel] | None, language: Language
) -> BaseModel | None:
    """Returns what the body says, None where the route takes none. Refusal: bad_request,
    content_type_wrong."""
    if model is None:
        if content.strip() not in (b"", b"{}"):
            raise Refusal("bad_request")
        return None
    if content and content_type != JSON:
        raise Refusal("content_type_wrong")
    try:
        value = from_json(content or b"{}", allow_inf_nan=False)
    except ValueError:
        # Also what is nested too deeply, and halves of surrogate pairs.
        raise Refusal("bad_request") from None
    if not isinstance(value, dict):
        raise Refusal("bad_request")
    unfit = _unfit_part(value)
    if unfit is not None:
        raise _refusal([unfit], language)
    try:
        return model.model_validate_json(content or b"{}", strict=True)
    except ValidationError as error:
        raise _refusal(_errors(error), language) from None


def parse_query(
    query: MultiMapping[str],
    model: type[BaseModel] | None,
    language: Language,
    *,
    ignored: frozenset[str] = frozenset(),
) -> BaseModel | None:
    """Returns what the query says, None where the route takes none. Refusal: bad_request."""
    names = [name for name in query if name not in ignored]
    if model is None:
        if names:
            raise _refusal([{"type": "extra_forbidden", "loc": (names[0],)}], language)
        return None
    values: dict[str, Any] = {}
    for name in names:
        texts = query.getall(name)
        values[name] = texts if _is_list(model, name) else texts[0]
        if len(texts) > 1 and values[name] is not texts:
            raise _refusal([{"type": "twice", "loc": (name,)}], language)
    unfit = _unfit_part(values)
    if unfit is not None:
        raise _refusal([unfit], language)
    try:
        parsed = model.model_validate(values)
    except ValidationError as error:
        raise _refusal(_errors(error), language) from None
    return parsed


def parse_path(match: Mapping[str, str]) -> Mapping[str, str]:
    """Returns the parts of the path. Refusal("not_found") for what no name here looks like."""
    for text in match.values():
        if len(text) > MAX_PATH_CHARACTERS or not text.isprintable():
            raise Refusal("not_found")
    return dict(match)


def _is_list(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    origin = getattr(field.annotation, "__origin__", None) if field is not None else None
    return origin in (list, tuple, frozenset, set)


def _unfit_part(value: Any) -> Mapping[str, Any] | None:
    """Returns the first part that no store and no other reader of JSON takes as it is."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while waiting:
        place, part = waiting.pop()
        if isinstance(part, dict):
            if any(not _is_fit_text(name) for name in part):
                return {"type": "extra_forbidden", "loc": place}
            waiting.extend(((*place, name), inner) for name, inner in part.items())
        elif isinstance(part, list):
            waiting.extend(((*place, number), inner) for number, inner in enumerate(part))
        elif isinstance(part, str) and not _is_fit_text(part):
            return {"type": "control_character", "loc": place}
        elif isinstance(part, int) and abs(part) > MAX_SAFE_INTEGER:
            return {"type": "unsafe_integer", "loc": place, "ctx": {"le": MAX_SAFE_INTEGER}}
    return None


def _is_fit_text(text: str) -> bool:
    return _UNFIT.search(text) is None


def _refusal(errors: Sequence[Mapping[str, Any]], language: Language) -> FieldsRefusal:
    return FieldsRefusal([_line(error, language) for error in errors[:MAX_ERRORS]])


def _errors(error: ValidationError) -> Sequence[Mapping[str, Any]]:
    return [dict(line) for line in error.errors(include_url=False, include_input=False)]


def _line(error: Mapping[str, Any], language: Language) -> dict[str, str]:
    place = [str(part) for part in error["loc"] if not _is_tag(part)]
    # What a model says of several fields together has no place of its own.
    reason = _REASONS.get(error["type"], "wrong") if place else "together"
    context = error.get("ctx", {})
    facts = {
        "limit": next((context[key] for key in _LIMITS if key in context), ""),
        "expected": context.get("expected", ""),
    }
    field = _shown(".".join(place))
    # A field that is not known is told by its own name: a word of ours would be another field's.
    name = f"“{_shown(place[-1])}”" if reason == "unknown" and place else _name_of(place, language)
    return {"field": field, "reason": reason, "detail": say(f"field.{reason}", language, field=name, **facts)}


_LIMITS: Final = ("max_length", "min_length", "ge", "gt", "le", "lt")


def _is_tag(part: str | int) -> bool:
    # Pydantic puts the name of a union's member into the place; people know only fields.
    return isinstance(part, str) and part.startswith(("function-", "lax-or-strict", "constrained-"))


def _name_of(place: list[str], language: Language) -> str:
    """Returns what people call a field: its word where it has one, else the name in the JSON."""
    last = next((part for part in reversed(place) if not part.isdecimal()), "")
    words = FIELD_NAMES.get(last)
    if words is not None:
        return words[0] if language == "zh" else words[1]
    return f"“{_shown(last)}”"


def _shown(name: str) -> str:
    return "".join(character for character in name if character.isprintable())[:MAX_FIELD_CHARACTERS]
