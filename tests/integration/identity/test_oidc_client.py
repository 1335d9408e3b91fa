"""What an identity provider may do wrong: nothing is followed, nothing without a limit, one key fetch a
minute.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from signaling.api.route import Refusal
from signaling.auth.oidc import OidcClientId, OidcRefused
from signaling.auth.oidc_client import KEPT_FOR_MS, MAX_ANSWER_BYTES, REFETCH_AFTER_MS, OidcClient

NOW_MS = 1_763_700_000_000
KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass
class Provider:
    """A provider that answers as the test says."""

    issuer: str = ""
    methods: tuple[str, ...] = ("client_secret_basic",)
    key_id: str = "k1"
    token: Any = None
    answers: dict[str, web.Response] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    form: dict[str, str] = field(default_factory=dict)
    authorization: str = ""

    async def serve(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path in self.answers:
            return self.answers.pop(request.path)
        if request.path.endswith("openid-configuration"):
            addresses = {
                name: f"{self.issuer}/{name}"
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
            }
            methods = {"token_endpoint_auth_methods_supported": list(self.methods)}
            return web.json_response({"issuer": self.issuer, **addresses, **methods})
        if request.path == "/jwks_uri":
            key = {**json.loads(ECAlgorithm.to_jwk(KEY.public_key())), "kid": self.key_id}
            return web.json_response({"keys": [key]})
        self.form = {name: str(value) for name, value in (await request.post()).items()}
        self.authorization = request.headers.get("Authorization", "")
        return web.json_response(self.token if self.token is not None else {"id_token": self.id_token()})

    def id_token(self, key_id: str = "") -> str:
        claims = {"iss": self.issuer, "sub": "s", "aud": "us", "nonce": "n", "amr": ["mfa"]}
        times = {"iat": NOW_MS // 1000, "exp": NOW_MS // 1000 + KEPT_FOR_MS // 100}
        return jwt.encode({**claims, **times}, KEY, "ES256", headers={"kid": key_id or self.key_id})


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", provider.serve)
    async with TestServer(app) as server:
        provider.issuer = f"http://{server.host}:{server.port}"
        yield provider


def client_of(provider: Provider, secret: str = "a secret: of&the provider") -> OidcClient:
    return OidcClient(OidcClientId(provider.issuer, "us", secret))


async def identify(client: OidcClient, now_ms: int = NOW_MS) -> str:
    found = await client.identify(
        "c", redirect_uri="https://us/return", nonce="n", verifier="v", now_ms=now_ms
    )
    return found.subject


async def test_a_code_is_exchanged_with_its_verifier_and_the_secret_in_the_header(provider: Provider) -> None:
    assert await identify(client_of(provider)) == "s"
    assert provider.form == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "https://us/return",
        "code_verifier": "v",
    }
    credentials = base64.b64decode(provider.authorization.removeprefix("Basic ")).decode()
    assert credentials == "us:a%20secret%3A%20of%26the%20provider"


@pytest.mark.parametrize("secret", ["a secret: of&the provider", ""])
async def test_a_provider_that_takes_no_header_gets_the_secret_in_the_form(
    provider: Provider, secret: str
) -> None:
    provider.methods = ("client_secret_post",)
    assert await identify(client_of(provider, secret)) == "s"
    assert provider.form["client_id"] == "us" and provider.authorization == ""
    assert provider.form.get("client_secret", "") == secret


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (web.Response(status=302, headers={"Location": "http://169.254.169.254/"}), "status_302"),
        (web.Response(status=401), "status_401"),
        (web.Response(text="<html>"), "answer_no_json"),
        (web.Response(body=b"[" * 100_000), "answer_no_json"),
        (web.Response(body=b" " * (MAX_ANSWER_BYTES + 1)), "answer_too_long"),
        (web.json_response({"access_token": "x"}), "no_id_token"),
        (web.json_response(["id_token"]), "no_id_token"),
    ],
)
async def test_an_answer_that_is_none_is_refused_and_nothing_is_followed(
    provider: Provider, answer: web.Response, reason: str
) -> None:
    # A response can be sent once; the parameters are shared by nobody else.
    provider.answers["/token_endpoint"] = answer
    with pytest.raises(OidcRefused) as refused:
        await identify(client_of(provider))
    assert refused.value.reason == reason
    assert provider.asked == ["/.well-known/openid-configuration", "/token_endpoint"]


async def test_a_provider_in_trouble_is_away(provider: Provider) -> None:
    provider.answers["/token_endpoint"] = web.Response(status=502)
    with pytest.raises(Refusal) as refused:
        await identify(client_of(provider))
    assert refused.value.code == "oidc_unreachable"


async def test_description_and_keys_are_asked_for_once_an_hour(provider: Provider) -> None:
    client = client_of(provider)
    for now_ms in (NOW_MS, NOW_MS + KEPT_FOR_MS - 1, NOW_MS + KEPT_FOR_MS):
        assert await identify(client, now_ms) == "s"
    assert provider.asked.count("/jwks_uri") == 2
    assert provider.asked.count("/.well-known/openid-configuration") == 2


async def test_a_new_key_is_found_and_an_invented_one_does_not_make_us_ask_each_time(
    provider: Provider,
) -> None:
    client = client_of(provider)
    assert await identify(client) == "s"
    provider.key_id = "k2"
    for _ in range(5):
        with pytest.raises(OidcRefused) as refused:
            await identify(client, NOW_MS + REFETCH_AFTER_MS - 1)
        assert refused.value.reason == "key_unknown"
    assert provider.asked.count("/jwks_uri") == 1
    assert await identify(client, NOW_MS + REFETCH_AFTER_MS) == "s"
    assert provider.asked.count("/jwks_uri") == 2
