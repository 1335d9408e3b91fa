"""Second factors: giving one, enrolling a TOTP app, enrolling and removing passkeys."""

from __future__ import annotations

from aiohttp import web

from signaling.api.passkey_site import site_asked
from signaling.api.route import Call, Pace, Refusal, Route
from signaling.api.session_models import (
    NewPasskey,
    PasskeyAdded,
    PasskeyList,
    PasskeyOptions,
    PasskeyPurpose,
    PasskeyView,
    SecondFactorProof,
    SessionAnswer,
    TotpConfirmation,
    TotpOffer,
)
from signaling.api.session_views import answer_for_secret, with_cookie
from signaling.auth.accounts import EnrolledPasskey
from signaling.auth.passkeys import PasskeyRefused, credential_id_from, credential_id_text
from signaling.auth.rights import Action
from signaling.auth.second_factor_desk import SecondFactorDesk
from signaling.store.store import Store

_STEP = ("account_locked", "already_signed_in")


class SecondFactorPages:
    """The routes of /session/second-factor, /session/totp and /session/passkeys."""

    def __init__(self, *, store: Store, factors: SecondFactorDesk) -> None:
        self._store = store
        self._factors = factors

    def routes(self) -> list[Route]:
        """Returns what is served."""
        strengthen = Action.SESSION_STRENGTHEN
        return [
            Route(
                "POST",
                "/session/second-factor",
                strengthen,
                "Proves the session by a code of the authenticator app or by a passkey.",
                self.give,
                body=SecondFactorProof,
                answer=SessionAnswer,
                pace=Pace.LOGIN,
                refusals=(
                    *_STEP,
                    "code_wrong",
                    "passkey_wrong",
                    "passkey_needs_name",
                    "challenge_gone",
                    "second_factor_unknown",
                ),
            ),
            Route(
                "POST",
                "/session/totp",
                strengthen,
                "Offers a fresh secret for an authenticator app, to be confirmed within five minutes.",
                self.offer_totp,
                answer=TotpOffer,
                status=201,
                refusals=("totp_enrolled",),
            ),
            Route(
                "POST",
                "/session/totp/confirm",
                strengthen,
                "Enrols the offered secret by its first code; every other session of the account ends.",
                self.confirm_totp,
                body=TotpConfirmation,
                answer=SessionAnswer,
                pace=Pace.LOGIN,
                refusals=("account_locked", "code_wrong", "challenge_gone", "totp_enrolled"),
            ),
            Route(
                "POST",
                "/session/passkeys/options",
                strengthen,
                "Gives what the browser's navigator.credentials takes to add or to give a passkey.",
                self.options,
                body=PasskeyPurpose,
                answer=PasskeyOptions,
                refusals=(
                    "already_signed_in",
                    "passkey_needs_name",
                    "second_factor_unknown",
                    "too_many_passkeys",
                ),
            ),
            Route(
                "GET",
                "/session/passkeys",
                strengthen,
                "Lists the caller's own passkeys.",
                self.list,
                answer=PasskeyList,
            ),
            Route(
                "POST",
                "/session/passkeys",
                strengthen,
                "Enrols a passkey; every other session of the account ends.",
                self.add,
                body=NewPasskey,
                answer=PasskeyAdded,
                status=201,
                pace=Pace.LOGIN,
                refusals=(
                    "account_locked",
                    "challenge_gone",
                    "passkey_known",
                    "passkey_needs_name",
                    "passkey_wrong",
                    "too_many_passkeys",
                ),
            ),
            Route(
                "DELETE",
                "/session/passkeys/{id}",
                strengthen,
                "Removes one of the caller's own passkeys, but not the last second factor.",
                self.remove,
                refusals=("last_second_factor",),
            ),
        ]

    async def give(self, call: Call) -> web.Response:
        """Proves the session by a second factor."""
        body: SecondFactorProof = call.body
        if body.code is not None and body.passkey is None:
            session = await self._factors.give_code(call.caller, body.code)
        elif body.passkey is not None and body.code is None:
            site = site_asked(call)
            session = await self._factors.give_passkey(call.caller, body.passkey, site, call.now_ms)
        else:
            raise Refusal("bad_request")
        answer = await answer_for_secret(self._store, session, call.now_ms)
        return with_cookie(call.request, answer.model_dump_json(), session)

    async def offer_totp(self, call: Call) -> TotpOffer:
        """Offers a secret."""
        secret, uri = await self._factors.offer_totp(call.caller, call.now_ms)
        return TotpOffer(secret=secret, uri=uri)

    async def confirm_totp(self, call: Call) -> web.Response:
        """Enrols the offered secret."""
        session = await self._factors.confirm_totp(call.caller, call.body.code, call.now_ms)
        answer = await answer_for_secret(self._store, session, call.now_ms)
        return with_cookie(call.request, answer.model_dump_json(), session)

    async def options(self, call: Call) -> PasskeyOptions:
        """Gives what the browser takes."""
        options = await self._factors.passkey_options(
            call.caller, call.body.purpose, site_asked(call), call.now_ms
        )
        return PasskeyOptions(options=options)

    async def list(self, call: Call) -> PasskeyList:
        """Lists the own passkeys."""
        passkeys = await self._factors.passkeys_of(call.caller)
        return PasskeyList(passkeys=[_view(passkey) for passkey in passkeys])

    async def add(self, call: Call) -> web.Response:
        """Enrols a passkey."""
        body: NewPasskey = call.body
        passkey, session = await self._factors.add_passkey(
            call.caller, body.name, body.credential, site_asked(call), call.now_ms
        )
        answer = await answer_for_secret(self._store, session, call.now_ms)
        added = PasskeyAdded(passkey=_view(passkey), account=answer.account)
        return with_cookie(call.request, added.model_dump_json(), session, status=201)

    async def remove(self, call: Call) -> None:
        """Removes one of the own passkeys."""
        try:
            credential_id = credential_id_from(call.path["id"])
        except PasskeyRefused:
            raise Refusal("not_found") from None
        await self._factors.remove_passkey(call.caller, credential_id)


def _view(passkey: EnrolledPasskey) -> PasskeyView:
    return PasskeyView(
        id=credential_id_text(passkey.passkey.credential_id),
        name=passkey.name,
        added_at_ms=passkey.added_at_ms,
    )
