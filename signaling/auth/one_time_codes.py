"""One-time codes of people: 128 random bits that open one thing once, kept only as their hash.

Spending is one conditional UPDATE: of a hundred who bring the same code at once, one finds it unused.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.store import tables as t
from signaling.store.store import Unit

FIRST_ADMINISTRATOR_LIFE_MS: Final = 24 * 3600 * 1000
"""The link lies in a terminal or a log; the next start prints a fresh one."""
ACTIVATION_LIFE_MS: Final = 72 * 3600 * 1000
"""Over a weekend."""
_CODE_BYTES: Final = 16


class CodePurpose(StrEnum):
    """What a code opens."""

    FIRST_ADMINISTRATOR = "first_administrator"
    ACTIVATION = "activation"
    """Set the password of an account: the first, or after a reset."""


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code just made; told once."""

    code: str
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class SpentCode:
    """What a code was for. ``subject`` is the id of an account, "" for none."""

    institution: str
    subject: str


def normalised(code: str) -> str:
    """Returns a code as it is hashed: people type blanks and hyphens between its groups."""
    return "".join(character for character in code.lower() if character.isalnum())


def digest_of_code(code: str) -> str:
    """Returns what is kept of a code: SHA-256 in hexadecimal. It is random, so no salt is needed."""
    return hashlib.sha256(normalised(code).encode()).hexdigest()


async def issue_code(
    unit: Unit, purpose: CodePurpose, *, institution: str = "", subject: str = "", life_ms: int
) -> NewCode:
    """Makes a code; earlier ones of the same purpose, institution and subject open nothing any more."""
    c = t.one_time_code.c
    await unit.connection.execute(
        delete(t.one_time_code).where(
            c.purpose == purpose.value,
            c.institution == institution,
            c.subject == subject,
            c.used_at_ms.is_(None),
        )
    )
    text = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().rstrip("=").lower()
    new = NewCode("-".join(text[at : at + 7] for at in range(0, len(text), 7)), unit.now_ms + life_ms)
    await unit.connection.execute(
        insert(t.one_time_code).values(
            digest=digest_of_code(new.code),
            purpose=purpose.value,
            institution=institution,
            subject=subject,
            expires_at_ms=new.expires_at_ms,
            used_at_ms=None,
        )
    )
    return new


async def peek_code(
    connection: AsyncConnection, code: str, purpose: CodePurpose, now_ms: int
) -> SpentCode | None:
    """Returns what a code is for and leaves it unused; None where it opens nothing."""
    c = t.one_time_code.c
    query = select(c.institution, c.subject).where(
        c.digest == digest_of_code(code),
        c.purpose == purpose.value,
        c.used_at_ms.is_(None),
        c.expires_at_ms > now_ms,
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else SpentCode(row.institution, row.subject)


async def spend_code(unit: Unit, code: str, purpose: CodePurpose) -> SpentCode | None:
    """Uses a code up and returns what it was for; None for one that is wrong, used or expired."""
    found = await peek_code(unit.connection, code, purpose, unit.now_ms)
    if found is None:
        return None
    c = t.one_time_code.c
    done = await unit.connection.execute(
        update(t.one_time_code)
        .where(c.digest == digest_of_code(code), c.used_at_ms.is_(None))
        .values(used_at_ms=unit.now_ms)
    )
    return found if done.rowcount == 1 else None


async def revoke_codes(unit: Unit, purpose: CodePurpose, subject: str) -> None:
    """Takes back the unused codes of a subject."""
    c = t.one_time_code.c
    await unit.connection.execute(
        delete(t.one_time_code).where(
            c.purpose == purpose.value, c.subject == subject, c.used_at_ms.is_(None)
        )
    )
