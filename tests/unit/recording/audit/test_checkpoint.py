"""Checkpoints as signed notes: golden text, who signed, and that no other bytes are a note."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from recording.audit.checkpoint import (
    BadNote,
    checkpoint_at,
    cosignature,
    cosigned_at_s,
    is_signed_by,
    parse_note,
    parse_signature,
    signed_note,
)
from recording.audit.merkle import leaf_hash, tree_root
from recording.audit.sm2 import Sm2Signer
from recording.audit.suites import ED25519, SM2, PublicKey
from recording.errors import MisuseError
from recording.signing import Ed25519Signer, Signer
from tests.unit.recording.audit.acts import INSTITUTION, chained, plain_act

EVENTS = chained([plain_act(number) for number in range(1, 6)])
HEAD = EVENTS[-1].head
SIGNER = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
KEY = PublicKey(ED25519, SIGNER.public_key)
WITNESS = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
WITNESS_KEY = PublicKey(ED25519, WITNESS.public_key)
WITNESS_NAME = "witness.county/health-office"


def note_text(signer: Signer = SIGNER) -> str:
    return signed_note(INSTITUTION, HEAD, at_ms=1_800_000_001_000, previous_size=3, signer=signer)


def test_a_note_is_this_text_for_ever() -> None:
    root = tree_root([leaf_hash(event.hash) for event in EVENTS])
    body = (
        f"lianzhen/{INSTITUTION}\n5\n{base64.b64encode(root).decode()}\nhead {EVENTS[-1].hash.hex()}\n"
        "time 1800000001000\nprevious 3\nsuite ed25519-sha256\n"
    )
    name = f"lianzhen/{INSTITUTION}"
    key_id = hashlib.sha256(name.encode() + b"\n\x01" + SIGNER.public_key).digest()[:4]
    signature = base64.b64encode(key_id + SIGNER.sign(body.encode())).decode()
    assert note_text() == f"{body}\n— {name} {signature}\n"


@pytest.mark.parametrize("suite", ["ed25519", "sm2"])
def test_a_note_says_who_signed_it(suite: str) -> None:
    signer: Signer = SIGNER if suite == "ed25519" else Sm2Signer.generate()
    key = PublicKey(ED25519 if suite == "ed25519" else SM2, signer.public_key)
    note = parse_note(note_text(signer).encode())
    assert note.text() == note_text(signer) or suite == "sm2"
    assert is_signed_by(note, key)
    assert not is_signed_by(note, WITNESS_KEY)
    assert not is_signed_by(replace(note, checkpoint=replace(note.checkpoint, size=4)), key)
    assert not is_signed_by(replace(note, checkpoint=replace(note.checkpoint, suite="none")), key)
    bent = replace(note.signatures[0], signature=bytes(64))
    assert not is_signed_by(replace(note, signatures=(bent,)), key)
    assert not is_signed_by(replace(note, signatures=(replace(note.signatures[0], name="x"),)), key)


@given(st.data())
def test_no_single_byte_of_a_note_can_be_changed(data: st.DataObject) -> None:
    content = bytearray(note_text().encode())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    try:
        note = parse_note(bytes(content))
    except BadNote:
        return
    assert not is_signed_by(note, KEY)


def changed(old: str, new: str) -> bytes:
    assert old in note_text()
    return note_text().replace(old, new).encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        note_text().encode()[:-1],
        note_text().encode() + b"\n",
        changed("\n5\n", "\n05\n"),
        changed("\n\n", "\n"),
        changed("— ", "- "),
        changed("— ", "\udcff "),
        changed("previous 3\n", ""),
        note_text().partition("— ")[0].encode(),
        changed("suite ed25519-sha256\n", "suite ed25519-sha256\nmore 1\n"),
        note_text().encode() + b"x" * 20_000,
    ],
)
def test_what_is_not_exactly_a_note_is_none(content: bytes) -> None:
    with pytest.raises(BadNote):
        parse_note(content)


def test_a_signature_line_has_one_form() -> None:
    line = parse_note(note_text().encode()).signatures[0].line()
    assert parse_signature(line).line() == line
    for wrong in (line[:-1], "— a b c\n", "— a A\n", "— a AA=\n", "— a AB==\n", "— a+b AAAA\n"):
        with pytest.raises(BadNote):
            parse_signature(wrong)


def test_a_second_key_cosigns_with_its_own_time() -> None:
    checkpoint = parse_note(note_text().encode()).checkpoint
    line = cosignature(checkpoint, WITNESS_NAME, WITNESS, at_s=1_800_000_005)
    # C2SP tlog-cosignature/v1: type 4 in the key id, 8 bytes of time before the signature.
    kind = b"\n\x04"
    assert line.key_id == hashlib.sha256(WITNESS_NAME.encode() + kind + WITNESS.public_key).digest()[:4]
    assert line.signature[:8] == (1_800_000_005).to_bytes(8, "big")
    assert cosigned_at_s(checkpoint, line, [KEY, WITNESS_KEY]) == 1_800_000_005
    assert cosigned_at_s(checkpoint, line, [KEY]) is None
    assert cosigned_at_s(replace(checkpoint, size=4), line, [WITNESS_KEY]) is None
    later = replace(line, signature=(1_800_000_006).to_bytes(8, "big") + line.signature[8:])
    assert cosigned_at_s(checkpoint, later, [WITNESS_KEY]) is None


def test_a_note_with_cosignatures_is_still_a_note() -> None:
    note = parse_note(note_text().encode())
    line = cosignature(note.checkpoint, WITNESS_NAME, WITNESS, at_s=1)
    both = replace(note, signatures=(*note.signatures, line))
    assert parse_note(both.text().encode()) == both
    assert is_signed_by(both, KEY)


def test_sm2_cosigns_too() -> None:
    signer = Sm2Signer.generate()
    checkpoint = parse_note(note_text().encode()).checkpoint
    line = cosignature(checkpoint, "sm", signer, at_s=7)
    assert cosigned_at_s(checkpoint, parse_signature(line.line()), [PublicKey(SM2, signer.public_key)]) == 7


class UnknownSuite(Ed25519Signer):
    suite = "rot13"


def test_what_no_verifier_could_read_is_not_signed() -> None:
    unknown = UnknownSuite(Ed25519PrivateKey.generate())
    checkpoint = checkpoint_at(INSTITUTION, HEAD, at_ms=1, previous_size=0, suite=SIGNER.suite)
    with pytest.raises(MisuseError):
        note_text(unknown)
    for previous_size in (5, -1):
        with pytest.raises(MisuseError):
            signed_note(INSTITUTION, HEAD, at_ms=1, previous_size=previous_size, signer=SIGNER)
    for name, signer in (("a b", WITNESS), ("", WITNESS), (checkpoint.origin, WITNESS), ("a", unknown)):
        with pytest.raises(MisuseError):
            cosignature(checkpoint, name, signer, at_s=1)
