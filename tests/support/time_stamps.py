"""A time stamp authority of a test's own, made with openssl."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

CONFIGURATION = """
[ tsa ]
default_tsa = authority
[ authority ]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
EXTENSIONS = "extendedKeyUsage = critical,timeStamping\nkeyUsage = critical,digitalSignature\n"


def run(folder: Path, command: str) -> None:
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)


def make_authority(folder: Path) -> Path:
    """A root and a stamping certificate below it, as openssl makes them."""
    folder.mkdir(exist_ok=True)
    (folder / "ts.cnf").write_text(CONFIGURATION)
    (folder / "extensions").write_text(EXTENSIONS)
    (folder / "serial").write_text("01\n")
    new = "-newkey rsa:2048 -nodes -days 30"
    run(folder, f"openssl req -x509 {new} -subj /CN=root -keyout root.key -out root.pem")
    run(folder, f"openssl req {new} -subj /CN=stamps -keyout tsa.key -out tsa.csr")
    sign = "openssl x509 -req -in tsa.csr -CA root.pem -CAkey root.key -days 30 -set_serial 7"
    run(folder, f"{sign} -extfile extensions -out tsa.pem")
    return folder


def sender(folder: Path) -> Callable[[bytes], bytes]:
    def send(request: bytes) -> bytes:
        (folder / "request").write_bytes(request)
        run(folder, "openssl ts -reply -config ts.cnf -queryfile request -out answer")
        return (folder / "answer").read_bytes()

    return send
