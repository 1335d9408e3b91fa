"""What the API takes and gives about break-glass: opening at once what one normally may not, and the review
of it.

    POST /breakglass               a clinician opens a room or a patient's record, with the reason
    GET  /breakglass               what supervisors and auditors have to review, or have reviewed
    POST /breakglass/{id}/review   the finding, by someone else than who used it
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from signaling.api.invitation_models import RoomEntry
from signaling.api.route import Model


class BreakglassUse(Model):
    """What is opened, one of the two, and why."""

    room: str = Field(default="", max_length=100)
    patient: str = Field(default="", max_length=40)
    reason: str = Field(min_length=1, max_length=500)
    """At least three words, or six Chinese characters."""

    @model_validator(mode="after")
    def _names_one(self) -> BreakglassUse:
        if bool(self.room) == bool(self.patient):
            raise ValueError("room or patient: exactly one of them")
        return self


class BreakglassUsed(Model):
    """What was opened, and until when. ``entry`` opens the room without another request."""

    id: str
    ends_at_ms: int
    due_at_ms: int
    """By when it is to be reviewed: the end of the next day, China Standard Time."""
    entry: RoomEntry | None = None


class BreakglassLine(Model):
    """One use, as reviewers see it."""

    id: str
    person: str
    person_name: str
    room: str
    patient: str
    reason: str
    at_ms: int
    ends_at_ms: int
    due_at_ms: int
    is_overdue: bool
    reviewed_at_ms: int | None = None
    reviewer: str = ""
    reviewer_name: str = ""
    finding: Literal["", "justified", "unjustified"] = ""
    review_note: str = ""


class BreakglassLines(Model):
    """One page of uses, newest first."""

    breakglass: list[BreakglassLine]
    next: str | None = None


class BreakglassQuery(Model):
    """Which uses: those that wait for their review, those reviewed, or all."""

    state: Literal["open", "reviewed", "all"] = "open"
    cursor: str = Field(default="", max_length=80)
    limit: int = Field(default=50, ge=1, le=200)


class Review(Model):
    """A reviewer's finding."""

    finding: Literal["justified", "unjustified"]
    note: str = Field(default="", max_length=1000)
