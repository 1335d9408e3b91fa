"""What of an identity provider's answers is believed (OpenID Connect Core §3.1.3.7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from signaling.auth.oidc import (
    LEEWAY_S,
    MAX_TOKEN_CHARACTERS,
    Identified,
    OidcClientId,
    OidcRefused,
    Provider,
    authorization_url,
    challenge_of,
    discovery_url,
    is_issuer,
    key_for,
    key_id_of,
    read_discovery,
    read_id_token,
    usable_keys,
)

ISSUER = "https://idp.hospital.example/realms/qs"
CLIENT = OidcClientId(ISSUER, "lianzhen", "a-secret-of-the-provider")
NOW_S = 1_763_700_000
NONCE = "nonce-of-this-departure"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
JWK: dict[str, Any] = {**json.loads(RSAAlgorithm.to_jwk(RSA_KEY.public_key())), "kid": "r1", "use": "sig"}
JWK.pop("key_ops", None)
EC_JWK = {**json.loads(ECAlgorithm.to_jwk(EC_KEY.public_key())), "kid": "e1"}
ED_JWK = {**json.loads(OKPAlgorithm.to_jwk(ED_KEY.public_key())), "kid": "d1"}


def claims(**changes: Any) -> dict[str, Any]:
    whole = {
        "iss": ISSUER,
        "sub": "hospital-4711",
        "aud": "lianzhen",
        "exp": NOW_S + 300,
        "iat": NOW_S,
        "nonce": NONCE,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def token(key: Any = RSA_KEY, algorithm: str = "RS256", headers: Any = None, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm, headers=headers or {"kid": "r1"})


def read(text: str, key: Any = JWK, nonce: str = NONCE) -> Identified:
    key_id_of(text)
    return read_id_token(text, key, client=CLIENT, nonce=nonce, now_s=NOW_S)


@pytest.mark.parametrize(
    ("issuer", "is_so"),
    [
        (ISSUER, True),
        ("https://idp.example:8443", True),
        ("http://127.0.0.1:9000", True),
        ("http://localhost:9000", True),
        ("http://[::1]:9000", True),
        ("http://idp.example", False),
        ("ftp://idp.example", False),
        ("https://", False),
        ("https://user@idp.example", False),
        ("https://idp.example?x=1", False),
        ("https://idp.example#x", False),
        ("https://idp.example:99999", False),
        ("https://[::1", False),
        ("idp.example", False),
    ],
)
def test_an_issuer_is_https_or_this_machine(issuer: str, *, is_so: bool) -> None:
    assert is_issuer(issuer) is is_so


def document(**changes: Any) -> dict[str, Any]:
    return {
        "issuer": ISSUER,
        "authorization_endpoint": "https://idp.hospital.example/realms/qs/auth",
        "token_endpoint": "https://idp.hospital.example/realms/qs/token",
        "jwks_uri": "https://IDP.hospital.example/realms/qs/keys",
        **changes,
    }


def test_a_provider_describes_itself_below_its_issuer() -> None:
    assert discovery_url(ISSUER + "/") == f"{ISSUER}/.well-known/openid-configuration"
    provider = read_discovery(ISSUER, document())
    assert provider.token_endpoint == "https://idp.hospital.example/realms/qs/token"
    assert provider.takes_basic
    post = document(token_endpoint_auth_methods_supported=["client_secret_post"])
    assert not read_discovery(ISSUER, post).takes_basic
    assert read_discovery(ISSUER, document(token_endpoint_auth_methods_supported="?")).takes_basic


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://idp.hospital.example/realms/other"},
        {"issuer": ISSUER + "/"},
        {"token_endpoint": "https://evil.example/token"},
        {"token_endpoint": "http://idp.hospital.example/realms/qs/token"},
        {"jwks_uri": "https://idp.hospital.example:8443/keys"},
        {"jwks_uri": "https://idp.hospital.example:99999/keys"},
        {"authorization_endpoint": None},
    ],
)
def test_a_description_that_leads_elsewhere_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(OidcRefused):
        read_discovery(ISSUER, document(**changes))
    with pytest.raises(OidcRefused):
        read_discovery(ISSUER, [document()])


def test_a_browser_is_sent_with_state_nonce_and_challenge() -> None:
    # The example of RFC 7636 appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    for endpoint, separator in (("https://idp/auth", "?"), ("https://idp/auth?realm=qs", "&")):
        provider = Provider(endpoint, "https://idp/token", "https://idp/keys", takes_basic=True)
        url = authorization_url(
            provider, CLIENT, redirect_uri="https://us/return", state="s", nonce=NONCE, verifier=verifier
        )
        assert url.startswith(endpoint + separator)
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        query.pop("realm", None)
        assert query == {
            "response_type": "code",
            "client_id": "lianzhen",
            "redirect_uri": "https://us/return",
            "scope": "openid",
            "state": "s",
            "nonce": NONCE,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        assert CLIENT.client_secret not in url + repr(CLIENT)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (token(), JWK),
        (token(algorithm="PS256"), JWK),
        (token(EC_KEY, "ES256"), EC_JWK),
        (token(ED_KEY, "EdDSA"), ED_JWK),
        (token(aud=["lianzhen"]), JWK),
        (token(aud=["lianzhen", "other"], azp="lianzhen"), JWK),
        (token(azp="lianzhen"), JWK),
        (token(exp=NOW_S - LEEWAY_S + 1), JWK),
        (token(iat=NOW_S + LEEWAY_S), JWK),
        (token(nbf=NOW_S + LEEWAY_S), JWK),
        (token(amr=["pwd"]), JWK),
        (token(amr="mfa"), JWK),
    ],
)
def test_a_token_of_the_provider_for_us_and_this_departure_is_believed(text: str, key: Any) -> None:
    assert read(text, key) == Identified("hospital-4711", has_two_factors=False)


@pytest.mark.parametrize("methods", [["mfa"], ["pwd", "otp"], ["hwk"], ["sc", 5]])
def test_a_provider_that_saw_two_factors_counts_as_two(methods: list[Any]) -> None:
    assert read(token(amr=methods)).has_two_factors


@pytest.mark.parametrize(
    "forged",
    [
        lambda: token(iss="https://evil.example"),
        lambda: token(iss=None),
        lambda: token(aud="other"),
        lambda: token(aud=["other"]),
        lambda: token(aud=None),
        lambda: token(aud=["lianzhen", "other"]),
        lambda: token(aud=["lianzhen", "other"], azp="other"),
        lambda: token(azp="other"),
        lambda: token(nonce=None),
        lambda: token(nonce="nonce-of-another-departure"),
        lambda: token(exp=NOW_S - LEEWAY_S),
        lambda: token(exp=None),
        lambda: token(iat=None),
        lambda: token(exp="soon"),
        lambda: token(nbf=True),
        lambda: token(iat=NOW_S + LEEWAY_S + 1),
        lambda: token(nbf=NOW_S + LEEWAY_S + 1),
        lambda: token(sub=None),
        lambda: token(sub=""),
        lambda: token(sub="x" * 201),
        lambda: token(rsa.generate_private_key(65537, 2048)),
        lambda: token(EC_KEY, "ES256"),
        lambda: token(algorithm="RS512"),
        lambda: jwt.encode(claims(), None, "none"),
        lambda: jwt.encode(claims(), "a-secret-of-the-provider-that-is-long", "HS256"),
        lambda: token(headers={"kid": "r1", "crit": ["exp"], "exp": 1}),
        lambda: token()[:-6] + "AAAAAA",
        lambda: ".".join(["e30", *token().split(".")[1:]]),
        lambda: "not a token",
        lambda: "x" * (MAX_TOKEN_CHARACTERS + 1),
    ],
)
def test_whatever_else_comes_is_refused(forged: Callable[[], str]) -> None:
    with pytest.raises(OidcRefused):
        read(forged())


def test_a_departure_without_a_nonce_believes_nothing() -> None:
    with pytest.raises(OidcRefused):
        read(token(nonce=""), nonce="")


@pytest.mark.parametrize(
    "key",
    [
        {**JWK, "alg": "PS256"},
        {**JWK, "n": "!"},
        {**JWK, "n": 5},
        {"kty": "RSA"},
        {"kty": "oct", "k": "c2VjcmV0"},
        EC_JWK,
    ],
)
def test_a_key_for_something_else_or_of_nonsense_verifies_nothing(key: dict[str, Any]) -> None:
    with pytest.raises(OidcRefused):
        read(token(), key)


def test_only_signing_keys_of_known_kinds_are_kept() -> None:
    others = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "r1"},
        {**JWK, "use": "enc"},
        {**JWK, "alg": "RS512"},
        "not a key",
    ]
    assert usable_keys({"keys": [*others, JWK, EC_JWK]}) == [JWK, EC_JWK]
    assert usable_keys({"keys": "none"}) == usable_keys([]) == []


def test_a_key_is_found_by_its_name_or_as_the_only_one() -> None:
    assert key_for("e1", [JWK, EC_JWK]) == EC_JWK
    assert key_for("x", [JWK, EC_JWK]) is None
    assert key_for(None, [JWK, EC_JWK]) is None
    assert key_for(None, [JWK]) == JWK
    assert key_for("r1", [JWK, JWK]) is None
    assert key_id_of(token()) == "r1"
    assert key_id_of(jwt.encode(claims(), RSA_KEY, "RS256")) is None
