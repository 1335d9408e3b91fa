"""Second factors: giving one, enrolling a TOTP app or a passkey, taking a passkey away.

Enrolling is for who is fully signed in, or has no factor yet (sign_in.py, the table). What proved more also
changes the session's secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import delete, insert, update

from signaling.api.route import Refusal
from signaling.auth import passkeys, totp
from signaling.auth.accounts import AccountRow, EnrolledPasskey, account_by_person, keep_tries, locked_account
from signaling.auth.acts import act_of
from signaling.auth.challenges import Challenges
from signaling.auth.passkeys import MAX_PASSKEYS, PasskeyRefused, Site
from signaling.auth.rights import Assurance, Caller
from signaling.auth.sessions import (
    NewSession,
    close_sessions_of_account,
    strengthen_session,
)
from signaling.auth.short_lived import ShortLived
from signaling.auth.sign_in import NO_TRIES, Event, Step, StepRefused, assurance_of, next_step, step_of
from signaling.auth.sign_in_desk import raised, refuse_locked
from signaling.auth.used_factor import use_code, use_passkey
from signaling.store import tables as t
from signaling.store.secret_box import SecretBox
from signaling.store.store import Store, Unit

Purpose = Literal["add", "give"]


class SecondFactorDesk:
    """Checks and enrols second factors."""

    def __init__(self, store: Store, box: SecretBox) -> None:
        self._store = store
        self._box = box
        self._offered: ShortLived[str] = ShortLived()
        self._challenges = Challenges()

    # ---- giving one -------------------------------------------------------------------------------------

    async def give_code(self, caller: Caller, code: str) -> NewSession:
        """Proves the session by a code of the app; returns it with its new secret.

        Raises Refusal: code_wrong (tries_left), account_locked, already_signed_in, second_factor_needed.
        """

        async def work(unit: Unit) -> NewSession | Refusal:
            account = await _fresh(unit, caller)
            refuse_locked(account.tries, unit.now_ms)
            step = _after(caller, account, Event.FACTOR_GIVEN)
            if account.totp_sealed is None:
                return Refusal("second_factor_unknown")
            refusal = await use_code(unit, self._box, account, code)
            if refusal is not None:
                return refusal
            await keep_tries(unit, account.id, NO_TRIES)
            return await _strengthen(unit, caller, assurance_of(step), "totp", "session.strengthened")

        return raised(await self._store.write(work))

    async def give_passkey(
        self, caller: Caller, proof: Mapping[str, Any], site: Site, now_ms: int
    ) -> NewSession:
        """Proves the session by a passkey; returns it with its new secret. Raises as ``give_code``, with
        passkey_wrong in place of code_wrong, and challenge_gone.
        """
        challenge = self._challenges.take(caller.session, "give", now_ms)

        async def work(unit: Unit) -> NewSession | Refusal:
            account = await _fresh(unit, caller)
            refuse_locked(account.tries, unit.now_ms)
            step = _after(caller, account, Event.FACTOR_GIVEN)
            refusal = await use_passkey(unit, account, site, proof, challenge)
            if refusal is not None:
                return refusal
            await keep_tries(unit, account.id, NO_TRIES)
            return await _strengthen(unit, caller, assurance_of(step), "passkey", "session.strengthened")

        return raised(await self._store.write(work))

    # ---- enrolling --------------------------------------------------------------------------------------

    async def offer_totp(self, caller: Caller, now_ms: int) -> tuple[str, str]:
        """Returns a fresh secret and its URI, kept for a few minutes until it is confirmed.

        Raises Refusal: second_factor_needed, totp_enrolled.
        """
        account = await self._account(caller)
        _after(caller, account, Event.FACTOR_ADDED)
        if account.totp_sealed is not None:
            raise Refusal("totp_enrolled")
        secret = totp.fresh_secret()
        self._offered.put(caller.session, secret, now_ms)
        return secret, totp.uri_of(secret, account.login)

    async def confirm_totp(self, caller: Caller, code: str, now_ms: int) -> NewSession:
        """Enrols the offered secret; returns the session with its new secret.

        Raises Refusal: challenge_gone, code_wrong, totp_enrolled, second_factor_needed.
        """
        secret = self._offered.look(caller.session, now_ms)
        if secret is None:
            raise Refusal("challenge_gone")

        async def work(unit: Unit) -> NewSession | Refusal:
            account = await _fresh(unit, caller)
            refuse_locked(account.tries, unit.now_ms)
            step = _after(caller, account, Event.FACTOR_ADDED)
            if account.totp_sealed is not None:
                return Refusal("totp_enrolled")
            used = totp.accepted_step(secret, code, last_step=0, now_ms=unit.now_ms)
            if used is None:
                # The secret is on the caller's own screen: there is nothing to guess, so nothing is counted.
                return Refusal("code_wrong", tries_left=account.tries.left)
            await unit.connection.execute(
                update(t.account)
                .where(t.account.c.id == account.id)
                .values(totp_secret=self._box.seal(secret.encode(), account.id), totp_last_step=used)
            )
            return await _enrolled_one(unit, caller, account, assurance_of(step), "totp")

        done = raised(await self._store.write(work))
        self._offered.take(caller.session, now_ms)
        return done

    async def passkey_options(
        self, caller: Caller, purpose: Purpose, site: Site, now_ms: int
    ) -> dict[str, Any]:
        """Returns what the browser is asked, with a challenge kept for a few minutes.

        Raises Refusal: second_factor_needed, already_signed_in, too_many_passkeys, second_factor_unknown.
        """
        account = await self._account(caller)
        _after(caller, account, Event.FACTOR_ADDED if purpose == "add" else Event.FACTOR_GIVEN)
        enrolled = [row.passkey.credential_id for row in account.passkeys]
        if purpose == "add" and len(enrolled) >= MAX_PASSKEYS:
            raise Refusal("too_many_passkeys", limit=MAX_PASSKEYS)
        if purpose == "give" and not enrolled:
            raise Refusal("second_factor_unknown")
        challenge = self._challenges.fresh(caller.session, purpose, now_ms)
        if purpose == "give":
            return passkeys.request_options(site, enrolled=enrolled, challenge=challenge)
        return passkeys.creation_options(
            site,
            account=account.id,
            login=account.login,
            name=account.name,
            enrolled=enrolled,
            challenge=challenge,
        )

    async def add_passkey(
        self, caller: Caller, name: str, credential: Mapping[str, Any], site: Site, now_ms: int
    ) -> tuple[EnrolledPasskey, NewSession]:
        """Enrols a passkey; returns it, and the session with its new secret.

        Raises Refusal: challenge_gone, passkey_wrong, passkey_known, too_many_passkeys, second_factor_needed.
        """
        challenge = self._challenges.take(caller.session, "add", now_ms)
        try:
            made = passkeys.verify_new(site, credential, challenge=challenge)
        except PasskeyRefused as refused:
            raise Refusal(refused.code, tries_left=0) from None

        async def work(unit: Unit) -> NewSession | Refusal:
            account = await _fresh(unit, caller)
            refuse_locked(account.tries, unit.now_ms)
            step = _after(caller, account, Event.FACTOR_ADDED)
            if len(account.passkeys) >= MAX_PASSKEYS:
                return Refusal("too_many_passkeys", limit=MAX_PASSKEYS)
            known = await unit.connection.execute(
                t.passkey.select().where(t.passkey.c.credential_id == made.credential_id)
            )
            if known.first() is not None:
                return Refusal("passkey_known")
            await unit.connection.execute(
                insert(t.passkey).values(
                    credential_id=made.credential_id,
                    account=account.id,
                    public_key=made.public_key,
                    sign_count=made.sign_count,
                    name=name,
                    added_at_ms=unit.now_ms,
                )
            )
            return await _enrolled_one(unit, caller, account, assurance_of(step), "passkey")

        done = raised(await self._store.write(work))
        return EnrolledPasskey(made, name, now_ms), done

    async def passkeys_of(self, caller: Caller) -> tuple[EnrolledPasskey, ...]:
        """Returns the caller's passkeys."""
        return (await self._account(caller)).passkeys

    async def remove_passkey(self, caller: Caller, credential_id: bytes) -> None:
        """Takes a passkey away. Raises Refusal: not_found, last_second_factor, second_factor_needed."""

        async def work(unit: Unit) -> None:
            account = await _fresh(unit, caller)
            _after(caller, account, Event.FACTOR_ADDED)
            if all(row.passkey.credential_id != credential_id for row in account.passkeys):
                raise Refusal("not_found")
            is_last = len(account.passkeys) == 1 and account.totp_sealed is None
            if is_last and account.is_second_asked:
                raise Refusal("last_second_factor")
            await unit.connection.execute(
                delete(t.passkey).where(
                    t.passkey.c.credential_id == credential_id, t.passkey.c.account == account.id
                )
            )
            subject = {"person": account.person}
            unit.record(
                act_of(
                    caller,
                    "account.factor_removed",
                    unit.now_ms,
                    subject=subject,
                    before={"factor": "passkey"},
                )
            )

        await self._store.write(work)

    # ---- inside -----------------------------------------------------------------------------------------

    async def _account(self, caller: Caller) -> AccountRow:
        account = await self._store.read(lambda connection: account_by_person(connection, caller.person))
        if account is None:
            raise Refusal("signed_out")
        return account


async def _fresh(unit: Unit, caller: Caller) -> AccountRow:
    account = await locked_account(unit, caller.person)
    if account is None:
        raise Refusal("signed_out")
    return account


def _after(caller: Caller, account: AccountRow, event: Event) -> Step:
    """Returns the step after the event. Raises Refusal with the step's own code."""
    try:
        return next_step(step_of(caller.assurance, is_enrolled=account.is_enrolled), event)
    except StepRefused as refused:
        raise Refusal(refused.code) from None


async def _enrolled_one(
    unit: Unit, caller: Caller, account: AccountRow, assurance: Assurance, factor: str
) -> NewSession | Refusal:
    await close_sessions_of_account(unit, account.id, but=caller.session)
    return await _strengthen(unit, caller, assurance, factor, "account.factor_added")


async def _strengthen(
    unit: Unit, caller: Caller, assurance: Assurance, factor: str, kind: str
) -> NewSession | Refusal:
    done = await strengthen_session(unit, caller.session, assurance)
    if done is None:
        raise Refusal("signed_out")
    unit.record(
        act_of(
            caller,
            kind,
            unit.now_ms,
            subject={"person": caller.person, "session": done.id},
            before={"assurance": int(caller.assurance)},
            after={"assurance": int(assurance), "factor": factor},
        )
    )
    return done
