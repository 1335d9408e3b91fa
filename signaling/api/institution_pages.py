"""Institutions: the list of all, the own one, new ones with a code for their first administrator."""

from __future__ import annotations

from clinical.ids import InstitutionId
from signaling.api.people_models import (
    InstitutionChange,
    InstitutionCreated,
    InstitutionList,
    InstitutionView,
)
from signaling.api.route import Call, Found, Route
from signaling.api.session_models import NewInstitution
from signaling.auth.first_administrator import issue_first_code, page_of
from signaling.auth.institutions import (
    InstitutionRow,
    all_institutions,
    change_institution,
    create_institution,
    find_institution,
)
from signaling.auth.rights import Action, Caller, State, Subject
from signaling.store.store import Store, Unit


class InstitutionPages:
    """The routes of /institutions."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Returns what is served."""
        return [
            Route(
                "GET",
                "/institutions",
                Action.INSTITUTION_LIST,
                "Lists the institutions of this service, by name: whom one can consult.",
                self.list,
                answer=InstitutionList,
            ),
            Route(
                "POST",
                "/institutions",
                Action.INSTITUTION_CREATE,
                "Creates an institution and the one-time code for its first administrator, shown this once.",
                self.create,
                body=NewInstitution,
                answer=InstitutionCreated,
                status=201,
                refusals=("institution_taken",),
            ),
            Route(
                "GET",
                "/institutions/{id}",
                Action.INSTITUTION_READ,
                "Shows the caller's institution.",
                self.read,
                answer=InstitutionView,
                find=self._find,
            ),
            Route(
                "PATCH",
                "/institutions/{id}",
                Action.INSTITUTION_CHANGE,
                "Changes name or kind of the caller's institution.",
                self.change,
                body=InstitutionChange,
                answer=InstitutionView,
                find=self._find,
            ),
        ]

    async def list(self, call: Call) -> InstitutionList:
        """Lists all institutions."""
        rows = await self._store.read(all_institutions)
        return InstitutionList(institutions=[view_of(row, call.caller) for row in rows])

    async def create(self, call: Call) -> InstitutionCreated:
        """Creates an institution."""
        body: NewInstitution = call.body

        async def work(unit: Unit) -> InstitutionCreated:
            row = await create_institution(unit, call.caller, code=body.code, name=body.name, kind=body.kind)
            code = await issue_first_code(unit, row.id)
            return InstitutionCreated(
                institution=view_of(row, call.caller, is_shown_whole=True),
                code=code.code,
                page=page_of(code.code),
                expires_at_ms=code.expires_at_ms,
            )

        return await self._store.write(work)

    async def read(self, call: Call) -> InstitutionView:
        """Shows the caller's institution."""
        return view_of(call.found, call.caller)

    async def change(self, call: Call) -> InstitutionView:
        """Changes the caller's institution."""
        changes = call.body.model_dump(exclude_none=True)
        row = await self._store.write(
            lambda unit: change_institution(unit, call.caller, call.path["id"], changes)
        )
        return view_of(row, call.caller)

    async def _find(self, call: Call) -> Found | None:
        row = await self._store.read(lambda connection: find_institution(connection, call.path["id"]))
        if row is None:
            return None
        state = State.ACTIVE if row.state == "active" else State.ENDED
        return Found(Subject(InstitutionId(row.id), state=state), row)


def view_of(row: InstitutionRow, caller: Caller, *, is_shown_whole: bool = False) -> InstitutionView:
    """Returns an institution as the caller may see it."""
    is_own = is_shown_whole or row.id == caller.institution
    return InstitutionView.model_validate(
        {
            "id": row.id,
            "code": row.code if is_own else "",
            "name": row.name,
            "kind": row.kind,
            "state": row.state,
            "created_at_ms": row.created_at_ms,
        }
    )
