"""Device keys, what is signed with them, and challenges (RFC 8032, FIPS 186-5, Wycheproof)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from signaling.auth import device_keys
from signaling.auth.device_keys import (
    CHALLENGE_TTL_MS,
    ChallengeDesk,
    DeviceKey,
    KeyRefused,
    enrolment_message,
    from_base64url,
    read_key,
    session_message,
    to_base64url,
)
from tests.support.device_key import Ed25519Device, P256Device

VECTORS = Path(__file__).parents[3] / "vectors" / "wycheproof"
NOW_MS = 1_800_000_000_000


def spki(key: Any) -> str:
    return to_base64url(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


# ---- keys -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [Ed25519Device, P256Device])
def test_a_key_of_a_browser_is_read_and_verifies_what_it_signed(make: Any) -> None:
    device = make()
    key = read_key(device.algorithm, device.public_key)
    message = enrolment_message(code="ABCD2345", public_key=device.public_key, device_time_ms=1)
    signature = device.sign(message.decode())
    assert key.verifies(signature, message)
    assert not key.verifies(signature, message + b" ")
    assert not read_key(device.algorithm, make().public_key).verifies(signature, message)
    assert len(key.sha256()) == 64


P384 = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_POINT = P256Device().key.public_key()
SPKI = _POINT.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
# A compressed point in SubjectPublicKeyInfo (RFC 5480 §2.2): the same key under another name.
COMPRESSED = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + _POINT.public_bytes(
    Encoding.X962, PublicFormat.CompressedPoint
)
BAD_KEYS = {
    "no base64url": ("ed25519", "A+/="),
    "too short": ("ed25519", to_base64url(bytes(31))),
    "too long": ("ed25519", to_base64url(bytes(33))),
    "P-256 under another name": ("ed25519", spki(P256Device().key)),
    "Ed25519 under another name": ("ecdsa-p256", Ed25519Device().public_key),
    "P-384": ("ecdsa-p256", spki(P384)),
    "RSA": ("ecdsa-p256", spki(RSA)),
    "a point off the curve": ("ecdsa-p256", to_base64url(SPKI[:-1] + bytes([SPKI[-1] ^ 1]))),
    "a compressed point alone": (
        "ecdsa-p256",
        to_base64url(_POINT.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)),
    ),
    "a compressed point": ("ecdsa-p256", to_base64url(COMPRESSED)),
    "something behind it": ("ecdsa-p256", to_base64url(SPKI + b"\0")),
    "empty": ("ecdsa-p256", ""),
    "another algorithm": ("rsa", spki(RSA)),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_what_is_no_key_of_the_named_kind_is_refused(name: str) -> None:
    with pytest.raises(KeyRefused):
        read_key(*BAD_KEYS[name])


@pytest.mark.parametrize("make", [Ed25519Device, P256Device])
@pytest.mark.parametrize(
    "signature", ["", "AA", "=" * 86, to_base64url(bytes(64)), to_base64url(b"\xff" * 64)]
)
def test_what_is_no_signature_verifies_nothing(make: Any, signature: str) -> None:
    device = make()
    assert not read_key(device.algorithm, device.public_key).verifies(signature, b"")


def test_wycheproof_ed25519() -> None:
    wrong = []
    for group in json.loads((VECTORS / "ed25519_test.json").read_text())["testGroups"]:
        key = DeviceKey("ed25519", bytes.fromhex(group["publicKey"]["pk"]))
        for test in group["tests"]:
            signature = to_base64url(bytes.fromhex(test["sig"]))
            if key.verifies(signature, bytes.fromhex(test["msg"])) is not (test["result"] == "valid"):
                wrong.append(test["tcId"])
    assert wrong == []


def test_wycheproof_ecdsa_p256_in_the_form_that_browsers_use() -> None:
    """The vectors are DER: only those that are can be written as r || s; the others have no such form."""
    judged = 0
    for group in json.loads((VECTORS / "ecdsa_secp256r1_sha256_test.json").read_text())["testGroups"]:
        public = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
        key = DeviceKey("ecdsa-p256", public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        for test in group["tests"]:
            try:
                r, s = decode_dss_signature(bytes.fromhex(test["sig"]))
                raw = r.to_bytes(32) + s.to_bytes(32)
            except (ValueError, OverflowError):
                continue
            assert key.verifies(to_base64url(raw), bytes.fromhex(test["msg"])) is (
                test["result"] == "valid"
            ), test
            judged += 1
    assert judged > 200


def test_a_proof_for_one_purpose_is_none_for_another() -> None:
    enrolling = enrolment_message(code="A", public_key="B", device_time_ms=1)
    signing_in = session_message(device="A", challenge="B", received_at_ms=1, sent_at_ms=1)
    assert enrolling != signing_in
    assert enrolling == b"lianzhen device enrolment v1\nA\nB\n1"
    assert signing_in == b"lianzhen device session v1\nA\nB\n1\n1"


@pytest.mark.parametrize("text", ["A", "AB=", "A B", "A+", "A/", "AB", "é", "AAAAA"])
def test_base64url_is_written_in_one_way(text: str) -> None:
    assert from_base64url(text) is None
    assert from_base64url(base64.urlsafe_b64encode(b"abc").decode()) == b"abc"


# ---- challenges -----------------------------------------------------------------------------------------


def test_a_challenge_is_good_for_its_device_for_a_minute_and_once() -> None:
    desk = ChallengeDesk()
    challenge = desk.issue("dv_1", now_ms=NOW_MS)
    assert desk.issued_at_ms("dv_1", challenge, now_ms=NOW_MS + CHALLENGE_TTL_MS) == NOW_MS
    assert desk.issued_at_ms("dv_1", challenge, now_ms=NOW_MS + CHALLENGE_TTL_MS + 1) is None
    assert desk.issued_at_ms("dv_1", challenge, now_ms=NOW_MS - 1) is None
    assert desk.issued_at_ms("dv_2", challenge, now_ms=NOW_MS) is None
    assert desk.issued_at_ms("dv_1", challenge, now_ms=NOW_MS) == NOW_MS
    assert desk.use(challenge, now_ms=NOW_MS)
    assert not desk.use(challenge, now_ms=NOW_MS)
    assert desk.issued_at_ms("dv_1", challenge, now_ms=NOW_MS) is None


def test_challenges_are_made_here_and_differ() -> None:
    desk = ChallengeDesk()
    one, two = desk.issue("dv_1", now_ms=NOW_MS), desk.issue("dv_1", now_ms=NOW_MS)
    assert one != two
    assert ChallengeDesk().issued_at_ms("dv_1", one, now_ms=NOW_MS) is None
    for text in ("", "A", "%", one[:-4], one + "AAAA"):
        assert desk.issued_at_ms("dv_1", text, now_ms=NOW_MS) is None
    assert not desk.use("%", now_ms=NOW_MS)


def test_used_challenges_are_remembered_for_their_time_and_never_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(device_keys, "MAX_USED_CHALLENGES", 2)
    desk = ChallengeDesk()
    used = [desk.issue("dv_1", now_ms=NOW_MS) for _ in range(3)]
    assert [desk.use(challenge, now_ms=NOW_MS) for challenge in used] == [True, True, False]
    later = NOW_MS + CHALLENGE_TTL_MS + 1
    assert desk.use(desk.issue("dv_1", now_ms=later), now_ms=later)
