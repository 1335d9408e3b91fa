"""The settings of a server: read once from the environment (``LIANZHEN_…``), checked, and never changed.

A setting that cannot be used raises SettingWrong, which names the variable and says in one sentence what it
must be.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from signaling.auth.oidc import is_issuer
from signaling.errors import SettingWrong
from signaling.messages import Language, say_to
from signaling.store.database_url import database_url
from signaling.webhooks.addresses import Network

PREFIX: Final = "LIANZHEN_"
MIN_SECRET_CHARACTERS: Final = 32
"""256 bits in base64 are 43; 32 of hexadecimal are 128, the least that HS256 should have (RFC 7518 §3.2 asks
256)."""
MIN_OIDC_SECRET_CHARACTERS: Final = 16
"""Identity providers make them: UUIDs (36) and longer. What is shorter was typed by somebody."""
_MIN_DIFFERENT_CHARACTERS: Final = 10
"""Random text of 32 characters has fewer with a chance below 10^-6; "secret-secret-…" and "xxxx…" always
have."""
_KNOWN_WEAK: Final = re.compile(r"secret|password|changeme|devkey|example|lianzhen|0123456789|abcdef", re.I)
"""Words from documentation and keyboards. In random text of 32 characters any of them appears once in 10^7
tries."""
_TEST_PREFIX: Final = "LIANZHEN_TEST_"
"""Read by the tests, not by the server; they may stand in the same environment."""

DEFAULT_HTTPS_PORT: Final = 8443
_SOURCE_FOLDER: Final = Path(__file__).resolve().parents[1]

MAX_MEDIA_THREADS: Final = 64
"""More than any machine has use for; each keeps a megabyte of buffers."""

Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    """All settings with their defaults."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    http_host: str = "0.0.0.0"  # noqa: S104
    http_port: Port = 8080
    https_port: Port | None = None
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    media_port: Port = 7882
    media_bind: str = "0.0.0.0"  # noqa: S104
    media_addresses: Annotated[tuple[str, ...], NoDecode] = ()
    media_threads: Annotated[int, Field(ge=0, le=MAX_MEDIA_THREADS)] = 0
    """Among which the rooms are spread; 0: half the processors."""
    ecg_port: Port = 7883
    """Of gateways' datagrams, UDP, where ``media_bind`` says; 0: none are taken."""
    data_dir: Path = Path("var/lianzhen")
    database_url: str = Field(default="", repr=False)
    api_key: str = ""
    api_secret: str = Field(default="", repr=False)
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = Field(default="", repr=False)
    web_dir: Path = _SOURCE_FOLDER / "clients" / "web" / "dist"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"
    language: Language | None = None
    demo_ecg_box: bool = True
    """Whether `demo` also runs the ECG box that it has enrolled."""
    webhook_networks: Annotated[tuple[Network, ...], NoDecode] = ()
    """Private networks into which webhooks may be sent all the same."""

    @field_validator("webhook_networks", mode="before")
    @classmethod
    def _split_networks(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())

    @field_validator("http_host", "media_bind")
    @classmethod
    def _is_address(cls, value: str) -> str:
        ipaddress.ip_address(value)
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _is_issuer(cls, value: str) -> str:
        if value and not is_issuer(value):
            raise ValueError("issuer")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, value: str) -> str:
        database_url(value, Path())
        return value

    @field_validator("media_addresses", mode="before")
    @classmethod
    def _split_addresses(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        addresses = tuple(part.strip() for part in value.split(",") if part.strip())
        for address in addresses:
            _check_media_address(address)
        return addresses

    @field_validator("log_level", "log_format", "language", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value


_SENTENCES: Final[Mapping[str, str]] = {
    "http_host": "setting.address",
    "http_port": "setting.port",
    "https_port": "setting.port",
    "media_port": "setting.port",
    "media_bind": "setting.address",
    "media_threads": "setting.media_threads",
    "ecg_port": "setting.port",
    "media_addresses": "setting.address",
    "database_url": "setting.database_url",
    "oidc_issuer": "setting.oidc_issuer",
    "log_level": "setting.log_level",
    "log_format": "setting.log_format",
    "language": "setting.language",
    "webhook_networks": "setting.networks",
}


def read_settings(overrides: Mapping[str, Any] | None = None) -> Settings:
    """Returns the settings of this process; ``overrides`` come before the environment. Raises
    SettingWrong."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for variable in sorted(os.environ):
        is_ours = variable.startswith(PREFIX) and not variable.startswith(_TEST_PREFIX)
        if is_ours and variable not in known:
            raise _wrong(variable, "setting.unknown", chosen_language())
    try:
        settings = Settings(**(overrides or {}))
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise _wrong(variable_of(name), _SENTENCES.get(name, "setting.bad"), chosen_language()) from None
    _check_tls_files(settings)
    _check_oidc(settings)
    return settings


def require_secret(settings: Settings) -> None:
    """Raises SettingWrong where the API key or its secret is missing, short or easy to guess."""
    if not settings.api_key:
        raise _wrong(variable_of("api_key"), "setting.key_missing", settings.language)
    secret, variable = settings.api_secret, variable_of("api_secret")
    if not secret:
        raise _wrong(variable, "setting.secret_missing", settings.language)
    if len(secret) < MIN_SECRET_CHARACTERS:
        raise _wrong(variable, "setting.secret_short", settings.language, length=len(secret))
    if len(set(secret)) < _MIN_DIFFERENT_CHARACTERS or _KNOWN_WEAK.search(secret):
        raise _wrong(variable, "setting.secret_weak", settings.language)


def chosen_language() -> Language | None:
    """Returns the language that the environment asks for, None where it asks for none that there is."""
    match os.environ.get(f"{PREFIX}LANGUAGE", "").lower():
        case "zh":
            return "zh"
        case "en":
            return "en"
        case _:
            return None


def variable_of(name: str) -> str:
    """Returns the environment variable of a setting."""
    return PREFIX + name.upper()


def split_media_address(text: str) -> tuple[str, str]:
    """Returns host and port ("" where there is none) of "ip", "ip:port" or "[ip]:port"."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, rest.removeprefix(":")
    host, _, port = text.partition(":") if text.count(":") == 1 else (text, "", "")
    return host, port


def _check_media_address(text: str) -> None:
    host, port = split_media_address(text)
    ipaddress.ip_address(host)
    if port and not 0 < int(port) <= 65535:
        raise ValueError("port")


def _check_tls_files(settings: Settings) -> None:
    pair = {"tls_cert_file": settings.tls_cert_file, "tls_key_file": settings.tls_key_file}
    for name, path in pair.items():
        if path is None and any(pair.values()):
            raise _wrong(variable_of(name), "setting.tls_pair", settings.language)
        if path is not None and not os.access(path, os.R_OK):
            raise _wrong(variable_of(name), "setting.file_missing", settings.language)


def _check_oidc(settings: Settings) -> None:
    if not settings.oidc_issuer:
        for name in ("oidc_client_id", "oidc_client_secret"):
            if getattr(settings, name):
                raise _wrong(variable_of("oidc_issuer"), "setting.oidc_issuer", settings.language)
        return
    if not settings.oidc_client_id:
        raise _wrong(variable_of("oidc_client_id"), "setting.oidc_client_id", settings.language)
    if len(settings.oidc_client_secret) < MIN_OIDC_SECRET_CHARACTERS:
        raise _wrong(variable_of("oidc_client_secret"), "setting.oidc_client_secret", settings.language)


def _wrong(variable: str, key: str, language: Language | None, **facts: object) -> SettingWrong:
    return SettingWrong(variable, say_to(key, language, variable=variable, **facts))
