"""The routes of what is kept with a case: messages, attachments, steps of the ladder."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Final
from urllib.parse import quote

import structlog
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.api.case_desk import CaseDesk, consultation_refusals
from signaling.api.case_file_models import (
    MAX_BODY_BYTES,
    AttachmentList,
    AttachmentView,
    LadderStep,
    MessageList,
    MessageView,
    NewAttachment,
    NewMessage,
)
from signaling.api.route import Call, Pace, Refusal, Route
from signaling.auth.rights import Action
from signaling.consult.attachment_files import AttachmentFiles
from signaling.consult.attachments import (
    MAX_FILE_BYTES,
    Attachment,
    NewFile,
    add_attachment,
    attachments_of,
    check_space,
    find_attachment,
)
from signaling.consult.case_rights import Deed
from signaling.consult.cases import Case
from signaling.consult.file_types import TEXT, type_of_bytes
from signaling.consult.ladder import note_step
from signaling.consult.messages import Message, add_message, messages_of
from signaling.consult.opened_case import refuse
from signaling.consult.parties import parties_of, seated_of
from signaling.store.store import Unit
from signaling.trace.names import names_of

MAX_UPLOADS: Final = 4
"""Files taken in at once, each some tens of megabytes in memory while it is read and checked."""
_STATE: Final = ("not_permitted", "consultation_state")
_log = structlog.get_logger("consultations")


class CaseFilePages:
    """The handlers."""

    def __init__(self, cases: CaseDesk, files: AttachmentFiles) -> None:
        self._cases = cases
        self._files = files
        self._uploads = asyncio.Semaphore(MAX_UPLOADS)

    def routes(self) -> list[Route]:
        """Returns the routes."""
        find = self._cases.find
        return [
            Route(
                "GET",
                "/consultations/{id}/messages",
                Action.CASE_READ,
                "List what was written in the case.",
                self.messages,
                answer=MessageList,
                find=find,
            ),
            Route(
                "POST",
                "/consultations/{id}/messages",
                Action.CASE_WRITE,
                "Write a line; it goes into the record.",
                self.write,
                body=NewMessage,
                answer=MessageView,
                status=201,
                find=find,
                refusals=(*_STATE, "consultation_full"),
                pace=Pace.ROOM,
            ),
            Route(
                "GET",
                "/consultations/{id}/attachments",
                Action.CASE_READ,
                "List the files of the case.",
                self.attachments,
                answer=AttachmentList,
                find=find,
            ),
            Route(
                "POST",
                "/consultations/{id}/attachments",
                Action.CASE_WRITE,
                "Add a file: a picture, a PDF, a plain text, of at most 8 MiB.",
                self.attach,
                body=NewAttachment,
                answer=AttachmentView,
                status=201,
                find=find,
                refusals=(
                    *_STATE,
                    "attachment_unreadable",
                    "attachment_type_wrong",
                    "attachment_kind_wrong",
                    "attachment_missing",
                    "attachments_full",
                ),
                max_body_bytes=MAX_BODY_BYTES,
            ),
            Route(
                "GET",
                "/consultations/{id}/attachments/{attachment}",
                Action.CASE_READ,
                "The bytes of a file as they were added.",
                self.content,
                find=find,
                refusals=("attachment_altered",),
                media_type="*/*",
            ),
            Route(
                "POST",
                "/consultations/{id}/ladder",
                Action.CASE_WRITE,
                "Note a step of the degradation ladder.",
                self.step,
                body=LadderStep,
                find=find,
                refusals=(*_STATE, "party_unknown"),
                pace=Pace.ROOM,
            ),
        ]

    # ---- messages ---------------------------------------------------------------------------------------

    async def messages(self, call: Call) -> MessageList:
        """Lists them."""

        async def work(connection: AsyncConnection) -> MessageList:
            found = await messages_of(connection, call.path["id"])
            names = await names_of(connection, [message.person for message in found])
            return MessageList(messages=[_line(message, names.get(message.person, "")) for message in found])

        return await self._cases.store.read(work)

    async def write(self, call: Call) -> MessageView:
        """Keeps a line."""
        wanted: NewMessage = call.body
        written: list[Message] = []

        async def work(unit: Unit) -> Case:
            case, message = await add_message(unit, call.caller, call.path["id"], wanted.text)
            written[:] = [message]
            return case

        await self._cases.write(work)
        return _line(written[0], call.caller.name)

    async def step(self, call: Call) -> None:
        """Chains a step."""
        wanted: LadderStep = call.body
        with consultation_refusals():
            await self._cases.store.write(
                lambda unit: note_step(
                    unit,
                    call.caller,
                    call.path["id"],
                    step=wanted.step,
                    cause=wanted.cause,
                    receiver=wanted.receiver,
                )
            )

    # ---- attachments ------------------------------------------------------------------------------------

    async def attachments(self, call: Call) -> AttachmentList:
        """Lists them."""

        async def work(connection: AsyncConnection) -> AttachmentList:
            found = await attachments_of(connection, call.path["id"])
            names = await names_of(connection, [file.person for file in found])
            return AttachmentList(attachments=[_view(file, names.get(file.person, "")) for file in found])

        return await self._cases.store.read(work)

    async def attach(self, call: Call) -> AttachmentView:
        """Keeps a file: its bytes first, then its row."""
        wanted: NewAttachment = call.body
        case: Case = call.found
        async with self._uploads:
            content = await asyncio.to_thread(_decode, wanted.content_base64)
            if type_of_bytes(content) != wanted.media_type:
                raise Refusal("attachment_type_wrong")
            # Before the disk is touched: who may not add, and what has no room, leaves nothing behind.
            await self._cases.store.read(lambda connection: self._check(connection, call, len(content)))
            try:
                digest = await asyncio.to_thread(self._files.keep, content)
            except OSError:
                _log.error("attachment_not_kept", case=case.id)
                raise Refusal("store_unavailable") from None
        new = NewFile(wanted.kind, wanted.name, wanted.media_type, len(content), digest, wanted.replies_to)
        added: list[Attachment] = []

        async def work(unit: Unit) -> Case:
            after, attachment = await add_attachment(unit, call.caller, case.id, new)
            added[:] = [attachment]
            return after

        await self._cases.write(work)
        return _view(added[0], call.caller.name)

    async def content(self, call: Call) -> web.StreamResponse:
        """Gives the bytes, as a file and never as a page."""
        found = await self._cases.store.read(
            lambda connection: find_attachment(connection, call.path["id"], call.path["attachment"])
        )
        if found is None:
            raise Refusal("not_found")
        try:
            content = await asyncio.to_thread(self._files.read, found.sha256)
        except (OSError, ValueError) as error:
            _log.error("attachment_unreadable", case=found.case, error=type(error).__name__)
            raise Refusal("attachment_altered") from None
        await self._cases.note_look(call, "attachment", attachment=found.id)
        headers = {
            "Content-Disposition": disposition(found.name),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        }
        charset = "utf-8" if found.media_type == TEXT else None
        return web.Response(body=content, content_type=found.media_type, charset=charset, headers=headers)

    async def _check(self, connection: AsyncConnection, call: Call, size_bytes: int) -> None:
        case: Case = call.found
        with consultation_refusals():
            refuse(Deed.WRITE, case, call.caller, seated_of(await parties_of(connection, [case.id])))
        await check_space(connection, case.id, size_bytes)


def disposition(name: str) -> str:
    """Returns the header that has a file saved under its name (RFC 6266, RFC 8187): no name can end the
    header or begin another."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name).lstrip(".")
    return f"attachment; filename=\"{plain or 'file'}\"; filename*=UTF-8''{quote(name, safe='')}"


def _decode(text: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal("attachment_unreadable") from None
    if not content or len(content) > MAX_FILE_BYTES:
        raise Refusal("attachment_unreadable")
    return content


def _line(message: Message, name: str) -> MessageView:
    return MessageView(
        id=message.id, person=message.person, person_name=name, text=message.text, at_ms=message.at_ms
    )


def _view(file: Attachment, name: str) -> AttachmentView:
    return AttachmentView(
        id=file.id,
        person=file.person,
        person_name=name,
        kind=file.kind,
        name=file.name,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        replies_to=file.replies_to,
        at_ms=file.at_ms,
    )
