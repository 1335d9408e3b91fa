"""Accounts as the store holds them: what is proved against, and how often it was proved wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId, PersonId
from signaling.auth.ids import AccountId
from signaling.auth.passkeys import Passkey
from signaling.auth.sign_in import Tries
from signaling.store import tables as t
from signaling.store.store import Unit

SECOND_FACTOR_SETTING = "second_factor"
"""Of an institution: "optional" only in a demo; asked of everybody where nothing is set."""
OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class EnrolledPasskey:
    """A passkey with what its owner calls it."""

    passkey: Passkey
    name: str
    added_at_ms: int


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account with its person."""

    id: AccountId
    institution: InstitutionId
    person: PersonId
    login: str
    name: str
    is_active: bool
    """Neither the person nor the institution is suspended."""
    password_hash: str
    """"" until the first password is set."""
    tries: Tries
    totp_sealed: bytes | None
    totp_last_step: int
    passkeys: tuple[EnrolledPasskey, ...]
    is_second_asked: bool
    """Whether the institution asks everybody for two factors."""
    is_linked: bool

    @property
    def is_enrolled(self) -> bool:
        """Whether there is any second factor."""
        return self.totp_sealed is not None or bool(self.passkeys)


def plain_login(login: str) -> str:
    """Returns a login as it is kept: logins differ in more than capitals."""
    return login.strip().casefold()


async def account_by_login(connection: AsyncConnection, login: str) -> AccountRow | None:
    """Returns the account that signs in with that name."""
    return await _account(connection, t.account.c.login == plain_login(login))


async def account_by_id(connection: AsyncConnection, account: str) -> AccountRow | None:
    """Returns an account."""
    return await _account(connection, t.account.c.id == account)


async def locked_account(unit: Unit, person: str) -> AccountRow | None:
    """Returns a person's account, which no other writer changes before the unit ends."""
    # SQLite has one writer, and no FOR UPDATE; elsewhere two processes must not count the same try twice.
    await unit.connection.execute(
        select(t.account.c.id).where(t.account.c.person == person).with_for_update()
    )
    return await account_by_person(unit.connection, person)


async def account_by_person(connection: AsyncConnection, person: str) -> AccountRow | None:
    """Returns a person's account, None where they have none."""
    return await _account(connection, t.account.c.person == person)


async def account_by_subject(connection: AsyncConnection, issuer: str, subject: str) -> AccountRow | None:
    """Returns the account linked to somebody of an identity provider."""
    return await _account(
        connection, (t.account.c.oidc_issuer == issuer) & (t.account.c.oidc_subject == subject)
    )


async def accounts_of(connection: AsyncConnection, people: Iterable[str]) -> dict[str, AccountRow]:
    """Returns the accounts of people who have one, by person."""
    rows = await _accounts(connection, t.account.c.person.in_(list(people)))
    return {row.person: row for row in rows}


async def _account(connection: AsyncConnection, which: ColumnElement[bool]) -> AccountRow | None:
    rows = await _accounts(connection, which)
    return rows[0] if rows else None


async def _accounts(connection: AsyncConnection, which: ColumnElement[bool]) -> list[AccountRow]:
    a, p, i, s = t.account.c, t.person.c, t.institution.c, t.institution_setting.c
    query = (
        select(
            t.account,
            p.name,
            p.state.label("person_state"),
            i.state.label("institution_state"),
            s.value.label("second_factor"),
        )
        .select_from(
            t.account.join(t.person, p.id == a.person)
            .join(t.institution, i.id == a.institution)
            .outerjoin(
                t.institution_setting,
                (s.institution == a.institution) & (s.name == SECOND_FACTOR_SETTING),
            )
        )
        .where(which)
    )
    rows = (await connection.execute(query)).all()
    passkeys = await _passkeys_of(connection, [row.id for row in rows])
    return [
        AccountRow(
            id=AccountId(row.id),
            institution=InstitutionId(row.institution),
            person=PersonId(row.person),
            login=row.login,
            name=row.name,
            is_active=row.person_state == "active" and row.institution_state == "active",
            password_hash=row.password_hash,
            tries=Tries(row.wrong_tries, row.wrong_at_ms),
            totp_sealed=row.totp_secret,
            totp_last_step=row.totp_last_step,
            passkeys=tuple(passkeys[row.id]),
            is_second_asked=row.second_factor != OPTIONAL,
            is_linked=row.oidc_subject is not None,
        )
        for row in rows
    ]


async def _passkeys_of(
    connection: AsyncConnection, accounts: list[str]
) -> defaultdict[str, list[EnrolledPasskey]]:
    k = t.passkey.c
    query = select(t.passkey).where(k.account.in_(accounts)).order_by(k.added_at_ms, k.credential_id)
    found: defaultdict[str, list[EnrolledPasskey]] = defaultdict(list)
    for row in await connection.execute(query):
        passkey = Passkey(row.credential_id, row.public_key, row.sign_count)
        found[row.account].append(EnrolledPasskey(passkey, row.name, row.added_at_ms))
    return found


async def keep_tries(unit: Unit, account: AccountId, tries: Tries) -> None:
    """Writes the count of wrong tries."""
    await unit.connection.execute(
        update(t.account)
        .where(t.account.c.id == account)
        .values(wrong_tries=tries.wrong, wrong_at_ms=tries.at_ms)
    )
