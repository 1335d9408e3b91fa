"""Opinions in the store: rows and values. One of a case; its draft's version rises with each change."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.adoption import Adoption, items_from_json, items_to_json
from clinical.ids import PersonId, random_id
from clinical.opinion import Content, content_from_json, content_to_json
from signaling.consult.opinion_archive import FiledAdoption, FiledOpinion, FiledSignature
from signaling.store import tables as t
from signaling.store.store import Unit

_C: Final = t.opinion.c


async def find_opinion(connection: AsyncConnection, case: str) -> FiledOpinion | None:
    """Returns the opinion of a case, None where nothing was written yet."""
    row = (await connection.execute(select(t.opinion).where(_C.case_id == case))).one_or_none()
    return None if row is None else _opinion(row)


async def put_draft(
    unit: Unit, case: str, before: FiledOpinion | None, author: PersonId, content: Content
) -> FiledOpinion:
    """Stores a draft over the one that stood; returns it with its new version."""
    version = 1 if before is None else before.version + 1
    own_id = random_id("op_") if before is None else before.id
    values = {
        "author": author,
        "version": version,
        "state": "draft",
        "content": content_to_json(content),
        "updated_at_ms": unit.now_ms,
    }
    if before is None:
        await unit.connection.execute(insert(t.opinion).values(id=own_id, case_id=case, **values))
    else:
        await unit.connection.execute(update(t.opinion).where(_C.id == own_id).values(**values))
    return FiledOpinion(own_id, author, version, content, unit.now_ms)


async def put_signature(unit: Unit, opinion: str, signature: FiledSignature) -> None:
    """Stores what was signed and the signature."""
    await unit.connection.execute(
        update(t.opinion)
        .where(_C.id == opinion, _C.state == "draft")
        .values(
            state="signed",
            signed_form=signature.form,
            signature=signature.signature,
            key_id=signature.key_id,
            factor=signature.factor,
            signed_at_ms=signature.at_ms,
            updated_at_ms=unit.now_ms,
        )
    )


async def put_adoption(unit: Unit, opinion: str, adoption: FiledAdoption) -> None:
    """Stores what the treating side decided."""
    await unit.connection.execute(
        update(t.opinion)
        .where(_C.id == opinion)
        .values(
            adoption=adoption.adoption.value,
            adoption_items=items_to_json(adoption.items),
            adopted_by=adoption.by,
            adopted_at_ms=adoption.at_ms,
            updated_at_ms=unit.now_ms,
        )
    )


def _opinion(row: Row[Any]) -> FiledOpinion:
    signature = adoption = None
    if row.state == "signed":
        signature = FiledSignature(
            bytes(row.signed_form), bytes(row.signature), row.key_id, row.factor, row.signed_at_ms
        )
    if row.adoption:
        adoption = FiledAdoption(
            Adoption(row.adoption), items_from_json(row.adoption_items), row.adopted_by, row.adopted_at_ms
        )
    return FiledOpinion(
        row.id,
        PersonId(row.author),
        row.version,
        content_from_json(row.content),
        row.updated_at_ms,
        signature,
        adoption,
    )
