"""Canonical JSON (RFC 8785): one byte sequence for one value, and the check that bytes are that sequence."""

from __future__ import annotations

import json
from collections.abc import Mapping

import rfc8785

from recording.errors import MisuseError
from recording.summary import JsonValue


def canonical_json(value: Mapping[str, JsonValue]) -> bytes:
    """The canonical bytes of an object.

    Raises MisuseError: a number beyond 2^53, text that is no Unicode, or a type that JSON does not have.
    """
    try:
        return rfc8785.dumps(dict(value))
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise MisuseError("a value has no canonical JSON") from error


def parse_canonical(content: bytes) -> dict[str, JsonValue] | int:
    """The object whose canonical bytes these are; else the offset of the first byte that is not canonical.

    Never raises: whatever is wrong with the bytes, there is a first offset at which it shows.
    """
    try:
        text = content.decode()
        value = json.loads(text)
    except UnicodeDecodeError as error:
        return error.start
    except json.JSONDecodeError as error:
        return len(text[: error.pos].encode())
    except (ValueError, RecursionError):
        return 0
    if not isinstance(value, dict):
        return 0
    try:
        expected = canonical_json(value)
    except MisuseError:
        return 0
    return value if expected == content else first_difference(expected, content)


def first_difference(expected: bytes, found: bytes) -> int:
    """Offset of the first byte in which two byte strings differ; their common length where one goes on."""
    for offset, (wanted, got) in enumerate(zip(expected, found, strict=False)):
        if wanted != got:
            return offset
    return min(len(expected), len(found))
