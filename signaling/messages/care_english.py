"""What the pages of patients, consents and the trace say in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CARE_ENGLISH: Final[Mapping[str, str]] = {
    "api.card_number_taken": "Another patient has this card number. Check it, or search for it",
    "api.patient_under_review": "An emergency access to this patient waits for its review; erase after that",
    "api.consent_unchanged": "This is already the answer; nothing was changed",
    "api.consent_withdraw_instead": "The answer was yes. To change it to no, withdraw the consent",
    "api.consent_emergency_refused": "Somebody has already answered this; no emergency applies",
    "api.consent_not_standing": "There is no consent to withdraw here, or there is a later answer",
    "api.consent_giver_wrong": "In an emergency nobody answers; otherwise say who did",
    "api.consent_giver_unnamed": "When a guardian or relative answers, enter their name",
    "api.consent_signature_missing": "To agree by signature, sign first",
    "api.consent_teaching_emergency": "Use in teaching cannot rest on an emergency",
    "api.consent_emergency_decline": "An emergency only allows; to decline, somebody has to answer",
    "api.consent_text_unknown": "Version or text of the form is not this system's; reload and show it again",
    "api.consent_purpose_twice": "Each purpose can be answered once",
    "api.trace_too_wide": "Too many people match; be more precise",
    "api.trace_range_wrong": "First and last must be events there are, the first not after the last",
    "api.trace_time_wrong": "The start must be before the end",
    "api.trace_cursor_wrong": "The place in the list is invalid; search again",
    "api.trace_purpose_note_missing": "Say in one sentence why this is taken out",
    "demo.seeded": "The demo is in {folder}",
    "demo.foreign": "{folder} holds other institutions; the demo was not written",
}
