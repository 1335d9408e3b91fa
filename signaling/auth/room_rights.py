"""Who may enter which room, and what they may do there: a decision of values.

The table of rights (policy.py) says which roles may ask for a room at all. Here it is decided whether this
room is theirs, whether their licence holds, and what a role may do inside: speak and show, or only watch. Who
watches is seen by everyone; nobody is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from clinical.ids import InstitutionId
from media_server.rooms import Grant, TrackSource
from signaling.auth.rights import Caller, Role, State, Subject


class Licence(Enum):
    """What is known of somebody's licences."""

    UNKNOWN = "unknown"
    """None was ever entered: the institution does not keep them here."""
    VALID = "valid"
    EXPIRED = "expired"
    """There were some, and none holds today."""


@dataclass(frozen=True, slots=True)
class Place:
    """A room as rights see it. ``institutions``: whose people it is for, first whose it is; none:
    everybody's.
    """

    room: str
    institutions: tuple[InstitutionId, ...] = ()
    admitted: frozenset[str] | None = None
    """The room of a case: only these people enter, whatever their institution; None in all other rooms."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who wants in, with what the store knows of them."""

    caller: Caller
    device_kind: str = ""
    licence: Licence = Licence.UNKNOWN
    breakglass: str = ""
    """Their use of break-glass that opens this room now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody may do in a room."""

    grant: Grant
    may_record: bool = False
    role: Role | None = None
    """As which they enter; None for guests."""


_SPEAKS: Final = frozenset({TrackSource.CAMERA, TrackSource.MICROPHONE})
_CLINICIAN: Final = Grant(can_update_own_metadata=True)
_OBSERVER: Final = Grant(can_publish=False, can_publish_data=False)
_STATION: Final = Grant(sources=_SPEAKS)

ENTRIES: Final[Mapping[Role, Entry]] = {
    Role.SPECIALIST: Entry(_CLINICIAN, may_record=True, role=Role.SPECIALIST),
    Role.DUTY_EXPERT: Entry(_CLINICIAN, may_record=True, role=Role.DUTY_EXPERT),
    Role.CLINIC_DOCTOR: Entry(_CLINICIAN, may_record=True, role=Role.CLINIC_DOCTOR),
    Role.AMBULANCE_CREW: Entry(_CLINICIAN, may_record=True, role=Role.AMBULANCE_CREW),
    Role.SUPERVISOR: Entry(_OBSERVER, role=Role.SUPERVISOR),
    Role.DEVICE: Entry(_STATION, role=Role.DEVICE),
}
"""What each role may do, strongest first. Who is not here (administrator, auditor) has no place in a room."""
LICENSED: Final = frozenset({Role.SPECIALIST, Role.DUTY_EXPERT, Role.CLINIC_DOCTOR})
"""Roles that are a physician's: an expired licence closes rooms to them (domain.md §5.1)."""
MEDIA_DEVICES: Final = frozenset({"kiosk", "ambulance"})
"""Kinds of devices with a camera and a microphone. A gateway brings curves and sees nobody."""


def subject_of(place: Place | None, visitor: Visitor) -> Subject | None:
    """Returns the room as the table of rights sees it for this visitor; None where there is none."""
    if place is None:
        return None
    caller = visitor.caller
    if place.admitted is not None:
        # Colleagues are strangers to a case's room until they are let in: there is no break-glass either,
        # for there is somebody at the door who can be asked.
        is_admitted = caller.actor in place.admitted
        owner = place.institutions[0] if is_admitted else InstitutionId("")
        return Subject(owner, parties=place.admitted, state=State.ACTIVE)
    parties: set[str] = set(place.institutions)
    if visitor.breakglass:
        parties.add(caller.actor)
    is_theirs = not place.institutions or caller.institution in place.institutions
    if is_theirs and caller.device and visitor.device_kind in MEDIA_DEVICES:
        parties.add(caller.device)
    # A room of everybody's belongs to whoever asks.
    institution = caller.institution if is_theirs else place.institutions[0]
    return Subject(institution, parties=frozenset(parties), state=State.ACTIVE)


def decide_entry(place: Place | None, visitor: Visitor) -> Entry | str:
    """Returns what the visitor may do in the room, or the code of the refusal: not_found, room_no_place,
    room_waiting, licence_expired.
    """
    caller = visitor.caller
    if place is None:
        return "not_found"
    if place.admitted is not None:
        if caller.actor not in place.admitted:
            return "room_waiting"
    elif not _may_come_in(place, visitor):
        return "not_found"
    roles = [role for role in ENTRIES if role in caller.roles]
    if Role.DEVICE in roles and visitor.device_kind not in MEDIA_DEVICES:
        roles.remove(Role.DEVICE)
    if not roles:
        return "room_no_place"
    if visitor.licence is Licence.EXPIRED:
        roles = [role for role in roles if role not in LICENSED]
        if not roles:
            return "licence_expired"
    entry = ENTRIES[roles[0]]
    # What a case's room records follows from the patient's consent, not from anybody's whim.
    return entry if place.admitted is None else replace(entry, may_record=False)


def _may_come_in(place: Place, visitor: Visitor) -> bool:
    is_theirs = not place.institutions or visitor.caller.institution in place.institutions
    return bool(visitor.caller.institution and is_theirs) or bool(visitor.breakglass)


def guest_entry(*, may_publish: bool) -> Entry:
    """Returns what a guest may do: speak and show, or only watch and listen."""
    return Entry(Grant(can_publish=may_publish, sources=_SPEAKS, can_publish_data=may_publish))


def licence_of(valid_until_ms: list[int], *, has_ended: int, now_ms: int) -> Licence:
    """Returns what follows from the licences not ended by hand, of which ``has_ended`` others were."""
    if any(until > now_ms for until in valid_until_ms):
        return Licence.VALID
    return Licence.EXPIRED if valid_until_ms or has_ended else Licence.UNKNOWN
