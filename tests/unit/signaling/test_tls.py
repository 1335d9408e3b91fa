"""The certificate a demo makes for itself."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from cryptography import x509

from signaling.tls import own_certificate, tls_context

NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def test_it_names_this_machine_is_private_and_usable(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path, ["192.168.1.10", "fd00::1"], NOW)
    parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(ip) for ip in names.get_values_for_type(x509.IPAddress)} == {
        "192.168.1.10",
        "fd00::1",
        "127.0.0.1",
    }
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    assert parsed.not_valid_after_utc - parsed.not_valid_before_utc <= 398 * DAY
    assert key.stat().st_mode & 0o777 == 0o600
    tls_context(certificate, key)


def test_it_is_kept_until_it_is_nearly_over_or_the_addresses_change(tmp_path: Path) -> None:
    def made(addresses: list[str], now: datetime.datetime) -> bytes:
        return own_certificate(tmp_path, addresses, now)[0].read_bytes()

    first = made(["10.0.0.1"], NOW)
    assert made(["10.0.0.1"], NOW + 300 * DAY) == first
    second = made(["10.0.0.1"], NOW + 380 * DAY)
    assert second != first
    assert made(["10.0.0.2"], NOW + 380 * DAY) != second


@pytest.mark.parametrize("broken", ["https.crt", "https.key"])
def test_a_missing_half_is_made_anew_with_the_other(tmp_path: Path, broken: str) -> None:
    own_certificate(tmp_path, ["10.0.0.1"], NOW)
    (tmp_path / "keys" / broken).unlink()
    tls_context(*own_certificate(tmp_path, ["10.0.0.1"], NOW))
