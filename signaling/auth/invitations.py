"""Invitations: a link that lets one guest into one room, once, for as long as its time runs.

The code in the link is random (128 bits) and kept only as its hash. Accepting is one conditional change of
one row: of any number who try at the same moment, one finds the invitation unused.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, insert, select, update

from clinical.ids import InvitationId, new_invitation_id
from recording.audit.act import Act
from signaling.api.route import Refusal
from signaling.auth.acts import act_of
from signaling.auth.rights import Caller
from signaling.store import tables as t
from signaling.store.store import Unit

CODE_BYTES: Final = 16
PURPOSE: Final = "invitation"
GUEST_ROLE: Final = "guest"

TRANSITIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "active": {"accept": "used", "revoke": "ended"},
    "used": {"revoke": "ended"},
    "ended": {},
}
"""State and event give the next state. Whose time is over is active still, and opens nothing."""


def new_code() -> str:
    """Returns a fresh code: 22 characters of base64url."""
    return base64.urlsafe_b64encode(secrets.token_bytes(CODE_BYTES)).rstrip(b"=").decode()


def code_digest(code: str) -> str:
    """Returns what the store keeps of a code. It is random, so no salt is needed."""
    return hashlib.sha256(f"invitation\n{code}".encode()).hexdigest()


def shown_state(state: str, expires_at_ms: int, now_ms: int) -> str:
    """Returns the state as people see it."""
    return "expired" if state == "active" and now_ms >= expires_at_ms else state


def refusal_of(state: str, expires_at_ms: int, now_ms: int) -> str:
    """Returns why an invitation cannot be accepted: a code, "" where it can."""
    return {
        "active": "",
        "expired": "invitation_expired",
        "used": "invitation_used",
        "ended": "invitation_revoked",
    }[shown_state(state, expires_at_ms, now_ms)]


# ---- what is stored, with its acts ----------------------------------------------------------------------


async def create(
    unit: Unit,
    caller: Caller,
    *,
    room: str,
    guest_name: str,
    may_publish: bool,
    minutes: int,
    case_id: str,
) -> tuple[InvitationId, str]:
    """Stores an invitation; returns its id and its code."""
    invitation, code = new_invitation_id(), new_code()
    expires_at_ms = unit.now_ms + minutes * 60_000
    await unit.connection.execute(
        insert(t.invitation).values(
            id=invitation,
            institution=caller.institution,
            inviter=caller.person,
            room=room,
            case_id=case_id,
            guest_name=guest_name,
            may_publish=may_publish,
            state="active",
            expires_at_ms=expires_at_ms,
        )
    )
    await unit.connection.execute(
        insert(t.one_time_code).values(
            digest=code_digest(code),
            purpose=PURPOSE,
            institution=caller.institution,
            subject=invitation,
            expires_at_ms=expires_at_ms,
        )
    )
    unit.record(
        act_of(
            caller,
            "invitation.created",
            unit.now_ms,
            subject=_subject(invitation, room, case_id),
            after={"may_publish": may_publish, "expires_at_ms": expires_at_ms},
            personal={"guest_name": guest_name},
        )
    )
    return invitation, code


async def accept(unit: Unit, code: str) -> Mapping[str, Any]:
    """Uses an invitation up; returns its row as it was.

    Refusal: invitation_unknown, invitation_used, invitation_expired, invitation_revoked.
    """
    i, c = t.invitation.c, t.one_time_code.c
    rows = await unit.connection.execute(
        select(t.invitation)
        .join(t.one_time_code, c.subject == i.id)
        .where(c.digest == code_digest(code), c.purpose == PURPOSE)
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise Refusal("invitation_unknown")
    reason = refusal_of(row["state"], row["expires_at_ms"], unit.now_ms)
    if reason:
        raise Refusal(reason)
    done = await unit.connection.execute(
        update(t.invitation)
        .where(i.id == row["id"], i.state == "active")
        .values(state=TRANSITIONS["active"]["accept"], used_at_ms=unit.now_ms)
    )
    if done.rowcount != 1:
        raise Refusal("invitation_used")
    await unit.connection.execute(
        update(t.one_time_code).where(c.digest == code_digest(code)).values(used_at_ms=unit.now_ms)
    )
    unit.record(
        Act(
            institution=row["institution"],
            kind="invitation.accepted",
            actor=row["id"],
            actor_role=GUEST_ROLE,
            at_ms=unit.now_ms,
            subject=_subject(row["id"], row["room"], row["case_id"]),
        )
    )
    return dict(row)


async def revoke(unit: Unit, caller: Caller, invitation: InvitationId) -> None:
    """Ends an invitation, used or not. Refusal("state_refused") where it has ended."""
    i = t.invitation.c
    rows = await unit.connection.execute(select(t.invitation).where(i.id == invitation).with_for_update())
    row = rows.mappings().one_or_none()
    if row is None:
        raise Refusal("not_found")
    following = TRANSITIONS[row["state"]].get("revoke")
    if following is None:
        raise Refusal("state_refused")
    await unit.connection.execute(update(t.invitation).where(i.id == invitation).values(state=following))
    unit.record(
        act_of(
            caller,
            "invitation.revoked",
            unit.now_ms,
            subject=_subject(invitation, row["room"], row["case_id"]),
            before={"state": row["state"]},
            after={"state": following},
        )
    )


def with_inviter() -> Select[Any]:
    """Returns the query for invitations with the name of who made them."""
    return select(t.invitation, t.person.c.name.label("inviter_name")).join(
        t.person, t.person.c.id == t.invitation.c.inviter
    )


def _subject(invitation: str, room: str, case_id: str) -> dict[str, str]:
    subject = {"invitation": invitation, "room": room}
    return {**subject, "case": case_id} if case_id else subject
