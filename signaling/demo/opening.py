"""The day before the demo's story: licences, devices, patients and the duty roster are entered."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clinical.ids import InstitutionId
from signaling.auth.device_clock import ClockReading
from signaling.auth.device_keys import ED25519, DeviceKey
from signaling.auth.devices import create, enrol, plain_code
from signaling.auth.people import add_licence
from signaling.auth.rights import Caller
from signaling.care.patients import create_patient
from signaling.demo.cast import DAY_MS, DEVICES, LICENCES, PATIENTS, DemoDevice, DemoLicence, DemoPatient
from signaling.demo.duty import enter_duty
from signaling.demo.stage import DOCTORS, Stage
from signaling.demo.story import DAYS, Moment

_HOUR_MS: Final = 3_600_000
_MINUTE_MS: Final = 60_000
_CLOCK_ERROR_MS: Final = 9


def people_at_ms(first_ms: int) -> int:
    """Returns when the institutions and people were entered: the day before, at nine."""
    return first_ms - DAY_MS + 9 * _HOUR_MS


def opening(first_ms: int) -> Sequence[Moment]:
    """Returns the moments of the rest of that day."""
    deeds = [
        *(partial(_licence, licence=licence) for licence in LICENCES),
        *(partial(_device, device=device) for device in DEVICES),
        *(
            partial(_patient, patient=patient, place=place)
            for patient in PATIENTS
            for place in patient.places
        ),
        partial(_duty, first_ms=first_ms),
    ]
    begins_ms = people_at_ms(first_ms) + _HOUR_MS
    return [Moment(begins_ms + number * _MINUTE_MS, deed) for number, deed in enumerate(deeds)]


async def _licence(stage: Stage, licence: DemoLicence) -> None:
    person = stage.people[licence.login]
    await add_licence(
        stage.unit,
        _system_of(person.institution),
        person.person,
        number=licence.number,
        kind=licence.kind,
        valid_until_ms=stage.unit.now_ms + licence.valid_days * DAY_MS,
    )


async def _device(stage: Stage, device: DemoDevice) -> None:
    system = _system_of(stage.places[device.place])
    _, code = await create(stage.unit, system, name=device.name, kind=device.kind)
    plain = plain_code(code)
    assert plain is not None
    # Its other half is kept by nobody: a device of the demo never signs in.
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    await enrol(
        stage.unit,
        plain=plain,
        key=DeviceKey(ED25519, key),
        clock=ClockReading(device.offset_ms, _CLOCK_ERROR_MS),
        device_time_ms=stage.unit.now_ms - device.offset_ms,
    )


async def _patient(stage: Stage, patient: DemoPatient, place: str) -> None:
    created = await create_patient(
        stage.unit,
        stage.places[place],
        name=patient.name,
        card_number=patient.card_number,
        sex=patient.sex,
        birth_year=patient.birth_year,
    )
    subject = {"patient": created.id}
    stage.tell(DOCTORS[place], "patient.created", subject=subject, after={"has_card": True})


async def _duty(stage: Stage, first_ms: int) -> None:
    await enter_duty(stage.unit, stage.people["sunli"], first_ms - DAY_MS, DAYS + 1)


def _system_of(institution: InstitutionId) -> Caller:
    """Returns who enters things before an administrator has signed in."""
    return Caller(institution=institution)
