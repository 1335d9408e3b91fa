"""Passkeys and security keys (WebAuthn level 2): what to ask of a browser, and whether its answer proves it.

A passkey is bound to the host name under which it was made, so a page of another name can ask for nothing.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

RP_NAME: Final = "联诊 Lianzhen"
MAX_PASSKEYS: Final = 10
"""Of one account: a key on the ring, a spare, phone and computers."""
_TIMEOUT_MS: Final = 300_000


class PasskeyRefused(Exception):  # noqa: N818
    """The browser's answer proves nothing."""

    code = "passkey_wrong"


@dataclass(frozen=True, slots=True)
class Site:
    """The page's own address, to which passkeys are bound."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """What is kept of one."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def site_of(origin: str) -> Site | None:
    """Returns the site of a page's Origin, None for a bare IP address: browsers bind passkeys to names."""
    host = urlsplit(origin).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return Site(host, origin) if host else None
    return None


def creation_options(
    site: Site, *, account: str, login: str, name: str, enrolled: Iterable[bytes], challenge: bytes
) -> dict[str, Any]:
    """Returns what navigator.credentials.create takes, in WebAuthn's JSON form."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=RP_NAME,
        user_id=account.encode(),
        user_name=login,
        user_display_name=name,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=key) for key in enrolled],
    )
    made: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return made


def request_options(site: Site, *, enrolled: Iterable[bytes], challenge: bytes) -> dict[str, Any]:
    """Returns what navigator.credentials.get takes, in WebAuthn's JSON form."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=key) for key in enrolled],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    made: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return made


def verify_new(site: Site, credential: Mapping[str, Any], *, challenge: bytes) -> Passkey:
    """Returns the passkey that the browser made. Raises PasskeyRefused."""
    try:
        made = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except _REFUSED:
        raise PasskeyRefused from None
    return Passkey(made.credential_id, made.credential_public_key, made.sign_count)


def credential_id_of(credential: Mapping[str, Any]) -> bytes:
    """Returns which passkey an answer claims to be of. Raises PasskeyRefused."""
    text = credential.get("id")
    if not isinstance(text, str):
        raise PasskeyRefused
    return credential_id_from(text)


def credential_id_from(text: str) -> bytes:
    """Returns a credential id from its base64url. Raises PasskeyRefused."""
    try:
        return base64url_to_bytes(text)
    except ValueError:
        raise PasskeyRefused from None


def credential_id_text(credential_id: bytes) -> str:
    """Returns a credential id in base64url, without padding."""
    return bytes_to_base64url(credential_id)


def verify_proof(site: Site, credential: Mapping[str, Any], passkey: Passkey, *, challenge: bytes) -> int:
    """Returns the passkey's new count of uses. Raises PasskeyRefused, also where the count went back: then
    there are two copies of the key (WebAuthn §6.1.1).
    """
    try:
        proof = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
        )
    except _REFUSED:
        raise PasskeyRefused from None
    return int(proof.new_sign_count)


# The package parses JSON, base64 and CBOR that somebody sent: what it trips over is a wrong answer, whoever's
# exception it is. Found by tests/unit/signaling/auth/test_passkeys.py, which mutates answers.
_REFUSED: Final = (
    WebAuthnException,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
)
