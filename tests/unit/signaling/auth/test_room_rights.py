"""Who enters which room with which rights: every role, every relation, every licence."""

from __future__ import annotations

from itertools import product

import pytest

from clinical.ids import DeviceId, InstitutionId, PersonId
from media_server.rooms import TrackSource
from signaling.auth.policy import CLINICIANS, Decision, decide
from signaling.auth.rights import Action, Assurance, Caller, Relation, Role
from signaling.auth.room_rights import (
    ENTRIES,
    LICENSED,
    Entry,
    Licence,
    Place,
    Visitor,
    decide_entry,
    guest_entry,
    licence_of,
    subject_of,
)

CLINIC, HOSPITAL = InstitutionId("in_clinic"), InstitutionId("in_hospital")
LOBBY = Place("lobby")
WARD = Place("ward", (CLINIC, HOSPITAL))
LAB = Place("lab", (HOSPITAL,))


def caller(*roles: Role, institution: InstitutionId = CLINIC) -> Caller:
    is_device = Role.DEVICE in roles
    return Caller(
        institution=institution,
        person=PersonId("" if is_device else "pe_1"),
        device=DeviceId("dv_1" if is_device else ""),
        roles=frozenset(roles),
        assurance=Assurance.PASSWORD if is_device else Assurance.TWO_FACTORS,
    )


@pytest.mark.parametrize("role", sorted(CLINICIANS))
@pytest.mark.parametrize(("place", "is_open"), [(LOBBY, True), (WARD, True), (LAB, False), (None, False)])
def test_clinicians_enter_the_rooms_of_their_institution_and_everybodys(
    role: Role, place: Place | None, is_open: bool
) -> None:
    decision = decide_entry(place, Visitor(caller(role)))
    if not is_open:
        assert decision == "not_found"
        return
    assert isinstance(decision, Entry)
    assert decision.role is role
    assert decision.may_record
    assert decision.grant.can_publish
    assert decision.grant.can_subscribe


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.GUEST])
def test_who_runs_or_audits_the_service_has_no_place_in_a_room(role: Role) -> None:
    assert decide_entry(LOBBY, Visitor(caller(role))) == "room_no_place"


def test_supervisors_watch_and_are_seen() -> None:
    entry = decide_entry(WARD, Visitor(caller(Role.SUPERVISOR)))
    assert isinstance(entry, Entry)
    assert not (entry.grant.can_publish or entry.grant.can_publish_data or entry.may_record)
    assert entry.grant.can_subscribe


def test_nobody_is_ever_hidden() -> None:
    entries = [*ENTRIES.values(), guest_entry(may_publish=True), guest_entry(may_publish=False)]
    assert not any(entry.grant.hidden or entry.grant.recorder for entry in entries)


@pytest.mark.parametrize(
    ("kind", "decision"), [("kiosk", True), ("ambulance", True), ("gateway", False), ("", False)]
)
def test_devices_with_a_camera_enter_and_others_do_not(kind: str, decision: bool) -> None:
    entry = decide_entry(WARD, Visitor(caller(Role.DEVICE), device_kind=kind))
    if not decision:
        assert entry == "room_no_place"
        return
    assert isinstance(entry, Entry)
    assert not entry.may_record
    assert entry.grant.sources == {TrackSource.CAMERA, TrackSource.MICROPHONE}
    assert not entry.grant.allows_source(TrackSource.SCREEN_SHARE)


@pytest.mark.parametrize("role", sorted(LICENSED))
def test_an_expired_licence_closes_rooms_also_behind_the_glass(role: Role) -> None:
    for place, glass in ((WARD, ""), (LAB, "bg_1")):
        visitor = Visitor(caller(role), licence=Licence.EXPIRED, breakglass=glass)
        assert decide_entry(place, visitor) == "licence_expired"
    for licence in (Licence.VALID, Licence.UNKNOWN):
        assert isinstance(decide_entry(WARD, Visitor(caller(role), licence=licence)), Entry)


def test_an_expired_licence_leaves_what_needs_none() -> None:
    crew = Visitor(caller(Role.AMBULANCE_CREW, Role.CLINIC_DOCTOR), licence=Licence.EXPIRED)
    entry = decide_entry(WARD, crew)
    assert isinstance(entry, Entry)
    assert entry.role is Role.AMBULANCE_CREW


def test_the_strongest_of_several_roles_counts() -> None:
    entry = decide_entry(WARD, Visitor(caller(Role.SUPERVISOR, Role.CLINIC_DOCTOR)))
    assert isinstance(entry, Entry)
    assert entry.role is Role.CLINIC_DOCTOR


def test_break_glass_opens_a_closed_room_to_a_clinician_only() -> None:
    assert isinstance(decide_entry(LAB, Visitor(caller(Role.CLINIC_DOCTOR), breakglass="bg_1")), Entry)
    assert decide_entry(LAB, Visitor(caller(Role.ADMINISTRATOR), breakglass="bg_1")) == "room_no_place"
    assert decide_entry(None, Visitor(caller(Role.CLINIC_DOCTOR), breakglass="bg_1")) == "not_found"


def test_nobody_without_an_institution_enters() -> None:
    assert decide_entry(LOBBY, Visitor(Caller())) == "not_found"


@pytest.mark.parametrize(
    ("place", "visitor", "relation"),
    [
        (LOBBY, Visitor(caller(Role.SPECIALIST)), Relation.INSTITUTION),
        (WARD, Visitor(caller(Role.SPECIALIST, institution=HOSPITAL)), Relation.INSTITUTION),
        (LAB, Visitor(caller(Role.SPECIALIST)), Relation.STRANGER),
        (LAB, Visitor(caller(Role.SPECIALIST), breakglass="bg_1"), Relation.PARTY),
    ],
)
def test_a_room_is_its_institutions_or_lets_somebody_in(
    place: Place, visitor: Visitor, relation: Relation
) -> None:
    subject = subject_of(place, visitor)
    assert subject is not None
    assert subject.relation_to(visitor.caller) is relation
    assert subject_of(None, visitor) is None


def test_the_table_of_rights_and_the_room_agree_on_every_clinician_and_device() -> None:
    """Neither opens what the other closes: the table asks first, the room decides inside."""
    kinds = ("kiosk", "ambulance", "gateway")
    roles: list[tuple[Role, str]] = [(role, "") for role in sorted(CLINICIANS)]
    roles += [(Role.DEVICE, kind) for kind in kinds]
    for (role, kind), place, institution in product(roles, (LOBBY, WARD, LAB), (CLINIC, HOSPITAL)):
        visitor = Visitor(caller(role, institution=institution), device_kind=kind)
        subject = subject_of(place, visitor)
        is_open = isinstance(decide_entry(place, visitor), Entry)
        allowed = decide(visitor.caller, Action.ROOM_JOIN, subject) is Decision.ALLOWED
        assert allowed is is_open, (role, kind, place.room, institution)


def test_a_guest_speaks_and_shows_or_only_watches() -> None:
    speaking, watching = guest_entry(may_publish=True).grant, guest_entry(may_publish=False).grant
    assert speaking.allows_source(TrackSource.CAMERA)
    assert not speaking.allows_source(TrackSource.SCREEN_SHARE)
    assert speaking.can_publish_data
    assert not (watching.can_publish or watching.can_publish_data)
    assert watching.can_subscribe
    assert not (speaking.can_update_own_metadata or watching.can_update_own_metadata)


@pytest.mark.parametrize(
    ("until", "ended", "licence"),
    [
        ([], 0, Licence.UNKNOWN),
        ([11], 0, Licence.VALID),
        ([10], 0, Licence.EXPIRED),
        ([9, 11], 0, Licence.VALID),
        ([], 1, Licence.EXPIRED),
        ([11], 1, Licence.VALID),
    ],
)
def test_one_licence_that_holds_is_enough(until: list[int], ended: int, licence: Licence) -> None:
    assert licence_of(until, has_ended=ended, now_ms=10) is licence


LAB_ONLY = InstitutionId("in_lab")
CASE_ROOM = Place("ca_1", (CLINIC, HOSPITAL), frozenset({"pe_1"}))


def test_a_cases_room_is_for_who_was_admitted_and_nobody_there_records() -> None:
    doctor = caller(Role.CLINIC_DOCTOR)
    entry = decide_entry(CASE_ROOM, Visitor(doctor))
    assert isinstance(entry, Entry)
    assert (entry.role, entry.may_record) == (Role.CLINIC_DOCTOR, False)
    # Also of an institution that is neither side: who was asked in.
    assert isinstance(decide_entry(CASE_ROOM, Visitor(caller(Role.SPECIALIST, institution=LAB_ONLY))), Entry)
    closed = Place("ca_1", (CLINIC, HOSPITAL), frozenset())
    assert decide_entry(closed, Visitor(doctor)) == "room_waiting"
    assert decide_entry(closed, Visitor(doctor, breakglass="bg_1")) == "room_waiting"
    assert decide_entry(CASE_ROOM, Visitor(doctor, licence=Licence.EXPIRED)) == "licence_expired"


def test_a_cases_room_is_nothing_to_colleagues_who_were_not_admitted() -> None:
    closed = Place("ca_1", (CLINIC, HOSPITAL), frozenset({"pe_other"}))
    for institution in (CLINIC, HOSPITAL, LAB_ONLY):
        subject = subject_of(closed, Visitor(caller(Role.SPECIALIST, institution=institution)))
        assert subject is not None
        assert subject.relation_to(caller(Role.SPECIALIST, institution=institution)) is Relation.STRANGER
    admitted = subject_of(CASE_ROOM, Visitor(caller(Role.SPECIALIST, institution=HOSPITAL)))
    assert admitted is not None
    assert admitted.relation_to(caller(Role.SPECIALIST, institution=HOSPITAL)) is Relation.PARTY
    assert admitted.relation_to(caller(Role.CLINIC_DOCTOR)) is Relation.SELF
