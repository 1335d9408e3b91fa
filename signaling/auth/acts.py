"""Acts as their callers do them: who, in which role, on which device, filled in from the caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from recording.audit.act import SYSTEM_ACTOR, Act
from recording.summary import JsonValue
from signaling.auth.rights import Caller, Role

_NOTHING: Final[Mapping[str, JsonValue]] = {}
_NOBODYS: Final[Mapping[str, str]] = {}


def act_of(
    caller: Caller,
    kind: str,
    at_ms: int,
    *,
    institution: str = "",
    subject: Mapping[str, str],
    before: Mapping[str, JsonValue] = _NOTHING,
    after: Mapping[str, JsonValue] = _NOTHING,
    personal: Mapping[str, str] = _NOBODYS,
) -> Act:
    """Returns the act of a caller, in the chain of ``institution`` or else of the caller's own."""
    return Act(
        institution=institution or caller.institution,
        kind=kind,
        actor=caller.actor or SYSTEM_ACTOR,
        actor_role=role_word(caller.roles),
        at_ms=at_ms,
        device=caller.device,
        subject=subject,
        before=before,
        after=after,
        personal=personal,
    )


def role_word(roles: Iterable[Role]) -> str:
    """Returns roles as one word of the ledger: joined by "+", in the order of the table of roles."""
    held = set(roles)
    return "+".join(role.value for role in Role if role in held)
