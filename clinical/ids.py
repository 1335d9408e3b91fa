"""The names of institutions, people, patients and acts: distinct types, so that mixing two fails the type
check.

Ids are random and say nothing of whom they name; they may stand in the ledger, in a URL and in a log.
"""

from __future__ import annotations

import secrets
from typing import Final, NewType

InstitutionId = NewType("InstitutionId", str)
"""A hospital, township clinic or ambulance station: the tenant. ``in_`` and random letters."""
PersonId = NewType("PersonId", str)
"""Someone who works at an institution. ``pe_``."""
PatientId = NewType("PatientId", str)
"""Someone who is cared for, as one institution knows them. ``pt_``."""
DeviceId = NewType("DeviceId", str)
"""A kiosk, an ambulance's phone or an ECG gateway. ``dv_``."""
CaseId = NewType("CaseId", str)
"""One request for care from first word to sealed record. ``ca_``."""
EcgId = NewType("EcgId", str)
"""One device's samples of one patient, live or from a file. ``ec_``."""
ConsentId = NewType("ConsentId", str)
"""One purpose consented to or declined. ``co_``."""
InvitationId = NewType("InvitationId", str)
"""A way into one room for one person, once. ``iv_``."""
ShiftId = NewType("ShiftId", str)
"""A stretch of time in which somebody is on duty. ``sh_``."""
SlotId = NewType("SlotId", str)
"""A time at which a specialist can be booked. ``sl_``."""

_ID_BYTES: Final = 16
"""128 random bits: an id cannot be guessed (reliability.md, threat 9)."""


def random_id(prefix: str) -> str:
    """Returns a fresh id: the prefix that says what it names, and 32 random hex digits."""
    return prefix + secrets.token_hex(_ID_BYTES)


def new_institution_id() -> InstitutionId:
    """Returns a fresh id."""
    return InstitutionId(random_id("in_"))


def new_person_id() -> PersonId:
    """Returns a fresh id."""
    return PersonId(random_id("pe_"))


def new_patient_id() -> PatientId:
    """Returns a fresh id."""
    return PatientId(random_id("pt_"))


def new_device_id() -> DeviceId:
    """Returns a fresh id."""
    return DeviceId(random_id("dv_"))


def new_case_id() -> CaseId:
    """Returns a fresh id."""
    return CaseId(random_id("ca_"))


def new_ecg_id() -> EcgId:
    """Returns a fresh id."""
    return EcgId(random_id("ec_"))


def new_consent_id() -> ConsentId:
    """Returns a fresh id."""
    return ConsentId(random_id("co_"))


def new_invitation_id() -> InvitationId:
    """Returns a fresh id."""
    return InvitationId(random_id("iv_"))


def new_shift_id() -> ShiftId:
    """Returns a fresh id."""
    return ShiftId(random_id("sh_"))


def new_slot_id() -> SlotId:
    """Returns a fresh id."""
    return SlotId(random_id("sl_"))
