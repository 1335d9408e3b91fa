"""Passkeys: an answer proves its key, its page, its challenge, and nothing else does (WebAuthn §7)."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from signaling.auth.passkeys import (
    Passkey,
    PasskeyRefused,
    Site,
    creation_options,
    credential_id_from,
    credential_id_of,
    credential_id_text,
    request_options,
    site_of,
    verify_new,
    verify_proof,
)
from tests.support.authenticator import Authenticator, bytes_of, text_of

SITE = Site("clinic.example", "https://clinic.example:8443")
CHALLENGE = bytes(range(32))


def key(**changes: Any) -> Authenticator:
    return Authenticator(**{"origin": SITE.origin, "rp_id": SITE.host, **changes})


def created(authenticator: Authenticator) -> Passkey:
    answer = authenticator.create(_creation())
    return verify_new(SITE, answer, challenge=CHALLENGE)


def _creation() -> dict[str, Any]:
    return creation_options(
        SITE, account="ac_1", login="zhoulan", name="周岚", enrolled=[b"old"], challenge=CHALLENGE
    )


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        ("https://Clinic.example:8443", Site("clinic.example", "https://Clinic.example:8443")),
        ("http://localhost:8080", Site("localhost", "http://localhost:8080")),
        ("http://127.0.0.1:8080", None),
        ("http://[::1]:8080", None),
        ("null", None),
        ("", None),
    ],
)
def test_a_passkey_needs_a_name(origin: str, site: Site | None) -> None:
    assert site_of(origin) == site


def test_the_browser_is_asked_for_a_new_key_of_this_site() -> None:
    options = _creation()
    assert (options["rp"]["id"], options["user"]["name"]) == ("clinic.example", "zhoulan")
    assert bytes_of(options["challenge"]) == CHALLENGE
    assert [bytes_of(one["id"]) for one in options["excludeCredentials"]] == [b"old"]
    asked = request_options(SITE, enrolled=[b"old"], challenge=CHALLENGE)
    assert (asked["rpId"], bytes_of(asked["allowCredentials"][0]["id"])) == ("clinic.example", b"old")


def test_a_new_key_is_kept_and_proves_itself_afterwards() -> None:
    authenticator = key()
    passkey = created(authenticator)
    assert passkey.credential_id == authenticator.credential_id
    options = request_options(SITE, enrolled=[passkey.credential_id], challenge=CHALLENGE)
    answer = authenticator.get(options)
    assert credential_id_of(answer) == passkey.credential_id
    assert verify_proof(SITE, answer, passkey, challenge=CHALLENGE) == 2


@pytest.mark.parametrize(
    "changes",
    [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"origin": "https://clinic.example"}],
)
def test_a_page_of_another_name_gets_nothing(changes: dict[str, str]) -> None:
    with pytest.raises(PasskeyRefused):
        created(key(**changes))
    good = key()
    passkey = created(good)
    other = key(credential_id=good.credential_id, key=good.key, count=5, **changes)
    answer = other.get(request_options(SITE, enrolled=[], challenge=CHALLENGE))
    with pytest.raises(PasskeyRefused):
        verify_proof(SITE, answer, passkey, challenge=CHALLENGE)


def test_a_challenge_of_another_time_is_refused() -> None:
    authenticator = key()
    answer = authenticator.create(_creation())
    with pytest.raises(PasskeyRefused):
        verify_new(SITE, answer, challenge=bytes(32))
    passkey = created(authenticator)
    proof = authenticator.get(request_options(SITE, enrolled=[], challenge=bytes(32)))
    with pytest.raises(PasskeyRefused):
        verify_proof(SITE, proof, passkey, challenge=CHALLENGE)


def test_another_key_under_the_same_name_is_refused() -> None:
    good = key()
    passkey = created(good)
    thief = key(credential_id=good.credential_id, count=5)
    answer = thief.get(request_options(SITE, enrolled=[], challenge=CHALLENGE))
    with pytest.raises(PasskeyRefused):
        verify_proof(SITE, answer, passkey, challenge=CHALLENGE)


def test_a_count_that_went_back_means_a_copy_and_is_refused() -> None:
    authenticator = key()
    passkey = created(authenticator)
    authenticator.count = 0
    answer = authenticator.get(request_options(SITE, enrolled=[], challenge=CHALLENGE))
    with pytest.raises(PasskeyRefused):
        verify_proof(SITE, answer, passkey, challenge=CHALLENGE)


@pytest.mark.parametrize("text", ["", "é", "a", "AAAA", 7, None, ["x"]])
def test_an_id_that_is_none_is_refused_or_found_nowhere(text: Any) -> None:
    try:
        found = credential_id_of({"id": text})
    except PasskeyRefused:
        return
    assert isinstance(found, bytes)


def test_an_id_keeps_its_bytes_as_text() -> None:
    assert credential_id_from(credential_id_text(b"\x00\xff\x10")) == b"\x00\xff\x10"


@pytest.mark.parametrize("seed", range(300))
def test_no_changed_answer_passes_or_breaks_anything(seed: int) -> None:
    chance = random.Random(seed)
    authenticator = key()
    passkey = created(authenticator)
    new = key().create(_creation())
    proof = authenticator.get(request_options(SITE, enrolled=[], challenge=CHALLENGE))
    is_new = seed % 2 == 0
    answer = _mutated(copy.deepcopy(new if is_new else proof), chance)
    try:
        if is_new:
            verify_new(SITE, answer, challenge=CHALLENGE)
        else:
            verify_proof(SITE, answer, passkey, challenge=CHALLENGE)
    except PasskeyRefused:
        return
    # What is signed or compared cannot have changed: only bytes that nothing is decided by.
    assert is_new or answer["response"]["signature"] == proof["response"]["signature"]


def _mutated(answer: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    names = list(answer["response"])
    name = chance.choice(names)
    match chance.randrange(6):
        case 0:
            del answer["response"][name]
        case 1:
            answer["response"][name] = chance.choice([None, 5, [], {}, "", "*", "é", "A" * 5000])
        case 2:
            raw = bytearray(bytes_of(answer["response"][name]))
            raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
            answer["response"][name] = text_of(bytes(raw))
        case 3:
            raw = bytearray(bytes_of(answer["response"][name]))
            answer["response"][name] = text_of(bytes(raw[: chance.randrange(len(raw))]))
        case 4:
            key_name = chance.choice(["id", "rawId", "type", "response"])
            answer[key_name] = chance.choice([None, 5, [], "x", {}])
        case _:
            del answer[chance.choice(["id", "rawId", "type", "response"])]
    return answer
