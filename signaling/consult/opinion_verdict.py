"""Whether a signed opinion is unaltered: what the store holds now against what was signed then.

The signature covers the signed form; the form covers everything else. So a change anywhere shows: of the form
by the signature, of the text, the request, the files or the people by the form, and of the signing itself by
both ledgers, which name the form's hash. Adoption is the treating side's and not under this signature; the
ledger holds it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from clinical.opinion import Seal, SealedAttachment, read_signed_form
from recording.signing import fingerprint as key_fingerprint
from recording.signing import is_signed
from signaling.consult.case_chain import request_sha256
from signaling.consult.opinion_archive import Archive, FiledSignature


class Fault(StrEnum):
    """What does not fit."""

    KEY = "key"
    """Signed by another key than the one it is checked with."""
    SIGNATURE = "signature"
    """The signature is not of this form."""
    FORM = "form"
    """What was signed cannot be read."""
    CASE = "case"
    """The form names another case, patient, author, institution, factor or time."""
    REQUEST = "request"
    """The request says something else now."""
    TEXT = "text"
    """The opinion says something else now."""
    ATTACHMENTS = "attachments"
    """A file is missing, was added before the signing, or has another hash or other bytes now."""
    LEDGER = "ledger"
    """A ledger does not name this form, or its events before the signing are others now."""


@dataclass(frozen=True, slots=True)
class LedgerSight:
    """What one side's ledger says: the hash at the size that the form names, None where the ledger is
    shorter; and the hash of the form in the event of the signing, "" where there is none.
    """

    head: str | None
    signed_sha256: str


def faults_of(
    archive: Archive,
    public_key: Ed25519PublicKey,
    ledgers: Mapping[str, LedgerSight],
    *,
    lost: Container[str] = (),
) -> tuple[Fault, ...]:
    """Returns everything that does not fit, in the order of Fault; empty: unaltered. ``ledgers`` are those
    that can be read here, by institution; ``lost`` the hashes whose bytes are not there. Raises ValueError
    for an opinion that is not signed.
    """
    opinion = archive.opinion
    if opinion is None or opinion.signature is None:
        raise ValueError("not signed")
    signature = opinion.signature
    faults = signature_faults(signature, public_key)
    try:
        seal = read_signed_form(signature.form)
    except (ValueError, KeyError, TypeError):
        return tuple(fault for fault in Fault if fault in {*faults, Fault.FORM})
    if _named(archive, signature) != _sealed(seal):
        faults.add(Fault.CASE)
    if seal.request_sha256 != request_sha256(archive.case):
        faults.add(Fault.REQUEST)
    if seal.content != opinion.content:
        faults.add(Fault.TEXT)
    if not _holds_files(archive, seal) or any(one.sha256 in lost for one in seal.attachments):
        faults.add(Fault.ATTACHMENTS)
    for sealed in seal.ledgers:
        sight = ledgers.get(sealed.institution)
        expected = (sealed.head, signature.fingerprint)
        if sight is not None and (sight.head, sight.signed_sha256) != expected:
            faults.add(Fault.LEDGER)
    return tuple(fault for fault in Fault if fault in faults)


def signature_faults(signature: FiledSignature, public_key: Ed25519PublicKey) -> set[Fault]:
    """Returns what is wrong with key and signature alone."""
    if signature.key_id != key_fingerprint(public_key):
        return {Fault.KEY}
    is_right = is_signed(public_key, signature.form, signature.signature)
    return set() if is_right else {Fault.SIGNATURE}


def _sealed(seal: Seal) -> tuple[object, ...]:
    return (
        seal.case,
        seal.serial,
        seal.patient,
        seal.inviting,
        seal.invited,
        seal.author,
        seal.factor,
        seal.signed_at_ms,
        tuple(one.institution for one in seal.ledgers),
    )


def _named(archive: Archive, signature: FiledSignature) -> tuple[object, ...]:
    case = archive.case
    author = "" if archive.opinion is None else archive.opinion.author
    return (
        case.id,
        case.serial,
        case.patient,
        case.institution,
        case.invited_institution,
        author,
        signature.factor,
        signature.at_ms,
        case.institutions,
    )


def _holds_files(archive: Archive, seal: Seal) -> bool:
    present = {SealedAttachment(one.id, one.kind, one.sha256) for one in archive.attachments}
    # What comes after the signing (an answer, a later photograph) is not what the opinion rests on.
    earlier = {one.id for one in archive.attachments if one.at_ms < seal.signed_at_ms}
    sealed = set(seal.attachments)
    return sealed <= present and earlier <= {one.id for one in sealed}
