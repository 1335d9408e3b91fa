"""The API's description in OpenAPI 3.1, made from the routes: what is served is what is described."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from signaling.api.problems import COMMON, MEDIA_TYPE, STATUSES
from signaling.api.reading import JSON, MAX_PATH_CHARACTERS, MAX_SAFE_INTEGER
from signaling.api.route import Route
from signaling.auth.policy import RULES
from signaling.messages import CATALOGUES, Language

OPENAPI_VERSION: Final = "3.1.1"
_REF: Final = "#/components/schemas/{model}"
_PARAMETER: Final = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
_OPEN_ACTIONS: Final = frozenset(rule.action for rule in RULES if rule.roles is None)
_SESSION: Final[Mapping[str, list[str]]] = {"session": []}
_DEVICE: Final[Mapping[str, list[str]]] = {"device_session": []}
_ROOM_TOKEN: Final[Mapping[str, list[str]]] = {"room_token": []}
_SECURITY_SCHEMES: Final = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "lianzhen_session",
        "description": "A person's session, from POST /session. Requests that change something must come "
        "from the service's own pages (Origin).",
    },
    "device_session": {
        "type": "http",
        "scheme": "bearer",
        "description": "An enrolled device's session, from POST /devices/session.",
    },
    "room_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A room token (LiveKit's layout): good for the one room that it names.",
    },
}
_LOCATION: Final = {"Location": {"required": True, "schema": {"type": "string"}}}
_PROBLEM: Final = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457). The facts of a code stand beside it.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "description": "Where the code is explained."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence in the caller's language."},
        "code": {"type": "string", "enum": sorted(STATUSES)},
        "errors": {
            "type": "array",
            "description": "The fields that cannot be used.",
            "items": {
                "type": "object",
                "required": ["field", "reason", "detail"],
                "properties": {name: {"type": "string"} for name in ("field", "reason", "detail")},
            },
        },
    },
    "additionalProperties": True,
}


def describe(routes: Sequence[Route], *, version: str) -> dict[str, Any]:
    """Returns the OpenAPI document of the routes, in their order."""
    models = _models(routes)
    names, definitions = models_json_schema(models, ref_template=_REF)
    schemas = {name: _bounded(schema) for name, schema in definitions.get("$defs", {}).items()}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = _PARAMETER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, names, schemas)
    queries = {_name_of(names[(r.query, "validation")]) for r in routes if r.query is not None}
    for name in queries:
        schemas.pop(name, None)  # its properties stand at the operation, as parameters
    return {
        "openapi": OPENAPI_VERSION,
        "info": {
            "title": "联诊 / Lianzhen",
            "version": version,
            "description": "Times are milliseconds since the Unix epoch. Refusals are problem+json with a "
            "stable `code` and a sentence in the language of Accept-Language (zh or en).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api/v1"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(tag_of(route) for route in routes)],
        "paths": paths,
        "components": {"schemas": {**schemas, "Problem": _PROBLEM}, "securitySchemes": _SECURITY_SCHEMES},
    }


def tag_of(route: Route) -> str:
    """Returns the group a route is shown in: the first word of its path."""
    return route.path.split("/")[1]


def _models(routes: Iterable[Route]) -> list[Any]:
    pairs: dict[Any, None] = {}
    for route in routes:
        for model, mode in (
            (route.body, "validation"),
            (route.query, "validation"),
            (route.answer, "serialization"),
        ):
            if model is not None:
                pairs[(model, mode)] = None
    return list(pairs)


def _operation(route: Route, names: Mapping[Any, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "tags": [tag_of(route)],
        "summary": route.summary,
        "x-action": route.action.value,
        "security": _security(route),
        "parameters": [*_path_parameters(route), *_query_parameters(route.query, names, schemas)],
        "responses": {**_success(route, names), **_problems(route)},
    }
    if route.body is not None:
        schema = names[(route.body, "validation")]
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return operation


def _operation_id(route: Route) -> str:
    words = re.findall(r"\w+", _PARAMETER.sub(r"by \1", route.path))
    return "_".join([route.method.lower(), *words])


def _security(route: Route) -> list[Mapping[str, list[str]]]:
    schemes = [_SESSION, _DEVICE]
    if route.accepts_room_tokens:
        schemes.append(_ROOM_TOKEN)
    return [{}, *schemes] if route.action in _OPEN_ACTIONS else schemes


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1, "maxLength": MAX_PATH_CHARACTERS}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name in _PARAMETER.findall(route.path)
    ]


def _query_parameters(
    model: type[BaseModel] | None, names: Mapping[Any, Any], schemas: Mapping[str, Any]
) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = schemas[_name_of(names[(model, "validation")])]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(part)}
        for name, part in schema.get("properties", {}).items()
    ]


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A query has no null: what may be absent is left out."""
    kept = [part for part in schema.get("anyOf", []) if part != {"type": "null"}]
    if not kept:
        return {name: part for name, part in schema.items() if not (name == "default" and part is None)}
    rest = {name: part for name, part in schema.items() if name not in ("anyOf", "default", "title")}
    return {**rest, **kept[0]} if len(kept) == 1 else {**rest, "anyOf": kept}


def _success(route: Route, names: Mapping[Any, Any]) -> dict[str, Any]:
    if route.status == HTTPStatus.SWITCHING_PROTOCOLS:
        return {"101": {"description": "A WebSocket."}}
    if route.status == HTTPStatus.SEE_OTHER:
        return {"303": {"description": "Goes on to another page.", "headers": _LOCATION}}
    if route.answer is not None:
        schema = names[(route.answer, "serialization")]
        content: dict[str, Any] = {JSON: {"schema": schema}}
        return {str(route.status): {"description": HTTPStatus(route.status).phrase, "content": content}}
    if route.media_type == JSON:
        return {"204": {"description": "Done."}}
    answers: dict[str, Any] = {"200": {"description": "The content.", "content": {route.media_type: {}}}}
    if route.serves_ranges:
        answers["206"] = {"description": "A part of it.", "content": {route.media_type: {}}}
        answers["416"] = {"description": "There is no such part."}
    return answers


def _problems(route: Route) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys((*COMMON, *route.refusals, route.missing)):
        by_status.setdefault(STATUSES[code], []).append(code)
    return {str(status): _problem(status, codes) for status, codes in sorted(by_status.items())}


def _problem(status: int, codes: Sequence[str]) -> dict[str, Any]:
    lines = [f"`{code}`: {sentence_of(code)}" for code in codes]
    answer: dict[str, Any] = {
        "description": "\n".join(lines),
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return answer


def sentence_of(code: str, language: Language = "en") -> str:
    """Returns the sentence of a code with its facts as ellipses."""
    return CATALOGUES[language][f"api.{code}"].format_map(_Ellipses())


class _Ellipses(dict[str, str]):
    """Any fact, not known yet."""

    def __missing__(self, name: str) -> str:
        return "…"


def _name_of(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _bounded(schema: Any) -> Any:
    """Returns a schema in which every whole number has the bounds that the reader sets for all."""
    if isinstance(schema, list):
        return [_bounded(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    bounded = {name: _bounded(part) for name, part in schema.items() if not _is_title(name, part)}
    if bounded.get("type") == "integer" and "enum" not in bounded:
        bounded.setdefault("maximum", MAX_SAFE_INTEGER)
        bounded.setdefault("minimum", -MAX_SAFE_INTEGER)
    return bounded


def _is_title(name: str, part: Any) -> bool:
    # Pydantic repeats every name as a title; a property that is called "title" holds a schema.
    return name == "title" and isinstance(part, str)
