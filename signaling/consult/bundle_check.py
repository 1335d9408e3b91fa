"""Whether the opinion in a bundle that was handed out is unaltered: from the bundle and the public key alone.

What is signed lies in the bundle (Binary), and so does the signature (Provenance). Held against it is what a
reader sees: the Composition's sections, the case and the files' hashes. Consents, the trail and the treating
side's decision are not under this signature; the ledger's own package proves those (`lianzhen audit verify`).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from clinical.opinion import Seal, fingerprint, read_signed_form
from recording.signing import is_signed
from signaling.consult.fhir_elements import OWN
from signaling.consult.fhir_opinion import signed_sections
from signaling.consult.opinion_verdict import Fault


@dataclass(frozen=True, slots=True)
class BundleVerdict:
    """What came of it. ``seal`` None: what was signed could not be read; ``fingerprint`` is of its bytes."""

    faults: tuple[Fault, ...]
    seal: Seal | None
    fingerprint: str


class NoSignedOpinion(Exception):  # noqa: N818
    """The file is no bundle of ours, or one without a signed opinion."""


def check_bundle(bundle: object, public_key: Ed25519PublicKey) -> BundleVerdict:
    """Returns the verdict on a parsed bundle. Raises NoSignedOpinion, and nothing else whatever it holds."""
    try:
        return _checked(bundle, public_key)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        raise NoSignedOpinion from None


def _checked(bundle: Any, public_key: Ed25519PublicKey) -> BundleVerdict:
    held: dict[str, list[Any]] = {}
    for entry in bundle["entry"]:
        held.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    (provenance,), (binary,), (composition,) = held["Provenance"], held["Binary"], held["Composition"]
    form = base64.b64decode(binary["data"], validate=True)
    signature = base64.b64decode(provenance["signature"][0]["data"], validate=True)
    faults = set() if is_signed(public_key, form, signature) else {Fault.SIGNATURE}
    try:
        seal = read_signed_form(form)
    except (ValueError, KeyError, TypeError):
        return BundleVerdict(_in_order({*faults, Fault.FORM}), None, fingerprint(form))
    expected = signed_sections(seal.content)
    if composition["section"][: len(expected)] != expected:
        faults.add(Fault.TEXT)
    (encounter,) = held["Encounter"]
    if _identifiers(encounter) != {"case": seal.case, "serial": seal.serial}:
        faults.add(Fault.CASE)
    files = [_identifiers(each) for each in held.get("DocumentReference", [])]
    if not {(one.id, one.sha256) for one in seal.attachments} <= {
        (each["attachment"], each["sha256"]) for each in files
    }:
        faults.add(Fault.ATTACHMENTS)
    return BundleVerdict(_in_order(faults), seal, fingerprint(form))


def _identifiers(resource: Mapping[str, Any]) -> dict[str, str]:
    return {each["system"].removeprefix(OWN): each["value"] for each in resource["identifier"]}


def _in_order(faults: set[Fault]) -> tuple[Fault, ...]:
    return tuple(fault for fault in Fault if fault in faults)
