"""Public keys and suites: PEM in and out, the vectors of Project Wycheproof on both Ed25519 checks, SM2."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recording import signing
from recording.audit import ed25519, suites
from recording.audit.sm2 import Sm2Signer
from recording.audit.sm2 import is_signed as is_signed_sm2
from recording.audit.suites import ED25519, SM2, PublicKey, SuiteMissing, parse_public_key
from recording.errors import UnusableKey

VECTORS = Path(__file__).parents[3] / "vectors" / "wycheproof"
WYCHEPROOF = json.loads((VECTORS / "ed25519_test.json").read_text())


def vectors() -> list[Any]:
    cases = []
    for group in WYCHEPROOF["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
            case = (key, message, signature, test["result"] == "valid")
            cases.append(pytest.param(*case, id=str(test["tcId"])))
    return cases


@pytest.mark.parametrize(("key", "message", "signature", "is_valid"), vectors())
def test_both_checks_of_ed25519_agree_with_wycheproof(
    key: bytes, message: bytes, signature: bytes, is_valid: bool
) -> None:
    assert ed25519.is_valid(key, message, signature) == is_valid
    assert ED25519.is_signed(key, message, signature) == is_valid


def test_points_that_are_none_are_refused() -> None:
    sound = Ed25519PrivateKey.generate()
    key, signature = sound.public_key().public_bytes_raw(), sound.sign(b"m")
    assert ed25519.is_valid(key, b"m", signature)
    assert not ed25519.is_valid(b"", b"m", signature)
    assert not ed25519.is_valid(b"\xff" * 32, b"m", signature)  # y beyond the field
    assert not ed25519.is_valid((2).to_bytes(32, "little"), b"m", signature)  # not on the curve
    assert not ed25519.is_valid((1 | 1 << 255).to_bytes(32, "little"), b"m", signature)  # x = -0


def test_the_slow_check_stands_in_where_cryptography_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    private = Ed25519PrivateKey.generate()
    monkeypatch.setattr(suites, "IS_FAST", False)
    key = PublicKey(ED25519, private.public_key().public_bytes_raw())
    assert key.is_signed(b"m", private.sign(b"m"))
    assert not key.is_signed(b"n", private.sign(b"m"))


def test_a_key_that_is_no_point_signs_nothing() -> None:
    assert not ED25519.is_signed(b"short", b"m", bytes(64))


def test_a_public_key_is_the_pem_that_others_write() -> None:
    public = Ed25519PrivateKey.generate().public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    key = parse_public_key(pem, "signing.pub")
    assert (key.suite, key.raw, key.pem()) == (ED25519, public.public_bytes_raw(), pem)
    assert key.fingerprint == signing.fingerprint(public)
    assert ED25519.name == signing.ED25519_SUITE


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n",
        PublicKey(ED25519, bytes(31)).pem(),
        PublicKey(ED25519, bytes(33)).pem(),
        PublicKey(SM2, bytes(64)).pem(),
    ],
)
def test_what_is_no_public_key_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(UnusableKey) as refusal:
        parse_public_key(content, "a.pub")
    assert refusal.value.fault == "a.pub"


def test_sm2_signatures_are_those_of_openssl(tmp_path: Path) -> None:
    signer = Sm2Signer.generate()
    key = PublicKey(SM2, signer.public_key)
    signature = signer.sign("病历".encode())
    assert key.is_signed("病历".encode(), signature)
    assert not key.is_signed("病歷".encode(), signature)
    assert not key.is_signed("病历".encode(), b"no DER")
    assert not is_signed_sm2(b"\x04" + bytes(64), b"m", signature)
    assert parse_public_key(key.pem(), "sm.pub") == key
    assert key.fingerprint == signer.key_fingerprint
    for name, content in (("key", key.pem()), ("message", "病历".encode()), ("signature", signature)):
        (tmp_path / name).write_bytes(content)
    command = "openssl pkeyutl -verify -pubin -inkey key -in message -rawin -digest sm3 -sigfile signature"
    distid = ["-pkeyopt", "distid:1234567812345678"]
    subprocess.run([*command.split(), *distid], cwd=tmp_path, check=True, capture_output=True)


def test_an_sm2_key_of_openssl_signs(tmp_path: Path) -> None:
    command = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out sm.key"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    signer = Sm2Signer.from_pem((tmp_path / "sm.key").read_bytes(), "sm.key")
    assert PublicKey(SM2, signer.public_key).is_signed(b"m", signer.sign(b"m"))
    with pytest.raises(UnusableKey):
        Sm2Signer.from_pem(b"none", "sm.key")


def test_without_the_extra_sm2_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "recording.audit.sm2", None)
    monkeypatch.delattr("recording.audit.sm2", raising=False)
    with pytest.raises(SuiteMissing) as missing:
        SM2.is_signed(bytes(65), b"m", b"s")
    assert missing.value.suite == SM2.name
