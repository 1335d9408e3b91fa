"""The rooms of cases: who may enter, when both sides have met, what is recorded, when a room ends.

A live case has a room under its own id from its first ring to its end; while it rings the host alone may be
in it, and nothing is recorded. What is known here is read from the store: at the start, and again whenever an
act of the case was committed. Meeting and recording are *settled*: what should be is compared with what is,
again and again, so that neither a store that does not answer nor a restart leaves a case half way.

    should be recorded   the case is active or signed, its policy is with_consent, the patient allows it,
                         somebody is in the room

A withdrawn consent does not wait for that: ``stop`` ends the recording in the request that withdraws.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

import structlog
from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consent import ConsentPurpose, is_allowed, standing_of
from clinical.consultation import ConsultationKind, ConsultationState
from clinical.errors import ConsultationRefused
from clinical.ids import CaseId, PatientId
from clinical.specialties import specialty_words
from media_server.ids import RoomName
from media_server.rooms import LeaveCause
from media_server.rooms.effects import Fact, ParticipantCame, ParticipantWent, RoomClosed
from recording.audit.chain import ChainedAct
from signaling.auth.rights import Caller
from signaling.care.consents import consents_of
from signaling.consult.case_answers import meet_case
from signaling.consult.case_rights import may_be_inside
from signaling.consult.cases import Case, cases_where, find_case
from signaling.consult.parties import SEATED, parties_of, seated_of
from signaling.errors import Unavailable
from signaling.recording_desk import DeskRefusal, RecordingDesk
from signaling.room_host import RoomHost
from signaling.standing_rooms import StandingRoom, StandingRooms
from signaling.store import tables as t
from signaling.store.store import Store, StoreUnavailable

LOOK_S: Final = 1.0
"""How late something is settled that nobody told of: another process's act, a store that was away."""
RETRY_LOOKS: Final = 5
"""After a recorder that refused: a full disk is not asked every second."""
MAX_ROOMS: Final = 1_000
"""Live cases at once; a county centre has some thirty (domain.md §2.5)."""
_TELLING: Final = frozenset({"consent", "invitation", "session", "participant", "host", "opinion", "ring"})
"""First words of acts after which a case's room may be another."""
_OF_ROOMS: Final = frozenset(
    {"participant.joined", "participant.left", "participant.lost", "participant.resumed"}
)
_RECORDED: Final = frozenset({ConsultationState.ACTIVE, ConsultationState.SIGNED})
_log = structlog.get_logger("consultations")


@dataclass(frozen=True, slots=True)
class CaseRoom:
    """One case's room as the store says."""

    case: Case
    inside: frozenset[str]
    """Who may enter."""
    inviting_side: frozenset[str]
    """Those of them who are on the side that asks."""
    is_recording_wanted: bool
    """By policy and consent, as long as the case goes on."""

    @property
    def name(self) -> RoomName:
        """The room's name."""
        return RoomName(self.case.id)

    @property
    def is_live(self) -> bool:
        """Whether there is a room at all: of a live case that rings or was accepted once, until it ends."""
        is_live = self.case.request.kind is ConsultationKind.LIVE
        is_ringing = self.case.state is ConsultationState.RINGING
        return is_live and not self.case.is_ended and (is_ringing or self.case.accepted_at_ms is not None)


@dataclass(frozen=True, slots=True)
class _Policy:
    """Who begins and ends recordings of cases: nobody."""

    identity: str = "consultation"
    name: str = ""


@dataclass(slots=True)
class RoomCounts:
    """What has been done since the start."""

    met: int = 0
    recordings_started: int = 0
    recordings_stopped: int = 0
    put_off: int = 0
    """How often store or recorder did not answer."""


class CaseRooms:
    """The rooms of all live cases. An observer of the room host; called on the loop thread."""

    def __init__(self, *, store: Store, host: RoomHost, desk: RecordingDesk, standing: StandingRooms) -> None:
        self.counts = RoomCounts()
        self._store = store
        self._host = host
        self._desk = desk
        self._standing = standing
        self._rooms: dict[RoomName, CaseRoom] = {}
        self._due: set[CaseId] = set()
        self._retry: dict[RoomName, int] = {}
        self._is_due = asyncio.Event()

    # ---- what is told -----------------------------------------------------------------------------------

    def receive_case(self, case: Case) -> None:
        """Takes note that a case has changed."""
        self._due.add(case.id)
        self._is_due.set()

    def receive_acts(self, acts: Sequence[ChainedAct]) -> None:
        """Takes what was just committed (Store.follow)."""
        for chained in acts:
            kind, case = chained.act.kind, chained.act.subject.get("case", "")
            if case and kind.partition(".")[0] in _TELLING and kind not in _OF_ROOMS:
                self._due.add(CaseId(case))
                self._is_due.set()

    def receive_fact(self, room: RoomName, fact: Fact) -> None:
        """See RoomObserver."""
        if room in self._rooms and isinstance(fact, ParticipantCame | ParticipantWent | RoomClosed):
            self._is_due.set()

    def is_recording(self, room: RoomName) -> bool:
        """Returns whether a room is being recorded now."""
        return self._desk.recording_of(room) is not None

    def is_with_patient(self, room: RoomName, person: str) -> bool:
        """Returns whether somebody is on the side of a case that asks: there the patient is."""
        known = self._rooms.get(room)
        return known is not None and person in known.inviting_side

    def stats(self) -> dict[str, int]:
        """Returns counters for /metrics."""
        return {"open": len(self._rooms), **asdict(self.counts)}

    # ---- what is done -----------------------------------------------------------------------------------

    async def load(self) -> None:
        """Knows all live cases. Raises StoreUnavailable."""
        c = t.consultation.c
        ended = [ConsultationState.CLOSED.value, ConsultationState.CANCELLED.value]
        cases = await self._store.read(
            lambda connection: cases_where(
                connection,
                c.state.not_in(ended),
                or_(c.accepted_at_ms.is_not(None), c.state == ConsultationState.RINGING.value),
                c.kind == ConsultationKind.LIVE.value,
                limit=MAX_ROOMS,
            )
        )
        for case in cases:
            await self.refresh(case.id)

    async def refresh(self, case_id: str) -> None:
        """Reads a case anew; its room is then as the store says. Raises StoreUnavailable."""
        room = await self._store.read(lambda connection: _read_room(connection, case_id))
        if room is not None and room.is_live:
            self._rooms[room.name] = room
            self._standing.keep_case(_standing(room))
        else:
            self._end(RoomName(case_id))

    async def stop(self, patient: PatientId, case: CaseId, caller: Caller) -> bool:
        """Ends a case's recording now, because the patient no longer allows it; see RecordingStopper."""
        name = RoomName(case)
        room = self._rooms.get(name)
        if room is None or room.case.patient != patient:
            return False
        self._rooms[name] = replace(room, is_recording_wanted=False)
        return await self._stop(name)

    async def run(self) -> None:
        """Settles rooms as long as the task lives."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._is_due.wait()
            self._is_due.clear()
            await self.turn()

    async def turn(self) -> None:
        """Learns what has changed and settles every room."""
        try:
            for case in tuple(self._due):
                await self.refresh(case)
                self._due.discard(case)
            for name in tuple(self._rooms):
                await self._settle(name)
        except StoreUnavailable:
            # What is due stays due.
            self.counts.put_off += 1

    # ---- inside -----------------------------------------------------------------------------------------

    async def _settle(self, name: RoomName) -> None:
        room = self._rooms.get(name)
        if room is None:
            return
        present = self._present(name)
        if room.case.state is ConsultationState.ACCEPTED and self._have_met(room, present):
            await self._meet(room)
            room = self._rooms.get(name, room)
        should_run = room.is_recording_wanted and bool(present)
        if self.is_recording(name):
            if not room.is_recording_wanted:
                await self._stop(name)
        elif should_run and room.case.state in _RECORDED:
            await self._start(name)

    async def _meet(self, room: CaseRoom) -> None:
        try:
            case = await self._store.write(lambda unit: meet_case(unit, room.case.id))
        except ConsultationRefused as refused:
            _log.error("meeting_refused", case=room.case.id, code=refused.code)
            return
        if case is not None:
            self.counts.met += 1
        await self.refresh(room.case.id)

    async def _start(self, name: RoomName) -> None:
        if self._retry.get(name, 0) > 0:
            self._retry[name] -= 1
            return
        try:
            await self._desk.start(name, _Policy())
        except DeskRefusal:
            return
        except Unavailable:
            self.counts.put_off += 1
            self._retry[name] = RETRY_LOOKS
            return
        self.counts.recordings_started += 1
        room = self._rooms.get(name)
        if room is None or not room.is_recording_wanted:
            # The patient took it back while the recorder was opening its files.
            await self._stop(name)

    async def _stop(self, name: RoomName) -> bool:
        try:
            await self._desk.stop(name, _Policy())
        except DeskRefusal:
            return False
        except Unavailable:
            # It has ended; only its seal waits for the disk.
            self.counts.put_off += 1
        self.counts.recordings_stopped += 1
        return True

    def _end(self, name: RoomName) -> None:
        room = self._rooms.pop(name, None)
        self._retry.pop(name, None)
        if room is None:
            return
        open_room = self._host.rooms.find(name)
        if open_room is not None:
            self._host.close_room(open_room, LeaveCause.ROOM_DELETED)
        # After the room's last facts, which its witness has told by then.
        self._standing.forget_case(name)

    def _present(self, name: RoomName) -> frozenset[str]:
        room = self._host.rooms.find(name)
        if room is None:
            return frozenset()
        claims = [self._host.claims_of(participant.sid) for participant in room.participants()]
        return frozenset(each.binding.person for each in claims if each is not None) - {""}

    @staticmethod
    def _have_met(room: CaseRoom, present: frozenset[str]) -> bool:
        return room.case.expert in present and bool(present & room.inviting_side)


async def _read_room(connection: AsyncConnection, case_id: str) -> CaseRoom | None:
    case = await find_case(connection, case_id)
    if case is None:
        return None
    parties = await parties_of(connection, [case.id])
    standing = standing_of(await consents_of(connection, case.patient, case.id), case.id)
    inside = frozenset({case.inviter, case.host, case.expert}) | seated_of(parties)
    colleagues = {p.person for p in parties if p.institution == case.institution and p.state in SEATED}
    return CaseRoom(
        case=case,
        inside=inside - {""},
        inviting_side=frozenset({case.inviter, *colleagues} - {case.expert}),
        is_recording_wanted=case.recording_policy == "with_consent"
        and is_allowed(standing, ConsentPurpose.RECORDING),
    )


def _standing(room: CaseRoom) -> StandingRoom:
    case, words = room.case, specialty_words(room.case.request.specialty)
    return StandingRoom(
        room.name,
        # Titles stand in recordings' names: nothing of the patient.
        f"{case.serial} {words.zh}",
        f"{case.serial} {words.en}",
        "by_case",
        case.institutions,
        case=case.id,
        patient=case.patient,
        admitted=frozenset(person for person in room.inside if may_be_inside(case, person)),
    )
