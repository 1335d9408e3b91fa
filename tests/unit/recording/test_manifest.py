"""Manifest, signature and sidecar: their bytes, and bytes that are none."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.canonical import canonical_json
from recording.manifest import Malformed, parse_fragments, parse_manifest, parse_signature, sign_manifest
from recording.signing import Ed25519Signer, is_signed
from tests.unit.recording.conftest import PRIVATE_KEY

HASH = "00" * 32


def test_a_manifest_says_what_is_in_the_folder(sealed_folder: Path) -> None:
    manifest = parse_manifest((sealed_folder / "manifest.json").read_bytes())
    assert (manifest.format, manifest.suite, manifest.state) == (
        "lianzhen-recording/1",
        "ed25519-sha256",
        "sealed",
    )
    assert [(person.identity, person.name) for person in manifest.participants] == [
        ("lijianping", "李建平"),
        ("wangmin", ""),
    ]
    for track in manifest.tracks:
        for segment in track.segments:
            content = (sealed_folder / segment.file).read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (segment.bytes, segment.sha256)
    fragments = (sealed_folder / "fragments.jsonl").read_bytes()
    assert hashlib.sha256(fragments).hexdigest() == manifest.fragments.sha256
    for name, line in parse_fragments(fragments).items():
        content, offset = (sealed_folder / name).read_bytes(), 0
        for size, digest in zip(line.bytes, line.sha256, strict=True):
            assert hashlib.sha256(content[offset : offset + size]).hexdigest() == digest
            offset += size
        assert offset == len(content)


def test_the_signature_is_over_the_manifests_bytes_and_openssl_could_check_it(sealed_folder: Path) -> None:
    manifest = (sealed_folder / "manifest.json").read_bytes()
    signature = parse_signature((sealed_folder / "manifest.sig").read_bytes())
    assert is_signed(PRIVATE_KEY.public_key(), manifest, signature.signature_bytes())
    assert not is_signed(PRIVATE_KEY.public_key(), manifest + b" ", signature.signature_bytes())
    assert not is_signed(PRIVATE_KEY.public_key(), manifest, b"short")


@pytest.mark.parametrize(
    "change",
    [{"format": "other/1"}, {"state": "open"}, {"extra": 1}, {"duration_ms": -1}, {"duration_ms": True}],
)
def test_what_is_no_manifest_of_this_format_is_malformed(
    sealed_folder: Path, change: dict[str, object]
) -> None:
    fields = json.loads((sealed_folder / "manifest.json").read_bytes()) | change
    with pytest.raises(Malformed):
        parse_manifest(canonical_json(fields))


@given(st.binary(max_size=100))
def test_any_bytes_are_malformed_with_an_offset_in_them(content: bytes) -> None:
    for parse in (parse_manifest, parse_signature):
        with pytest.raises(Malformed) as malformed:
            parse(content)
        assert 0 <= malformed.value.offset <= len(content)


@pytest.mark.parametrize("text", ["x", "AAA=", "AA==AA==", "AB==", "é", "AAAA\n"])
def test_base64_that_is_not_the_one_way_to_write_it_is_malformed(text: str) -> None:
    fields = {"suite": "s", "key": "k", "manifest_sha256": HASH, "signature": text}
    signature = parse_signature(canonical_json(fields))
    if text == "AAA=":
        assert signature.signature_bytes() == b"\0\0"
        return
    with pytest.raises(Malformed):
        signature.signature_bytes()


def test_a_signature_comes_back_from_its_bytes() -> None:
    signature = parse_signature(sign_manifest(b"{}", Ed25519Signer(PRIVATE_KEY)))
    assert signature.manifest_sha256 == hashlib.sha256(b"{}").hexdigest()
    assert base64.b64encode(signature.signature_bytes()).decode() == signature.signature


@pytest.mark.parametrize(
    ("line", "offset"),
    [
        (b"{}", 0),
        (canonical_json({"file": "TR_a-0001.webm", "bytes": [1], "sha256": []}), 0),
        (canonical_json({"file": "../x", "bytes": [], "sha256": []}), 0),
        (b'{"bytes":[], "file":"TR_a-0001.webm","sha256":[]}', 12),
    ],
)
def test_a_bad_line_of_the_sidecar_is_named_by_its_offset(line: bytes, offset: int) -> None:
    good = canonical_json({"file": "TR_a-0001.webm", "bytes": [1], "sha256": [HASH]}) + b"\n"
    assert list(parse_fragments(good)) == ["TR_a-0001.webm"]
    with pytest.raises(Malformed) as malformed:
        parse_fragments(good + line + b"\n")
    assert malformed.value.offset == len(good) + offset
