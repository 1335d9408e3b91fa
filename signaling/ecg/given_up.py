"""What of an ECG is missing, and that somebody has declared the rest of it lost: values of its row.

An ECG is complete when its gateway has said what there will ever be and all of that is stored. A gateway that
never returns says nothing, and would keep its case's signature shut for ever. The way out is a person's: who
is to sign declares the rest lost, with a reason, once the gateway has been away from this ECG for
GIVE_UP_AFTER_MS. The ECG does not become complete by that. What is missing stays missing wherever the ECG is
shown, printed and handed out; a strip of it can be signed where all of its samples are here; and what its
gateway brings should it return after all is taken as ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

from clinical.ids import PersonId
from media_server.ecg.spans import Span

GIVE_UP_AFTER_MS: Final = 10 * 60_000
"""Without a sign of the ECG from its gateway: links of ambulances and villages are gone for minutes, and who
treats the patient cannot wait for an hour."""
MAX_MISSING: Final = 100
"""Stretches that a row names; of more, the longest."""


@dataclass(frozen=True, slots=True)
class MissingStretch:
    """Samples of an epoch that are not here."""

    epoch: int
    span: Span


@dataclass(frozen=True, slots=True)
class GivenUp:
    """That somebody declared lost what was missing then."""

    at_ms: int
    by: PersonId
    reason: str
    missing_ms: int
    """Of what was known then to exist."""


def longest(stretches: Iterable[MissingStretch]) -> tuple[MissingStretch, ...]:
    """Returns as many as a row names, in order."""
    found = sorted(stretches, key=lambda each: each.span.length, reverse=True)[:MAX_MISSING]
    return tuple(sorted(found, key=lambda each: (each.epoch, each.span)))


def missing_to_json(missing: Iterable[MissingStretch]) -> str:
    """Returns what ``missing_from_json`` takes."""
    return json.dumps([[each.epoch, *each.span] for each in missing])


def missing_from_json(text: str) -> tuple[MissingStretch, ...]:
    """Returns the stretches."""
    return tuple(MissingStretch(epoch, Span(start, end)) for epoch, start, end in json.loads(text))


def given_up_to_json(given_up: GivenUp) -> str:
    """Returns what ``given_up_from_json`` takes."""
    return json.dumps(asdict(given_up), ensure_ascii=False)


def given_up_from_json(text: str) -> GivenUp:
    """Returns the value."""
    return GivenUp(**json.loads(text))
