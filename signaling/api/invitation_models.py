"""What the API takes and gives about invitations: a way into one room, for one guest, once.

    POST   /invitations           makes one: the answer holds the link, this once
    GET    /invitations           the institution's invitations, newest first
    DELETE /invitations/{id}      revokes it; a guest who came in by it leaves at once
    POST   /invitations/accept    the guest: code for a room token; works exactly once

The code stands in the link's fragment (``/#/invited?code=…``), which browsers send to nobody.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from signaling.api.route import Model

DEFAULT_MINUTES: Final = 15
"""As long as a talk with a patient's family takes to begin (domain.md §5.2)."""
MAX_MINUTES: Final = 24 * 60


class NewInvitation(Model):
    """Who is invited where."""

    room: str = Field(min_length=1, max_length=100)
    guest_name: str = Field(min_length=1, max_length=60)
    may_publish: bool = True
    """Microphone and camera; False: the guest only watches and listens."""
    minutes: int = Field(default=DEFAULT_MINUTES, ge=1, le=MAX_MINUTES)
    """How long the link works."""
    case_id: str = Field(default="", max_length=40)


class InvitationLine(Model):
    """An invitation as its institution sees it."""

    id: str
    room: str
    case_id: str
    guest_name: str
    may_publish: bool
    inviter: str
    inviter_name: str
    state: Literal["active", "used", "ended", "expired"]
    expires_at_ms: int
    used_at_ms: int | None = None


class InvitationMade(Model):
    """An invitation with its link."""

    invitation: InvitationLine
    code: str
    link: str
    """Path and fragment; put the service's address before it."""


class InvitationLines(Model):
    """One page of invitations."""

    invitations: list[InvitationLine]
    next: str | None = None


class InvitationQuery(Model):
    """Which invitations: all, or those of one room."""

    room: str = Field(default="", max_length=100)
    cursor: str = Field(default="", max_length=80)
    limit: int = Field(default=50, ge=1, le=200)


class Acceptance(Model):
    """The code of the link."""

    code: str = Field(min_length=8, max_length=100)


class RoomEntry(Model):
    """What opens a room: ``token`` is for the LiveKit client, minutes long and of that room only."""

    token: str
    room: str
    identity: str
    name: str
    expires_at_ms: int
