"""What the API takes and gives about a case's messages, attachments and steps of the ladder."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from signaling.api.consultation_models import MaybeId
from signaling.api.route import Model
from signaling.consult.attachments import MAX_FILE_BYTES, AttachmentKind
from signaling.consult.ladder import LOWEST

MAX_BASE64_CHARACTERS: Final = (MAX_FILE_BYTES + 2) // 3 * 4
MAX_BODY_BYTES: Final = MAX_BASE64_CHARACTERS + 4096
"""The file in base64, and the form around it."""


class NewMessage(Model):
    """A line."""

    text: Annotated[str, Field(min_length=1, max_length=2_000)]


class MessageView(Model):
    """One line as it was written."""

    id: str
    person: str
    person_name: str
    text: str
    at_ms: int


class MessageList(Model):
    """All lines of a case, oldest first."""

    messages: list[MessageView]
    next: str | None = None


class NewAttachment(Model):
    """A file; its bytes must be what ``media_type`` says: image/jpeg, image/png, application/pdf,
    text/plain."""

    kind: AttachmentKind
    name: Annotated[str, Field(min_length=1, max_length=200)]
    media_type: Annotated[str, Field(max_length=60)]
    content_base64: Annotated[str, Field(min_length=4, max_length=MAX_BASE64_CHARACTERS)]
    replies_to: MaybeId = ""
    """The still that was drawn upon."""


class AttachmentView(Model):
    """A file without its bytes."""

    id: str
    person: str
    person_name: str
    kind: AttachmentKind
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    replies_to: str
    at_ms: int


class AttachmentList(Model):
    """All files of a case, oldest first."""

    attachments: list[AttachmentView]
    next: str | None = None


class LadderStep(Model):
    """A step of the ladder that a page has taken: 0 is the best, 5 is no connection."""

    step: Annotated[int, Field(ge=0, le=LOWEST)]
    cause: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,29}$")]
    """Why, as a word."""
    receiver: Annotated[str, Field(max_length=64)] = ""
    """Who reported it, where it was not the page's own link."""
