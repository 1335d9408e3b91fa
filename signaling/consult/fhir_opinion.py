"""The opinion as FHIR R4: a Composition for people, the signed bytes as Binary, and who signed as Provenance.

The signature is over the bytes of the Binary: canonical JSON (clinical/opinion.py), Ed25519, by the service's
key, which the Device names. Whoever has the public key can check it without the service: `lianzhen opinion
verify`. The treating side's decision comes later and is not under it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Final

from clinical.adoption import Adoption
from clinical.opinion import Content
from signaling.consult.fhir_elements import (
    OWN,
    Resource,
    coding,
    concept,
    identifier,
    narrative,
    reference,
    resource_id,
)
from signaling.consult.fhir_people import SERVICE, role_id
from signaling.consult.opinion_archive import Archive, FiledAdoption, FiledOpinion, FiledSignature
from signaling.consult.opinion_paper import loss_lines
from signaling.trace.audit_event import instant

SIGNED_FORM_TYPE: Final = "application/json"
SIGNATURE_TYPE: Final = "application/octet-stream"
"""64 raw bytes of Ed25519: no registered media type names them."""
FINDINGS, ADVICE, CRITICAL_VALUE, ADOPTION = "findings", "advice", "critical-value", "adoption"
ECG_LOST = "ecg-lost"
"""Our codes of the sections."""
_LOINC: Final = "http://loinc.org"
_SIGNATURE_PURPOSE: Final = "urn:iso-astm:E1762-95:2013"
_PROVENANCE_AGENT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_COMPLETION: Final = "http://terminology.hl7.org/CodeSystem/v3-DocumentCompletion"
_ADOPTED: Final = {Adoption.FULL: "采纳", Adoption.PART: "部分采纳", Adoption.NONE: "不采纳"}


def composition(archive: Archive, opinion: FiledOpinion, signature: FiledSignature) -> Resource:
    """Returns the signed opinion as a document with sections."""
    case = archive.case
    author = archive.person_name(opinion.author)
    sections = signed_sections(opinion.content)
    if opinion.adoption is not None:
        sections.append(_section("邀请方决定", ADOPTION, _adoption_lines(opinion.adoption)))
    if archive.losses:
        sections.append(_section("心电数据缺失", ECG_LOST, loss_lines(archive)))
    return {
        "resourceType": "Composition",
        "id": resource_id(opinion.id),
        "identifier": identifier("opinion", opinion.id),
        "status": "final",
        "type": concept(coding(_LOINC, "11488-4", "Consult note"), text="远程会诊意见"),
        "subject": reference("Patient", case.patient, archive.patient.name),
        "encounter": reference("Encounter", case.id),
        "date": instant(signature.at_ms),
        "author": [reference("PractitionerRole", role_id(opinion.author), author)],
        "title": f"远程会诊意见 {case.serial}",
        "custodian": reference("Organization", archive.inviting.id, archive.inviting.name),
        "attester": [
            {
                "mode": "professional",
                "time": instant(signature.at_ms),
                "party": reference("Practitioner", opinion.author, author),
            }
        ],
        "section": sections,
    }


def signed_form_binary(opinion: FiledOpinion, signature: FiledSignature) -> Resource:
    """Returns what was signed, byte for byte."""
    return {
        "resourceType": "Binary",
        "id": resource_id(f"{opinion.id}-form"),
        "contentType": SIGNED_FORM_TYPE,
        "securityContext": reference("Composition", opinion.id),
        "data": base64.b64encode(signature.form).decode(),
    }


def provenance(archive: Archive, opinion: FiledOpinion, signature: FiledSignature) -> Resource:
    """Returns who signed, when, by which device, and the signature itself."""
    author = reference("Practitioner", opinion.author, archive.person_name(opinion.author))
    return {
        "resourceType": "Provenance",
        "id": resource_id(f"{opinion.id}-signature"),
        "target": [
            reference("Composition", opinion.id),
            reference("Binary", f"{opinion.id}-form"),
        ],
        "occurredDateTime": instant(signature.at_ms),
        "recorded": instant(signature.at_ms),
        "agent": [
            {
                "type": concept(coding(_PROVENANCE_AGENT, "author", "Author")),
                "who": author,
                "onBehalfOf": reference("Organization", archive.invited.id, archive.invited.name),
            },
            {
                "type": concept(coding(_PROVENANCE_AGENT, "assembler", "Assembler")),
                "who": reference("Device", SERVICE),
            },
        ],
        "entity": [
            {"role": "source", "what": reference("ServiceRequest", f"{archive.case.id}-request")},
            *(
                {"role": "source", "what": reference("DocumentReference", one.id, one.name)}
                for one in archive.attachments
                if one.at_ms <= signature.at_ms
            ),
        ],
        "signature": [
            {
                "type": [coding(_SIGNATURE_PURPOSE, "1.2.840.10065.1.12.1.1", "Author's Signature")],
                "when": instant(signature.at_ms),
                # The key is the service's; it signs for the author, who proved who they are by this factor.
                "who": reference("Device", SERVICE),
                "onBehalfOf": author,
                "targetFormat": SIGNED_FORM_TYPE,
                "sigFormat": SIGNATURE_TYPE,
                "data": base64.b64encode(signature.signature).decode(),
            }
        ],
        "activity": concept(
            coding(_COMPLETION, "AU", "authenticated"), coding(f"{OWN}signing-factor", signature.factor)
        ),
    }


def opinion_of(archive: Archive) -> Iterable[tuple[str, str, Resource]]:
    """Returns type, own id and resource of all of them; a draft is nobody's opinion yet and is not there."""
    opinion = archive.opinion
    if opinion is None or opinion.signature is None:
        return
    yield "Composition", opinion.id, composition(archive, opinion, opinion.signature)
    yield "Binary", f"{opinion.id}-form", signed_form_binary(opinion, opinion.signature)
    yield "Provenance", f"{opinion.id}-signature", provenance(archive, opinion, opinion.signature)


def signed_sections(content: Content) -> list[Resource]:
    """Returns the sections that are under the signature."""
    return [
        _section("会诊所见与判断", FINDINGS, [content.findings]),
        _section("会诊建议", ADVICE, [f"{n}. {text}" for n, text in enumerate(content.advice, 1)]),
        _section("是否危急值", CRITICAL_VALUE, ["是" if content.critical_value else "否"]),
    ]


def _section(title: str, code: str, lines: list[str]) -> Resource:
    return {"title": title, "code": concept(coding(f"{OWN}section", code)), "text": narrative(lines)}


def _adoption_lines(adoption: FiledAdoption) -> list[str]:
    lines = [_ADOPTED[adoption.adoption]]
    for number, item in enumerate(adoption.items, 1):
        lines.append(f"{number}. 采纳" if item.adopted else f"{number}. 不采纳：{item.reason}")
    return lines
