"""The signing key: made once, kept private, refused when it is none."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from recording.errors import UnusableKey
from recording.keys import load_or_create_signer, load_public_key, trusted_key_path
from recording.signing import fingerprint, is_signed

FOREIGN = generate_private_key(SECP256R1())


def test_a_key_is_made_once_and_both_halves_fit(tmp_path: Path) -> None:
    first = load_or_create_signer(tmp_path)
    second = load_or_create_signer(tmp_path)
    public_key = load_public_key(tmp_path / "keys" / "signing.pub")
    assert first.key_fingerprint == second.key_fingerprint == fingerprint(public_key)
    assert is_signed(public_key, b"message", second.sign(b"message"))


def test_processes_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    at_once = multiprocessing.get_context("spawn").Barrier(4)
    workers = [
        multiprocessing.get_context("spawn").Process(target=_make, args=(tmp_path, at_once, number))
        for number in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    made = {(tmp_path / str(number)).read_text() for number in range(4)}
    assert made == {load_or_create_signer(tmp_path).key_fingerprint}
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["signing.key", "signing.pub"]


def _make(folder: Path, at_once: Barrier, number: int) -> None:
    at_once.wait()
    (folder / str(number)).write_text(load_or_create_signer(folder).key_fingerprint)


def test_the_private_half_is_private(tmp_path: Path) -> None:
    load_or_create_signer(tmp_path)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "keys" / "signing.key").stat().st_mode & 0o777 == 0o600


def test_a_lost_or_foreign_public_half_is_written_again(tmp_path: Path) -> None:
    signer = load_or_create_signer(tmp_path)
    path = tmp_path / "keys" / "signing.pub"
    path.unlink()
    load_or_create_signer(tmp_path)
    path.write_bytes(b"other")
    load_or_create_signer(tmp_path)
    assert fingerprint(load_public_key(path)) == signer.key_fingerprint


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        FOREIGN.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        FOREIGN.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        ),
    ],
    ids=["empty", "garbage", "another kind", "locked"],
)
def test_a_private_key_that_is_none_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    load_or_create_signer(tmp_path)
    path = tmp_path / "keys" / "signing.key"
    path.write_bytes(content)
    with pytest.raises(UnusableKey) as refused:
        load_or_create_signer(tmp_path)
    assert (refused.value.code, refused.value.fault) == ("unusable_key", "signing.key")
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "content",
    [
        b"garbage",
        FOREIGN.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    ],
)
def test_a_public_key_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(UnusableKey):
        load_public_key(tmp_path / "key")


def test_the_trusted_key_lies_in_the_recordings_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trusted_key_path(tmp_path / "recordings" / "RC_one") == tmp_path / "keys" / "signing.pub"
    monkeypatch.chdir(tmp_path)
    assert trusted_key_path(Path("recordings/RC_one")) == tmp_path / "keys" / "signing.pub"
