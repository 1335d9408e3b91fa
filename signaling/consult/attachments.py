"""The files of a case: rows and values, added with their hash in both chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import CaseId, random_id
from signaling.api.route import Refusal
from signaling.auth.rights import Caller
from signaling.consult.case_chain import chain_act
from signaling.consult.case_rights import Deed
from signaling.consult.cases import Case, store_case
from signaling.consult.file_types import IMAGES
from signaling.consult.opened_case import open_case
from signaling.store import tables as t
from signaling.store.store import Unit

MAX_FILE_BYTES: Final = 8 * 1024 * 1024
"""A still of twelve megapixels, a scanned report of some pages. Series of images have their own systems."""
MAX_FILES: Final = 100
"""Of one case."""
MAX_CASE_BYTES: Final = 200 * 1024 * 1024
"""Of one case: so that a case cannot fill the disk that recordings need."""
_C: Final = t.attachment.c


class AttachmentKind(StrEnum):
    """What a file is for."""

    DOCUMENT = "document"
    STILL = "still"
    """A picture at full resolution that was asked for in the room."""
    ANNOTATED_STILL = "annotated_still"
    """A still that was drawn upon."""
    CONSENT_SIGNATURE = "consent_signature"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file. ``replies_to``: the still that was drawn upon."""

    id: str
    case: CaseId
    person: str
    kind: AttachmentKind
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    replies_to: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class NewFile:
    """What is to be added; its bytes lie in the folder already."""

    kind: AttachmentKind
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    replies_to: str = ""


async def add_attachment(unit: Unit, caller: Caller, case_id: str, new: NewFile) -> tuple[Case, Attachment]:
    """Stores a file's row. Raises Refusal (not_permitted, attachment_kind_wrong, attachment_missing,
    attachments_full), ConsultationRefused.
    """
    case, _ = await open_case(unit, caller, case_id, Deed.WRITE)
    if new.kind is not AttachmentKind.DOCUMENT and new.media_type not in IMAGES:
        raise Refusal("attachment_kind_wrong")
    await check_space(unit.connection, case.id, new.size_bytes)
    await _check_reply(unit.connection, case, new)
    row = Attachment(
        random_id("at_"),
        case.id,
        caller.actor,
        new.kind,
        new.name,
        new.media_type,
        new.size_bytes,
        new.sha256,
        new.replies_to,
        unit.now_ms,
    )
    await unit.connection.execute(
        insert(t.attachment).values(
            id=row.id,
            case_id=row.case,
            person=row.person,
            kind=row.kind.value,
            name=row.name,
            media_type=row.media_type,
            size_bytes=row.size_bytes,
            sha256=row.sha256,
            replies_to=row.replies_to,
            at_ms=row.at_ms,
        )
    )
    chain_act(
        unit,
        caller,
        case,
        "attachment.added",
        subject={"attachment": row.id},
        after={
            "kind": row.kind.value,
            "media_type": row.media_type,
            "size_bytes": row.size_bytes,
            "sha256": row.sha256,
            "replies_to": row.replies_to,
        },
        personal={"name": row.name},
    )
    return await store_case(unit, case), row


async def check_space(connection: AsyncConnection, case_id: str, size_bytes: int) -> None:
    """Raises Refusal(attachments_full) where a case holds as much as one may."""
    found = await connection.execute(
        select(func.count(), func.coalesce(func.sum(_C.size_bytes), 0)).where(_C.case_id == case_id)
    )
    count, total_bytes = found.one()
    if count >= MAX_FILES or int(total_bytes) + size_bytes > MAX_CASE_BYTES:
        raise Refusal("attachments_full")


async def attachments_of(connection: AsyncConnection, case_id: str) -> Sequence[Attachment]:
    """Returns the files of a case, oldest first."""
    query = select(t.attachment).where(_C.case_id == case_id).order_by(_C.at_ms, _C.id).limit(MAX_FILES)
    return [_attachment(row) for row in await connection.execute(query)]


async def find_attachment(connection: AsyncConnection, case_id: str, attachment: str) -> Attachment | None:
    """Returns a file of that case."""
    query = select(t.attachment).where(_C.id == attachment, _C.case_id == case_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _attachment(row)


async def _check_reply(connection: AsyncConnection, case: Case, new: NewFile) -> None:
    is_reply = new.kind is AttachmentKind.ANNOTATED_STILL
    if is_reply != bool(new.replies_to):
        raise Refusal("attachment_kind_wrong")
    if is_reply:
        still = await find_attachment(connection, case.id, new.replies_to)
        if still is None or still.media_type not in IMAGES:
            raise Refusal("attachment_missing")


def _attachment(row: Row[Any]) -> Attachment:
    return Attachment(
        id=row.id,
        case=CaseId(row.case_id),
        person=row.person,
        kind=AttachmentKind(row.kind),
        name=row.name,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        replies_to=row.replies_to,
        at_ms=row.at_ms,
    )
