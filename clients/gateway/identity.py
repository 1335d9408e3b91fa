"""Who this gateway is: its server, its device id, its Ed25519 key, in files that only it may read.

::

    <data>/gateway.json     server, device, name and institution, path of the certificate authority
    <data>/device.key       PKCS #8, mode 0600
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from clients.gateway.errors import GatewayUnfit
from recording.files import make_private_folder, write_atomically

IDENTITY_FILE: Final = "gateway.json"
KEY_FILE: Final = "device.key"


@dataclass(frozen=True, slots=True)
class Identity:
    """What enrolment gave."""

    server: str
    """Base address, such as https://<host>:8443."""
    device: str
    name: str
    institution: str
    ca: str = ""
    """PEM file of the certificate authority; empty: the system's."""


def new_key(data: Path) -> Ed25519PrivateKey:
    """Returns a key that lies in the folder, 0600. Raises GatewayUnfit."""
    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        make_private_folder(data)
        write_atomically(data / KEY_FILE, content)
    except OSError as error:
        raise GatewayUnfit("folder_unwritable", errno=error.errno) from None
    return key


def write_identity(data: Path, identity: Identity) -> None:
    """Keeps what enrolment gave. Raises GatewayUnfit."""
    try:
        write_atomically(data / IDENTITY_FILE, json.dumps(asdict(identity), ensure_ascii=False).encode())
    except OSError as error:
        raise GatewayUnfit("folder_unwritable", errno=error.errno) from None


def read_identity(data: Path) -> tuple[Identity, Ed25519PrivateKey]:
    """Returns who this gateway is. Raises GatewayUnfit: it was never enrolled, or its files are damaged."""
    try:
        identity = Identity(**json.loads((data / IDENTITY_FILE).read_bytes()))
        key = load_pem_private_key((data / KEY_FILE).read_bytes(), password=None)
    except FileNotFoundError:
        raise GatewayUnfit("not_enrolled") from None
    except (OSError, ValueError, TypeError):
        raise GatewayUnfit("identity_damaged") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise GatewayUnfit("identity_damaged")
    return identity, key
