"""Challenges of passkeys: each made for one session and one act, answered once within a few minutes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from signaling.api.route import Refusal
from signaling.auth.short_lived import ShortLived

CHALLENGE_BYTES: Final = 32
"""Twice what WebAuthn Level 2 §13.4.3 asks at least."""


@dataclass(frozen=True, slots=True)
class _Challenge:
    about: str
    challenge: bytes


class Challenges:
    """What was asked and is not answered yet; one a session."""

    def __init__(self) -> None:
        self._kept: ShortLived[_Challenge] = ShortLived()

    def fresh(self, session: str, about: str, now_ms: int) -> bytes:
        """Returns a challenge for the act that ``about`` names; the session's last one is forgotten."""
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        self._kept.put(session, _Challenge(about, challenge), now_ms)
        return challenge

    def take(self, session: str, about: str, now_ms: int) -> bytes:
        """Returns the session's challenge and forgets it.

        Raises Refusal(challenge_gone): there is none, or it was made for another act.
        """
        kept = self._kept.take(session, now_ms)
        if kept is None or kept.about != about:
            raise Refusal("challenge_gone")
        return kept.challenge
