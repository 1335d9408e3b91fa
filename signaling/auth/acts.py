"""Acts as their callers do them: who, in which role, on which device, filled in from the caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from recording.audit.act import SYSTEM_ACTOR, Act, DeviceTime
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
    device_time: DeviceTime | None = None,
    subject: Mapping[str, str],
    before: Mapping[str, JsonValue] = _NOTHING,
    after: Mapping[str, JsonValue] = _NOTHING,
    personal: Mapping[str, str] = _NOBODYS,
) -> Act:
    """Returns the act of a caller, in the chain of ``institution`` or else of the caller's own.

    NOBODY's acts are the system's.
    """
    return Act(
        institution=institution or caller.institution,
        kind=kind,
        actor=caller.actor or SYSTEM_ACTOR,
        actor_role=_role_word(caller.roles),
        at_ms=at_ms,
        device=caller.device,
        device_time=device_time,
        subject=subject,
        before=before,
        after=after,
        personal=personal,
    )


def _role_word(roles: Iterable[Role]) -> str:
    # One word of the ledger, the same whichever way the roles were read.
    held = set(roles)
    return "+".join(role.value for role in Role if role in held)
