"""A second factor used, within the unit of work of what it is given for: compared, and used up.

Each returns None where it is right. A refusal that is returned has counted the wrong try (sign_in.py): the
unit must commit, and do nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from signaling.api.route import Refusal
from signaling.auth import passkeys, totp
from signaling.auth.accounts import AccountRow
from signaling.auth.passkeys import Passkey, PasskeyRefused, Site
from signaling.auth.sign_in_desk import note_wrong
from signaling.store import tables as t
from signaling.store.secret_box import SecretBox
from signaling.store.store import Unit


async def use_code(unit: Unit, box: SecretBox, account: AccountRow, code: str) -> Refusal | None:
    """Uses a code of the account's authenticator app, which must be enrolled. Returns code_wrong."""
    assert account.totp_sealed is not None
    secret = box.open(account.totp_sealed, account.id).decode()
    used = totp.accepted_step(secret, code, last_step=account.totp_last_step, now_ms=unit.now_ms)
    if used is None:
        return await note_wrong(unit, account, "code_wrong")
    await unit.connection.execute(
        update(t.account).where(t.account.c.id == account.id).values(totp_last_step=used)
    )
    return None


async def use_passkey(
    unit: Unit, account: AccountRow, site: Site, proof: Mapping[str, Any], challenge: bytes
) -> Refusal | None:
    """Uses one of the account's passkeys, which answered ``challenge`` at ``site``. Returns passkey_wrong."""
    try:
        enrolled = _enrolled(account, passkeys.credential_id_of(proof))
        count = passkeys.verify_proof(site, proof, enrolled, challenge=challenge)
    except PasskeyRefused as refused:
        return await note_wrong(unit, account, refused.code)
    await unit.connection.execute(
        update(t.passkey)
        .where(t.passkey.c.credential_id == enrolled.credential_id, t.passkey.c.account == account.id)
        .values(sign_count=count)
    )
    return None


def _enrolled(account: AccountRow, credential_id: bytes) -> Passkey:
    for row in account.passkeys:
        if row.passkey.credential_id == credential_id:
            return row.passkey
    raise PasskeyRefused
