"""The demo's accounts as the API knows callers, until people live in the store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from clinical.ids import InstitutionId, PersonId
from recording.clock import Clock
from signaling.accounts import AccountBook
from signaling.api.invitation_models import RoomEntry
from signaling.api.route import Call, Found, Refusal
from signaling.auth.callers import is_room_token
from signaling.auth.rights import NOBODY, Assurance, Caller, Role
from signaling.auth.room_entry import RoomEntries
from signaling.auth.room_rights import Visitor, subject_of
from signaling.livekit.endpoint import bearer
from signaling.rest.answers import ApiRefusal
from signaling.rest.callers import Callers
from signaling.tokens import REFRESH_TTL_S, Claims, TokenDesk

_ROLES: Final = {"township_doctor": Role.CLINIC_DOCTOR, "specialist": Role.SPECIALIST}
_DEMO: Final = InstitutionId("in_demo")


class DemoCallers:
    """Finds out who is calling, by the old sessions."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    async def caller(self, request: web.Request) -> Caller:
        """See CallerFinder."""
        if bearer(request):
            return NOBODY
        try:
            account = self._callers.caller(request).account
        except ApiRefusal as error:
            if error.code == "signed_out":
                return NOBODY
            raise Refusal(error.code) from None
        assert account is not None
        return Caller(
            institution=_DEMO,
            person=PersonId(account.account),
            roles=frozenset({_ROLES[account.role]}),
            assurance=Assurance.TWO_FACTORS,
            name=account.name,
            login=account.identity,
        )

    def claims(self, request: web.Request) -> Claims | None:
        """See CallerFinder."""
        token = bearer(request)
        if not token or not is_room_token(token):
            return None
        try:
            return self._callers.caller(request).claims
        except ApiRefusal as error:
            raise Refusal(error.code) from None


class DemoEntrance:
    """Lets the demo's people into its rooms."""

    def __init__(self, entries: RoomEntries, accounts: AccountBook, tokens: TokenDesk, clock: Clock) -> None:
        self._entries = entries
        self._accounts = accounts
        self._tokens = tokens
        self._clock = clock

    async def find(self, call: Call) -> Found | None:
        """See RoomEntrance."""
        place = self._entries.place(call.path["room"])
        visitor = Visitor(call.caller)
        subject = subject_of(place, visitor)
        return None if subject is None else Found(subject, visitor)

    async def enter(self, caller: Caller, room: str, visitor: Any = None) -> RoomEntry:
        """See RoomEntrance."""
        entry = await self._entries.enter(caller, room, visitor)
        account = self._accounts.find(caller.login)
        now_s = self._clock.wall_ns() / 1_000_000_000
        claims = self._tokens.verify(entry.token, now_s=now_s)
        place = {"place": account.place if account is not None else ""}
        claims = replace(claims, attributes={**claims.attributes, **place})
        return entry.model_copy(
            update={"token": self._tokens.issue(claims, now_s=now_s, ttl_s=REFRESH_TTL_S)}
        )
