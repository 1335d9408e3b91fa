"""The certificate that DTLS shows: self-signed, bound to a call by its fingerprint in the SDP (RFC 8122)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from aiortc.rtcdtlstransport import RTCCertificate, SRTPProtectionProfile, certificate_digest
from OpenSSL import SSL

RENEWED_BEFORE_EXPIRY: Final = timedelta(days=15)
"""aiortc's certificates live 30 days; a call that begins on the last day of ours still has half of that."""
FINGERPRINT_ALGORITHM: Final = "sha-256"
"""The one that every client knows (RFC 8122 §5)."""

CIPHER_SUITES: Final = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384"
)
"""Forward secrecy and authenticated encryption; the first is the one that every WebRTC client must have
(RFC 8827 §6.5)."""
_DTLS_1_2: Final = 0xFEFD


class Certificate(RTCCertificate):
    """aiortc's certificate that builds its OpenSSL context once: 0.3 ms of every handshake."""

    _context: SSL.Context | None = None
    _context_profiles: tuple[bytes, ...] = ()

    @property
    def fingerprint(self) -> tuple[str, str]:
        """Returns (algorithm, value) for the a=fingerprint line."""
        return FINGERPRINT_ALGORITHM, certificate_digest(self._cert, FINGERPRINT_ALGORITHM)

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        wanted = tuple(profile.openssl_profile for profile in srtp_profiles)
        if self._context is None or self._context_profiles != wanted:
            self._context = super()._create_ssl_context(srtp_profiles)
            self._context.set_min_proto_version(_DTLS_1_2)
            self._context.set_cipher_list(CIPHER_SUITES)
            self._context_profiles = wanted
        return self._context


class CertificateSource:
    """One certificate per process, renewed long before it expires; connections keep the one they got."""

    def __init__(self) -> None:
        self._current = Certificate.generateCertificate()

    def current(self, now: datetime | None = None) -> Certificate:
        """Returns the certificate for a new connection. ``now`` is the time of day, UTC."""
        if (now or datetime.now(tz=UTC)) > self._current.expires - RENEWED_BEFORE_EXPIRY:
            self._current = Certificate.generateCertificate()
        return self._current
