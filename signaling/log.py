"""Logs that cannot leak: structured, one line an event, and only keys from a closed list ever get out.

Names, identities, tokens, addresses, session descriptions and query strings have no key here, so they cannot
be logged by mistake (reliability.md §2, row 19). Libraries' own records are reduced to who said it, how bad
it is and where.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

ALLOWED_KEYS: Final = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "logger",
        "code",
        "request",
        "method",
        "path",
        "status",
        "duration_ms",
        "participant",
        "room",
        "track",
        "recording",
        "ecg",
        "count",
        "error",
        "where",
        "reason",
        "port",
        "state",
    }
)
"""``participant``, ``room``, ``track`` and ``ecg`` are ids made here, ``path`` is a route's pattern, never
what was asked."""

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logs(*, level: str, is_json: bool, stream: TextIO) -> None:
    """Sets up the process's logs. Called once, before anything logs."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if is_json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=28)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed_keys,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=lambda *_: LineLogger(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [LibraryRecords()]
    root.setLevel(logging.WARNING)


class LineLogger:
    """Writes each line to a stream, at once.

    A stream that takes no line (closed, a pipe whose reader has gone, a full disk) loses it: whoever is being
    served must not suffer for want of a log.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: str) -> None:
        """Writes ``line`` whole, or not at all."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = write


def keep_allowed_keys(
    logger: Any, method: str, event_dict: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Returns the event without any key that is not on the list; counts what was dropped."""
    allowed = {key: value for key, value in event_dict.items() if key in ALLOWED_KEYS}
    return allowed


class LibraryRecords(logging.Handler):
    """Passes on what libraries log, without their words: those may hold anything."""

    def emit(self, record: logging.LogRecord) -> None:
        """Logs who said it, how bad it is, the exception's type and where it was raised."""
        error = record.exc_info[1] if record.exc_info else None
        log = structlog.get_logger()
        log.log(
            record.levelno,
            "library_record",
            logger=record.name,
            error=type(error).__name__ if error is not None else None,
            where=place_of(error) if error is not None else f"{record.module}:{record.lineno}",
        )


def place_of(error: BaseException) -> str:
    """Returns file and line where an exception was raised, without its text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def log_loop_errors(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The event loop's last resort: an exception that nobody awaited."""
    error = context.get("exception")
    structlog.get_logger("loop").error(
        "unhandled",
        error=type(error).__name__ if error is not None else None,
        where=place_of(error) if error is not None else None,
    )


def wants_json(log_format: str, stream: TextIO | None = None) -> bool:
    """Returns whether logs are for machines: by setting, else where nobody sits before a terminal."""
    if log_format == "auto":
        return not (stream or sys.stderr).isatty()
    return log_format == "json"
