"""Signing in through the hospital's identity provider, and linking an account to somebody there.

A departure is bound to the browser that left by a cookie, so nobody can be signed in as another by a link
that the other prepared (RFC 6749 §10.12).
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Final

import structlog

from clinical.ids import PersonId
from signaling.api.route import Refusal
from signaling.auth.accounts import AccountRow, account_by_subject, locked_account
from signaling.auth.oidc import Identified, OidcRefused
from signaling.auth.oidc_client import OidcClient
from signaling.auth.people_accounts import write_link
from signaling.auth.rights import Assurance, Caller
from signaling.auth.sessions import has_session
from signaling.auth.short_lived import ShortLived
from signaling.auth.sign_in import first_factor
from signaling.auth.sign_in_desk import SignedIn, open_for, raised, refused_act
from signaling.store.store import Store, Unit

_SECRET_BYTES: Final = 32

_log = structlog.get_logger("oidc")


@dataclass(frozen=True, slots=True)
class Departure:
    """A browser on its way to the provider: ``url``, and ``browser``, the secret of its cookie."""

    url: str
    browser: str


@dataclass(frozen=True, slots=True)
class _OnTheWay:
    browser: str
    nonce: str
    verifier: str
    redirect_uri: str
    linking: Caller | None


class OidcDesk:
    """Sends browsers to the provider and receives them back."""

    def __init__(self, store: Store, client: OidcClient) -> None:
        self._store = store
        self._client = client
        self._on_the_way: ShortLived[_OnTheWay] = ShortLived()

    @property
    def issuer(self) -> str:
        """The provider's name."""
        return self._client.client.issuer

    async def depart(self, redirect_uri: str, now_ms: int, *, linking: Caller | None = None) -> Departure:
        """Returns where the browser goes; with ``linking`` the caller's account will be linked.

        Raises Refusal: oidc_unreachable, oidc_refused, second_factor_needed.
        """
        if linking is not None and linking.assurance < Assurance.TWO_FACTORS:
            raise Refusal("second_factor_needed")
        state, browser = _secret(), _secret()
        way = _OnTheWay(browser, _secret(), _secret(), redirect_uri, linking)
        try:
            url = await self._client.departure(
                redirect_uri=redirect_uri,
                state=state,
                nonce=way.nonce,
                verifier=way.verifier,
                now_ms=now_ms,
            )
        except OidcRefused as refused:
            raise _told(refused) from None
        self._on_the_way.put(state, way, now_ms)
        return Departure(url, browser)

    async def come_back(self, state: str, code: str, browser: str, now_ms: int) -> SignedIn | None:
        """Returns the new session; None where an account was linked instead.

        Raises Refusal: oidc_refused, oidc_unreachable, oidc_unlinked, oidc_taken, account_suspended.
        """
        way = self._on_the_way.take(state, now_ms)
        if way is None or not hmac.compare_digest(way.browser.encode(), browser.encode()):
            raise _told(OidcRefused("state_unknown"))
        try:
            identified = await self._client.identify(
                code,
                redirect_uri=way.redirect_uri,
                nonce=way.nonce,
                verifier=way.verifier,
                now_ms=now_ms,
            )
        except OidcRefused as refused:
            raise _told(refused) from None
        if way.linking is not None:
            await self._link(way.linking, identified)
            return None
        return await self._sign_in(identified)

    async def _sign_in(self, identified: Identified) -> SignedIn:
        found = await self._store.read(
            lambda connection: account_by_subject(connection, self.issuer, identified.subject)
        )
        if found is None:
            raise Refusal("oidc_unlinked")
        person = found.person

        async def work(unit: Unit) -> SignedIn | Refusal:
            account = await _linked(unit, person, self.issuer, identified.subject)
            if not account.is_active:
                unit.record(refused_act(account, unit.now_ms, "account_suspended"))
                return Refusal("account_suspended")
            event = first_factor(
                is_enrolled=account.is_enrolled,
                is_second_asked=account.is_second_asked,
                counts_as_two=identified.has_two_factors,
            )
            return await open_for(unit, account, event, by="oidc")

        return raised(await self._store.write(work))

    async def _link(self, caller: Caller, identified: Identified) -> None:
        async def work(unit: Unit) -> None:
            account = await locked_account(unit, caller.person)
            is_still_in = await has_session(unit.connection, caller.session)
            if account is None or not account.is_active or not is_still_in:
                raise Refusal("signed_out")
            await write_link(unit, caller, account, self.issuer, identified.subject)

        await self._store.write(work)


async def _linked(unit: Unit, person: PersonId, issuer: str, subject: str) -> AccountRow:
    await locked_account(unit, person)
    account = await account_by_subject(unit.connection, issuer, subject)
    if account is None:
        raise Refusal("oidc_unlinked")
    return account


def _secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


def _told(refused: OidcRefused) -> Refusal:
    _log.warning("oidc_refused", code=refused.reason)
    return Refusal(refused.code)
