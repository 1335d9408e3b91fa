"""Tells people of a third institution what happens in the cases that they are a party to.

Both sides of a case follow it in their own ledgers, where each of its events stands. Who was asked in from
elsewhere has no such ledger: they are told of the inviting side's events, as long as they are a party, and of
the one that ends it. These events have no number, as they are in no ledger of theirs; whoever was away asks
for the case itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import PersonId
from recording.audit.chain import ChainedAct
from signaling.auth.event_sight import LedgerEvent, event_of_act
from signaling.consult.parties import PartyState
from signaling.store.store import Store, StoreUnavailable
from signaling.store.tables import consultation, consultation_party

MAX_WAITING: Final = 2_000
"""Events not looked at yet: a busy county's minutes while the store is away; then the oldest are left out."""
RETRY_S: Final = 1.0
"""While the store does not answer."""
_P, _C = consultation_party.c, consultation.c
_STRANGERS: Final = (
    select(_P.case_id, _P.person, _P.state, _C.institution)
    .join(consultation, _C.id == _P.case_id)
    .where(
        _P.case_id.in_(bindparam("cases", expanding=True)),
        _P.person.in_(bindparam("people", expanding=True)),
        _P.institution != _C.institution,
        _P.institution != _C.invited_institution,
    )
)


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody of a third institution in a case. ``owner``: the institution that asks."""

    case: str
    person: PersonId
    owner: str
    is_party: bool


@dataclass(slots=True)
class NewsCounts:
    """What has been done since the start."""

    told: int = 0
    left_out: int = 0
    put_off: int = 0
    """How often the store did not answer."""


class PartyNews:
    """A follower of the store. ``listening`` says who has a page open, ``tell`` hands an event to theirs."""

    def __init__(
        self,
        store: Store,
        *,
        listening: Callable[[], frozenset[PersonId]],
        tell: Callable[[PersonId, LedgerEvent], None],
    ) -> None:
        self.counts = NewsCounts()
        self._store = store
        self._listening = listening
        self._tell = tell
        self._waiting: deque[tuple[str, LedgerEvent]] = deque()
        self._is_due = asyncio.Event()

    def receive_acts(self, acts: Sequence[ChainedAct]) -> None:
        """Takes what this process has committed."""
        for chained in acts:
            if chained.act.subject.get("case"):
                self._waiting.append((chained.act.institution, event_of_act(chained.sequence, chained.act)))
                self._is_due.set()
        self._leave_out()

    def stats(self) -> dict[str, int]:
        """Returns counters for /metrics."""
        return asdict(self.counts)

    async def run(self) -> None:
        """Tells as long as the task lives."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            try:
                await self.turn()
            except StoreUnavailable:
                self.counts.put_off += 1
                await asyncio.sleep(RETRY_S)
                self._is_due.set()

    async def turn(self) -> None:
        """Tells what waits. Raises StoreUnavailable: it waits on."""
        waiting, people = list(self._waiting), self._listening()
        self._waiting.clear()
        if not waiting or not people:
            return
        cases = {event.subject["case"] for _, event in waiting}
        try:
            strangers = await self._store.read(lambda connection: _strangers(connection, cases, people))
        except StoreUnavailable:
            self._waiting.extendleft(reversed(waiting))
            self._leave_out()
            raise
        for person, event in news_of(waiting, strangers):
            self.counts.told += 1
            self._tell(person, event)

    def _leave_out(self) -> None:
        while len(self._waiting) > MAX_WAITING:
            self._waiting.popleft()
            self.counts.left_out += 1


def news_of(
    events: Iterable[tuple[str, LedgerEvent]], strangers: Iterable[Stranger]
) -> list[tuple[PersonId, LedgerEvent]]:
    """Returns who is told of what, in the order of the events. Each comes with the institution of its chain.

    Of the two chains in which each stands, the owner's counts. Who is no party any more hears that they were
    put out, and nothing else.
    """
    of_case: dict[str, list[Stranger]] = {}
    for stranger in strangers:
        of_case.setdefault(stranger.case, []).append(stranger)
    return [
        (stranger.person, event)
        for institution, event in events
        for stranger in of_case.get(event.subject["case"], ())
        if institution == stranger.owner and (stranger.is_party or _puts_out(event, stranger))
    ]


def _puts_out(event: LedgerEvent, stranger: Stranger) -> bool:
    return event.kind == "participant.removed" and event.subject.get("person") == stranger.person


async def _strangers(
    connection: AsyncConnection, cases: Iterable[str], people: Iterable[str]
) -> list[Stranger]:
    wanted = {"cases": sorted(cases), "people": sorted(people)}
    return [
        Stranger(row.case_id, PersonId(row.person), row.institution, row.state != PartyState.REMOVED.value)
        for row in await connection.execute(_STRANGERS, wanted)
    ]
