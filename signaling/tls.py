"""The certificate a demo makes for itself: browsers give a camera to secure pages only.

Signed by its own key and valid for this machine's names and addresses; it proves nothing to anyone who has
not installed it. It is kept in the data folder, so that a phone which trusted it once need not do so again.
"""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signaling.api_keys import KEYS_FOLDER, write_private

CERTIFICATE_FILE: Final = "https.crt"
PRIVATE_KEY_FILE: Final = "https.key"
VALID_DAYS: Final = 397
"""iOS and macOS refuse server certificates that are valid for longer than 398 days."""
RENEW_DAYS: Final = 30


def tls_context(certificate: Path, private_key: Path) -> ssl.SSLContext:
    """Returns a server context. Raises OSError, ssl.SSLError for files that do not fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, private_key)
    return context


def own_certificate(data_dir: Path, addresses: Sequence[str], now: datetime.datetime) -> tuple[Path, Path]:
    """Returns certificate and key in the data folder, made now where absent, nearly over, or for other
    addresses.

    ``addresses`` are IP addresses. Raises OSError.
    """
    folder = data_dir / KEYS_FOLDER
    certificate_path, key_path = folder / CERTIFICATE_FILE, folder / PRIVATE_KEY_FILE
    if _is_usable(certificate_path, key_path, addresses, now):
        return certificate_path, key_path
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    private_key = ec.generate_private_key(ec.SECP256R1())
    key_pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate_pem = _certificate(private_key, addresses, now).public_bytes(serialization.Encoding.PEM)
    for path, content in ((key_path, key_pem), (certificate_path, certificate_pem)):
        path.unlink(missing_ok=True)
        write_private(path, content)
    return certificate_path, key_path


def _is_usable(
    certificate_path: Path, key_path: Path, addresses: Sequence[str], now: datetime.datetime
) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    known = {str(ip) for ip in names.get_values_for_type(x509.IPAddress)}
    is_fresh = certificate.not_valid_after_utc - now > datetime.timedelta(days=RENEW_DAYS)
    return is_fresh and set(addresses) <= known and key_path.exists()


def _certificate(
    private_key: ec.EllipticCurvePrivateKey, addresses: Sequence[str], now: datetime.datetime
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lianzhen demo")])
    all_addresses = dict.fromkeys((*addresses, "127.0.0.1"))
    alternative = [
        x509.DNSName("localhost"),
        *(x509.DNSName(host) for host in (_host_name(),) if host),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in all_addresses),
    ]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS - 1))
        .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        # A phone installs it as an authority of its own; it can sign nothing else.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private_key.public_key()), critical=False)
    )
    return builder.sign(private_key, hashes.SHA256())


def _host_name() -> str:
    name = socket.gethostname()
    return name if name.isascii() and name.replace("-", "").replace(".", "").isalnum() else ""
