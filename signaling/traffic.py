"""Counts what signalling has seen, by a closed list of names: numbers only, fit for metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

NAMES: Final = (
    "messages_received",
    "messages_malformed",
    "messages_refused",
    "messages_unknown",
    "descriptions_refused",
    "publication_unmatched",
    "joins",
    "joins_refused",
    "resumes",
    "resumes_refused",
    "streams_paused",
    "streams_resumed",
    "tokens_refused",
    "requests_paced",
    "sockets_opened",
    "sockets_lost",
    "data_forwarded",
    "data_dropped",
    "data_duplicate",
    "data_malformed",
    "data_not_permitted",
    "close_failed",
    "looks_left_out",
    "sessions_failed",
    "effects_failed",
)


class Traffic:
    """Counters since the start."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def count(self, name: str) -> None:
        """Adds one. The name is one of NAMES."""
        assert name in NAMES, name
        self._counts[name] += 1

    def counts(self) -> Mapping[str, int]:
        """Returns every counter, also those at 0."""
        return {name: self._counts[name] for name in NAMES}
