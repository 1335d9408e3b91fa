"""Acts of a case: chained in the ledgers of both institutions, in the unit of work that changes the case.

Both sides keep the trail by themselves (远程医疗服务管理规范: both archive). What people wrote is never in
the chain's open fields: it goes beside it as a personal field, or its hash stands for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from clinical.consultation import Request
from recording.summary import JsonValue
from signaling.auth.acts import act_of
from signaling.auth.rights import Caller
from signaling.consult.cases import Case
from signaling.store.store import Unit

_NOTHING: Final[Mapping[str, JsonValue]] = {}
_NO_WORDS: Final[Mapping[str, str]] = {}


def chain_act(
    unit: Unit,
    caller: Caller,
    case: Case,
    kind: str,
    *,
    subject: Mapping[str, str] = _NO_WORDS,
    before: Mapping[str, JsonValue] = _NOTHING,
    after: Mapping[str, JsonValue] = _NOTHING,
    personal: Mapping[str, str] = _NO_WORDS,
) -> None:
    """Records an act of a case in both institutions' chains; once where they are one. NOBODY is the system.

    ``subject`` is what it concerns besides patient and case; empty words are left out.
    """
    for institution in case.institutions:
        unit.record(
            act_of(
                caller,
                kind,
                unit.now_ms,
                institution=institution,
                subject=_said({"patient": case.patient, "case": case.id, **subject}),
                before=before,
                after=after,
                personal=_said(personal),
            )
        )


def request_sha256(case: Case) -> str:
    """Returns the hash that stands for what was asked: of all its words, salted with the case's random id."""
    request: Request = case.request
    words = (case.id, request.reason, request.purpose, request.summary, request.wanted_title)
    return hashlib.sha256("\x00".join(words).encode()).hexdigest()


def text_sha256(case: Case, text: str) -> str:
    """Returns the hash that stands for a text of a case, with the case's random id as salt."""
    return hashlib.sha256(f"{case.id}\x00{text}".encode()).hexdigest()


def _said(words: Mapping[str, str]) -> dict[str, str]:
    return {name: word for name, word in words.items() if word}
