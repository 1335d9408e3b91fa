"""An event's line in and out: canonical JSON, by orjson where that is installed, else by Python's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment, unused-ignore]

MAX_LINE_BYTES: Final = 32_768
"""An event tells one act; what is longer is a document, and belongs beside the ledger with its hash in it."""


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def parsed_plainly(line: bytes) -> Any:
    """Returns what the JSON says. Raises ValueError, RecursionError."""
    return json.loads(line.decode(), parse_constant=_refuse_constant)


def written_plainly(value: Any, _default: None = None, _option: int | None = None) -> bytes:
    """Returns the canonical JSON (RFC 8785) of a value without fractions. Raises ValueError.

    It takes what orjson.dumps takes, which is called directly where it is installed: a ledger has millions of
    lines.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


if orjson is None:
    parsed: Callable[[bytes], Any] = parsed_plainly
    written: Callable[[Any, None, int | None], bytes] = written_plainly
    SORTED_KEYS = 0
else:
    parsed = orjson.loads
    written = orjson.dumps
    SORTED_KEYS = orjson.OPT_SORT_KEYS
"""What ``written`` needs as its third argument for canonical JSON; its second is None."""
