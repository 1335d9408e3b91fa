"""Settings: defaults, and one clear sentence for each that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from signaling.errors import SettingWrong
from signaling.settings import Settings, read_settings, require_secret, split_media_address

GOOD_SECRET = "k7Wq2Zt9Lm4Xc8Vb1Nf6Hd3Js5Pg0RaY"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for variable in [name for name in os.environ if name.startswith("LIANZHEN_")]:
        monkeypatch.delenv(variable)


def test_defaults_are_those_of_the_documents() -> None:
    settings = read_settings()
    assert (settings.http_host, settings.http_port, settings.https_port) == ("0.0.0.0", 8080, None)
    assert (settings.media_port, settings.media_addresses) == (7882, ())
    assert settings.ecg_port == 7883
    assert settings.data_dir == Path("var/lianzhen")
    assert settings.web_dir.parts[-3:] == ("clients", "web", "dist")
    assert settings.language is None


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHEN_HTTP_PORT", "9000")
    monkeypatch.setenv("LIANZHEN_MEDIA_ADDRESSES", "192.168.1.10, 10.0.0.1:7000,[fd00::1]:7001,fd00::2")
    monkeypatch.setenv("LIANZHEN_LANGUAGE", "EN")
    monkeypatch.setenv("LIANZHEN_HTTPS_PORT", "")
    monkeypatch.setenv("LIANZHEN_TEST_PATIENCE", "3")
    settings = read_settings()
    assert settings.http_port == 9000
    assert settings.media_addresses == ("192.168.1.10", "10.0.0.1:7000", "[fd00::1]:7001", "fd00::2")
    assert (settings.language, settings.https_port) == ("en", None)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LIANZHEN_HTTP_PORT", "http"),
        ("LIANZHEN_HTTP_PORT", "-1"),
        ("LIANZHEN_HTTPS_PORT", "65536"),
        ("LIANZHEN_MEDIA_PORT", "70000"),
        ("LIANZHEN_MEDIA_THREADS", "65"),
        ("LIANZHEN_MEDIA_BIND", "eth0"),
        ("LIANZHEN_ECG_PORT", "-7"),
        ("LIANZHEN_HTTP_HOST", "localhost"),
        ("LIANZHEN_MEDIA_ADDRESSES", "not an address"),
        ("LIANZHEN_MEDIA_ADDRESSES", "10.0.0.1:0"),
        ("LIANZHEN_MEDIA_ADDRESSES", "10.0.0.1:x"),
        ("LIANZHEN_LOG_LEVEL", "loud"),
        ("LIANZHEN_LOG_FORMAT", "xml"),
        ("LIANZHEN_LANGUAGE", "fr"),
        ("LIANZHEN_HTPP_PORT", "8080"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence_of_each_language(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingWrong) as wrong:
        read_settings()
    assert wrong.value.variable == variable
    chinese, _, english = str(wrong.value).partition(" / ")
    assert variable in chinese and variable in english
    assert "\n" not in str(wrong.value)


def test_the_chosen_language_alone_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHEN_LANGUAGE", "en")
    monkeypatch.setenv("LIANZHEN_HTTP_PORT", "http")
    with pytest.raises(SettingWrong, match=r"^LIANZHEN_HTTP_PORT must be a whole number from 0 to 65535\.$"):
        read_settings()


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "short",
        "x" * 31,
        "x" * 64,
        "0123456789" * 5,
        "secret-secret-secret-secret-secret-secret",
        "MyPassword-is-the-name-of-the-dog-1",
        "ababababababababababababababababab",
    ],
)
def test_missing_short_and_weak_secrets_are_refused_without_being_shown(secret: str) -> None:
    settings = Settings(api_key="county", api_secret=secret)
    with pytest.raises(SettingWrong) as wrong:
        require_secret(settings)
    assert wrong.value.variable == "LIANZHEN_API_SECRET"
    assert not secret or secret not in str(wrong.value)
    assert not secret or secret not in repr(settings)


def test_a_key_needs_a_name_and_a_good_secret_passes() -> None:
    with pytest.raises(SettingWrong, match="LIANZHEN_API_KEY"):
        require_secret(Settings(api_secret=GOOD_SECRET))
    require_secret(Settings(api_key="county", api_secret=GOOD_SECRET))


def test_tls_files_come_in_pairs_and_can_be_read(tmp_path: Path) -> None:
    present = tmp_path / "cert.pem"
    present.write_text("x")
    with pytest.raises(SettingWrong, match="LIANZHEN_TLS_KEY_FILE"):
        read_settings({"tls_cert_file": present})
    with pytest.raises(SettingWrong, match="LIANZHEN_TLS_CERT_FILE"):
        read_settings({"tls_key_file": present})
    with pytest.raises(SettingWrong, match="LIANZHEN_TLS_KEY_FILE"):
        read_settings({"tls_cert_file": present, "tls_key_file": tmp_path / "none"})
    assert read_settings({"tls_cert_file": present, "tls_key_file": present}).tls_cert_file == present


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("10.0.0.1", ("10.0.0.1", "")),
        ("10.0.0.1:7", ("10.0.0.1", "7")),
        ("[fd00::1]:7", ("fd00::1", "7")),
        ("[fd00::1]", ("fd00::1", "")),
        ("fd00::1", ("fd00::1", "")),
    ],
)
def test_media_addresses_are_split(text: str, pair: tuple[str, str]) -> None:
    assert split_media_address(text) == pair


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"OIDC_ISSUER": "http://idp.example"}, "LIANZHEN_OIDC_ISSUER"),
        ({"OIDC_ISSUER": "https://idp.example"}, "LIANZHEN_OIDC_CLIENT_ID"),
        ({"OIDC_CLIENT_ID": "lianzhen"}, "LIANZHEN_OIDC_ISSUER"),
        ({"OIDC_CLIENT_SECRET": GOOD_SECRET}, "LIANZHEN_OIDC_ISSUER"),
        ({"OIDC_ISSUER": "https://idp.example", "OIDC_CLIENT_ID": "x"}, "LIANZHEN_OIDC_CLIENT_SECRET"),
        (
            {"OIDC_ISSUER": "https://idp.example", "OIDC_CLIENT_ID": "x", "OIDC_CLIENT_SECRET": "changeme"},
            "LIANZHEN_OIDC_CLIENT_SECRET",
        ),
    ],
)
def test_a_hospital_sign_in_is_set_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], variable: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"LIANZHEN_{name}", value)
    with pytest.raises(SettingWrong) as refused:
        read_settings()
    assert refused.value.variable == variable and variable in str(refused.value)
    assert "changeme" not in str(refused.value)


def test_a_hospital_sign_in_is_taken_without_showing_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHEN_OIDC_ISSUER", "https://idp.example/realms/qs")
    monkeypatch.setenv("LIANZHEN_OIDC_CLIENT_ID", "lianzhen")
    monkeypatch.setenv("LIANZHEN_OIDC_CLIENT_SECRET", GOOD_SECRET)
    settings = read_settings()
    assert settings.oidc_issuer == "https://idp.example/realms/qs"
    assert GOOD_SECRET not in repr(settings)
