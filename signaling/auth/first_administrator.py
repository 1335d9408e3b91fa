"""The first administrator of the service and of each institution: made by a one-time code, never by a
default password.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId
from signaling.api.route import Refusal
from signaling.auth.accounts import plain_login
from signaling.auth.acts import act_of
from signaling.auth.institutions import SYSTEM, create_institution, find_institution
from signaling.auth.one_time_codes import (
    FIRST_ADMINISTRATOR_LIFE_MS,
    CodePurpose,
    NewCode,
    issue_code,
    peek_code,
    spend_code,
)
from signaling.auth.password_worker import PasswordWorker
from signaling.auth.passwords import fault_of
from signaling.auth.people import able_administrators, create_person
from signaling.auth.people_accounts import create_account, login_fault
from signaling.auth.rights import Role
from signaling.store import tables as t
from signaling.store.store import Store, Unit


@dataclass(frozen=True, slots=True)
class Founding:
    """What a code for a first administrator is for. ``institution`` "": it is to be created too."""

    institution: str
    institution_name: str


@dataclass(frozen=True, slots=True)
class NewPlace:
    """The institution that the first administrator of the service creates."""

    code: str
    name: str
    kind: str


def page_of(code: str) -> str:
    """Returns the page that takes the code, below the server's address. The code stands after the #, which
    no browser sends and no log keeps.
    """
    return f"/#/first?code={code}"


async def issue_first_code(unit: Unit, institution: str) -> NewCode:
    """Returns a fresh code for the first administrator of an institution, "" for that of the service."""
    return await issue_code(
        unit,
        CodePurpose.FIRST_ADMINISTRATOR,
        institution=institution,
        life_ms=FIRST_ADMINISTRATOR_LIFE_MS,
    )


async def code_at_start(store: Store) -> NewCode | None:
    """Returns a code to print where nobody can administer the service yet, None where somebody can."""
    if await store.read(_has_administrator):
        return None
    return await store.write(lambda unit: issue_first_code(unit, ""))


async def _has_administrator(connection: AsyncConnection) -> bool:
    institutions = (await connection.execute(select(t.institution.c.id))).scalars().all()
    for institution in institutions:
        if await able_administrators(connection, institution):
            return True
    return False


class FirstAdministratorDesk:
    """Makes first administrators."""

    def __init__(self, store: Store, worker: PasswordWorker) -> None:
        self._store = store
        self._worker = worker

    async def look(self, code: str, now_ms: int) -> Founding:
        """Returns what a code is for. Raises Refusal("code_spent")."""

        async def work(connection: AsyncConnection) -> Founding:
            found = await peek_code(connection, code, CodePurpose.FIRST_ADMINISTRATOR, now_ms)
            if found is None:
                raise Refusal("code_spent")
            if not found.institution:
                return Founding("", "")
            row = await find_institution(connection, found.institution)
            return Founding(found.institution, "" if row is None else row.name)

        return await self._store.read(work)

    async def found(
        self, code: str, place: NewPlace | None, *, name: str, login: str, password: str, now_ms: int
    ) -> str:
        """Makes the administrator, and the institution where the code is not for one; returns the login.

        Raises Refusal: code_spent, institution_missing, institution_known, institution_taken, login_form,
        login_taken, password_short, password_is_login, password_common, sign_in_busy.
        """
        founding = await self.look(code, now_ms)
        if founding.institution == "" and place is None:
            raise Refusal("institution_missing")
        if founding.institution != "" and place is not None:
            raise Refusal("institution_known")
        login = plain_login(login)
        fault = login_fault(login) or fault_of(password, login=login)
        if fault is not None:
            raise Refusal(fault)
        password_hash = await self._worker.hash(password)

        async def work(unit: Unit) -> str:
            spent = await spend_code(unit, code, CodePurpose.FIRST_ADMINISTRATOR)
            if spent is None:
                raise Refusal("code_spent")
            institution = InstitutionId(spent.institution)
            if place is not None:
                row = await create_institution(
                    unit, SYSTEM, code=place.code, name=place.name, kind=place.kind
                )
                institution = row.id
            person = await create_person(unit, SYSTEM, institution, name=name, roles=(Role.ADMINISTRATOR,))
            account = await create_account(unit, SYSTEM, person, login, password_hash=password_hash)
            unit.record(
                act_of(
                    SYSTEM,
                    "account.activated",
                    unit.now_ms,
                    institution=institution,
                    subject={"person": person.id, "account": account},
                    after={"by": "first_administrator"},
                )
            )
            return login

        return await self._store.write(work)
