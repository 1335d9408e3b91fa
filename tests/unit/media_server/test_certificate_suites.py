"""Which DTLS versions and cipher suites the server's certificate context takes part in (ASVS 5.0 V17.2.2)."""

from __future__ import annotations

import pytest
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80
from OpenSSL import SSL

from media_server.certificate import Certificate

DTLS_1_0, DTLS_1_2 = 0xFEFF, 0xFEFD


def _handshake(client_ciphers: bytes, version: int = DTLS_1_2) -> str | None:
    """The suite that a client and our server agree on in memory; None if they don't."""
    ours = Certificate.generateCertificate()._create_ssl_context(
        [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80]
    )
    theirs = SSL.Context(SSL.DTLS_METHOD)
    theirs.set_min_proto_version(version)
    theirs.set_max_proto_version(version)
    theirs.set_cipher_list(client_ciphers)
    # A client may send anybody's certificate: the fingerprint decides later.
    certificate = Certificate.generateCertificate()
    theirs.use_certificate(certificate._cert)
    theirs.use_privatekey(certificate._key)
    server, client = SSL.Connection(ours, None), SSL.Connection(theirs, None)
    server.set_accept_state()
    client.set_connect_state()
    for _ in range(10):
        for end, other in ((client, server), (server, client)):
            try:
                end.do_handshake()
            except SSL.WantReadError:
                pass
            except SSL.Error:
                return None
            try:
                while True:
                    other.bio_write(end.bio_read(65_536))
            except SSL.WantReadError:
                pass
    return server.get_cipher_name()


@pytest.mark.parametrize(
    "suite",
    ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES256-GCM-SHA384"],
)
def test_suites_with_forward_secrecy_and_authenticated_encryption_are_taken(suite: str) -> None:
    assert _handshake(suite.encode()) == suite


@pytest.mark.parametrize(
    "suites",
    [
        b"ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0",
        b"AES128-SHA:@SECLEVEL=0",
        b"AECDH-AES128-SHA:@SECLEVEL=0",
        b"ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0",
    ],
    ids=["no encryption", "no forward secrecy", "no authentication", "encryption that is not authenticated"],
)
def test_weak_suites_are_refused(suites: bytes) -> None:
    assert _handshake(suites) is None


def test_dtls_1_0_is_refused() -> None:
    assert _handshake(b"ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", DTLS_1_0) is None


def test_the_private_key_lives_in_memory_only_and_belongs_to_one_process() -> None:
    first, second = Certificate.generateCertificate(), Certificate.generateCertificate()
    assert first.fingerprint != second.fingerprint
