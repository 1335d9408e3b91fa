"""What has been revoked, as a value, and the memory of it for as long as tokens of before could live."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from signaling.tokens import LEEWAY_S, REFRESH_TTL_S, Binding

BoundTo: TypeAlias = Literal["session", "person", "device", "invitation", "admission"]

ENDING: Final[Mapping[str, BoundTo]] = {
    "session.closed": "session",
    "person.suspended": "person",
    "role.granted": "person",
    "role.removed": "person",
    "device.revoked": "device",
    "invitation.revoked": "invitation",
    # Out of one case's room, and of nothing else.
    "participant.removed": "admission",
    "invitation.transferred": "admission",
}
"""Acts that end whatever is bound to the one whom their subject names by this word."""
WEAKENING: Final = frozenset(
    {
        "account.reset",
        "account.activated",
        "account.password_changed",
        "account.factor_added",
        "account.factor_removed",
    }
)
"""Acts that close sessions of a person, maybe not all: which, the table of sessions tells."""
MEMORY_MS: Final = (REFRESH_TTL_S + LEEWAY_S) * 1000
"""After that a token has expired by itself."""
MAX_REMEMBERED: Final = 20_000
"""Within eleven minutes. Beyond it the oldest are forgotten: sessions and invitations are asked for in the
store at every join all the same."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """Whatever was bound to that name before ``at_ms`` has ended."""

    to: BoundTo
    name: str
    at_ms: int

    def covers(self, binding: Binding) -> bool:
        """Returns whether what is bound so has ended."""
        return getattr(binding, self.to) == self.name and binding.issued_at_ms <= self.at_ms


def revoked_by(kind: str, subject: Mapping[str, str], at_ms: int) -> Revoked | None:
    """Returns what an act ends."""
    to = ENDING.get(kind)
    name = "" if to is None else subject.get(to, "")
    return Revoked(to, name, at_ms) if to is not None and name else None


class RevokedTokens:
    """What was revoked lately: whether a token is worth nothing although its time runs."""

    def __init__(self) -> None:
        self._revoked: OrderedDict[tuple[str, str], int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._revoked)

    def add(self, revoked: Revoked) -> None:
        """Remembers it for as long as tokens of before may live."""
        key = (revoked.to, revoked.name)
        self._revoked[key] = max(revoked.at_ms, self._revoked.get(key, 0))
        self._revoked.move_to_end(key)
        while len(self._revoked) > MAX_REMEMBERED or self._is_first_past(revoked.at_ms):
            self._revoked.popitem(last=False)

    def covers(self, binding: Binding) -> bool:
        """Returns whether a token bound so is refused."""
        names = (
            ("session", binding.session),
            ("person", binding.person),
            ("device", binding.device),
            ("invitation", binding.invitation),
            ("admission", binding.admission),
        )
        return any(name and binding.issued_at_ms <= self._revoked.get((to, name), -1) for to, name in names)

    def _is_first_past(self, now_ms: int) -> bool:
        return bool(self._revoked) and now_ms - next(iter(self._revoked.values())) > MEMORY_MS
