"""People of the caller's institution: who they are, roles, licences, accounts, suspension."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId, PersonId
from signaling.api.people_models import (
    AccountCode,
    AccountState,
    LicenceView,
    NewAccount,
    NewLicence,
    NewPerson,
    OidcLink,
    PeopleQuery,
    PersonChange,
    PersonList,
    PersonView,
    RoleChange,
    Suspension,
)
from signaling.api.route import Call, Found, Refusal, Route
from signaling.api.session_views import second_factors
from signaling.auth.accounts import AccountRow, account_by_person, accounts_of
from signaling.auth.one_time_codes import NewCode
from signaling.auth.people import (
    LicenceRow,
    PersonRow,
    Wanted,
    add_licence,
    change_person,
    create_person,
    end_licence,
    find_person,
    list_people,
    set_roles,
)
from signaling.auth.people_accounts import (
    give_account,
    link_account,
    reset_account,
    resume_person,
    suspend_person,
)
from signaling.auth.rights import Action, Role, State, Subject
from signaling.store.store import Store, Unit

_SEE_ACCOUNTS: Final = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
_ROLE_FAULTS: Final = ("role_not_for_people", "roles_conflict")


class PeoplePages:
    """The routes of /people. ``oidc_issuer`` is the identity provider whose people can be linked, "" for
    none.
    """

    def __init__(self, *, store: Store, oidc_issuer: str = "") -> None:
        self._store = store
        self._oidc_issuer = oidc_issuer

    def routes(self) -> list[Route]:
        """Returns what is served."""
        return [
            Route(
                "GET",
                "/people",
                Action.PERSON_LIST,
                "Lists the people of the caller's institution, page by page.",
                self.list,
                query=PeopleQuery,
                answer=PersonList,
            ),
            Route(
                "POST",
                "/people",
                Action.PERSON_CREATE,
                "Adds someone to the caller's institution.",
                self.create,
                body=NewPerson,
                answer=PersonView,
                status=201,
                refusals=_ROLE_FAULTS,
            ),
            Route(
                "GET",
                "/people/{id}",
                Action.PERSON_READ,
                "Shows someone of the caller's institution.",
                self.read,
                answer=PersonView,
                find=self._find,
            ),
            Route(
                "PATCH",
                "/people/{id}",
                Action.PERSON_CHANGE,
                "Changes name, title, specialty or phone.",
                self.change,
                body=PersonChange,
                answer=PersonView,
                find=self._find,
            ),
            Route(
                "PUT",
                "/people/{id}/roles",
                Action.ROLE_CHANGE,
                "Gives someone exactly these roles; it counts from their next request on.",
                self.change_roles,
                body=RoleChange,
                answer=PersonView,
                find=self._find,
                refusals=("last_administrator", *_ROLE_FAULTS),
            ),
            Route(
                "POST",
                "/people/{id}/licences",
                Action.LICENCE_ADD,
                "Adds a licence; its number is unique in this service.",
                self.add_licence,
                body=NewLicence,
                answer=LicenceView,
                status=201,
                find=self._find,
                refusals=("licence_over", "licence_taken", "too_many_licences"),
            ),
            Route(
                "DELETE",
                "/people/{id}/licences/{licence}",
                Action.LICENCE_END,
                "Ends a licence before its time.",
                self.end_licence,
                find=self._find,
                refusals=("licence_ended",),
            ),
            Route(
                "POST",
                "/people/{id}/account",
                Action.ACCOUNT_CREATE,
                "Gives someone an account and a one-time code to activate it, shown this once.",
                self.give_account,
                body=NewAccount,
                answer=AccountCode,
                status=201,
                find=self._find,
                refusals=("account_exists", "login_form", "login_taken"),
            ),
            Route(
                "POST",
                "/people/{id}/account/reset",
                Action.ACCOUNT_RESET,
                "Takes password and second factors away, ends the sessions and gives a one-time code.",
                self.reset_account,
                answer=AccountCode,
                status=201,
                find=self._find,
                refusals=("account_missing", "last_administrator"),
            ),
            Route(
                "PUT",
                "/people/{id}/account/oidc",
                Action.ACCOUNT_RESET,
                "Links an account to somebody of the hospital's identity provider, or ends the link.",
                self.link,
                body=OidcLink,
                answer=PersonView,
                find=self._find,
                refusals=("account_missing", "oidc_taken", "oidc_not_offered"),
            ),
            Route(
                "POST",
                "/people/{id}/suspend",
                Action.PERSON_SUSPEND,
                "Suspends someone; their sessions end now.",
                self.suspend,
                body=Suspension,
                answer=PersonView,
                find=self._find,
                refusals=("last_administrator",),
            ),
            Route(
                "POST",
                "/people/{id}/resume",
                Action.PERSON_SUSPEND,
                "Lets a suspended person in again.",
                self.resume,
                answer=PersonView,
                find=self._find,
            ),
        ]

    async def list(self, call: Call) -> PersonList:
        """Lists the institution's people."""
        query: PeopleQuery = call.query
        # One more than is shown tells whether there is another page.
        wanted = Wanted(query.role, query.state, query.name, query.after, query.limit + 1)

        async def work(connection: AsyncConnection) -> PersonList:
            rows = await list_people(connection, call.caller.institution, wanted)
            shown = rows[: query.limit]
            accounts = await accounts_of(connection, [row.id for row in shown])
            people = [view_of(row, accounts.get(row.id), call) for row in shown]
            return PersonList(people=people, next=shown[-1].id if len(rows) > len(shown) else None)

        return await self._store.read(work)

    async def create(self, call: Call) -> PersonView:
        """Adds someone."""
        body: NewPerson = call.body
        return await self._changed(
            call,
            lambda unit: create_person(
                unit,
                call.caller,
                call.caller.institution,
                name=body.name,
                title=body.title,
                specialty=body.specialty,
                phone=body.phone,
                roles=body.roles,
            ),
        )

    async def read(self, call: Call) -> PersonView:
        """Shows someone."""
        row: PersonRow = call.found
        account = await self._store.read(lambda connection: account_by_person(connection, row.id))
        return view_of(row, account, call)

    async def change(self, call: Call) -> PersonView:
        """Changes someone's data."""
        changes = call.body.model_dump(exclude_none=True)
        return await self._changed(
            call, lambda unit: change_person(unit, call.caller, call.path["id"], changes)
        )

    async def change_roles(self, call: Call) -> PersonView:
        """Changes someone's roles."""
        return await self._changed(
            call, lambda unit: set_roles(unit, call.caller, call.path["id"], call.body.roles)
        )

    async def add_licence(self, call: Call) -> LicenceView:
        """Adds a licence."""
        body: NewLicence = call.body
        row = await self._store.write(
            lambda unit: add_licence(
                unit,
                call.caller,
                call.path["id"],
                number=body.number,
                kind=body.kind,
                valid_until_ms=body.valid_until_ms,
            )
        )
        return licence_view(row, call.now_ms)

    async def end_licence(self, call: Call) -> None:
        """Ends a licence."""
        path = call.path
        await self._store.write(lambda unit: end_licence(unit, call.caller, path["id"], path["licence"]))

    async def give_account(self, call: Call) -> AccountCode:
        """Gives an account."""

        async def work(unit: Unit) -> AccountCode:
            code = await give_account(unit, call.caller, call.path["id"], call.body.login)
            account = await account_by_person(unit.connection, call.path["id"])
            assert account is not None
            return _code_view(account, code)

        return await self._store.write(work)

    async def reset_account(self, call: Call) -> AccountCode:
        """Lets someone begin anew who has lost password or second factor."""

        async def work(unit: Unit) -> AccountCode:
            return _code_view(*await reset_account(unit, call.caller, call.path["id"]))

        return await self._store.write(work)

    async def link(self, call: Call) -> PersonView:
        """Links an account to the identity provider."""
        if not self._oidc_issuer:
            raise Refusal("oidc_not_offered")

        async def work(unit: Unit) -> PersonRow:
            subject = call.body.subject
            await link_account(unit, call.caller, call.path["id"], self._oidc_issuer, subject)
            row = await find_person(unit.connection, call.path["id"])
            assert row is not None
            return row

        return await self._changed(call, work)

    async def suspend(self, call: Call) -> PersonView:
        """Suspends someone."""
        return await self._changed(
            call, lambda unit: suspend_person(unit, call.caller, call.path["id"], call.body.reason)
        )

    async def resume(self, call: Call) -> PersonView:
        """Lets someone in again."""
        return await self._changed(call, lambda unit: resume_person(unit, call.caller, call.path["id"]))

    async def _changed(self, call: Call, change: Callable[[Unit], Awaitable[PersonRow]]) -> PersonView:
        async def work(unit: Unit) -> PersonView:
            row = await change(unit)
            return view_of(row, await account_by_person(unit.connection, row.id), call)

        return await self._store.write(work)

    async def _find(self, call: Call) -> Found | None:
        row = await self._store.read(lambda connection: find_person(connection, call.path["id"]))
        if row is None:
            return None
        state = State.ACTIVE if row.state == "active" else State.ENDED
        subject = Subject(InstitutionId(row.institution), owner=PersonId(row.id), state=state)
        return Found(subject, row)


def view_of(row: PersonRow, account: AccountRow | None, call: Call) -> PersonView:
    """Returns a person as the caller may see them: accounts are for administrators and auditors. Who has no
    second factor yet is nothing for a thief with a colleague's session.
    """
    now_ms, is_shown = call.now_ms, not _SEE_ACCOUNTS.isdisjoint(call.caller.roles)
    return PersonView.model_validate(
        {
            "id": row.id,
            "institution": row.institution,
            "name": row.name,
            "title": row.title,
            "specialty": row.specialty,
            "phone": row.phone,
            "state": row.state,
            "roles": list(row.roles),
            "licences": [licence_view(licence, now_ms) for licence in row.licences],
            "account": account_view(account, now_ms) if account is not None and is_shown else None,
            "created_at_ms": row.created_at_ms,
        }
    )


def licence_view(row: LicenceRow, now_ms: int) -> LicenceView:
    """Returns a licence."""
    return LicenceView.model_validate(
        {
            "id": row.id,
            "number": row.number,
            "kind": row.kind,
            "valid_until_ms": row.valid_until_ms,
            "state": row.state(now_ms),
        }
    )


def account_view(account: AccountRow, now_ms: int) -> AccountState:
    """Returns the state of an account, without anything that opens it."""
    if account.tries.locked_for_ms(now_ms):
        state = "locked"
    else:
        state = "active" if account.password_hash or account.is_linked else "waiting"
    return AccountState.model_validate(
        {
            "login": account.login,
            "state": state,
            "second_factors": second_factors(account),
            "is_linked": account.is_linked,
        }
    )


def _code_view(account: AccountRow, code: NewCode) -> AccountCode:
    return AccountCode(
        login=account.login,
        code=code.code,
        page=f"/#/activate?code={code.code}",
        expires_at_ms=code.expires_at_ms,
    )
