"""Who knocks in the storm: most cost a hash each, and one guesser gives itself away."""

from __future__ import annotations

from collections import Counter

from load_tests.login_storm.storm import login_to_offer

PEOPLE = ["guessed", "one", "two"]
OFFERED = [login_to_offer(number, PEOPLE, "right") for number in range(600)]


def test_people_and_strangers_and_the_guesser_come_in_turns() -> None:
    kinds = Counter(
        "guessed" if one.login == "guessed" else "stranger" if one.login.startswith("nobody") else "person"
        for one in OFFERED
    )
    assert kinds == {"person": 390, "stranger": 150, "guessed": 60}


def test_strangers_are_never_the_same_twice() -> None:
    strangers = [one.login for one in OFFERED if one.login.startswith("nobody")]
    assert len(set(strangers)) == len(strangers)


def test_people_know_their_password_and_the_guesser_does_not() -> None:
    assert {one.password == "right" for one in OFFERED if one.login in ("one", "two")} == {True}
    assert {one.password == "right" for one in OFFERED if one.login == "guessed"} == {False}


def test_only_the_guesser_comes_from_one_address() -> None:
    guesser = {one.source for one in OFFERED if one.login == "guessed"}
    others = [one.source for one in OFFERED if one.login != "guessed"]
    assert len(guesser) == 1
    assert len(set(others)) == len(others)
    assert guesser.isdisjoint(others)
