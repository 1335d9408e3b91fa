"""The small parts of FHIR R4 resources: ids, identifiers, references, codings, narrative.

Code systems and identifier systems under ``urn:lianzhen:`` are ours, until national ones are known
(domain.md §2.7). References are the ``urn:uuid:`` of a bundle's entries (FHIR R4 §2.36.4.1), made from our
own ids, so that the same case gives the same bundle.
"""

from __future__ import annotations

import uuid
from html import escape
from typing import Any, Final

Resource = dict[str, Any]

OWN: Final = "urn:lianzhen:"
_IDS: Final = uuid.uuid5(uuid.NAMESPACE_URL, OWN)
_DIV: Final = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


def full_url(kind: str, own_id: str) -> str:
    """Returns the address of a bundle's entry: ``kind`` is the type of resource."""
    return f"urn:uuid:{uuid.uuid5(_IDS, f'{kind}/{own_id}')}"


def resource_id(own_id: str) -> str:
    """Returns one of our ids as FHIR takes it: letters, digits, dots and dashes (R4 §2.24.0.1 id)."""
    return own_id.replace("_", "-")


def reference(kind: str, own_id: str, display: str = "") -> Resource:
    """Returns a reference to an entry of the same bundle."""
    made: Resource = {"reference": full_url(kind, own_id), "type": kind}
    if display:
        made["display"] = display
    return made


def identifier(kind: str, value: str) -> Resource:
    """Returns an identifier in a system of ours."""
    return {"system": f"{OWN}{kind}", "value": value}


def coding(system: str, code: str, display: str = "") -> Resource:
    """Returns a code of a system."""
    made = {"system": system, "code": code}
    return {**made, "display": display} if display else made


def concept(*codings: Resource, text: str = "") -> Resource:
    """Returns a concept: codes, and the words for people."""
    made: Resource = {"coding": list(codings)} if codings else {}
    return {**made, "text": text} if text else made


def narrative(paragraphs: list[str]) -> Resource:
    """Returns text for people; line breaks stay (R4 §2.4.1: XHTML, nothing active)."""
    lines = [escape(each, quote=False).replace("\n", "<br/>") for each in paragraphs]
    inside = "".join(f"<p>{line}</p>" for line in lines)
    return {"status": "generated", "div": _DIV.format(inside)}
