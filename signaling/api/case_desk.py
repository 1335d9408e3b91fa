"""What the routes of a case share: find it with its rights, run an act on it, show what it has become."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.errors import ConsultationRefused
from media_server.ids import RoomName
from signaling.api.consultation_models import ConsultationView
from signaling.api.route import Call, Found, Refusal
from signaling.consult.case_chain import chain_act
from signaling.consult.case_subjects import found_case
from signaling.consult.case_views import views_of
from signaling.consult.cases import Case
from signaling.consult.recent_looks import Look, RecentLooks
from signaling.store.store import Store, Unit


class CaseDesk:
    """``is_recording`` says whether a room is recorded just now; ``changed`` is told of every case that an
    act has changed."""

    def __init__(
        self,
        store: Store,
        *,
        is_recording: Callable[[RoomName], bool],
        changed: Callable[[Case], None],
    ) -> None:
        self.store = store
        self._is_recording = is_recording
        self._changed = changed
        self._looks = RecentLooks()

    async def find(self, call: Call) -> Found | None:
        """Finds the case of the path."""
        return await self.store.read(lambda connection: found_case(connection, call.path["id"]))

    async def write(self, work: Callable[[Unit], Awaitable[Case]]) -> Case:
        """Runs an act; returns the case after it. Raises Refusal, StoreUnavailable."""
        with consultation_refusals():
            case = await self.store.write(work)
        self.tell(case)
        return case

    async def note_look(self, call: Call, what: str, *, attachment: str = "") -> None:
        """Chains that the caller reads something of the case of the path: once in a while, and before it is
        shown. Raises StoreUnavailable.
        """
        case: Case = call.found
        look = Look(case.id, call.caller.actor, what, attachment)
        if not self._looks.receive_look(look, call.now_ms):
            return

        async def work(unit: Unit) -> None:
            subject = {"attachment": attachment}
            chain_act(unit, call.caller, case, "case.viewed", subject=subject, after={"what": what})

        try:
            await self.store.write(work)
        except BaseException:
            self._looks.forget(look)
            raise

    def tell(self, case: Case) -> None:
        """Tells whoever watches over cases that an act has changed this one."""
        self._changed(case)

    async def act(self, call: Call, work: Callable[[Unit], Awaitable[Case]]) -> ConsultationView:
        """Runs an act; returns the case as the caller sees it then. Raises Refusal, StoreUnavailable."""
        return await self.view(call, await self.write(work))

    async def view(self, call: Call, case: Case) -> ConsultationView:
        """Returns a case as the caller sees it. Raises StoreUnavailable."""

        async def work(connection: AsyncConnection) -> ConsultationView:
            (view,) = await self.views(connection, call, [case])
            return view

        return await self.store.read(work)

    async def views(
        self, connection: AsyncConnection, call: Call, cases: Sequence[Case]
    ) -> list[ConsultationView]:
        """Returns cases as the caller sees them."""
        return await views_of(
            connection, cases, call.caller, now_ms=call.now_ms, is_recording=self._is_recording
        )


@contextmanager
def consultation_refusals() -> Iterator[None]:
    """Turns what the rules of a consultation refuse into the API's refusals."""
    try:
        yield
    except ConsultationRefused as refused:
        facts: dict[str, Any] = {"missing": list(refused.missing)} if refused.missing else {}
        raise Refusal(refused.code, **facts) from None
