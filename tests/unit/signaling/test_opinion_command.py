"""`lianzhen opinion verify` on files as they are handed out, and on forged ones."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signaling.command_line import main
from signaling.consult.fhir_bundle import bundle_of
from tests.support.filed_cases import KEY, full_archive, opinion


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return _written(tmp_path / "signing.pub", KEY)


def _written(path: Path, key: Ed25519PrivateKey) -> Path:
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    path.write_bytes(pem)
    return path


def _verify(folder: Path, bundle: object, key: Path) -> int:
    file = folder / "S-20251121-0031.json"
    file.write_text(bundle if isinstance(bundle, str) else json.dumps(bundle))
    return main(["opinion", "verify", str(file), "--key", str(key)])


def _of(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == kind)


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHEN_LANGUAGE", "en")


def test_an_unaltered_opinion_says_whose_it_is_and_its_fingerprint(
    tmp_path: Path, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verify(tmp_path, bundle_of(full_archive()), key_file) == 0
    signature = opinion().signature
    assert signature is not None
    assert capsys.readouterr().out.splitlines() == [
        "Unaltered",
        "Case S-20251121-0031, signed by pe_wang (licence 110-WANG) at 2025-11-21 12:45:00 China time",
        f"Fingerprint {signature.fingerprint}",
    ]


def test_without_a_language_it_is_said_in_both(
    tmp_path: Path, key_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANZHEN_LANGUAGE", "")
    assert _verify(tmp_path, bundle_of(full_archive()), key_file) == 0
    out = capsys.readouterr().out
    assert out.startswith("未改动\n会诊 S-20251121-0031") and "\nUnaltered\n" in out


def _swap_findings(bundle: dict[str, Any]) -> None:
    _of(bundle, "Composition")["section"][0]["text"]["div"] = "<div>一切正常</div>"


def _swap_form(bundle: dict[str, Any]) -> None:
    binary = _of(bundle, "Binary")
    form = base64.b64decode(binary["data"]).replace(b"300 mg", b"900 mg")
    binary["data"] = base64.b64encode(form).decode()


def _break_form(bundle: dict[str, Any]) -> None:
    _of(bundle, "Binary")["data"] = base64.b64encode(b"{}").decode()


def _swap_case(bundle: dict[str, Any]) -> None:
    _of(bundle, "Encounter")["identifier"][1]["value"] = "S-20251121-0032"


def _swap_file(bundle: dict[str, Any]) -> None:
    _of(bundle, "DocumentReference")["identifier"][1]["value"] = "00" * 32


@pytest.mark.parametrize(
    ("forge", "faults"),
    [
        (_swap_findings, ["The opinion's text is not as it was signed"]),
        (
            _swap_form,
            ["The signature is wrong, or another key's", "The opinion's text is not as it was signed"],
        ),
        (
            _break_form,
            [
                "The signature is wrong, or another key's",
                "What was signed is damaged and cannot be read",
            ],
        ),
        (_swap_case, ["Case, patient, signer or time is not as it was signed"]),
        (_swap_file, ["The attachments are not as they were signed"]),
    ],
)
def test_a_forged_one_says_what_does_not_fit(
    forge: Callable[[dict[str, Any]], None],
    faults: list[str],
    tmp_path: Path,
    key_file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bundle = bundle_of(full_archive())
    forge(bundle)
    assert _verify(tmp_path, bundle, key_file) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Altered"
    assert [line.strip() for line in lines if line.startswith("  ")] == faults


def test_another_key_is_no_key_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = _written(tmp_path / "other.pub", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert _verify(tmp_path, bundle_of(full_archive()), other) == 1
    assert "another key's" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [
        "no JSON",
        "[]",
        "{}",
        '{"entry": 7}',
        '{"entry": [{"resource": {"resourceType": "Provenance"}}]}',
        "[" * 100_000,
        bundle_of(full_archive(opinion=None)),
    ],
)
def test_what_holds_no_signed_opinion_is_told_apart_from_an_altered_one(
    content: object, tmp_path: Path, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verify(tmp_path, content, key_file) == 2
    assert "is no FHIR file with a signed opinion" in capsys.readouterr().err


def test_a_key_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.pub"
    wrong.write_text("no key")
    assert _verify(tmp_path, {}, wrong) == 2
    assert "wrong.pub" in capsys.readouterr().err
