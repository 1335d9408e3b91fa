"""A case as one FHIR R4 Bundle: everything that both sides file, every reference to something in it resolved.

    Organization, Practitioner, PractitionerRole, Patient, Device    who (fhir_people.py)
    ServiceRequest, Encounter, Consent, DocumentReference            what (fhir_care.py)
    Composition, Binary, Provenance                                  the signed opinion (fhir_opinion.py)
    AuditEvent                                                       the trail in the reader's own ledger

The audit events are those of trace/audit_event.py, after IHE BALP and not of its profiles: those ask for the
network addresses of client and server, which the ledger does not keep. Whom an event names by an identifier
of ours and the bundle holds is referenced as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from signaling.consult.fhir_care import care_of
from signaling.consult.fhir_elements import OWN, Resource, coding, concept, full_url, identifier, reference
from signaling.consult.fhir_opinion import opinion_of
from signaling.consult.fhir_people import SERVICE, people_of
from signaling.consult.opinion_archive import Archive, FiledEvent
from signaling.trace.audit_event import audit_event, instant

MEDIA_TYPE: Final = "application/fhir+json"
_DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_KINDS: Final[Mapping[str, str]] = {
    # The kind of an identifier of ours, and which resource of the bundle it names.
    "person": "Practitioner",
    "patient": "Patient",
    "device": "Device",
    "institution": "Organization",
    "case": "Encounter",
    "consent": "Consent",
    "opinion": "Composition",
    "attachment": "DocumentReference",
}


def bundle_of(archive: Archive) -> Resource:
    """Returns the bundle. Equal archives give equal bundles: its time is that of the case's last change."""
    entries = [*people_of(archive), *care_of(archive), *opinion_of(archive)]
    held = {(kind, own_id) for kind, own_id, _ in entries}
    entries += [_audit(event, archive, held) for event in archive.events]
    return {
        "resourceType": "Bundle",
        "identifier": identifier("case", archive.case.id),
        "type": "collection",
        "timestamp": instant(archive.case.updated_at_ms),
        "entry": [
            {"fullUrl": full_url(kind, own_id), "resource": resource} for kind, own_id, resource in entries
        ],
    }


def _audit(event: FiledEvent, archive: Archive, held: Iterable[tuple[str, str]]) -> tuple[str, str, Resource]:
    fields = event.fields
    actor, institution = str(fields["actor"]), str(fields["institution"])
    name = archive.person_name(actor) or archive.devices.get(actor, "")
    made = audit_event(
        fields,
        hash_hex=event.hash_hex,
        actor_name=name,
        institution_name=archive.side(institution).name,
    )
    made["agent"].append(
        {
            "type": concept(coding(_DICOM, "110152", "Destination Role ID")),
            "who": reference("Device", SERVICE),
            "requestor": False,
        }
    )
    return "AuditEvent", f"{institution}-{fields['sequence']}", _resolved(made, frozenset(held))


def _resolved(value: Any, held: frozenset[tuple[str, str]]) -> Any:
    """Returns a copy in which each reference by an identifier of ours also names the entry that it means."""
    if isinstance(value, list):
        return [_resolved(each, held) for each in value]
    if not isinstance(value, dict):
        return value
    made = {name: _resolved(each, held) for name, each in value.items()}
    system = str(made.get("identifier", {}).get("system", "")) if "identifier" in made else ""
    kind = _KINDS.get(system.removeprefix(OWN), "")
    if kind and (kind, made["identifier"]["value"]) in held:
        made["reference"] = full_url(kind, made["identifier"]["value"])
        made["type"] = kind
    return made
