"""How many files and sockets this process may have open: an HTTPS connection takes three of them."""

from __future__ import annotations

import resource
from typing import Final

import structlog

WANTED: Final = 32_768
"""The core takes 8,192 connections, each with the socket itself and both ends of the way to the HTTP server,
and the rest is for recordings, the database and pages without TLS. Shells allow 1,024."""

_log = structlog.get_logger(__name__)


def raise_descriptor_limit() -> int:
    """Raises the soft limit as far as is wanted and the hard one permits; returns and logs what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    raised = raised_limit(soft, hard)
    if raised != soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    if 0 <= raised < WANTED:
        _log.warning("descriptors", count=raised, reason="hard_limit")
    else:
        _log.info("descriptors", count=raised)
    return raised


def raised_limit(soft: int, hard: int) -> int:
    """Returns the soft limit to set."""
    # Infinity is a number below all others in Python (-1).
    if soft == resource.RLIM_INFINITY or soft >= WANTED:
        return soft
    return WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
