"""The words of the authorisation table: roles, relations, states, assurance, actions, and one rule of it.

A request is allowed only where a rule of the table (policy.py) names its action together with a role of the
caller, the caller's relation to the subject, the subject's state and an assurance not above the caller's.
Nothing else is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from clinical.ids import DeviceId, InstitutionId, PersonId

_NO_INSTITUTION: Final = InstitutionId("")
_NO_PERSON: Final = PersonId("")
_NO_DEVICE: Final = DeviceId("")


class Role(StrEnum):
    """What someone is at their institution. Administrator and auditor are never one person."""

    CLINIC_DOCTOR = "clinic_doctor"
    SPECIALIST = "specialist"
    DUTY_EXPERT = "duty_expert"
    AMBULANCE_CREW = "ambulance_crew"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    DEVICE = "device"
    GUEST = "guest"
    """Holds a room token (an invitation's, or another system's): party to that room and to nothing else."""


class Relation(StrEnum):
    """How the caller stands to the subject: the nearest that holds, from the top."""

    SELF = "self"
    """It is the caller, belongs to the caller personally, or is of the caller's own institution and lets the
    caller in by name."""
    INSTITUTION = "institution"
    """It belongs to the caller's institution."""
    PARTY = "party"
    """It belongs to another institution, and the caller was let in."""
    STRANGER = "stranger"
    """None of these. The answer is the same as for something that does not exist."""


class State(StrEnum):
    """In what state the subject is."""

    NONE = "none"
    """There is no subject yet: lists, searches, creation."""
    ACTIVE = "active"
    ENDED = "ended"
    """Closed, revoked, suspended, expired, withdrawn."""
    ERASED = "erased"
    """Personal fields erased; a tombstone."""


class Assurance(IntEnum):
    """How surely the caller is who they say, rising."""

    NOBODY = 0
    PASSWORD = 1
    """One factor, or a device's key."""
    TWO_FACTORS = 2


class Action(StrEnum):
    """What can be asked for. The part before the dot is the kind of subject."""

    SESSION_OPEN = "session.open"
    SESSION_READ = "session.read"
    SESSION_CLOSE = "session.close"
    SESSION_STRENGTHEN = "session.strengthen"
    """Give or enrol a second factor, change the own password."""
    API_READ = "api.read"
    """The API's description, health, the table of rights."""
    INSTITUTION_LIST = "institution.list"
    INSTITUTION_READ = "institution.read"
    INSTITUTION_CREATE = "institution.create"
    INSTITUTION_CHANGE = "institution.change"
    PERSON_LIST = "person.list"
    PERSON_READ = "person.read"
    PERSON_CREATE = "person.create"
    PERSON_CHANGE = "person.change"
    PERSON_SUSPEND = "person.suspend"
    ROLE_CHANGE = "role.change"
    LICENCE_ADD = "licence.add"
    LICENCE_END = "licence.end"
    ACCOUNT_CREATE = "account.create"
    ACCOUNT_RESET = "account.reset"
    DEVICE_LIST = "device.list"
    DEVICE_READ = "device.read"
    DEVICE_CREATE = "device.create"
    DEVICE_ENROL = "device.enrol"
    DEVICE_REVOKE = "device.revoke"
    DEVICE_SELFTEST = "device.selftest"
    """Note a self-test of a kiosk and read the last one."""
    ROOM_LIST = "room.list"
    ROOM_JOIN = "room.join"
    ROOM_READ = "room.read"
    ROOM_MARK = "room.mark"
    ROOM_RECORD = "room.record"
    RECORDING_LIST = "recording.list"
    RECORDING_PLAY = "recording.play"
    RECORDING_VERIFY = "recording.verify"
    INVITATION_CREATE = "invitation.create"
    INVITATION_ACCEPT = "invitation.accept"
    INVITATION_REVOKE = "invitation.revoke"
    PATIENT_SEARCH = "patient.search"
    PATIENT_READ = "patient.read"
    PATIENT_CREATE = "patient.create"
    PATIENT_ERASE = "patient.erase"
    CONSENT_LIST = "consent.list"
    CONSENT_RECORD = "consent.record"
    CONSENT_WITHDRAW = "consent.withdraw"
    DIRECTORY_READ = "directory.read"
    """Whom one can ask."""
    ROSTER_READ = "roster.read"
    ROSTER_CHANGE = "roster.change"
    """Shifts and duty phones."""
    SLOT_LIST = "slot.list"
    SLOT_CHANGE = "slot.change"
    CASE_LIST = "case.list"
    CASE_READ = "case.read"
    CASE_CREATE = "case.create"
    """Write a request for a consultation."""
    CASE_CHANGE = "case.change"
    """The inviting side's acts: amend, send, call again, cancel."""
    CASE_ANSWER = "case.answer"
    """Accept, decline, pass on."""
    CASE_TRANSFER = "case.transfer"
    CASE_JOIN = "case.join"
    """Enter its room, or wait at the door."""
    CASE_ADMIT = "case.admit"
    """Ask in, admit, put out, hand over the host."""
    CASE_WRITE = "case.write"
    """Messages, attachments, steps of the ladder."""
    ECG_LIST = "ecg.list"
    """ECGs, and the gateways they come from."""
    ECG_READ = "ecg.read"
    """Its samples, vital signs and state; live as well."""
    ECG_START = "ecg.start"
    ECG_STOP = "ecg.stop"
    ECG_GIVE_UP = "ecg.give_up"
    """Declare lost what its gateway has not brought."""
    ECG_SEND = "ecg.send"
    """A gateway's uplink."""
    ECG_REPORT = "ecg.report"
    """Write, sign, review, return and amend its report."""
    ECG_CRITICAL = "ecg.critical"
    """Mark it as a critical value, take that back."""
    ECG_HEAR = "ecg.hear"
    """Note who has heard of a critical value."""
    BREAKGLASS_USE = "breakglass.use"
    BREAKGLASS_LIST = "breakglass.list"
    BREAKGLASS_REVIEW = "breakglass.review"
    TRACE_SEARCH = "trace.search"
    TRACE_READ = "trace.read"
    TRACE_EXPORT = "trace.export"
    TRACE_APPROVE = "trace.approve"
    """Decide on an evidence package that somebody else asked for."""
    LEDGER_READ = "ledger.read"
    """Checkpoints and public keys."""
    LEDGER_VERIFY = "ledger.verify"
    LEDGER_COSIGN = "ledger.cosign"
    KEY_LIST = "key.list"
    SETTING_READ = "setting.read"
    SETTING_CHANGE = "setting.change"
    WEBHOOK_LIST = "webhook.list"
    WEBHOOK_CHANGE = "webhook.change"
    EVENT_FOLLOW = "event.follow"

    @property
    def group(self) -> str:
        """The kind of subject."""
        return self.value.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``roles`` is empty for nobody; a device has the role DEVICE and no person."""

    institution: InstitutionId = _NO_INSTITUTION
    person: PersonId = _NO_PERSON
    device: DeviceId = _NO_DEVICE
    roles: frozenset[Role] = frozenset()
    assurance: Assurance = Assurance.NOBODY
    name: str = ""
    login: str = ""
    session: str = ""
    """Names the session in the store (not its secret)."""

    @property
    def actor(self) -> str:
        """The id that stands in the ledger."""
        return self.person or self.device


NOBODY: Final = Caller()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about. ``parties`` are the institutions, people and devices that were let in."""

    institution: InstitutionId
    owner: PersonId | DeviceId | None = None
    parties: frozenset[str] = frozenset()
    state: State = State.ACTIVE

    def relation_to(self, caller: Caller) -> Relation:
        """Returns the nearest relation that holds."""
        if caller.actor and self.owner == caller.actor:
            return Relation.SELF
        if caller.institution and self.institution == caller.institution:
            return Relation.SELF if caller.actor and caller.actor in self.parties else Relation.INSTITUTION
        # Empty names are nobody's: two who have none have nothing in common.
        if caller.actor and self.parties & ({caller.actor, caller.institution} - {""}):
            return Relation.PARTY
        return Relation.STRANGER


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: every combination of its members is allowed."""

    action: Action
    roles: frozenset[Role] | None
    """None: anybody, also who has not signed in."""
    relations: frozenset[Relation]
    states: frozenset[State]
    assurance: Assurance = Assurance.TWO_FACTORS
    """The least that is asked of the caller."""
