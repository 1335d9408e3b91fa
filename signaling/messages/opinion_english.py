"""What the pages of opinions say in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OPINION_ENGLISH: Final[Mapping[str, str]] = {
    "api.opinion_missing": "There is no signed opinion in this case yet",
    "api.opinion_changed": "The opinion was changed elsewhere (version {version}); reload, then save or sign",
    "api.opinion_altered": "What is stored is not what was signed: no paper is made; tell quality control",
    "api.opinion_incomplete": (
        "Not ready to sign: look at findings, advice, blanks, critical value, signer, and the ECG's samples"
    ),
    "api.opinion_too_long": "Too long: findings 8000 characters, 20 pieces of advice, 1000 characters each",
    "api.adoption_items_wrong": "Answer each piece of advice by itself",
    "api.adoption_contradicts": "The decision and the answers to the advice do not agree",
    "api.adoption_reason_missing": "Say why a piece of advice is not adopted",
    "api.sign_factor_needed": "To sign, enter the app's 6 digits, or the password where there is no app",
    "opinion.no_file": "{file} is no FHIR file with a signed opinion.",
    "opinion.about": "Case {serial}, signed by {author} (licence {licence}) at {at} China time",
    "opinion.fingerprint": "Fingerprint {fingerprint}",
    "opinion.fault_key": "Signed by another key",
    "opinion.fault_signature": "The signature is wrong, or another key's",
    "opinion.fault_form": "What was signed is damaged and cannot be read",
    "opinion.fault_case": "Case, patient, signer or time is not as it was signed",
    "opinion.fault_request": "The request is not as it was signed",
    "opinion.fault_text": "The opinion's text is not as it was signed",
    "opinion.fault_attachments": "The attachments are not as they were signed",
    "opinion.fault_ledger": "What the ledger holds does not fit the signature",
    "api.sign_factor_missing": "This account has nothing to sign with: set up an app or a security key first",
}
