"""The API's description as a page for people: plain HTML without scripts, in Chinese or English.

Made from the OpenAPI document, so that it says nothing that is not served; everything in it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from signaling.api.openapi import sentence_of
from signaling.api.problems import STATUSES
from signaling.api.reading import MAX_SAFE_INTEGER
from signaling.messages import Language, say
from signaling.messages.route_sentences import ROUTE_SENTENCES

STYLE_PATH: Final = "/docs/page.css"
_OTHER: Final[Mapping[Language, Language]] = {"zh": "en", "en": "zh"}


def docs_page(document: Mapping[str, Any], language: Language) -> str:
    """Returns the page of an OpenAPI document made by openapi.describe."""
    base = document["servers"][0]["url"]
    groups: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            entry = "".join(_operation(document, base, path, method, operation, language))
            groups.setdefault(operation["tags"][0], []).append(entry)
    contents = "".join(f'<li><a href="#{_anchor(tag)}">{escape(tag)}</a></li>' for tag in groups)
    body = "".join(
        f'<section id="{_anchor(tag)}"><h2>{escape(tag)}</h2>{"".join(entries)}</section>'
        for tag, entries in groups.items()
    )
    title = say("docs.title", language)
    other = _OTHER[language]
    return (
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f'<link rel="stylesheet" href="{STYLE_PATH}"></head><body><header><h1>{escape(title)}</h1>'
        f'<p>{escape(say("docs.about", language))} <a href="{base}/openapi.json">openapi.json</a> · '
        f'<a href="?language={other}" hreflang="{other}">{escape(say("docs.language", other))}</a></p>'
        "</header>"
        f'<nav aria-label="{escape(title)}"><ul>{contents}'
        f'<li><a href="#problems">{escape(say("docs.problems", language))}</a></li></ul></nav>'
        f"<main>{body}{_problems(language)}</main></body></html>"
    )


def _operation(
    document: Mapping[str, Any],
    base: str,
    path: str,
    method: str,
    operation: Mapping[str, Any],
    language: Language,
) -> Iterator[str]:
    summary = _summary(method, path, operation, language)
    yield f'<details id="{escape(operation["operationId"])}"><summary><code>{method.upper()}</code> '
    yield f"<code>{escape(base + path)}</code> <span>{escape(summary)}</span></summary>"
    yield f"<p>{escape(say('docs.right', language))} <code>{escape(operation['x-action'])}</code></p>"
    if operation["parameters"]:
        yield f"<h3>{escape(say('docs.parameters', language))}</h3>"
        yield _fields([_parameter(entry) for entry in operation["parameters"]], language)
    if "requestBody" in operation:
        yield f"<h3>{escape(say('docs.body', language))}</h3>"
        yield _content(document, operation["requestBody"], language)
    for status, answer in operation["responses"].items():
        if status < "400":
            yield f"<h3>{escape(say('docs.answer', language))} {status}</h3>"
            yield _content(document, answer, language)
    yield f"<h3>{escape(say('docs.refusals', language))}</h3><p class='codes'>"
    for status, answer in operation["responses"].items():
        if status >= "400":
            codes = [line.partition("`:")[0].strip("`") for line in answer["description"].split("\n")]
            yield " ".join(f'<a href="#{code}"><code>{status} {code}</code></a>' for code in codes) + " "
    yield "</p></details>"


def _summary(method: str, path: str, operation: Mapping[str, Any], language: Language) -> str:
    summary = str(operation["summary"])
    return ROUTE_SENTENCES.get(f"{method.upper()} {path}", summary) if language == "zh" else summary


def _parameter(entry: Mapping[str, Any]) -> tuple[str, str, bool, str]:
    return entry["name"], _type_of(entry["schema"]), entry["required"], _about(entry["schema"])


def _content(document: Mapping[str, Any], answer: Mapping[str, Any], language: Language) -> str:
    parts = []
    for media_type, content in answer.get("content", {}).items():
        schema = content.get("schema")
        if schema is None:
            parts.append(f"<p><code>{escape(media_type)}</code></p>")
        else:
            parts.append(_schema(document, schema, language, seen=frozenset()))
    return "".join(parts) or f"<p>{escape(say('docs.nothing', language))}</p>"


def _schema(
    document: Mapping[str, Any], schema: Mapping[str, Any], language: Language, *, seen: frozenset[str]
) -> str:
    """Returns the fields of an object, and below them those of the objects inside it."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    known = document["components"]["schemas"].get(name, schema)
    properties = known.get("properties")
    if properties is None or name in seen:
        return f"<p><code>{escape(_type_of(schema))}</code></p>"
    required = known.get("required", [])
    rows = [(field, _type_of(part), field in required, _about(part)) for field, part in properties.items()]
    inner = [
        f"<h4><code>{escape(inside)}</code></h4>"
        + _schema(document, {"$ref": f"#/{inside}"}, language, seen=seen | {name})
        for inside in dict.fromkeys(reference for part in properties.values() for reference in _refs(part))
        if inside not in seen | {name} and "properties" in document["components"]["schemas"].get(inside, {})
    ]
    return _fields(rows, language) + "".join(inner)


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for part in schema:
            yield from _refs(part)
    elif isinstance(schema, dict):
        if "$ref" in schema:
            yield str(schema["$ref"]).rpartition("/")[2]
        for part in schema.values():
            yield from _refs(part)


def _fields(rows: list[tuple[str, str, bool, str]], language: Language) -> str:
    required = escape(say("docs.required", language))
    lines = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td><code>{escape(kind)}</code></td>"
        f"<td>{required if is_required else ''}</td><td>{escape(about)}</td></tr>"
        for name, kind, is_required, about in rows
    )
    return f"<table><tbody>{lines}</tbody></table>"


def _type_of(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return " | ".join(_type_of(part) for part in schema[word])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    kind = schema.get("type", "any")
    return f"[{_type_of(schema.get('items', {}))}]" if kind == "array" else str(kind)


def _about(schema: Mapping[str, Any]) -> str:
    facts = [
        f"{name} {schema[name]}"
        for name in ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern")
        if name in schema and schema[name] not in (MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER)
    ]
    return " · ".join([*filter(None, [schema.get("description", "")]), *facts])


def _problems(language: Language) -> str:
    rows = "".join(
        f'<tr id="{code}"><td><code>{code}</code></td><td>{status}</td>'
        f"<td>{escape(sentence_of(code, language))}</td></tr>"
        for code, status in sorted(STATUSES.items())
    )
    heading = escape(say("docs.problems", language))
    about = escape(say("docs.problems_about", language))
    return (
        f'<section id="problems"><h2>{heading}</h2><p>{about}</p>'
        f"<table><tbody>{rows}</tbody></table></section>"
    )


def _anchor(tag: str) -> str:
    return "group-" + escape(tag)
