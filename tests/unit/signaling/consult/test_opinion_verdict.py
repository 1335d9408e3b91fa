"""The verdict on a stored opinion: values against the form that was signed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clinical.ids import PatientId, PersonId
from clinical.opinion import SealedLedger, signed_form
from signaling.consult.opinion_archive import Archive, FiledOpinion
from signaling.consult.opinion_verdict import Fault, LedgerSight, faults_of, signature_faults
from tests.support.filed_cases import (
    CASE,
    CONTENT,
    ECG,
    KEY,
    LATER,
    SIGNED_MS,
    full_archive,
    opinion,
    seal_of,
    signature_over,
)

SIGNED = opinion()
assert SIGNED.signature is not None
FINGERPRINT = SIGNED.signature.fingerprint
SEEN = {each: LedgerSight("00" * 32, FINGERPRINT) for each in CASE.institutions}
PUBLIC = KEY.public_key()


def faults(archive: Archive) -> list[str]:
    return [fault.value for fault in faults_of(archive, PUBLIC, SEEN)]


def resigned(**changes: object) -> FiledOpinion:
    """An opinion whose form says something else, rightly signed."""
    return replace(SIGNED, signature=signature_over(signed_form(replace(seal_of(), **changes))))  # type: ignore[arg-type]


def test_an_untouched_one_has_no_faults() -> None:
    assert faults(full_archive()) == []


def test_a_ledger_that_cannot_be_read_here_is_no_fault() -> None:
    assert faults_of(full_archive(), PUBLIC, {}) == ()


@pytest.mark.parametrize(
    ("archive", "expected"),
    [
        (full_archive(opinion=replace(SIGNED, content=replace(CONTENT, advice=()))), ["text"]),
        (full_archive(opinion=replace(SIGNED, author=PersonId("pe_li"))), ["case"]),
        (full_archive(case=replace(CASE, serial="S-20251121-0032")), ["case"]),
        (full_archive(case=replace(CASE, patient=PatientId("pt_2"))), ["case"]),
        (full_archive(case=replace(CASE, request=replace(CASE.request, summary=""))), ["request"]),
        (full_archive(attachments=(LATER,)), ["attachments"]),
        (full_archive(attachments=(replace(ECG, sha256="00" * 32),)), ["attachments"]),
        (full_archive(attachments=(ECG, replace(LATER, at_ms=SIGNED_MS - 1))), ["attachments"]),
        (full_archive(opinion=resigned(factor="password")), ["case", "ledger"]),
        (full_archive(opinion=resigned(ledgers=())), ["case"]),
        (full_archive(opinion=replace(SIGNED, signature=signature_over(b"{}"))), ["form"]),
        (
            full_archive(
                opinion=replace(SIGNED, signature=replace(SIGNED.signature, form=b"[]"))  # type: ignore[type-var]
            ),
            ["signature", "form"],
        ),
    ],
)
def test_whatever_was_changed_is_named(archive: Archive, expected: list[str]) -> None:
    assert faults(archive) == expected


@pytest.mark.parametrize(
    "sight",
    [
        LedgerSight(None, FINGERPRINT),
        LedgerSight("11" * 32, FINGERPRINT),
        LedgerSight("00" * 32, ""),
        LedgerSight("00" * 32, "22" * 32),
    ],
)
def test_a_ledger_that_is_cut_changed_or_silent_is_named(sight: LedgerSight) -> None:
    for institution in CASE.institutions:
        assert faults_of(full_archive(), PUBLIC, {**SEEN, institution: sight}) == (Fault.LEDGER,)


def test_bytes_that_are_gone_are_named_where_the_opinion_rests_on_them() -> None:
    assert faults_of(full_archive(), PUBLIC, SEEN, lost={ECG.sha256}) == (Fault.ATTACHMENTS,)
    assert faults_of(full_archive(), PUBLIC, SEEN, lost={LATER.sha256}) == ()


def test_a_ledger_of_somebody_else_in_the_form_is_named() -> None:
    other = (SealedLedger(CASE.institution, 7, "00" * 32),)
    assert "case" in faults(full_archive(opinion=resigned(ledgers=other)))


def test_another_key_is_named_and_then_its_signature_not_looked_at() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    assert SIGNED.signature is not None
    assert signature_faults(SIGNED.signature, other) == {Fault.KEY}
    assert faults_of(full_archive(), other, SEEN) == (Fault.KEY,)


@pytest.mark.parametrize("unsigned", [None, opinion(is_signed=False)])
def test_there_is_no_verdict_on_what_is_not_signed(unsigned: FiledOpinion | None) -> None:
    with pytest.raises(ValueError, match="not signed"):
        faults_of(full_archive(opinion=unsigned), PUBLIC, SEEN)


def test_within_one_institution_one_ledger_is_sealed() -> None:
    case = replace(CASE, invited_institution=CASE.institution)
    seal = seal_of(case)
    assert [one.institution for one in seal.ledgers] == [CASE.institution]
    archive = full_archive(case=case, opinion=replace(SIGNED, signature=signature_over(signed_form(seal))))
    assert archive.opinion is not None and archive.opinion.signature is not None
    sight = LedgerSight("00" * 32, archive.opinion.signature.fingerprint)
    assert faults_of(archive, PUBLIC, {CASE.institution: sight}) == ()
