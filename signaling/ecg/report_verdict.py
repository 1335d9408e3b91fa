"""Whether a signed report is unaltered: what store and disk hold now against what was signed then.

The signature covers the signed form; the form covers everything else. So a change anywhere shows: of the form
by the signature, of the text, the strips and the samples by the form, of the signing itself by the ledgers
of both sides, which name the form's hash. Looked at is the signature given last; a review names the form that
was signed first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from clinical.ecg_report import ReportSeal, ReportState
from clinical.ecg_report_form import read_signed_form
from recording.signing import fingerprint as key_fingerprint
from recording.signing import is_signed
from signaling.consult.opinion_verdict import LedgerSight
from signaling.ecg.ecgs import Ecg
from signaling.ecg.report_rows import KeptReport, KeptSignature
from signaling.ecg.strip_source import ReadStrip


class ReportFault(StrEnum):
    """What does not fit."""

    KEY = "key"
    """Signed by another key than the one it is checked with."""
    SIGNATURE = "signature"
    """The signature is not of this form."""
    FORM = "form"
    """What was signed cannot be read."""
    ECG = "ecg"
    """The form names another ECG, patient, signer, step, version or time."""
    TEXT = "text"
    """The report says something else now."""
    SAMPLES = "samples"
    """Samples of a strip are missing or others now."""
    FIRST = "first"
    """The first signature that the review names is not kept as it was."""
    LEDGER = "ledger"
    """A ledger does not name this form, or its events before the signing are others now."""


_UNCHANGED_SINCE = frozenset({ReportState.REPORTED, ReportState.REVIEWED})
"""In which the text is the one that was signed; in the others somebody writes the next."""


def sealed_in(signature: KeptSignature) -> ReportSeal | None:
    """Returns what was signed, None where it cannot be read."""
    try:
        return read_signed_form(signature.form)
    except (ValueError, KeyError, TypeError):
        return None


def faults_of(
    ecg: Ecg,
    kept: KeptReport,
    public_key: Ed25519PublicKey,
    *,
    read: Sequence[ReadStrip],
    ledgers: Mapping[str, LedgerSight],
) -> tuple[ReportFault, ...]:
    """Returns everything that does not fit, in the order of ReportFault; empty: unaltered. ``read`` are the
    form's strips as they are on disk now, ``ledgers`` those that can be read here, by institution. Raises
    ValueError for a report that is not signed.
    """
    signature = kept.newest
    if signature is None:
        raise ValueError("not signed")
    faults = _signature_faults(signature, public_key)
    seal = sealed_in(signature)
    if seal is None:
        return _in_order(faults | {ReportFault.FORM})
    if _sealed(seal) != _named(ecg, signature):
        faults.add(ReportFault.ECG)
    if kept.report.state in _UNCHANGED_SINCE and seal.content != kept.report.content:
        faults.add(ReportFault.TEXT)
    if tuple(one.sealed for one in read) != seal.strips:
        faults.add(ReportFault.SAMPLES)
    if seal.step == "review" and not _names_first(kept, seal, public_key):
        faults.add(ReportFault.FIRST)
    for sealed in seal.ledgers:
        sight = ledgers.get(sealed.institution)
        expected = (sealed.head, signature.given.form_sha256)
        if sight is not None and (sight.head, sight.signed_sha256) != expected:
            faults.add(ReportFault.LEDGER)
    return _in_order(faults)


def _signature_faults(signature: KeptSignature, public_key: Ed25519PublicKey) -> set[ReportFault]:
    if signature.key_id != key_fingerprint(public_key):
        return {ReportFault.KEY}
    is_right = is_signed(public_key, signature.form, signature.signature)
    return set() if is_right else {ReportFault.SIGNATURE}


def _names_first(kept: KeptReport, seal: ReportSeal, public_key: Ed25519PublicKey) -> bool:
    first = kept.by_form(seal.reported_sha256)
    if first is None or _signature_faults(first, public_key):
        return False
    sealed = sealed_in(first)
    return sealed is not None and (sealed.step, sealed.content, sealed.strips) == (
        "report",
        seal.content,
        seal.strips,
    )


def _sealed(seal: ReportSeal) -> tuple[object, ...]:
    signed = seal.step, seal.version, seal.signer, seal.factor, seal.signed_at_ms
    return (seal.ecg, seal.serial, seal.case, seal.patient, *signed)


def _named(ecg: Ecg, signature: KeptSignature) -> tuple[object, ...]:
    given = signature.given
    signed = given.step, given.version, given.person, signature.factor, given.signed_at_ms
    return (ecg.id, ecg.serial, ecg.case, ecg.patient, *signed)


def _in_order(faults: set[ReportFault]) -> tuple[ReportFault, ...]:
    return tuple(fault for fault in ReportFault if fault in faults)
