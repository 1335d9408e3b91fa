"""Accounts, their passwords and their locks."""

from __future__ import annotations

import pytest

from signaling.accounts import DEMO_PASSWORD, LOCK_NS, MAX_LOCKS, AccountBook, Lockout, demo_accounts

S = 1_000_000_000


@pytest.fixture(scope="module")
def book() -> AccountBook:
    people = demo_accounts()
    return AccountBook(people, {account.account: DEMO_PASSWORD for account in people})


def test_the_right_password_opens_only_its_account(book: AccountBook) -> None:
    account = book.check("zhoulan", DEMO_PASSWORD)
    assert account is not None and account.name == "周岚"
    assert book.check("zhoulan", "wrong") is None
    assert book.check("nobody", DEMO_PASSWORD) is None
    assert book.check("nobody", "nobody signs in with this") is None
    assert book.find("wangmin") in book.all()


def test_without_accounts_nobody_signs_in() -> None:
    assert AccountBook((), {}).check("", "") is None


def test_five_wrong_tries_lock_for_a_quarter_of_an_hour() -> None:
    lockout = Lockout()
    assert [lockout.receive_wrong("zhou", S) for _ in range(5)] == [4, 3, 2, 1, 0]
    assert lockout.locked_for_s("zhou", S) == 900
    assert lockout.locked_for_s("zhou", S + LOCK_NS - 1) == 1
    assert lockout.locked_for_s("zhou", S + LOCK_NS) == 0
    assert lockout.locked_for_s("chen", S) == 0
    assert lockout.receive_wrong("zhou", S + LOCK_NS) == 4


def test_the_right_password_forgives_the_wrong_ones() -> None:
    lockout = Lockout()
    for _ in range(4):
        lockout.receive_wrong("zhou", 0)
    lockout.receive_right("zhou")
    assert lockout.receive_wrong("zhou", 0) == 4


def test_names_tried_are_bounded_in_number() -> None:
    lockout = Lockout()
    for number in range(MAX_LOCKS + 1):
        lockout.receive_wrong(str(number), 0)
    assert lockout.receive_wrong("0", 0) == 4
    assert lockout.receive_wrong(str(MAX_LOCKS), 0) == 3
