"""Which passwords are good enough, and their hashes."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from signaling.auth.passwords import Checked, PasswordHashes, fault_of


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", "password_short"),
        ("123456789", "password_short"),
        ("九个汉字也还是太短", "password_short"),
        ("zhoulan.2026", "password_is_login"),
        ("ZhouLan2026", "password_is_login"),
        ("zhoulan-----", "password_is_login"),
        ("1234567890", "password_common"),
        ("QWERTYUIOP", "password_common"),
        ("password2026!", "password_common"),
        ("2026-Hospital-", "password_common"),
        ("aaaaaaaaaaaa", "password_common"),
        ("1111222233", "password_common"),
        ("lianzhen-demo", "password_common"),
        ("a123456789", "password_common"),
        ("x987654321", None),
        ("correct horse battery", None),
        ("床前明月光疑是地上霜", None),
        ("Passwort-Wechsel", None),
        ("zhoulan und ich", None),
    ],
)
def test_a_password_is_long_not_the_login_and_not_what_everybody_tries(
    password: str, fault: str | None
) -> None:
    assert fault_of(password, login="zhoulan") == fault


def test_a_login_of_digits_and_signs_alone_is_compared_as_it_is() -> None:
    assert fault_of("20260101-7", login="20260101-7") == "password_is_login"
    assert fault_of("2026-0101-78", login="20260101") is None


def test_a_hash_is_argon2id_and_only_its_password_is_right() -> None:
    hashes = PasswordHashes()
    kept = hashes.hash("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hashes.check(kept, "correct horse battery") == Checked(is_right=True)
    assert hashes.check(kept, "correct horse batterz") == Checked(is_right=False)
    assert hashes.check("not a hash", "correct horse battery") == Checked(is_right=False)


def test_no_account_and_no_password_yet_are_never_right() -> None:
    hashes = PasswordHashes()
    for password in ("", "nobody signs in with this", "anything"):
        assert hashes.check("", password) == Checked(is_right=False)


def test_a_hash_of_older_parameters_is_made_anew_when_its_password_comes() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("correct horse battery")
    checked = PasswordHashes().check(old, "correct horse battery")
    assert checked.is_right and "m=19456" in checked.new_hash
