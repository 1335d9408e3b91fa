"""An event as FHIR R4 AuditEvent: the elements that R4 demands, and what BALP adds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from signaling.trace.audit_event import audit_event, instant

FIELDS: dict[str, Any] = {
    "v": 1,
    "institution": "in_a1",
    "sequence": 287,
    "kind": "patient.viewed",
    "actor": "pe_1",
    "actor_role": "specialist+duty_expert",
    "at_ms": 1_763_700_000_123,
    "subject": {"patient": "pt_1", "person": "pe_2", "room": "cardio"},
    "before": {},
    "after": {"purpose": "complaint"},
    "previous": "00" * 32,
    "personal": {},
}


def made(**changes: Any) -> dict[str, Any]:
    return audit_event(
        {**FIELDS, **changes}, hash_hex="ab" * 32, actor_name="王敏", institution_name="青山县人民医院"
    )


def test_what_r4_demands_is_there() -> None:
    event = made()
    assert event["resourceType"] == "AuditEvent"
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", event["id"])
    assert event["type"]["code"] == "rest"
    assert event["recorded"] == "2025-11-21T04:40:00.123Z"
    assert all("requestor" in agent for agent in event["agent"])
    assert event["source"]["observer"]["identifier"]["value"] == "in_a1"


def test_it_says_who_in_which_roles_and_why() -> None:
    event = made()
    (agent,) = event["agent"]
    assert (agent["who"]["type"], agent["who"]["identifier"]["value"]) == ("Practitioner", "pe_1")
    assert [role["coding"][0]["code"] for role in agent["role"]] == ["specialist", "duty_expert"]
    assert event["purposeOfEvent"][0]["coding"][0]["code"] == "HQUALIMP"


def test_it_names_a_patient_by_id_only_and_the_hashes() -> None:
    patient, person, room, chained = made()["entity"]
    assert (patient["what"]["identifier"]["value"], patient["role"]["display"]) == ("pt_1", "Patient")
    assert (person["type"]["display"], room["type"]["display"]) == ("Person", "System Object")
    assert chained["what"]["identifier"]["value"] == "in_a1/287"
    assert chained["detail"][0] == {"type": "sha256", "valueString": "ab" * 32}


@pytest.mark.parametrize(
    ("kind", "action", "type_code", "subtype", "outcome"),
    [
        ("patient.created", "C", "rest", "create", "0"),
        ("patient.erased", "D", "rest", "delete", "0"),
        ("consent.withdrawn", "U", "rest", "update", "0"),
        ("trace.searched", "E", "rest", "search", "0"),
        ("ecg.started", "E", "rest", "operation", "0"),
        ("session.opened", "E", "110114", "110122", "0"),
        ("session.refused", "E", "110114", "110122", "4"),
        ("session.closed", "E", "110114", "110123", "0"),
        ("trace.exported", "R", "110106", "trace.exported", "0"),
    ],
)
def test_each_kind_has_its_codes(kind: str, action: str, type_code: str, subtype: str, outcome: str) -> None:
    event = made(kind=kind, after={})
    assert (event["action"], event["type"]["code"], event["outcome"]) == (action, type_code, outcome)
    assert event["subtype"][0]["code"] == subtype
    assert event["subtype"][-1]["code"] == kind
    assert "purposeOfEvent" not in event


def test_a_persons_device_stands_beside_them() -> None:
    person, device = made(device="dv_1")["agent"]
    assert (person["requestor"], device["requestor"]) == (True, False)
    assert device["who"]["identifier"]["value"] == "dv_1"


@pytest.mark.parametrize(("actor", "device"), [("dv_1", "dv_1"), ("system", "")])
def test_what_no_person_did_has_a_device_as_agent(actor: str, device: str) -> None:
    event = audit_event(
        {**FIELDS, "actor": actor, "device": device, "actor_role": ""},
        hash_hex="",
        actor_name="",
        institution_name="",
    )
    (agent,) = event["agent"]
    assert agent["who"]["type"] == "Device"
    assert "role" not in agent and "display" not in agent["who"]


def test_a_time_has_milliseconds_also_where_they_are_none() -> None:
    assert instant(0) == "1970-01-01T00:00:00.000Z"
