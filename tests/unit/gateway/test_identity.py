"""Who the gateway is lies in files that only it may read."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from clients.gateway.errors import GatewayUnfit
from clients.gateway.identity import (
    IDENTITY_FILE,
    KEY_FILE,
    Identity,
    new_key,
    read_identity,
    write_identity,
)

BOX = Identity("https://127.0.0.1:8443", "dv_1", "镇卫生院心电盒", "in_1")


def test_what_was_written_is_read(tmp_path: Path) -> None:
    data = tmp_path / "data"
    key = new_key(data)
    write_identity(data, BOX)
    identity, read = read_identity(data)
    assert identity == BOX
    assert read.private_bytes_raw() == key.private_bytes_raw()
    assert [(data / name).stat().st_mode & 0o777 for name in (KEY_FILE, IDENTITY_FILE)] == [0o600, 0o600]


def test_without_enrolment_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(GatewayUnfit) as refused:
        read_identity(tmp_path)
    assert refused.value.code == "not_enrolled"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"server":1,"more":2}'])
def test_a_damaged_identity_is_told(tmp_path: Path, content: bytes) -> None:
    new_key(tmp_path)
    (tmp_path / IDENTITY_FILE).write_bytes(content)
    with pytest.raises(GatewayUnfit) as refused:
        read_identity(tmp_path)
    assert refused.value.code == "identity_damaged"


def test_a_key_of_another_kind_is_none(tmp_path: Path) -> None:
    write_identity(tmp_path, BOX)
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / KEY_FILE).write_bytes(pem)
    with pytest.raises(GatewayUnfit) as refused:
        read_identity(tmp_path)
    assert refused.value.code == "identity_damaged"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for act in (lambda: new_key(tmp_path / "file"), lambda: write_identity(tmp_path / "file", BOX)):
        with pytest.raises(GatewayUnfit) as refused:
            act()
        assert refused.value.code == "folder_unwritable"
