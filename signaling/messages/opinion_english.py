"""What the pages of opinions say in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OPINION_ENGLISH: Final[Mapping[str, str]] = {
    "api.opinion_missing": "There is no signed opinion in this case yet",
    "api.opinion_changed": "The opinion was changed elsewhere (version {version}); reload, then save or sign",
    "api.opinion_incomplete": "Not ready to sign: look at findings, advice, blanks, critical value, signer",
    "api.opinion_too_long": "Too long: findings 8000 characters, 20 pieces of advice, 1000 characters each",
    "api.adoption_items_wrong": "Answer each piece of advice by itself",
    "api.adoption_contradicts": "The decision and the answers to the advice do not agree",
    "api.adoption_reason_missing": "Say why a piece of advice is not adopted",
    "api.sign_factor_needed": "To sign, enter the app's 6 digits, or the password where there is no app",
    "api.sign_factor_missing": "This account has no factor to sign with: set up an authenticator app first",
}
