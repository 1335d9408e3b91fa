"""What the pages of consultations say in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CONSULT_ENGLISH: Final[Mapping[str, str]] = {
    "api.consultation_state": (
        "This is not possible while the consultation is as it is now; reload to see how it stands"
    ),
    "api.consultation_incomplete": (
        "The request is not complete: reason, purpose, record summary,"
        " specialty and wanted title are all needed"
    ),
    "api.consultation_consent_missing": (
        "The patient has not agreed to the consultation; ask first, or note the emergency"
    ),
    "api.consultation_reason_missing": "Please give the reason",
    "api.consultation_taken": "Another specialist has accepted this consultation",
    "api.consultation_not_called": "This consultation is not calling you, or you have answered it",
    "api.consultation_no_backup": (
        "There is nobody else to take it; if you cannot, please decline with the reason"
    ),
    "api.consultation_offline": "This is an offline consultation: it has no room and rings nobody",
    "api.specialty_unknown": "There is no such specialty; please choose one of the list",
    "api.title_unknown": "There is no such title; please choose one of the list",
    "api.slot_unknown": "This slot does not fit the hospital, the specialty or the time",
    "api.slot_taken": "This slot is booked or over; please choose another",
    "api.transfer_person_unfit": (
        "It cannot be handed to this person: they must be a specialist on the"
        " asked hospital's staff with a valid licence, and not the one who has it now"
    ),
    "api.room_waiting": "The host knows that you are waiting; please wait to be let in",
    "api.room_full": "A consultation holds {limit} people and is full",
    "api.party_unfit": "Only active doctors, ambulance crew and supervisors can be asked in",
    "api.party_known": "This person can enter the consultation already",
    "api.party_unknown": "This person is not in the consultation",
    "api.party_not_waiting": "This person is not waiting at the door",
    "api.party_is_host": "Hand over the host first, then put this person out",
    "api.host_unfit": "Only doctors and ambulance crew can be the host",
    "api.consultation_full": "This consultation holds as many messages as it can",
    "api.attachment_unreadable": "The file cannot be read, or is larger than 8 MiB",
    "api.attachment_type_wrong": "The file is not of its type; JPEG, PNG, PDF and plain text are taken",
    "api.attachment_kind_wrong": "Stills and signatures are pictures; an annotated still names its original",
    "api.attachment_missing": "There is no such still in this consultation",
    "api.attachment_altered": "The file is missing or was altered; please tell the administrator",
    "api.attachments_full": "This consultation holds as many files as it can",
}
