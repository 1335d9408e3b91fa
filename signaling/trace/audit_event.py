"""An event as FHIR R4 AuditEvent, after IHE BALP: for systems that collect audit records from all others.

It says who, what, when, where and why by ids and codes; names of patients are not in it, and the words that
somebody wrote are not either. Sources: FHIR R4 §6.5 AuditEvent; IHE ITI, Basic Audit Log Patterns.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_EVENT_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_REST: Final = "http://hl7.org/fhir/restful-interaction"
_ENTITY_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ENTITY_ROLE: Final = "http://terminology.hl7.org/CodeSystem/object-role"
_SOURCE_TYPE: Final = "http://terminology.hl7.org/CodeSystem/security-source-type"
_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_OWN: Final = "urn:lianzhen:"
"""Before the name of a kind of id, a role or a kind of event."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_ACTIONS: Final[Mapping[str, tuple[str, str]]] = {
    # The last word of a kind: action and FHIR interaction.
    "created": ("C", "create"),
    "added": ("C", "create"),
    "granted": ("C", "create"),
    "declined": ("C", "create"),
    "drafted": ("U", "update"),
    "signed": ("U", "update"),
    "acknowledged": ("U", "update"),
    "sent": ("U", "update"),
    "accepted": ("U", "update"),
    "cancelled": ("U", "update"),
    "transferred": ("U", "update"),
    "enrolled": ("U", "update"),
    "changed": ("U", "update"),
    "suspended": ("U", "update"),
    "resumed": ("U", "update"),
    "revoked": ("U", "update"),
    "withdrawn": ("U", "update"),
    "reviewed": ("U", "update"),
    "removed": ("U", "update"),
    "ended": ("U", "update"),
    "viewed": ("R", "read"),
    "played": ("R", "read"),
    "searched": ("E", "search"),
    "erased": ("D", "delete"),
    "deleted": ("D", "delete"),
}
_LOGINS: Final[Mapping[str, tuple[str, str]]] = {
    "session.opened": ("110122", "Login"),
    "session.refused": ("110122", "Login"),
    "account.locked": ("110122", "Login"),
    "session.closed": ("110123", "Logout"),
}
_REFUSED: Final = frozenset({"refused", "locked"})
_REASONS: Final[Mapping[str, str]] = {
    "treatment": "TREAT",
    "quality_control": "HQUALIMP",
    "complaint": "HQUALIMP",
    "dispute": "HLEGAL",
    "audit": "HCOMPL",
    "patient_request": "PATRQT",
}


def audit_event(
    fields: Mapping[str, Any], *, hash_hex: str, actor_name: str, institution_name: str
) -> dict[str, Any]:
    """Returns the resource for an event; ``fields`` is its line, parsed."""
    kind = str(fields["kind"])
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        # FHIR's ids have no underscore.
        "id": f"{fields['institution']}-{fields['sequence']}".replace("_", "-"),
        **_what(kind),
        "recorded": instant(fields["at_ms"]),
        "outcome": "4" if kind.rpartition(".")[2] in _REFUSED else "0",
        "agent": _agents(fields, actor_name),
        "source": {
            "site": institution_name,
            "observer": {
                "type": "Organization",
                "identifier": _identifier("institution", fields["institution"]),
            },
            "type": [{"system": _SOURCE_TYPE, "code": "4", "display": "Application Server"}],
        },
    }
    reason = _REASONS.get(str(fields["after"].get("purpose", "")))
    if reason is not None:
        event["purposeOfEvent"] = [_concept(_REASON, reason)]
    event["entity"] = _entities(fields, hash_hex)
    return event


def instant(at_ms: int) -> str:
    """Returns a time as FHIR writes it, in UTC with milliseconds."""
    text = (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _what(kind: str) -> dict[str, Any]:
    own = {"system": f"{_OWN}event", "code": kind}
    if kind in _LOGINS:
        code, display = _LOGINS[kind]
        return {
            "type": {"system": _DICOM, "code": "110114", "display": "User Authentication"},
            "subtype": [{"system": _DICOM, "code": code, "display": display}, own],
            "action": "E",
        }
    if kind.endswith(".exported"):
        return {
            "type": {"system": _DICOM, "code": "110106", "display": "Export"},
            "subtype": [own],
            "action": "R",
        }
    action, interaction = _ACTIONS.get(kind.rpartition(".")[2], ("E", "operation"))
    return {
        "type": {"system": _EVENT_TYPE, "code": "rest", "display": "RESTful Operation"},
        "subtype": [{"system": _REST, "code": interaction}, own],
        "action": action,
    }


def _agents(fields: Mapping[str, Any], actor_name: str) -> list[dict[str, Any]]:
    actor, device = str(fields["actor"]), str(fields.get("device", ""))
    is_device = actor == device or actor == "system"
    who: dict[str, Any] = {
        "type": "Device" if is_device else "Practitioner",
        "identifier": _identifier("device" if is_device else "person", actor),
    }
    if actor_name:
        who["display"] = actor_name
    roles = str(fields["actor_role"]).split("+")
    agent: dict[str, Any] = {
        "type": _concept(_PARTICIPATION, "IRCP"),
        "role": [_concept(f"{_OWN}role", role) for role in roles if role],
        "who": who,
        "requestor": True,
    }
    if not agent["role"]:
        del agent["role"]
    agents = [agent]
    if device and not is_device:
        agents.append(
            {
                "type": _concept(_DICOM, "110153"),
                "who": {"type": "Device", "identifier": _identifier("device", device)},
                "requestor": False,
            }
        )
    return agents


def _entities(fields: Mapping[str, Any], hash_hex: str) -> list[dict[str, Any]]:
    entities = []
    for name, value in fields["subject"].items():
        is_patient, is_person = name == "patient", name == "person"
        role = ("1", "Patient") if is_patient else ("4", "Domain Resource")
        entities.append(
            {
                "what": {"identifier": _identifier(name, value)},
                "type": _coding(
                    _ENTITY_TYPE, *(("1", "Person") if is_patient or is_person else ("2", "System Object"))
                ),
                "role": _coding(_ENTITY_ROLE, *role),
            }
        )
    entities.append(
        {
            "what": {"identifier": _identifier("event", f"{fields['institution']}/{fields['sequence']}")},
            "type": _coding(_ENTITY_TYPE, "2", "System Object"),
            "role": _coding(_ENTITY_ROLE, "13", "Security Resource"),
            "detail": [
                {"type": "sha256", "valueString": hash_hex},
                {"type": "previous", "valueString": fields["previous"]},
            ],
        }
    )
    return entities


def _identifier(kind: str, value: str) -> dict[str, str]:
    return {"system": f"{_OWN}{kind}", "value": value}


def _coding(system: str, code: str, display: str) -> dict[str, str]:
    return {"system": system, "code": code, "display": display}


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}
