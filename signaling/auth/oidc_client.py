"""Asks the hospital's identity provider: its description and keys, and a code's ID token. Nothing is fetched
from anywhere but the configured issuer, nothing is followed elsewhere, nothing is read without a limit.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from signaling.api.route import Refusal
from signaling.auth.oidc import (
    Identified,
    OidcClientId,
    OidcRefused,
    Provider,
    authorization_url,
    discovery_url,
    key_for,
    key_id_of,
    read_discovery,
    read_id_token,
    usable_keys,
)

LIMIT_S: Final = 5.0
"""For one request: whoever waits in front of a sign-in page tries the password by then."""
MAX_ANSWER_BYTES: Final = 256 * 1024
KEPT_FOR_MS: Final = 3600 * 1000
"""Description and keys; a key that is not among them is asked for anew at once."""
REFETCH_AFTER_MS: Final = 60 * 1000
"""But not more often: a token with an invented key id must not make us ask each time."""


class OidcClient:
    """One provider. Raises Refusal("oidc_unreachable") from every call where it does not answer."""

    def __init__(self, client: OidcClientId) -> None:
        self.client = client
        self._provider: Provider | None = None
        self._provider_until_ms = 0
        self._keys: Sequence[Mapping[str, Any]] = ()
        self._keys_at_ms = -KEPT_FOR_MS

    async def departure(
        self, *, redirect_uri: str, state: str, nonce: str, verifier: str, now_ms: int
    ) -> str:
        """Returns where the browser goes. Raises OidcRefused."""
        provider = await self._describe(now_ms)
        return authorization_url(
            provider,
            self.client,
            redirect_uri=redirect_uri,
            state=state,
            nonce=nonce,
            verifier=verifier,
        )

    async def identify(
        self, code: str, *, redirect_uri: str, nonce: str, verifier: str, now_ms: int
    ) -> Identified:
        """Returns whom a code stands for. Raises OidcRefused."""
        provider = await self._describe(now_ms)
        token = await self._token(provider, code, redirect_uri=redirect_uri, verifier=verifier)
        key = await self._key(provider, key_id_of(token), now_ms)
        return read_id_token(token, key, client=self.client, nonce=nonce, now_s=now_ms / 1000)

    async def _describe(self, now_ms: int) -> Provider:
        if self._provider is None or now_ms >= self._provider_until_ms:
            document = await _ask("GET", discovery_url(self.client.issuer))
            self._provider = read_discovery(self.client.issuer, document)
            self._provider_until_ms = now_ms + KEPT_FOR_MS
        return self._provider

    async def _key(self, provider: Provider, key_id: str | None, now_ms: int) -> Mapping[str, Any]:
        age_ms = now_ms - self._keys_at_ms
        key = key_for(key_id, self._keys) if age_ms < KEPT_FOR_MS else None
        if key is None and age_ms >= REFETCH_AFTER_MS:
            self._keys = usable_keys(await _ask("GET", provider.jwks_uri))
            self._keys_at_ms = now_ms
            key = key_for(key_id, self._keys)
        if key is None:
            raise OidcRefused("key_unknown")
        return key

    async def _token(self, provider: Provider, code: str, *, redirect_uri: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {}
        if self.client.client_secret and provider.takes_basic:
            # Each part form-encoded first (RFC 6749 §2.3.1).
            name, secret = quote(self.client.client_id, safe=""), quote(self.client.client_secret, safe="")
            headers["Authorization"] = aiohttp.encode_basic_auth(name, secret)
        else:
            form["client_id"] = self.client.client_id
            if self.client.client_secret:
                form["client_secret"] = self.client.client_secret
        answer = await _ask("POST", provider.token_endpoint, form=form, headers=headers)
        token = answer.get("id_token") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            raise OidcRefused("no_id_token")
        return token


async def _ask(
    method: str,
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Returns the JSON of an answer. Raises Refusal("oidc_unreachable"), OidcRefused."""
    try:
        async with (
            asyncio.timeout(LIMIT_S),
            aiohttp.ClientSession(trust_env=False) as session,
            session.request(method, url, data=form, headers=headers, allow_redirects=False) as response,
        ):
            content = await response.content.read(MAX_ANSWER_BYTES + 1)
            while not response.content.at_eof() and len(content) <= MAX_ANSWER_BYTES:
                content += await response.content.read(MAX_ANSWER_BYTES + 1 - len(content))
    except (aiohttp.ClientError, OSError, TimeoutError):
        raise Refusal("oidc_unreachable") from None
    if response.status >= 500:
        raise Refusal("oidc_unreachable")
    if response.status != 200:
        raise OidcRefused(f"status_{response.status}")
    if len(content) > MAX_ANSWER_BYTES:
        raise OidcRefused("answer_too_long")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise OidcRefused("answer_no_json") from None
