"""Which events of their institution's ledger somebody is told of as they happen, and what of them.

Told is that something happened, by ids; whoever wants more asks for it, and the table of rights decides.
An event that names a patient is never told to those who run the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from recording.audit.act import Act
from signaling.auth.policy import CLINICIANS, effective_roles
from signaling.auth.rights import Caller, Role

_RUNNING: Final = frozenset(
    {
        "account",
        "checkpoint",
        "clock",
        "device",
        "institution",
        "ledger",
        "licence",
        "person",
        "role",
        "roster",
        "session",
        "setting",
        "slot",
        "webhook",
    }
)
"""First words of events about running the service."""
_CARING: Final = frozenset(
    {
        "advice",
        "alert",
        "annotation",
        "cathlab",
        "consent",
        "control",
        "criticalvalue",
        "ecg",
        "handover",
        "invitation",
        "manifest",
        "mark",
        "media",
        "opinion",
        "participant",
        "patient",
        "presence",
        "qos",
        "recording",
        "report",
        "request",
        "room",
        "segment",
        "timepoint",
        "track",
    }
)
"""First words of events of care (domain.md §5.3). What stands in neither list is told to those who watch."""
_LOOKING: Final = frozenset({"case.viewed", "patient.searched", "patient.viewed"})
"""Who looked at whom: for those who watch, not for colleagues."""


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """What is told of an event, by ids."""

    sequence: int
    at_ms: int
    kind: str
    actor: str
    actor_role: str
    device: str
    subject: Mapping[str, str]

    def message(self) -> dict[str, Any]:
        """Returns the message to a page."""
        return {
            "type": "event",
            "sequence": self.sequence,
            "at_ms": self.at_ms,
            "kind": self.kind,
            "actor": self.actor,
            "actor_role": self.actor_role,
            "subject": dict(self.subject),
        }


def event_of_act(sequence: int, act: Act) -> LedgerEvent:
    """Returns what is told of an act that has just been committed."""
    return LedgerEvent(
        sequence, act.at_ms, act.kind, act.actor, act.actor_role, act.device, dict(act.subject)
    )


def event_of_line(line: bytes) -> LedgerEvent:
    """Returns what is told of a stored event, from its canonical JSON."""
    fields = orjson.loads(line)
    return LedgerEvent(
        fields["sequence"],
        fields["at_ms"],
        fields["kind"],
        fields["actor"],
        fields["actor_role"],
        fields.get("device", ""),
        fields["subject"],
    )


def sees(caller: Caller, event: LedgerEvent) -> bool:
    """Returns whether the caller is told of an event of their own institution."""
    roles = effective_roles(caller)
    word = event.kind.partition(".")[0]
    if Role.AUDITOR in roles or Role.SUPERVISOR in roles:
        return True
    if Role.ADMINISTRATOR in roles and word in _RUNNING and not event.subject.get("patient"):
        return True
    is_of_care = word in _CARING or bool(event.subject.get("case"))
    if roles & CLINICIANS and is_of_care and event.kind not in _LOOKING:
        return True
    if Role.DEVICE in roles:
        return caller.device in (event.actor, event.device) and not event.subject.get("patient")
    # Their own doings, such as a use of break-glass, on their other screens.
    return bool(roles & CLINICIANS) and event.actor == caller.actor
