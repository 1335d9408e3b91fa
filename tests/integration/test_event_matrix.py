"""Which role is told of which event over the events socket: role × kind × institution × whether it names a
patient, each looked for on a real socket.
"""

from __future__ import annotations

import asyncio
from itertools import combinations
from pathlib import Path

from clinical.ids import DeviceId, InstitutionId, PersonId
from recording.audit.act import Act
from recording.clock import SystemClock
from signaling.api.event_pages import EventPages
from signaling.auth.rights import Assurance, Caller, Role
from signaling.ledger_feed import LedgerFeed
from tests.support.api import api_client
from tests.support.stores import open_test_store
from tests.support.waiting import HANG_S

_WATCH = {Role.SUPERVISOR, Role.AUDITOR}
_CARE = {Role.CLINIC_DOCTOR, Role.SPECIALIST, Role.DUTY_EXPERT, Role.AMBULANCE_CREW}
_TOLD_TO = {
    # domain.md §5.3 and contracts: what is care …
    **dict.fromkeys(
        (
            "request.created",
            "invitation.created",
            "invitation.accepted",
            "invitation.revoked",
            "consent.granted",
            "consent.declined",
            "consent.withdrawn",
            "presence.proved",
            "participant.joined",
            "participant.lost",
            "participant.resumed",
            "participant.left",
            "track.published",
            "recording.started",
            "recording.stopped",
            "segment.sealed",
            "media.gap",
            "qos.step",
            "ecg.started",
            "annotation.added",
            "advice.issued",
            "timepoint.recorded",
            "alert.sent",
            "cathlab.activated",
            "opinion.signed",
            "report.issued",
            "criticalvalue.found",
            "handover.done",
            "patient.created",
            "patient.erased",
            "room.opened",
            "room.closed",
        ),
        _CARE | _WATCH,
    ),
    # … what runs the service …
    **dict.fromkeys(
        (
            "session.opened",
            "session.closed",
            "session.refused",
            "account.locked",
            "person.created",
            "person.changed",
            "person.suspended",
            "role.granted",
            "role.removed",
            "licence.added",
            "licence.ended",
            "device.created",
            "device.enrolled",
            "device.revoked",
            "roster.changed",
            "slot.opened",
            "device.selftest.ok",
            "device.selftest.failed",
            "setting.changed",
            "webhook.changed",
            "checkpoint.cosigned",
            "institution.created",
            "ledger.spooled",
            "clock.off",
        ),
        {Role.ADMINISTRATOR} | _WATCH,
    ),
    # … and who looked where they usually may not.
    **dict.fromkeys(
        (
            "breakglass.used",
            "breakglass.reviewed",
            "trace.searched",
            "trace.viewed",
            "trace.exported",
            "patient.viewed",
            "patient.searched",
            "unknown.kind",
        ),
        _WATCH,
    ),
}


def _callers() -> list[Caller]:
    here = InstitutionId("in_here")
    people = [role for role in Role if role not in (Role.DEVICE, Role.GUEST)]
    sets = [{role} for role in people] + [set(pair) for pair in combinations(people, 2)]
    callers = [
        Caller(here, PersonId("pe_me"), roles=frozenset(roles), assurance=Assurance.TWO_FACTORS)
        for roles in sets
        if roles != {Role.ADMINISTRATOR, Role.AUDITOR}
    ]
    device = Caller(
        here, device=DeviceId("dv_me"), roles=frozenset({Role.DEVICE}), assurance=Assurance.PASSWORD
    )
    return [*callers, device]


def _is_told(caller: Caller, kind: str, *, with_patient: bool, at_home: bool) -> bool:
    if not at_home:
        return False
    told = caller.roles & _TOLD_TO[kind]
    if with_patient:
        # Whoever runs the service is never told of a patient.
        told -= {Role.ADMINISTRATOR}
    return bool(told)


async def test_each_role_is_told_what_it_may_know_and_nothing_else(tmp_path: Path) -> None:
    async with open_test_store(tmp_path) as store:
        feed = LedgerFeed(store)
        store.follow(feed.receive_acts)
        pages = EventPages(
            store=store, feed=feed, clock=SystemClock(), may_see_room=lambda caller, room: False
        )
        acts = [
            Act(
                institution, kind, f"pe_{institution}", 1, subject={"patient": "pt_a"} if with_patient else {}
            )
            for institution in ("in_here", "in_there")
            for kind in _TOLD_TO
            for with_patient in (False, True)
        ]
        await store.record(acts)
        last = len(acts) // 2
        cells = wrong = 0
        async with api_client(pages.routes()) as api:
            for caller in _callers():
                api.caller = caller
                seen: set[tuple[str, bool, bool]] = set()
                async with (
                    api.session.ws_connect(f"{api.url}/events?after=0") as socket,
                    asyncio.timeout(HANG_S),
                ):
                    position = 0
                    while position < last:
                        message = await socket.receive_json()
                        position = message.get("sequence", 0)
                        if message["type"] == "event":
                            is_home = message["actor"] == "pe_in_here"
                            seen.add((message["kind"], "patient" in message["subject"], is_home))
                for kind in _TOLD_TO:
                    for with_patient in (False, True):
                        for at_home in (False, True):
                            expected = _is_told(caller, kind, with_patient=with_patient, at_home=at_home)
                            cells += 1
                            wrong += ((kind, with_patient, at_home) in seen) != expected
        print(f"\nevents: {cells} cells, {wrong} wrong")
        assert wrong == 0
        pages.close()
