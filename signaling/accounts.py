"""Who may sign in to the pages: accounts with Argon2id hashes, and the lock after too many wrong passwords.

In this version only the demo has accounts; a server without them refuses every sign-in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from media_server.ids import ParticipantIdentity

MAX_TRIES: Final = 5
LOCK_NS: Final = 15 * 60 * 1_000_000_000
"""Five tries a quarter of an hour: 20 passwords an hour cannot find a fair one; a doctor who mistypes waits
not long."""
MAX_LOCKS: Final = 1_000
"""Names tried, also such as are no accounts: the same answer must come for both."""
DEMO_PASSWORD: Final = "lianzhen-demo"  # noqa: S105
"""Public by intention: the demo shows it on its sign-in page and holds no real data."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in. ``identity`` is who they are in rooms and recordings."""

    account: str
    identity: ParticipantIdentity
    name: str
    place: str
    role: str
    may_record: bool


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Why a sign-in failed: ``tries_left`` wrong passwords more lock the account, ``retry_after_s`` if it
    is."""

    tries_left: int
    retry_after_s: int


def demo_accounts() -> tuple[Account, ...]:
    """Returns the demo's people; they are invented (design/mockups)."""
    rows = (
        ("zhoulan", "周岚", "石桥卫生院 全科", "township_doctor", True),
        ("chenzhiyuan", "陈志远", "县医院 呼吸科", "specialist", True),
        ("lijianping", "李建平", "青溪镇卫生院", "township_doctor", True),
        ("wangmin", "王敏", "县医院 心内科", "specialist", True),
    )
    return tuple(
        Account(account, ParticipantIdentity(account), name, place, role, may_record)
        for account, name, place, role, may_record in rows
    )


class Lockout:
    """Wrong passwords per name: five of them lock it for a quarter of an hour."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def locked_for_s(self, name: str, now_ns: int) -> int:
        """Returns for how many seconds the name stays locked, 0 where it is not."""
        tries, last_ns = self._wrong.get(name, (0, now_ns))
        if tries < MAX_TRIES or now_ns - last_ns >= LOCK_NS:
            return 0
        return -(-(last_ns + LOCK_NS - now_ns) // 1_000_000_000)

    def receive_wrong(self, name: str, now_ns: int) -> int:
        """Notes a wrong password; returns how many tries are left."""
        tries, last_ns = self._wrong.get(name, (0, now_ns))
        tries = 1 if now_ns - last_ns >= LOCK_NS else tries + 1
        self._wrong[name] = (tries, now_ns)
        self._wrong.move_to_end(name)
        if len(self._wrong) > MAX_LOCKS:
            self._wrong.popitem(last=False)
        return max(0, MAX_TRIES - tries)

    def receive_right(self, name: str) -> None:
        """Forgets the wrong ones."""
        self._wrong.pop(name, None)


class AccountBook:
    """All accounts with the hashes of their passwords. ``check`` takes tens of milliseconds of CPU."""

    def __init__(self, accounts: Iterable[Account], passwords: Mapping[str, str]) -> None:
        # OWASP's parameters for interactive sign-in: 19 MiB, two passes, one lane.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._accounts = {account.account: account for account in accounts}
        # One hash for each password, not for each account: the demo's are all the same, and a hash takes its
        # time.
        hashed = {password: self._hasher.hash(password) for password in set(passwords.values())}
        self._hashes = {name: hashed[passwords[name]] for name in self._accounts}
        self._nobody = self._hasher.hash("nobody signs in with this")

    def find(self, name: str) -> Account | None:
        """Returns the account of that name."""
        return self._accounts.get(name)

    def all(self) -> tuple[Account, ...]:
        """Returns every account."""
        return tuple(self._accounts.values())

    def check(self, name: str, password: str) -> Account | None:
        """Returns the account where the password is right. Takes as long for names that are no accounts."""
        try:
            is_right = self._hasher.verify(self._hashes.get(name, self._nobody), password)
        except (VerificationError, InvalidHashError):
            return None
        return self._accounts.get(name) if is_right else None
