"""OpenID Connect (Core 1.0): what is sent to a hospital's identity provider, and what of its answers is
believed. Pure: oidc_client.py fetches.

Believed is only an ID token that a key of the configured issuer signed, by an algorithm of the list, for this
client, now, and for the very departure whose nonce it repeats.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import jwt

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
"""No "none" and no HS…: with those a client's secret, or nothing, would be enough to be anybody."""
LEEWAY_S: Final = 30
"""Between two machines that both keep their clocks (reliability.md §3.2)."""
MAX_TOKEN_CHARACTERS: Final = 16_384
MAX_SUBJECT_CHARACTERS: Final = 200
"""The column's width; OpenID Connect allows 255 but no provider known to us uses more than 64."""
SCOPE: Final = "openid"
"""Only who it is: no names, no addresses (PIPL: the least that is needed)."""
_STRONG_METHODS: Final = frozenset({"mfa", "hwk", "otp", "sc", "swk"})
"""RFC 8176 §2: with these the provider itself has seen a second factor or a key."""
_KEY_TYPES: Final[Mapping[str, str]] = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}


class OidcRefused(Exception):  # noqa: N818
    """The provider's answer is not believed; ``reason`` is for the log and says nothing of whom."""

    code = "oidc_refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class OidcClientId:
    """Who this service is at the provider."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider's addresses, all of the issuer's own origin."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    takes_basic: bool
    """Whether the client's secret goes into the Authorization header (RFC 6749 §2.3.1)."""


@dataclass(frozen=True, slots=True)
class Identified:
    """Who the provider says it is."""

    subject: str
    has_two_factors: bool


def is_issuer(issuer: str) -> bool:
    """Returns whether an issuer can be used: https, or http on this very machine."""
    try:
        parts = urlsplit(issuer)
        is_whole = bool(parts.hostname) and not (parts.query or parts.fragment or parts.username)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
        return is_whole and is_safe and parts.port != 0
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def discovery_url(issuer: str) -> str:
    """Returns where the provider describes itself (OpenID Connect Discovery 1.0 §4)."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def read_discovery(issuer: str, document: Any) -> Provider:
    """Returns the provider's addresses. Raises OidcRefused: one of another origin could send codes, and the
    client's secret, elsewhere.
    """
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise OidcRefused("issuer_differs")
    addresses = {}
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        address = document.get(name)
        if not isinstance(address, str) or _origin(address) != _origin(issuer):
            raise OidcRefused(f"{name}_elsewhere")
        addresses[name] = address
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    takes_basic = not isinstance(methods, list) or "client_secret_basic" in methods
    return Provider(**addresses, takes_basic=takes_basic)


def _origin(address: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(address)
        return parts.scheme, (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "", "", None


def challenge_of(verifier: str) -> str:
    """Returns the S256 challenge of a code verifier (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorization_url(
    provider: Provider, client: OidcClientId, *, redirect_uri: str, state: str, nonce: str, verifier: str
) -> str:
    """Returns where the browser goes to sign in."""
    query = urlencode(
        {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
    )
    separator = "&" if urlsplit(provider.authorization_endpoint).query else "?"
    return provider.authorization_endpoint + separator + query


def key_id_of(token: str) -> str | None:
    """Returns which key a token names, None where it names none. Raises OidcRefused for what is no token of
    ours to read.
    """
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise OidcRefused("token_too_long")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise OidcRefused("token_unreadable") from None
    if header.get("alg") not in ALGORITHMS:
        raise OidcRefused("algorithm")
    key_id = header.get("kid")
    return key_id if isinstance(key_id, str) else None


def usable_keys(document: Any) -> list[Mapping[str, Any]]:
    """Returns the keys of a JWK set (RFC 7517 §5) that may sign ID tokens."""
    keys = document.get("keys") if isinstance(document, dict) else None
    return [
        key
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, dict)
        and key.get("kty") in _KEY_TYPES.values()
        and key.get("use", "sig") == "sig"
        and key.get("alg", ALGORITHMS[0]) in ALGORITHMS
    ]


def key_for(key_id: str | None, keys: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Returns the key of that name; where none is named, the only one there is."""
    named = [key for key in keys if key_id is None or key.get("kid") == key_id]
    return named[0] if len(named) == 1 else None


def read_id_token(
    token: str, key: Mapping[str, Any], *, client: OidcClientId, nonce: str, now_s: float
) -> Identified:
    """Returns whom the token names (OpenID Connect Core §3.1.3.7). Raises OidcRefused."""
    try:
        algorithm = str(jwt.get_unverified_header(token).get("alg"))
        if key.get("kty") != _KEY_TYPES.get(algorithm) or key.get("alg", algorithm) != algorithm:
            raise OidcRefused("key_of_another_algorithm")
        claims = jwt.decode(
            token,
            jwt.PyJWK(dict(key), algorithm=algorithm).key,
            algorithms=[algorithm],
            audience=client.client_id,
            issuer=client.issuer,
            # The times are compared below, with the service's own clock.
            options={
                "require": ["iss", "sub", "aud", "exp", "iat"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.PyJWTError as error:
        raise OidcRefused(type(error).__name__) from None
    _check_times(claims, now_s)
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != client.client_id:
        raise OidcRefused("authorized_party")
    if claims.get("azp", client.client_id) != client.client_id:
        raise OidcRefused("authorized_party")
    if not nonce or claims.get("nonce") != nonce:
        raise OidcRefused("nonce")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARACTERS:
        raise OidcRefused("subject")
    methods = claims.get("amr")
    known = {method for method in methods if isinstance(method, str)} if isinstance(methods, list) else set()
    return Identified(subject, has_two_factors=not known.isdisjoint(_STRONG_METHODS))


def _check_times(claims: Mapping[str, Any], now_s: float) -> None:
    for name in ("exp", "iat", "nbf"):
        at_s = claims.get(name, now_s)
        if isinstance(at_s, bool) or not isinstance(at_s, int | float):
            raise OidcRefused(f"{name}_no_number")
    if now_s >= claims["exp"] + LEEWAY_S:
        raise OidcRefused("expired")
    if max(claims["iat"], claims.get("nbf", 0)) > now_s + LEEWAY_S:
        raise OidcRefused("not_yet")
