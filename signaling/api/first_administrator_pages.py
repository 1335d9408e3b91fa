"""The page behind the one-time link that a first start prints."""

from __future__ import annotations

from signaling.api.route import Call, Pace, Route
from signaling.api.session_models import (
    ActivationAnswer,
    CodeToLookAt,
    FirstAdministrator,
    FoundingView,
)
from signaling.api.session_pages import PASSWORD_FAULTS
from signaling.auth.first_administrator import FirstAdministratorDesk, NewPlace
from signaling.auth.rights import Action


class FirstAdministratorPages:
    """The routes of /first-administrator."""

    def __init__(self, desk: FirstAdministratorDesk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Returns what is served."""
        return [
            Route(
                "POST",
                "/first-administrator/look",
                Action.SESSION_OPEN,
                "Says what a code for a first administrator is for, and leaves it unused.",
                self.look,
                body=CodeToLookAt,
                answer=FoundingView,
                pace=Pace.LOGIN,
                refusals=("code_spent",),
            ),
            Route(
                "POST",
                "/first-administrator",
                Action.SESSION_OPEN,
                "Makes the first administrator of the service or of a new institution; then sign in.",
                self.found,
                body=FirstAdministrator,
                answer=ActivationAnswer,
                status=201,
                pace=Pace.LOGIN,
                refusals=(
                    "code_spent",
                    "institution_known",
                    "institution_missing",
                    "institution_taken",
                    "login_form",
                    "login_taken",
                    "sign_in_busy",
                    *PASSWORD_FAULTS,
                ),
            ),
        ]

    async def look(self, call: Call) -> FoundingView:
        """Says what a code is for."""
        founding = await self._desk.look(call.body.code, call.now_ms)
        return FoundingView(
            needs_institution=not founding.institution, institution_name=founding.institution_name
        )

    async def found(self, call: Call) -> ActivationAnswer:
        """Makes the administrator."""
        body: FirstAdministrator = call.body
        place = None
        if body.institution is not None:
            new = body.institution
            place = NewPlace(new.code, new.name, new.kind)
        login = await self._desk.found(
            body.code, place, name=body.name, login=body.login, password=body.password, now_ms=call.now_ms
        )
        return ActivationAnswer(login=login)
