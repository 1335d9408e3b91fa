"""Passwords: which are good enough, and their Argon2id hashes. ``hash`` and ``check`` take a core for some
40 ms: they run in the one worker of password_worker.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_CHARACTERS: Final = 10
"""Long enough that five tries a quarter of an hour never find it; short enough to be kept in the head."""
_MIN_DIFFERENT_CHARACTERS: Final = 5
_COMMON: Final = frozenset(
    {
        "0123456789",
        "0987654321",
        "1234567890",
        "12345678910",
        "1234567891",
        "123456789a",
        "a123456789",
        "1q2w3e4r5t",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "qazwsxedcrfv",
        "qwertyuiop",
        "asdfghjkl;",
        "abcdefghij",
        "abcd123456",
        "abc1234567",
        "woaini1314",
        "woaini5201314",
        "5201314520",
        "1314520520",
        "iloveyou1314",
        "q123456789",
        "zxcvbnm123",
        "lianzhen-demo",
    }
)
"""Of ten characters and more, from lists of leaked passwords; the demo's own is public."""
_COMMON_WORDS: Final = frozenset(
    {
        "password",
        "passw0rd",
        "admin",
        "administrator",
        "root",
        "test",
        "user",
        "guest",
        "welcome",
        "letmein",
        "changeme",
        "iloveyou",
        "qwerty",
        "qwertyuiop",
        "asdfgh",
        "abc",
        "abcd",
        "woaini",
        "hospital",
        "yiyuan",
        "yisheng",
        "hushi",
        "doctor",
        "nurse",
        "lianzhen",
        "telemedicine",
    }
)
"""Alone or with digits and signs around them they are the first that anybody tries."""
_WORD_IN_NUMBERS: Final = re.compile(r"^[^a-z]*([a-z][a-z0]*[a-z]|[a-z])[^a-z]*$")
_NOBODYS_PASSWORD: Final = "nobody signs in with this"  # noqa: S105


def fault_of(password: str, *, login: str) -> str | None:
    """Returns the code of what is wrong with a password, None for a good one:
    password_short, password_is_login, password_common.
    """
    if len(password) < MIN_CHARACTERS:
        return "password_short"
    plain = password.casefold()
    bare = re.sub(r"[^\w]|_|\d", "", plain)
    if plain == login.casefold() or bare == re.sub(r"[^\w]|_|\d", "", login.casefold()) != "":
        return "password_is_login"
    if plain in _COMMON or len(set(plain)) < _MIN_DIFFERENT_CHARACTERS:
        return "password_common"
    word = _WORD_IN_NUMBERS.match(plain)
    if word is not None and word.group(1) in _COMMON_WORDS:
        return "password_common"
    return None


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a password was right, and a hash by today's parameters where the stored one is of older
    ones."""

    is_right: bool
    new_hash: str = ""


class PasswordHashes:
    """Makes and checks hashes. Called on the worker's thread."""

    def __init__(self) -> None:
        # OWASP's parameters for interactive sign-in: 19 MiB, two passes, one lane.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._nobodys = self._hasher.hash(_NOBODYS_PASSWORD)

    def hash(self, password: str) -> str:
        """Returns the hash to keep."""
        return self._hasher.hash(password)

    def check(self, kept: str, password: str) -> Checked:
        """Returns whether the password is that of the kept hash. ``kept`` "" takes as long, and never is."""
        try:
            self._hasher.verify(kept or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return Checked(is_right=False)
        if not kept:
            return Checked(is_right=False)
        return Checked(True, self.hash(password) if self._hasher.check_needs_rehash(kept) else "")
