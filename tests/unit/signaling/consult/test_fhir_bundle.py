"""The bundle of a case against the R4 models of fhir.resources, and each of its references resolved."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.bundle import Bundle

from clinical.consultation import ConsultationState
from clinical.opinion import read_signed_form
from recording.signing import is_signed
from signaling.consult.bundle_check import check_bundle
from signaling.consult.fhir_bundle import bundle_of
from signaling.consult.opinion_archive import Archive
from tests.support.filed_cases import CASE, KEY, PEOPLE, bare_archive, full_archive, opinion, seal_of
from tests.unit.signaling.consult.test_opinion_paper import LOSS


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == kind]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, dict):
        if "reference" in value:
            yield value["reference"]
        for each in value.values():
            yield from references(each)


@pytest.mark.parametrize(
    "archive",
    [
        full_archive(),
        full_archive(opinion=opinion(is_adopted=False)),
        full_archive(opinion=opinion(is_signed=False, is_adopted=False)),
        bare_archive(),
        *(bare_archive(state) for state in ConsultationState),
        *(full_archive(case=replace(CASE, state=state)) for state in ConsultationState),
    ],
)
def test_it_is_valid_r4_and_every_reference_resolves_inside(archive: Archive) -> None:
    bundle = bundle_of(archive)
    Bundle.model_validate_json(json.dumps(bundle))
    for entry in bundle["entry"]:
        kind = entry["resource"]["resourceType"]
        get_fhir_model_class(kind).model_validate_json(json.dumps(entry["resource"]))
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    assert set(references(bundle)) <= set(urls)


def test_the_lost_rest_of_an_ecg_is_a_section_that_spoils_no_signature() -> None:
    archive = full_archive(losses=(LOSS,))
    bundle = bundle_of(archive)
    Bundle.model_validate_json(json.dumps(bundle))
    (composition,) = resources(bundle, "Composition")
    last = composition["section"][-1]
    assert last["title"] == "心电数据缺失" and "已知缺 3.0 秒" in last["text"]["div"]
    assert check_bundle(bundle, KEY.public_key()).faults == ()


def test_the_models_do_find_what_is_wrong() -> None:
    bundle = bundle_of(full_archive())
    resources(bundle, "Encounter")[0]["status"] = 7
    with pytest.raises(ValueError, match="status"):
        Bundle.model_validate_json(json.dumps(bundle))
    with pytest.raises(ValueError, match="extra"):
        Bundle.model_validate_json(json.dumps({**bundle, "invented": 1}))


def test_equal_archives_give_equal_bundles() -> None:
    assert json.dumps(bundle_of(full_archive())) == json.dumps(bundle_of(full_archive()))


def test_it_holds_what_the_issue_names() -> None:
    bundle = bundle_of(full_archive())
    kinds = {each["resource"]["resourceType"] for each in bundle["entry"]}
    assert kinds == {
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Patient",
        "Device",
        "ServiceRequest",
        "Encounter",
        "Consent",
        "DocumentReference",
        "Composition",
        "Binary",
        "Provenance",
        "AuditEvent",
    }
    (encounter,) = resources(bundle, "Encounter")
    assert (encounter["class"]["code"], encounter["status"]) == ("VR", "finished")
    assert encounter["period"] == {"start": "2025-11-21T04:40:00.000Z", "end": "2025-11-21T04:45:20.000Z"}


def test_only_who_was_there_took_part() -> None:
    (encounter,) = resources(bundle_of(full_archive()), "Encounter")
    shown = [
        (one["type"][0]["coding"][0]["code"], one["individual"]["display"])
        for one in encounter["participant"]
    ]
    assert shown == [("ATND", "李明"), ("CON", "王敏"), ("PART", "周岚")]


def test_the_request_carries_the_mandated_fields() -> None:
    (request,) = resources(bundle_of(full_archive()), "ServiceRequest")
    assert (request["status"], request["priority"]) == ("completed", "urgent")
    assert request["reasonCode"][0]["text"] == "胸闷 2 小时"
    assert request["performerType"]["text"] == "心内科 副主任医师"
    assert [note["text"][:4] for note in request["note"]] == ["会诊目的", "病历摘要"]
    assert request["occurrenceDateTime"] == "2025-11-21T04:39:40.000Z"


def test_each_purpose_has_its_consent_with_what_stands() -> None:
    consents = resources(bundle_of(full_archive()), "Consent")
    shown = [
        (each["status"], each["provision"]["type"], each["verification"][0]["verified"]) for each in consents
    ]
    assert shown == [
        ("active", "permit", True),
        ("inactive", "deny", True),
        ("active", "permit", False),
        ("rejected", "deny", True),
    ]
    assert "performer" not in consents[2] and "performer" not in consents[3]


def test_whoever_has_the_public_key_can_check_the_signature_from_the_bundle_alone() -> None:
    bundle = bundle_of(full_archive())
    (provenance,), (binary,) = resources(bundle, "Provenance"), resources(bundle, "Binary")
    form = base64.b64decode(binary["data"])
    assert is_signed(KEY.public_key(), form, base64.b64decode(provenance["signature"][0]["data"]))
    assert read_signed_form(form) == seal_of()
    # What came after the signing is no source of it.
    assert len(provenance["entity"]) == 2


def test_the_composition_says_what_was_written_and_nothing_of_it_is_markup() -> None:
    (composition,) = resources(bundle_of(full_archive()), "Composition")
    findings, advice, critical, adoption = composition["section"]
    assert "&lt;0.1 mV &amp; 心率 92。<br/>会诊医生判断" in findings["text"]["div"]
    assert advice["text"]["div"].count("<p>") == 3
    assert "<p>否</p>" in critical["text"]["div"]
    assert "部分采纳" in adoption["text"]["div"] and "3. 不采纳：患者不愿转诊" in adoption["text"]["div"]


def test_a_draft_is_not_in_it() -> None:
    bundle = bundle_of(full_archive(opinion=opinion(is_signed=False, is_adopted=False)))
    for kind in ("Composition", "Binary", "Provenance"):
        assert resources(bundle, kind) == []


def test_an_erased_patient_is_an_id_and_nothing_else() -> None:
    (patient,) = resources(bundle_of(bare_archive()), "Patient")
    assert set(patient) == {"resourceType", "id", "identifier", "gender", "managingOrganization"}
    assert (patient["gender"], len(patient["identifier"])) == ("unknown", 1)


def test_audit_events_name_the_resources_they_are_about() -> None:
    bundle = bundle_of(full_archive())
    urls = {each["resource"]["id"]: each["fullUrl"] for each in bundle["entry"]}
    created, rung, attached, signed = resources(bundle, "AuditEvent")
    assert created["agent"][0]["who"]["reference"] == urls["pe-li"]
    assert [entity["what"].get("reference") for entity in created["entity"][:2]] == [
        urls["ca-1"],
        urls["pt-1"],
    ]
    # The ledger's own place is in no resource of the bundle.
    assert "reference" not in created["entity"][2]["what"]
    assert "reference" not in rung["agent"][0]["who"]
    assert [event["action"] for event in (created, rung, attached, signed)] == ["C", "E", "C", "U"]
    assert attached["agent"][0]["who"]["display"] == "一号诊台"
    assert signed["entity"][1]["what"]["reference"] == urls["op-1"]
    assert all(event["agent"][-1]["who"]["reference"] == urls["service"] for event in (created, rung, signed))


def test_a_guest_of_a_third_institution_is_there_by_name_without_a_role() -> None:
    bundle = bundle_of(full_archive())
    assert "pe-guest" in {each["id"] for each in resources(bundle, "Practitioner")}
    assert "pe-guest-role" not in {each["id"] for each in resources(bundle, "PractitionerRole")}


def test_a_specialty_that_no_list_has_is_its_words() -> None:
    people = {**PEOPLE, "pe_li": replace(PEOPLE["pe_li"], specialty="村医")}
    roles = resources(bundle_of(full_archive(people=people)), "PractitionerRole")
    assert [role["specialty"] for role in roles if "specialty" in role] == [
        [{"text": "村医"}],
        [
            {
                "coding": [
                    {"system": "urn:lianzhen:specialty", "code": "cardiology", "display": "Cardiology"}
                ],
                "text": "心内科",
            }
        ],
    ]


@pytest.mark.parametrize("state", ConsultationState)
def test_codes_are_those_of_the_value_sets_that_r4_requires(state: ConsultationState) -> None:
    """The models take any word for a code; R4 does not (required bindings)."""
    bundle = bundle_of(full_archive(case=replace(CASE, state=state)))
    required = {
        ("Encounter", "status"): "planned arrived triaged in-progress onleave finished cancelled",
        ("ServiceRequest", "status"): "draft active on-hold revoked completed entered-in-error unknown",
        (
            "ServiceRequest",
            "intent",
        ): "proposal plan directive order original-order reflex-order filler-order",
        ("ServiceRequest", "priority"): "routine urgent asap stat",
        ("Consent", "status"): "draft proposed active rejected inactive entered-in-error",
        ("DocumentReference", "status"): "current superseded entered-in-error",
        ("Composition", "status"): "preliminary final amended entered-in-error",
        ("AuditEvent", "action"): "C R U D E",
        ("AuditEvent", "outcome"): "0 4 8 12",
        ("Patient", "gender"): "male female other unknown",
    }
    for (kind, name), words in required.items():
        found = {each[name] for each in resources(bundle, kind)}
        assert found and found <= set(words.split()), (kind, name)
