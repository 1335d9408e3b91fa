"""The world of the random walks: the consultation's routes with its doors and the real second factor.

Nothing is stood in for but the media server, which has tests of its own: rooms are known as the store says,
nobody is ever seen in one, and nothing is recorded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recording.signing import Ed25519Signer
from signaling.api.case_desk import CaseDesk
from signaling.api.case_room_pages import CaseRoomPages
from signaling.api.opinion_pages import OpinionPages
from signaling.api.route import Route
from signaling.auth.fresh_factor import FreshFactors
from signaling.auth.password_worker import PasswordWorker
from signaling.auth.rights import Role
from signaling.auth.room_entry import RoomEntries
from signaling.consult.attachment_files import AttachmentFiles
from signaling.consult.case_rooms import CaseRooms
from signaling.standing_rooms import StandingRooms
from signaling.store import tables as t
from signaling.store.secret_box import SecretBox
from signaling.tokens import TokenDesk
from tests.support.api import SettledClock, person
from tests.support.consult_world import CHEN, ELSEWHERE, SUN, WANG, ConsultWorld, consult_world
from tests.support.taken_case import HashesHere
from tests.support.walk_factors import SECRET

MANY: Final = tuple(person(Role.SPECIALIST, institution=ELSEWHERE, name=f"pe_many{n}") for n in range(8))
"""Specialists of a third hospital, as many as have seats: what a multidisciplinary consultation asks in."""


class _NoMedia:
    """Stands in for the room host and the recording desk: nobody is in a room, nothing is recorded."""

    @property
    def rooms(self) -> _NoMedia:
        return self

    def find(self, _name: Any) -> None:
        return None

    def recording_of(self, _name: Any) -> None:
        return None


@asynccontextmanager
async def walk_world(folder: Path) -> AsyncIterator[ConsultWorld]:
    """Serves it in ``folder``; the database is asked on the loop thread."""
    clock, box, worker = SettledClock(), SecretBox(bytes(32)), PasswordWorker(HashesHere())

    def routes(cases: CaseDesk, files: AttachmentFiles) -> Iterable[Route]:
        standing, media = StandingRooms([]), _NoMedia()
        tokens = TokenDesk(api_key="walks", api_secret="s" * 32)
        rooms = CaseRooms(store=cases.store, host=media, desk=media, standing=standing)  # type: ignore[arg-type]
        entries = RoomEntries(store=cases.store, standing=standing, tokens=tokens, clock=clock)
        opinions = OpinionPages(
            cases,
            signer=Ed25519Signer(Ed25519PrivateKey.generate()),
            factors=FreshFactors(cases.store, box, worker),
            files=files,
            recordings=list,
        )
        return [
            *opinions.routes(),
            *CaseRoomPages(cases, entrance=entries, refresh=rooms.refresh).routes(),
        ]

    async with consult_world(folder, more=routes, is_inline=True, clock=clock) as world:
        await _people(world, box)
        yield world
    worker.close()


async def _people(world: ConsultWorld, box: SecretBox) -> None:
    await world.on_duty(WANG)
    await world.on_duty(CHEN, line=2)
    await world.on_duty(SUN, specialty="respiratory")
    await world.put(
        t.account,
        *(
            {
                "id": f"ac_{one.person}",
                "institution": one.institution,
                "person": one.person,
                "login": one.person,
                "password_hash": "",
                "totp_secret": box.seal(SECRET.encode(), f"ac_{one.person}"),
            }
            for one in (WANG, CHEN, SUN)
        ),
    )
    await world.put(
        t.person,
        *(
            {
                "id": one.person,
                "institution": one.institution,
                "name": one.name,
                "title": "主任医师",
                "specialty": "",
                "phone": "",
                "state": "active",
                "created_at_ms": 0,
            }
            for one in MANY
        ),
    )
    await world.put(t.person_role, *({"person": one.person, "role": "specialist"} for one in MANY))
