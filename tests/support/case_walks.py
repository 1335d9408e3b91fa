"""Random walks of cases through the API, each beside a model of what has to come of every step.

The model knows the law of a consultation from its description (clinical/consultation.py, escalation.py), not
from the code that carries it out. Many cases walk at once in one service; after each round the clock goes on
for all of them together, so that what is due is due at the same moment in the model and in the service.

    walks = Walks(world, seed=1)
    await walks.go(300)
    assert walks.faults == []
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from clinical.consultation import TRANSITIONS, ConsultationState
from signaling.auth.rights import Caller
from signaling.consult.case_answers import meet_case
from signaling.store.tables import consultation, consultation_party, event
from tests.support.consult_world import (
    CHEN,
    CLINIC,
    HE,
    HOSPITAL,
    LI,
    QIAN,
    STRANGER,
    SUN,
    WANG,
    ConsultWorld,
)
from tests.support.walk_factors import AppOfExpert
from tests.support.walk_world import MANY

AT_ONCE: Final = 10
"""Cases that walk together: their commits are shared."""
MAX_STEPS: Final = 18
"""Of one walk; most end before."""
SECOND_LINE_MS, PHONE_MS, OVER_MS = 30_000, 60_000, 120_000
BOOKED_MS: Final = 45_000
_LINES: Final = {"cardiology": (["pe_wang"], ["pe_chen"]), "respiratory": (["pe_sun"], [])}
_EXPERTS: Final = {"pe_wang": WANG, "pe_chen": CHEN, "pe_sun": SUN}
_PEOPLE: Final[dict[str, Caller]] = {
    one.person: one for one in (LI, HE, WANG, CHEN, SUN, QIAN, STRANGER, *MANY)
}
_INVITER: Final = "pe_li"
_MAX_INSIDE: Final = 8
_SEATED: Final = ("invited", "admitted")
_AT_THE_DOOR: Final = ("enter", "ask_in", "admit", "put_out", "hand_over")
_WITH_ROOM: Final = ("accepted", "active", "signed")
_ENDED: Final = ("closed", "cancelled")
_OPINION: Final = {"findings": "疑似缺血", "advice": ["转诊"], "critical_value": False}


@dataclass
class Ring:
    """The ring as the model has it."""

    started_ms: int
    answers: dict[str, str]
    backup: list[str]
    shows_phone: bool

    def ringing(self) -> list[str]:
        return [person for person, answer in self.answers.items() if answer == "ringing"]

    def call_backup(self) -> None:
        self.answers |= dict.fromkeys(self.backup, "ringing")
        self.backup = []


@dataclass
class Walk:
    """One case: what the model says it is, and what must stand in both chains."""

    case: str = ""
    kind: str = "live"
    state: str = "drafted"
    specialty: str = "cardiology"
    is_complete: bool = True
    is_consented: bool = False
    booked_for_ms: int | None = None
    ring: Ring | None = None
    expert: str = ""
    host: str = _INVITER
    drafter: str = ""
    """Who wrote the opinion's last draft: the same words of theirs again are no new version."""
    parties: dict[str, str] = field(default_factory=dict)
    was_active: bool = False
    kinds: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=lambda: ["drafted"])
    steps: int = 0

    @property
    def is_over(self) -> bool:
        return self.state in _ENDED or self.steps >= MAX_STEPS

    @property
    def inside(self) -> set[str]:
        """Whom the door lets through."""
        seated = {person for person, state in self.parties.items() if state in _SEATED}
        return ({_INVITER, self.host, self.expert} | seated) - {""}

    @property
    def is_full(self) -> bool:
        """Whether every chair is taken; that of an expert who is still being called is kept free."""
        is_kept = not self.expert and self.state != "drafted"
        return len(self.inside) + is_kept >= _MAX_INSIDE

    @property
    def has_door(self) -> bool:
        """Whether people can be asked in at all."""
        return self.kind == "live" and self.state not in ("drafted", *_ENDED)

    def knows(self, caller: Caller) -> bool:
        """Whether the case is there for somebody at all."""
        called = self.ring.answers if self.ring is not None else {}
        is_asked = caller.institution == HOSPITAL and self.state != "drafted"
        is_party = self.parties.get(caller.person, "removed") != "removed"
        is_named = caller.person in (self.host, self.expert) or caller.person in called
        return caller.institution == CLINIC or is_asked or is_party or is_named

    def come(self, *states: str) -> None:
        """The case goes through these states."""
        self.states += states
        self.state = states[-1]

    def start_ring(self, now_ms: int, named: str = "") -> None:
        first, second = _LINES[self.specialty]
        if named:
            first, second = [named], [*first, *second]
        gone = {"pe_li", self.expert}
        first = [person for person in first if person not in gone]
        second = [person for person in second if person not in gone | set(first)]
        self.ring = Ring(now_ms, dict.fromkeys(first, "ringing"), second, shows_phone=False)
        if not first:
            self.ring.shows_phone = not second
            self.ring.call_backup()
        self.kinds.append("ring.started")
        self.expert = ""
        self.come("ringing")

    def end_ring(self) -> None:
        self.ring = None
        self.kinds.append("ring.ended")

    def let_pass(self, now_ms: int) -> None:
        """What the clock does to this case."""
        if self.state == "invited" and self.booked_for_ms is not None and now_ms >= self.booked_for_ms:
            self.start_ring(now_ms)
            return
        if self.ring is None:
            return
        waited_ms = now_ms - self.ring.started_ms
        if waited_ms >= OVER_MS:
            self.end_ring()
            self.kinds.append("invitation.timeout")
            self.come("timed_out")
            return
        calls = bool(self.ring.backup) and waited_ms >= SECOND_LINE_MS
        shows = not self.ring.shows_phone and waited_ms >= PHONE_MS
        if calls:
            self.ring.call_backup()
        self.ring.shows_phone |= shows
        if calls or shows:
            self.kinds.append("ring.escalated")
            self.come("ringing")


class Walks:
    """Plays walks and notes what does not agree with the model."""

    def __init__(self, world: ConsultWorld, seed: int) -> None:
        self._apps = {person: AppOfExpert(random.Random(f"{seed} {person}")) for person in _EXPERTS}
        self.faults: list[str] = []
        self.done = self.requests = self.refused = 0
        self.ends: Counter[str] = Counter()
        self.acts: Counter[str] = Counter()
        self._world = world
        self._random = random.Random(seed)

    @property
    def now_ms(self) -> int:
        return self._world.clock.wall // 1_000_000

    async def go(self, count: int) -> None:
        """Plays so many walks."""
        while self.done < count:
            batch = [Walk() for _ in range(min(AT_ONCE, count - self.done))]
            await asyncio.gather(*(self._begin(walk) for walk in batch))
            while any(not walk.is_over for walk in batch):
                await asyncio.gather(*(self._step(walk) for walk in batch if not walk.is_over))
                await self._compare_states(batch, "after an act")
                await self._let_time_pass(batch)
                await self._compare_states(batch, "after time passed")
            await asyncio.gather(*(self._knock_after_the_end(walk) for walk in batch))
            for walk in batch:
                await self._compare_parties(walk)
                await self._compare_chains(walk)
            self.done += len(batch)

    # ---- one walk ---------------------------------------------------------------------------------------

    async def _begin(self, walk: Walk) -> None:
        pick = self._random
        walk.kind = pick.choice(("live", "live", "live", "offline"))
        walk.is_complete = pick.random() < 0.8
        changes: dict[str, Any] = {"kind": walk.kind, "urgency": pick.choice(("emergency", "routine"))}
        if not walk.is_complete:
            changes["reason"] = ""
        if walk.kind == "live" and pick.random() < 0.2:
            walk.booked_for_ms = changes["wanted_at_ms"] = self.now_ms + BOOKED_MS
        walk.case = await self._world.draft(**changes)
        walk.kinds.append("request.created")
        if walk.is_complete:
            walk.kinds.append("invitation.drafted")

    async def _step(self, walk: Walk) -> None:
        walk.steps += 1
        act = self._random.choice(self._likely(walk))
        self.acts[act] += 1
        await getattr(self, f"_{act}")(walk)
        for earlier, later in zip(walk.states, walk.states[1:], strict=False):
            if not _leads(earlier, later):
                self._fault(walk, f"{act}: no act leads from {earlier} to {later}")
        walk.states = walk.states[-1:]

    def _likely(self, walk: Walk) -> list[str]:
        """Acts of the present state often, any other now and then."""
        often = {
            "drafted": ["consent", "invite", "invite", "amend"],
            "invited": ["accept", "recall"],
            "ringing": ["accept", "decline", "decline", "pass_on"],
            "declined": ["recall", "transfer"],
            "timed_out": ["recall", "transfer"],
            "accepted": ["meet", "meet", "transfer", "enter", "ask_in"],
            "active": ["sign", "sign", "sign", "transfer", *_AT_THE_DOOR],
            "signed": ["acknowledge"],
        }[walk.state]
        rare = ["accept", "decline", "pass_on", "recall", "transfer", "cancel", "sign", "acknowledge"]
        return often * 6 + [
            *rare,
            *_AT_THE_DOOR,
            "ask_many",
            "amend",
            "invite",
            "meet",
            "write",
            "write",
            "stranger",
            "wait",
        ]

    async def _try(
        self, walk: Walk, caller: Caller, path: str, body: Any = None, *, is_legal: bool, method: str = "POST"
    ) -> bool:
        """Asks; returns whether it was granted, and notes where the model says otherwise."""
        answer = await self._world.ask(caller, method, f"/consultations/{walk.case}{path}", body)
        self.requests += 1
        is_granted = answer.status < 300
        self.refused += not is_granted
        if is_granted != is_legal or answer.status >= 500:
            told = f"{answer.status} {answer.code}"
            self._fault(walk, f"{path} by {caller.person} in {walk.state}: {told}, legal: {is_legal}")
        return is_granted and is_legal

    async def _amend(self, walk: Walk) -> None:
        is_legal = walk.state == "drafted"
        if await self._try(walk, HE, "", {"reason": "胸痛"}, is_legal=is_legal, method="PATCH"):
            walk.kinds.append("request.amended")
            if not walk.is_complete:
                walk.kinds.append("invitation.drafted")
            walk.is_complete = True

    async def _consent(self, walk: Walk) -> None:
        if not walk.is_consented:
            await self._world.consent(walk.case, "consultation")
            walk.kinds.append("consent.granted")
            walk.is_consented = True

    async def _invite(self, walk: Walk) -> None:
        is_legal = walk.state == "drafted" and walk.is_complete and walk.is_consented
        if await self._try(walk, LI, "/invite", is_legal=is_legal):
            walk.kinds.append("invitation.sent")
            walk.come("invited")
            if walk.kind == "live" and walk.booked_for_ms is None:
                walk.start_ring(self.now_ms)

    async def _accept(self, walk: Walk) -> None:
        person = self._random.choice([*_EXPERTS, *(walk.ring.answers if walk.ring else ())])
        is_legal = walk.state == "invited" or (
            walk.ring is not None and (person in walk.ring.answers or walk.ring.shows_phone)
        )
        if await self._try(walk, _EXPERTS[person], "/accept", is_legal=is_legal):
            if walk.ring is not None:
                walk.end_ring()
            walk.kinds += ["invitation.accepted", "presence.proved"]
            walk.expert = person
            walk.come("accepted")
            if walk.kind == "offline":
                self._begin_session(walk)

    async def _decline(self, walk: Walk) -> None:
        person = self._random.choice([*_EXPERTS, *(walk.ring.ringing() if walk.ring else ())])
        is_called = walk.ring is not None and person in walk.ring.ringing()
        body = {"reason": "in_surgery"}
        granted = await self._try(walk, _EXPERTS[person], "/decline", body, is_legal=is_called)
        if not granted or walk.ring is None:
            return
        walk.ring.answers[person] = "declined"
        walk.kinds.append("invitation.declined")
        if walk.ring.ringing():
            walk.come("ringing")
        elif walk.ring.backup:
            walk.ring.call_backup()
            walk.kinds.append("ring.escalated")
            walk.come("ringing")
        else:
            walk.end_ring()
            walk.come("declined")

    async def _pass_on(self, walk: Walk) -> None:
        person = self._random.choice([*_EXPERTS, *(walk.ring.ringing() if walk.ring else ())])
        ringing = walk.ring.ringing() if walk.ring is not None else []
        has_next = walk.ring is not None and (bool(walk.ring.backup) or len(ringing) > 1)
        is_legal = person in ringing and has_next
        granted = await self._try(walk, _EXPERTS[person], "/pass", is_legal=is_legal)
        if not granted or walk.ring is None:
            return
        walk.ring.answers[person] = "passed"
        walk.kinds.append("invitation.passed")
        if walk.ring.backup:
            walk.ring.call_backup()
            walk.kinds.append("ring.escalated")
        walk.come("ringing")

    async def _recall(self, walk: Walk) -> None:
        is_legal = walk.state in ("declined", "timed_out") or (
            walk.state == "invited" and walk.kind == "live"
        )
        if await self._try(walk, LI, "/recall", is_legal=is_legal):
            walk.start_ring(self.now_ms)

    async def _transfer(self, walk: Walk) -> None:
        caller = self._random.choice((LI, WANG, CHEN, SUN))
        person = self._random.choice(("", "pe_sun", "pe_chen"))
        specialty = self._random.choice(("", "respiratory", "cardiology"))
        is_its = caller is LI or (caller.person == walk.expert and bool(walk.expert))
        is_legal = (
            is_its
            and walk.state in ("declined", "timed_out", "accepted", "active")
            and (not person or person != walk.expert)
        )
        body = {"person": person, "specialty": specialty, "reason": "换专科"}
        if await self._try(walk, caller, "/transfer", body, is_legal=is_legal):
            walk.kinds.append("invitation.transferred")
            if walk.expert:
                walk.parties[walk.expert] = "left"
                walk.host = _INVITER if walk.host == walk.expert else walk.host
            walk.specialty = specialty or walk.specialty
            walk.start_ring(self.now_ms, person)

    async def _cancel(self, walk: Walk) -> None:
        if self._random.random() < 0.5:
            # Else few walks get far.
            return
        is_legal = walk.state not in ("signed", *_ENDED)
        if await self._try(walk, LI, "/cancel", {"reason": "resolved"}, is_legal=is_legal):
            if walk.ring is not None:
                walk.end_ring()
            walk.kinds.append("invitation.cancelled")
            if walk.was_active:
                walk.kinds.append("session.ended")
            walk.come("cancelled")

    async def _meet(self, walk: Walk) -> None:
        """Both sides are in the room: what the observer of rooms does then."""
        case = await self._world.store.write(lambda unit: meet_case(unit, walk.case))
        if (case is not None) != (walk.state == "accepted"):
            self._fault(walk, f"met in {walk.state}")
        if case is not None:
            self._begin_session(walk)

    @staticmethod
    def _begin_session(walk: Walk) -> None:
        walk.kinds.append("session.started")
        walk.was_active = True
        walk.come("active")

    async def _sign(self, walk: Walk) -> None:
        caller = _EXPERTS.get(walk.expert, WANG)
        is_legal = walk.state == "active"
        drafted = await self._try(
            walk, caller, "/opinion", {**_OPINION, "version": None}, is_legal=is_legal, method="PUT"
        )
        if drafted and walk.drafter != caller.person:
            walk.drafter = caller.person
            walk.kinds.append("opinion.drafted")
        app = self._apps[caller.person]
        # One at a time of each person: which of two has the code first would be anybody's guess.
        async with app.lock:
            code = app.code(self.now_ms)
            is_right = is_legal and app.receive(code, self.now_ms)
            if await self._try(walk, caller, "/opinion/sign", {"code": code}, is_legal=is_right):
                walk.kinds.append("opinion.signed")
                walk.come("signed")

    async def _acknowledge(self, walk: Walk) -> None:
        body = {"adoption": "full", "items": [{"adopted": True}]}
        if await self._try(walk, LI, "/acknowledge", body, is_legal=walk.state == "signed"):
            walk.kinds += ["opinion.acknowledged", "session.ended"]
            walk.come("acknowledged", "closed")

    async def _write(self, walk: Walk) -> None:
        caller = self._random.choice((LI, LI, HE, WANG, SUN, QIAN, STRANGER))
        is_legal = caller in (LI, HE) or (caller.person in walk.inside and caller is not QIAN)
        if await self._try(walk, caller, "/messages", {"text": "在吗"}, is_legal=is_legal):
            walk.kinds.append("message.added")

    # ---- the door ---------------------------------------------------------------------------------------

    async def _enter(self, walk: Walk) -> None:
        """Somebody comes to the room: in, or before its door."""
        caller = _PEOPLE[self._random.choice([*_PEOPLE, *walk.inside])]
        is_waiting_host = walk.state == "ringing" and caller.person == walk.host
        is_open = walk.state in _WITH_ROOM or is_waiting_host
        is_open = is_open and walk.kind == "live" and walk.knows(caller)
        waits = is_open and caller.person not in walk.inside
        answer = await self._try(walk, caller, "/room", is_legal=is_open and not waits)
        if waits and not answer and walk.parties.get(caller.person) != "waiting":
            walk.parties[caller.person] = "waiting"
            walk.kinds.append("participant.waiting")

    async def _ask_in(self, walk: Walk, person: str = "") -> None:
        caller = self._leader(walk)
        person = person or self._random.choice([*_PEOPLE, "pe_nobody"])
        is_fit = person in _PEOPLE and person not in walk.inside and not walk.is_full
        is_legal = self._leads_door(walk, caller) and is_fit
        if await self._try(walk, caller, "/parties", {"person": person}, is_legal=is_legal):
            walk.parties[person] = "invited"
            walk.kinds.append("participant.invited")

    async def _ask_many(self, walk: Walk) -> None:
        """A multidisciplinary consultation: until all chairs are taken, and one more."""
        everybody = [one.person for one in MANY] if walk.has_door else ["pe_many0"]
        for person in self._random.sample(everybody, len(everybody)):
            await self._ask_in(walk, person)

    async def _admit(self, walk: Walk) -> None:
        caller, person = self._leader(walk), self._party(walk, "waiting")
        is_waiting = walk.parties.get(person) == "waiting"
        is_legal = self._leads_door(walk, caller) and is_waiting and not walk.is_full
        if await self._try(walk, caller, f"/parties/{person}/admit", is_legal=is_legal):
            walk.parties[person] = "admitted"
            walk.kinds.append("participant.admitted")

    async def _put_out(self, walk: Walk) -> None:
        caller, person = self._leader(walk), self._party(walk, "waiting", *_SEATED)
        is_bound = person in (walk.host, walk.expert)
        is_there = walk.parties.get(person) in ("waiting", *_SEATED) and not is_bound
        is_legal = self._leads_door(walk, caller) and is_there
        if await self._try(walk, caller, f"/parties/{person}", is_legal=is_legal, method="DELETE"):
            walk.parties[person] = "removed"
            walk.kinds.append("participant.removed")

    async def _hand_over(self, walk: Walk) -> None:
        caller = self._leader(walk)
        person = self._random.choice([*walk.inside, *walk.inside, *_PEOPLE])
        is_host = caller.person == walk.host and self._leads_door(walk, caller)
        body = {"person": person}
        # Who only watches (QIAN) leads nothing.
        is_fit = person in walk.inside and person != QIAN.person
        if await self._try(walk, caller, "/host", body, is_legal=is_host and is_fit):
            walk.host = person
            walk.kinds.append("host.handed_over")

    def _leader(self, walk: Walk) -> Caller:
        """The host mostly, else somebody else."""
        return _PEOPLE[self._random.choice([walk.host] * 6 + [walk.expert or walk.host, *_PEOPLE][:4])]

    @staticmethod
    def _leads_door(walk: Walk, caller: Caller) -> bool:
        return walk.has_door and caller.person in (walk.host, walk.expert)

    def _party(self, walk: Walk, *states: str) -> str:
        """One of the parties in these states mostly, else anybody."""
        there = [person for person, state in walk.parties.items() if state in states]
        return self._random.choice(there * 4 + [_INVITER, "pe_sun", "pe_nobody"])

    async def _knock_after_the_end(self, walk: Walk) -> None:
        """What has ended hears nothing more."""
        if walk.state in _ENDED:
            path = self._random.choice(("/accept", "/invite", "/recall", "/room", "/cancel"))
            body = {"reason": "resolved"} if path == "/cancel" else None
            await self._try(walk, self._random.choice((LI, WANG)), path, body, is_legal=False)

    async def _stranger(self, walk: Walk) -> None:
        path = self._random.choice(("/accept", "/invite", "/recall", "/pass"))
        await self._try(walk, STRANGER, path, is_legal=False)

    async def _wait(self, walk: Walk) -> None:
        """Nothing but time."""

    # ---- all walks --------------------------------------------------------------------------------------

    async def _let_time_pass(self, batch: list[Walk]) -> None:
        await self._world.after(self._random.choice((1_000, 1_000, 5_000, 20_000, 31_000, 70_000, 125_000)))
        for walk in batch:
            if walk.state not in _ENDED:
                walk.let_pass(self.now_ms)

    async def _compare_states(self, batch: list[Walk], when: str) -> None:
        c = consultation.c
        query = select(c.id, c.state, c.expert, c.host).where(c.id.in_([walk.case for walk in batch]))

        async def work(connection: Any) -> dict[str, tuple[str, str, str]]:
            return {row.id: (row.state, row.expert, row.host) for row in await connection.execute(query)}

        kept = await self._world.store.read(work)
        for walk in batch:
            if kept[walk.case] != (expected := (walk.state, walk.expert, walk.host)):
                self._fault(walk, f"{when}: {kept[walk.case]}, the model says {expected}")

    async def _compare_parties(self, walk: Walk) -> None:
        c = consultation_party.c
        query = select(c.person, c.state).where(c.case_id == walk.case)

        async def work(connection: Any) -> dict[str, str]:
            return {row.person: row.state for row in await connection.execute(query)}

        kept = await self._world.store.read(work)
        if kept != walk.parties:
            self._fault(walk, f"parties: {kept}, the model says {walk.parties}")

    async def _compare_chains(self, walk: Walk) -> None:
        self.ends[walk.state] += 1
        for institution in (CLINIC, HOSPITAL):
            kinds = await self._kinds(institution, walk.case)
            if kinds != walk.kinds:
                self._fault(walk, f"chain of {institution}: {kinds}, the model says {walk.kinds}")

    async def _kinds(self, institution: str, case: str) -> list[str]:
        e = event.c
        query = select(e.kind).where(e.institution == institution, e.case_id == case).order_by(e.sequence)

        async def work(connection: Any) -> list[str]:
            return list((await connection.execute(query)).scalars())

        return await self._world.store.read(work)

    def _fault(self, walk: Walk, what: str) -> None:
        self.faults.append(f"{walk.case}: {what}")


def _leads(before: str, after: str) -> bool:
    state = ConsultationState(before)
    return any(first is state and then.value == after for (first, _), then in TRANSITIONS.items())
