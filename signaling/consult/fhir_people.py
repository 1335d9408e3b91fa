"""Who took part in a case, as FHIR R4: organisations, people, their roles and licences, patient, devices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from clinical.specialties import specialty_of_words, specialty_words
from signaling.consult.fhir_elements import (
    OWN,
    Resource,
    coding,
    concept,
    identifier,
    reference,
    resource_id,
)
from signaling.consult.opinion_archive import Archive, FiledPatient, Professional, Side

SERVICE: Final = "service"
"""The one server, as a device: it signs, and it writes the ledger."""
_GENDERS: Final = frozenset({"male", "female", "other", "unknown"})
_KINDS: Final = {"hospital": "医院", "township_clinic": "乡镇卫生院", "ambulance_station": "急救站"}


def role_id(person: str) -> str:
    """Returns the id under which somebody's role at their institution stands in the bundle."""
    return f"{person}-role"


def organization(side: Side) -> Resource:
    """Returns an institution with its code (机构代码)."""
    return {
        "resourceType": "Organization",
        "id": resource_id(side.id),
        "identifier": [identifier("institution", side.id), identifier("institution-code", side.code)],
        "active": True,
        "type": [concept(coding(f"{OWN}institution-kind", side.kind), text=_KINDS.get(side.kind, side.kind))],
        "name": side.name,
    }


def practitioner(person: Professional) -> Resource:
    """Returns somebody with the licence that held when it mattered."""
    made: Resource = {
        "resourceType": "Practitioner",
        "id": resource_id(person.id),
        "identifier": [identifier("person", person.id)],
        "name": [{"text": person.name}],
    }
    if person.licence:
        made["qualification"] = [
            {
                "identifier": [identifier("licence", person.licence)],
                "code": concept(text="医师执业证书"),
            }
        ]
    return made


def practitioner_role(person: Professional) -> Resource:
    """Returns as what somebody works where."""
    made: Resource = {
        "resourceType": "PractitionerRole",
        "id": resource_id(role_id(person.id)),
        "active": True,
        "practitioner": reference("Practitioner", person.id, person.name),
        "organization": reference("Organization", person.institution),
    }
    if person.title:
        made["code"] = [concept(text=person.title)]
    if person.specialty:
        made["specialty"] = [specialty_concept(person.specialty)]
    return made


def specialty_concept(words: str) -> Resource:
    """Returns a specialty: our code where the words name one of ours, and the words."""
    code = specialty_of_words(words)
    if code is None:
        return concept(text=words)
    return concept(coding(f"{OWN}specialty", code, specialty_words(code).en), text=specialty_words(code).zh)


def patient(filed: FiledPatient, managing: Side) -> Resource:
    """Returns whom it is about; of an erased patient only the id is left."""
    made: Resource = {
        "resourceType": "Patient",
        "id": resource_id(filed.id),
        "identifier": [identifier("patient", filed.id)],
        "gender": filed.sex if filed.sex in _GENDERS else "unknown",
        "managingOrganization": reference("Organization", managing.id, managing.name),
    }
    if filed.card_number:
        made["identifier"].append(identifier("card", filed.card_number))
    if filed.name:
        made["name"] = [{"text": filed.name}]
    if filed.birth_year is not None:
        made["birthDate"] = f"{filed.birth_year:04d}"
    return made


def service_device(key_id: str) -> Resource:
    """Returns the service that keeps the ledger and signs; ``key_id`` "": it has signed nothing here."""
    made: Resource = {
        "resourceType": "Device",
        "id": SERVICE,
        "identifier": [identifier("service", SERVICE)],
        "deviceName": [{"name": "联诊 Lianzhen", "type": "user-friendly-name"}],
        "type": concept(text="远程会诊服务"),
    }
    if key_id:
        made["identifier"].append(identifier("signing-key", key_id))
    return made


def enrolled_device(device: str, name: str) -> Resource:
    """Returns a kiosk or another enrolled device."""
    return {
        "resourceType": "Device",
        "id": resource_id(device),
        "identifier": [identifier("device", device)],
        "deviceName": [{"name": name or device, "type": "user-friendly-name"}],
    }


def people_of(archive: Archive) -> Iterable[tuple[str, str, Resource]]:
    """Returns type, own id and resource of all of them."""
    sides = {side.id: side for side in (archive.inviting, archive.invited)}
    for side in sides.values():
        yield "Organization", side.id, organization(side)
    for person in archive.people.values():
        yield "Practitioner", person.id, practitioner(person)
        # Of a third institution's guest only the name is filed: their role is that institution's to tell.
        if person.institution in sides:
            yield "PractitionerRole", role_id(person.id), practitioner_role(person)
    yield "Patient", archive.patient.id, patient(archive.patient, archive.inviting)
    signature = archive.opinion.signature if archive.opinion is not None else None
    yield "Device", SERVICE, service_device("" if signature is None else signature.key_id)
    for device, name in archive.devices.items():
        yield "Device", device, enrolled_device(device, name)
