"""Whether consultations are recorded at all: an institution's rule, not a person's whim.

A consultation keeps the policy that it was written under; the patient's consent decides beside it, each time.
Where two institutions take part the stricter of their rules holds: neither is recorded against its own.

Source: domain.md §4 (recording follows the consultation's policy), PIPL art. 6 (no more than needed).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class RecordingPolicy(StrEnum):
    """What an institution has chosen."""

    WITH_CONSENT = "with_consent"
    """As long as the patient allows it. So where nothing was chosen."""
    NEVER = "never"


def policy_between(chosen: Iterable[RecordingPolicy]) -> RecordingPolicy:
    """Returns the policy of a consultation between institutions that have chosen these."""
    return RecordingPolicy.NEVER if RecordingPolicy.NEVER in chosen else RecordingPolicy.WITH_CONSENT
