"""One certificate for many connections, renewed in time."""

from datetime import timedelta

import pytest
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
)

from media_server.certificate import RENEWED_BEFORE_EXPIRY, Certificate, CertificateSource


@pytest.mark.parametrize("name", ["_cert", "_key"])
def test_aiortc_still_has_the_private_attribute(name: str) -> None:
    assert hasattr(RTCCertificate.generateCertificate(), name)


def test_aiortc_still_makes_its_context_by_the_overridden_method() -> None:
    assert callable(RTCCertificate._create_ssl_context)


def test_the_fingerprint_is_sha_256_in_upper_case_pairs() -> None:
    algorithm, value = Certificate.generateCertificate().fingerprint
    assert algorithm == "sha-256"
    assert len(value) == 95 and value == value.upper()


def test_the_context_is_made_once_for_the_same_profiles() -> None:
    certificate = Certificate.generateCertificate()
    both = [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80]
    first = certificate._create_ssl_context(both)
    assert certificate._create_ssl_context(list(both)) is first
    assert certificate._create_ssl_context(both[:1]) is not first


def test_connections_share_a_certificate_until_it_nears_its_end() -> None:
    source = CertificateSource()
    first = source.current()
    renewal = first.expires - RENEWED_BEFORE_EXPIRY
    assert source.current(renewal - timedelta(seconds=1)) is first
    second = source.current(renewal + timedelta(seconds=1))
    assert second is not first
    assert source.current() is second
