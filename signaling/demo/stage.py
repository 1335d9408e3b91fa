"""Where the demo's story is played: its people by login, its places, devices and patients by name, and the
unit of work it is written in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.consent import Answer, ConsentPurpose, GivenBy, How, sha256_of
from clinical.consent_texts import current_texts
from clinical.ids import CaseId, DeviceId, InstitutionId, PatientId, PersonId
from recording.audit.act import DeviceTime
from recording.signing import Signer
from recording.summary import JsonValue
from signaling.auth.acts import act_of
from signaling.auth.demo_people import DEMO_PEOPLE, DEMO_PLACES, DemoPerson
from signaling.auth.policy import CLINICIANS
from signaling.auth.rights import Assurance, Caller, Role
from signaling.care.consent_book import note_answers
from signaling.demo.cast import DemoDevice, DemoPatient
from signaling.demo.past import PastUnit
from signaling.store import tables as t

_NOTHING: Final[Mapping[str, JsonValue]] = {}
_NO_WORDS: Final[Mapping[str, str]] = {}
_CODE_OF: Final = {person.login: person.place for person in DEMO_PEOPLE}
DOCTORS: Final = {
    person.place: person.login for person in reversed(DEMO_PEOPLE) if person.roles[0] in CLINICIANS
}
"""Who notes patients at the institution of a code."""
_TEXTS: Final = {text.purpose: text for text in current_texts() if text.language == "zh"}


@dataclass(frozen=True, slots=True)
class Stage:
    """All that a moment of the story needs."""

    unit: PastUnit
    places: Mapping[str, InstitutionId]
    people: Mapping[str, Caller]
    devices: Mapping[str, DeviceId]
    patients: Mapping[tuple[str, str], PatientId]
    """By code of the institution and card number."""
    signer: Signer

    def patient(self, login: str, patient: DemoPatient) -> PatientId:
        """Returns the id by which somebody's institution knows a patient."""
        return self.patients[_CODE_OF[login], patient.card_number]

    def tell(
        self,
        login: str,
        kind: str,
        *,
        subject: Mapping[str, str] = _NO_WORDS,
        before: Mapping[str, JsonValue] = _NOTHING,
        after: Mapping[str, JsonValue] = _NOTHING,
        personal: Mapping[str, str] = _NO_WORDS,
        on: DemoDevice | None = None,
    ) -> None:
        """Records an act of a person in the chain of their institution."""
        caller = self.people[login]
        act = act_of(
            caller if on is None else replace(caller, device=self.devices[on.name]),
            kind,
            self.unit.now_ms,
            device_time=None if on is None else self._time_of(on),
            subject=subject,
            before=before,
            after=after,
            personal=personal,
        )
        self.unit.record(act)

    def tell_by(self, device: DemoDevice, kind: str, after: Mapping[str, JsonValue] = _NOTHING) -> None:
        """Records an act of a device."""
        name = self.devices[device.name]
        caller = Caller(institution=self.places[device.place], device=name, roles=frozenset({Role.DEVICE}))
        self.unit.record(
            act_of(
                caller,
                kind,
                self.unit.now_ms,
                device_time=self._time_of(device),
                subject={"device": name},
                after=after,
            )
        )

    async def answer(
        self,
        login: str,
        patient: PatientId,
        case: CaseId,
        *,
        granted: Sequence[ConsentPurpose],
        declined: Sequence[ConsentPurpose] = (),
        how: How = How.SCREEN_SIGNATURE,
        given_by: GivenBy = GivenBy.PATIENT,
        giver_name: str = "",
    ) -> None:
        """Notes what a patient, or somebody for them, answered."""
        signature = sha256_of(f"{case} {how}") if how is How.SCREEN_SIGNATURE else ""
        answers = [
            Answer(
                patient=patient,
                case=case,
                purpose=purpose,
                is_granted=purpose in granted,
                how=how,
                given_by=given_by,
                text_version=_TEXTS[purpose].version,
                text_sha256=_TEXTS[purpose].sha256,
                evidence_sha256=signature,
                giver_name=giver_name,
            )
            for purpose in (*granted, *declined)
        ]
        caller = self.people[login]
        await note_answers(self.unit, caller, caller.institution, answers)

    def _time_of(self, device: DemoDevice) -> DeviceTime:
        return DeviceTime(self.unit.now_ms - device.offset_ms, device.offset_ms, error_ms=9)


async def set_stage(unit: PastUnit, signer: Signer) -> Stage:
    """Returns the stage with what the store holds; opinions are signed with the service's own key."""
    places = await _ids(unit.connection, t.institution.c.code, t.institution.c.id)
    devices = await _ids(unit.connection, t.device.c.name, t.device.c.id)
    logins = await _ids(unit.connection, t.account.c.login, t.account.c.person)
    code_of = {name: code for code, name in places.items()}
    rows = await unit.connection.execute(
        select(t.patient.c.institution, t.patient.c.card_number, t.patient.c.id)
    )
    return Stage(
        unit=unit,
        places={place.code: InstitutionId(places[place.code]) for place in DEMO_PLACES},
        people={person.login: _caller(person, places, logins) for person in DEMO_PEOPLE},
        devices={name: DeviceId(device) for name, device in devices.items()},
        patients={(code_of[row.institution], row.card_number): PatientId(row.id) for row in rows},
        signer=signer,
    )


def _caller(person: DemoPerson, places: Mapping[str, str], logins: Mapping[str, str]) -> Caller:
    return Caller(
        institution=InstitutionId(places[person.place]),
        person=PersonId(logins[person.login]),
        roles=frozenset(person.roles),
        assurance=Assurance.TWO_FACTORS,
        name=person.name,
        login=person.login,
    )


async def _ids(connection: AsyncConnection, name: Any, value: Any) -> dict[str, str]:
    return {row[0]: row[1] for row in await connection.execute(select(name, value))}
