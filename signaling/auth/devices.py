"""Devices of an institution: created by an administrator, enrolled once by a short code, signed in by their
own key, revoked at once.

A device is *waiting* (it has a code and no key), *active* (it has a key) or *ended*.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import and_, insert, select, update

from clinical.ids import DeviceId, InstitutionId, new_device_id
from recording.audit.act import Act, DeviceTime
from signaling.api.route import Refusal
from signaling.auth.acts import act_of
from signaling.auth.device_clock import ClockReading
from signaling.auth.device_keys import DeviceKey
from signaling.auth.rights import Assurance, Caller, Role
from signaling.auth.sessions import NewSession, close_sessions_of_device, open_session
from signaling.store import tables
from signaling.store.store import Unit

CODE_TTL_MS: Final = 15 * 60_000
"""From the administrator's desk to the kiosk in the next room."""
CODE_CHARACTERS: Final = 8
"""40 bits: with 10 wrong tries and one more each 90 s for an address, a guess in 15 minutes is hopeless."""
_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0 and O, no 1 and I: nobody asks which it is."""
_PURPOSE: Final = "device"

TRANSITIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "waiting": {"enrol": "active", "revoke": "ended"},
    "active": {"revoke": "ended"},
    "ended": {},
}
"""State and event give the next state; what is not here is refused."""


def new_code() -> str:
    """Returns a fresh code as people type it: ``7KQM-2XWD``."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_CHARACTERS))
    return f"{text[:4]}-{text[4:]}"


def plain_code(typed: str) -> str | None:
    """Returns the code without hyphens and blanks, in capitals; None for what can be none.

    Full-width characters, as a Chinese keyboard gives them, count as the plain ones.
    """
    text = unicodedata.normalize("NFKC", typed).upper()
    text = "".join(character for character in text if not character.isspace() and character not in "-–—_")
    return text if len(text) == CODE_CHARACTERS and set(text) <= set(_ALPHABET) else None


def code_digest(plain: str) -> str:
    """Returns what the store keeps of a code."""
    return hashlib.sha256(f"device enrolment\n{plain}".encode()).hexdigest()


def next_state(state: str, event: str) -> str:
    """Returns the device's next state. Raises Refusal("device_state") where the event does not fit."""
    following = TRANSITIONS[state].get(event)
    if following is None:
        raise Refusal("device_state")
    return following


# ---- what is stored, with its acts ----------------------------------------------------------------------


async def create(unit: Unit, caller: Caller, *, name: str, kind: str) -> tuple[DeviceId, str]:
    """Stores a waiting device; returns its id and its first code."""
    device = new_device_id()
    await unit.connection.execute(
        insert(tables.device).values(
            id=device,
            institution=caller.institution,
            name=name,
            kind=kind,
            state="waiting",
            key_algorithm="",
            created_at_ms=unit.now_ms,
        )
    )
    unit.record(
        act_of(caller, "device.created", unit.now_ms, subject={"device": device}, after={"kind": kind})
    )
    return device, await _store_code(unit, caller.institution, device)


async def renew_code(unit: Unit, caller: Caller, device: DeviceId) -> str:
    """Returns another code for a device that waits; the one before is dead. Refusal("device_state")."""
    row = await locked(unit, device)
    if row["state"] != "waiting":
        raise Refusal("device_state")
    unit.record(act_of(caller, "device.code_renewed", unit.now_ms, subject={"device": device}))
    return await _store_code(unit, InstitutionId(row["institution"]), device)


async def enrol(unit: Unit, *, plain: str, key: DeviceKey, clock: ClockReading, device_time_ms: int) -> str:
    """Spends the code and gives its device the key; returns the device's id.

    Refusal: device_code_wrong, device_key_known, device_state.
    """
    code = tables.one_time_code
    spent = await unit.connection.execute(
        update(code)
        .where(
            code.c.digest == code_digest(plain),
            code.c.purpose == _PURPOSE,
            code.c.used_at_ms.is_(None),
            code.c.expires_at_ms > unit.now_ms,
        )
        .values(used_at_ms=unit.now_ms)
        .returning(code.c.subject)
    )
    found = spent.scalar_one_or_none()
    if found is None:
        raise Refusal("device_code_wrong")
    table = tables.device
    twin = await unit.connection.execute(
        select(table.c.id).where(table.c.public_key == key.data, table.c.id != found)
    )
    if twin.first() is not None:
        # A key that is in two devices names neither.
        raise Refusal("device_key_known")
    row = await locked(unit, DeviceId(found))
    await unit.connection.execute(
        update(table)
        .where(table.c.id == found)
        .values(
            state=next_state(row["state"], "enrol"),
            public_key=key.data,
            key_algorithm=key.algorithm,
            enrolled_at_ms=unit.now_ms,
            seen_at_ms=unit.now_ms,
            clock_offset_ms=clock.offset_ms,
            clock_error_ms=clock.error_ms,
        )
    )
    told = {"key_algorithm": key.algorithm, "key_sha256": key.sha256()}
    unit.record(
        _act_of_device(row, "device.enrolled", unit.now_ms, device_time_ms, clock, {"device": found}, told)
    )
    return str(found)


async def sign_in(unit: Unit, row: Mapping[str, Any], *, clock: ClockReading, sent_ms: int) -> NewSession:
    """Opens a session of an active device and keeps what its clock showed.

    Notes ``clock.off`` when the clock has come to be off since the sign-in before.
    """
    device, institution = DeviceId(row["id"]), InstitutionId(row["institution"])
    session = await open_session(unit, institution, device=device, assurance=Assurance.PASSWORD)
    await unit.connection.execute(
        update(tables.device)
        .where(tables.device.c.id == device)
        .values(seen_at_ms=unit.now_ms, clock_offset_ms=clock.offset_ms, clock_error_ms=clock.error_ms)
    )
    subject = {"device": device, "session": session.id}
    unit.record(_act_of_device(row, "session.opened", unit.now_ms, sent_ms, clock, subject))
    before = ClockReading(row["clock_offset_ms"] or 0, row["clock_error_ms"] or 0)
    if clock.is_off and not before.is_off:
        unit.record(_act_of_device(row, "clock.off", unit.now_ms, sent_ms, clock, {"device": device}))
    return session


async def revoke(unit: Unit, caller: Caller, device: DeviceId) -> None:
    """Ends a device with its code and its sessions. Refusal("device_state") where it has ended."""
    row = await locked(unit, device)
    table, code = tables.device, tables.one_time_code
    await unit.connection.execute(
        update(table).where(table.c.id == device).values(state=next_state(row["state"], "revoke"))
    )
    await unit.connection.execute(
        update(code)
        .where(code.c.purpose == _PURPOSE, code.c.subject == device, code.c.used_at_ms.is_(None))
        .values(used_at_ms=unit.now_ms)
    )
    await close_sessions_of_device(unit, device)
    unit.record(
        act_of(
            caller,
            "device.revoked",
            unit.now_ms,
            subject={"device": device},
            before={"state": row["state"]},
            after={"state": "ended"},
        )
    )


async def locked(unit: Unit, device: DeviceId) -> Mapping[str, Any]:
    """Returns the device's row, held until the unit ends. Refusal("not_found")."""
    row = (
        await unit.connection.execute(
            select(tables.device).where(tables.device.c.id == device).with_for_update()
        )
    ).mappings()
    found = row.one_or_none()
    if found is None:
        raise Refusal("not_found")
    return dict(found)


def waits_for(plain: str, now_ms: int) -> Any:
    """Returns the query for the institution and device that a live code enrols."""
    code, table = tables.one_time_code, tables.device
    return select(table.c.institution, table.c.id).where(
        and_(
            code.c.digest == code_digest(plain),
            code.c.purpose == _PURPOSE,
            code.c.used_at_ms.is_(None),
            code.c.expires_at_ms > now_ms,
            table.c.id == code.c.subject,
        )
    )


def clock_refused(row: Mapping[str, Any], device_time_ms: int, clock: ClockReading, now_ms: int) -> Act:
    """Returns the act that tells of an enrolment that failed for the device's clock."""
    return _act_of_device(row, "clock.refused", now_ms, device_time_ms, clock, {"device": row["id"]})


def _act_of_device(
    row: Mapping[str, Any],
    kind: str,
    at_ms: int,
    device_time_ms: int,
    clock: ClockReading,
    subject: Mapping[str, str],
    after: Mapping[str, str] | None = None,
) -> Act:
    device = Caller(
        institution=InstitutionId(row["institution"]),
        device=DeviceId(row["id"]),
        roles=frozenset({Role.DEVICE}),
    )
    return act_of(
        device,
        kind,
        at_ms,
        device_time=DeviceTime(device_time_ms, clock.offset_ms, clock.error_ms),
        subject=subject,
        after=after or {},
    )


async def _store_code(unit: Unit, institution: InstitutionId, device: DeviceId) -> str:
    table = tables.one_time_code
    await unit.connection.execute(
        update(table)
        .where(table.c.purpose == _PURPOSE, table.c.subject == device, table.c.used_at_ms.is_(None))
        .values(used_at_ms=unit.now_ms)
    )
    code = new_code()
    plain = plain_code(code)
    assert plain is not None
    await unit.connection.execute(
        insert(table).values(
            digest=code_digest(plain),
            purpose=_PURPOSE,
            institution=institution,
            subject=device,
            expires_at_ms=unit.now_ms + CODE_TTL_MS,
        )
    )
    return code
