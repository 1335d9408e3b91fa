"""What was asked and what took place, as FHIR R4: the request, the encounter, the consents, the files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from clinical.consent import Consent, ConsentPurpose, ConsentState, GivenBy
from clinical.consultation import ConsultationKind, ConsultationState, Urgency
from clinical.ids import CaseId
from clinical.specialties import ANY_TITLE, specialty_words, title_words
from signaling.consult.fhir_elements import (
    OWN,
    Resource,
    coding,
    concept,
    identifier,
    reference,
    resource_id,
)
from signaling.consult.fhir_people import role_id, specialty_concept
from signaling.consult.opinion_archive import Archive, FiledAttachment
from signaling.trace.audit_event import instant

_S: Final = ConsultationState
_ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_LOINC: Final = "http://loinc.org"
_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"

_ENCOUNTER_STATUS: Final[Mapping[ConsultationState, str]] = {
    _S.DRAFTED: "planned",
    _S.INVITED: "planned",
    _S.RINGING: "planned",
    _S.DECLINED: "planned",
    _S.TIMED_OUT: "planned",
    _S.ACCEPTED: "arrived",
    _S.ACTIVE: "in-progress",
    _S.SIGNED: "in-progress",
    _S.ACKNOWLEDGED: "finished",
    _S.CLOSED: "finished",
    _S.CANCELLED: "cancelled",
}
_REQUEST_STATUS: Final[Mapping[ConsultationState, str]] = {
    **dict.fromkeys(ConsultationState, "active"),
    _S.DRAFTED: "draft",
    _S.SIGNED: "completed",
    _S.ACKNOWLEDGED: "completed",
    _S.CLOSED: "completed",
    _S.CANCELLED: "revoked",
}
_PRIORITIES: Final[Mapping[Urgency, str]] = {
    Urgency.EMERGENCY: "stat",
    Urgency.URGENT: "urgent",
    Urgency.ROUTINE: "routine",
}
_CONSENT_STATUS: Final[Mapping[ConsentState, str]] = {
    ConsentState.NONE: "proposed",
    ConsentState.EMERGENCY: "active",
    ConsentState.GRANTED: "active",
    ConsentState.DECLINED: "rejected",
    ConsentState.WITHDRAWN: "inactive",
}
_CONSENT_CODES: Final[Mapping[ConsentPurpose, tuple[str, str]]] = {
    # Scope, and the words for people.
    ConsentPurpose.CONSULTATION: ("treatment", "远程会诊"),
    ConsentPurpose.RECORDING: ("patient-privacy", "录音录像"),
    ConsentPurpose.SHARING: ("patient-privacy", "向第三方提供"),
    ConsentPurpose.TEACHING: ("research", "教学使用"),
}


def service_request(archive: Archive) -> Resource:
    """Returns the invitation with the fields that the law asks for."""
    case, request = archive.case, archive.case.request
    title = "" if request.wanted_title in ("", ANY_TITLE) else title_words(request.wanted_title).zh
    made: Resource = {
        "resourceType": "ServiceRequest",
        "id": resource_id(f"{case.id}-request"),
        "identifier": [identifier("case", case.id), identifier("serial", case.serial)],
        "status": _REQUEST_STATUS[case.state],
        "intent": "order",
        "priority": _PRIORITIES[request.urgency],
        "code": concept(text="远程会诊"),
        "subject": reference("Patient", case.patient, archive.patient.name),
        "encounter": reference("Encounter", case.id),
        "authoredOn": instant(case.invited_at_ms or case.created_at_ms),
        "occurrenceDateTime": instant(request.wanted_at_ms or case.invited_at_ms or case.created_at_ms),
        "requester": reference("PractitionerRole", role_id(case.inviter), archive.person_name(case.inviter)),
        "performer": [_performer(archive)],
        "performerType": specialty_concept(request.specialty),
    }
    if title:
        made["performerType"]["text"] = f"{specialty_words(request.specialty).zh} {title}"
    if request.reason:
        made["reasonCode"] = [concept(text=request.reason)]
    notes = [("会诊目的", request.purpose), ("病历摘要", request.summary)]
    if any(text for _, text in notes):
        made["note"] = [{"text": f"{name}：{text}"} for name, text in notes if text]
    if archive.attachments:
        made["supportingInfo"] = [
            reference("DocumentReference", one.id, one.name) for one in archive.attachments
        ]
    return made


def encounter(archive: Archive) -> Resource:
    """Returns the meeting itself; an offline case has met too, over the files."""
    case = archive.case
    made: Resource = {
        "resourceType": "Encounter",
        "id": resource_id(case.id),
        "identifier": [identifier("case", case.id), identifier("serial", case.serial)],
        "status": _ENCOUNTER_STATUS[case.state],
        "class": coding(_ACT, "VR", "virtual"),
        "type": [concept(coding(f"{OWN}case-kind", case.request.kind.value), text=_kind_words(archive))],
        "subject": reference("Patient", case.patient, archive.patient.name),
        "basedOn": [reference("ServiceRequest", f"{case.id}-request")],
        "participant": list(_participants(archive)),
        "serviceProvider": reference("Organization", case.institution, archive.inviting.name),
    }
    period = _period(case.active_at_ms, case.closed_at_ms if case.is_ended else None)
    if period:
        made["period"] = period
    if case.request.reason:
        made["reasonCode"] = [concept(text=case.request.reason)]
    return made


def consent(answer: Consent, archive: Archive) -> Resource:
    """Returns one answer: for which purpose, to which text, how, and what stands."""
    scope, words = _CONSENT_CODES[answer.purpose]
    is_allowed = answer.state in (ConsentState.GRANTED, ConsentState.EMERGENCY)
    made: Resource = {
        "resourceType": "Consent",
        "id": resource_id(answer.id),
        "identifier": [identifier("consent", answer.id)],
        "status": _CONSENT_STATUS[answer.state],
        "scope": concept(coding(_SCOPE, scope)),
        "category": [
            concept(coding(_LOINC, "59284-0", "Consent Document")),
            concept(coding(f"{OWN}consent-purpose", answer.purpose.value), text=words),
        ],
        "patient": reference("Patient", answer.patient, archive.patient.name),
        "dateTime": instant(answer.at_ms),
        "organization": [reference("Organization", archive.inviting.id, archive.inviting.name)],
        # Which text was shown, by its version and its hash.
        "policyRule": concept(
            coding(f"{OWN}consent-text", answer.text_version),
            coding(f"{OWN}sha256", answer.text_sha256),
        ),
        "provision": {"type": "permit" if is_allowed else "deny"},
    }
    if answer.given_by is GivenBy.PATIENT:
        made["performer"] = [reference("Patient", answer.patient, archive.patient.name)]
    verification: Resource = {
        "verified": answer.given_by is not GivenBy.NOBODY,
        "verificationDate": instant(answer.at_ms),
    }
    if answer.given_by is GivenBy.PATIENT:
        verification["verifiedWith"] = made["performer"][0]
    made["verification"] = [verification]
    if answer.withdrawn_at_ms is not None:
        made["provision"]["period"] = {"start": instant(answer.withdrawn_at_ms)}
    return made


def document_reference(filed: FiledAttachment, archive: Archive) -> Resource:
    """Returns a file by its name and hash; its bytes stay in the service."""
    made: Resource = {
        "resourceType": "DocumentReference",
        "id": resource_id(filed.id),
        "identifier": [identifier("attachment", filed.id), identifier("sha256", filed.sha256)],
        "status": "current",
        "type": concept(coding(f"{OWN}attachment-kind", filed.kind)),
        "subject": reference("Patient", archive.patient.id, archive.patient.name),
        "date": instant(filed.at_ms),
        "content": [
            {
                "attachment": {
                    "contentType": filed.media_type,
                    "title": filed.name,
                    "size": filed.size_bytes,
                    "creation": instant(filed.at_ms),
                }
            }
        ],
        "context": {"encounter": [reference("Encounter", archive.case.id)]},
    }
    if filed.person in archive.people:
        made["author"] = [reference("Practitioner", filed.person, archive.person_name(filed.person))]
    return made


def care_of(archive: Archive) -> Iterable[tuple[str, str, Resource]]:
    """Returns type, own id and resource of all of them."""
    case: CaseId = archive.case.id
    yield "Encounter", case, encounter(archive)
    yield "ServiceRequest", f"{case}-request", service_request(archive)
    for answer in archive.consents:
        yield "Consent", answer.id, consent(answer, archive)
    for filed in archive.attachments:
        yield "DocumentReference", filed.id, document_reference(filed, archive)


def _performer(archive: Archive) -> Resource:
    expert = archive.case.expert
    if expert:
        return reference("PractitionerRole", role_id(expert), archive.person_name(expert))
    return reference("Organization", archive.invited.id, archive.invited.name)


def _participants(archive: Archive) -> Iterable[Resource]:
    case = archive.case
    words: Mapping[str, tuple[str, str]] = {
        case.inviter: ("ATND", "attender"),
        case.expert: ("CON", "consultant"),
    }
    for person in archive.participants:
        code, display = words.get(person, ("PART", "Participation"))
        yield {
            "type": [concept(coding(_PARTICIPATION, code, display))],
            "individual": reference("Practitioner", person, archive.person_name(person)),
        }


def _period(start_ms: int | None, end_ms: int | None) -> dict[str, str]:
    times = {"start": start_ms, "end": end_ms}
    if start_ms is None:
        return {}
    return {name: instant(at_ms) for name, at_ms in times.items() if at_ms is not None}


def _kind_words(archive: Archive) -> str:
    return "在线会诊" if archive.case.request.kind is ConsultationKind.LIVE else "离线会诊"
