"""The three doors at which a device proves its own key: enrolment, challenge, session.

Anybody may knock. Wrong codes and signatures are counted per address, and what is wrong is not told more
precisely than its owner needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import DeviceId
from recording.clock import Clock as ServerClock
from signaling.api.device_models import (
    Challenge,
    ChallengeAsk,
    ChallengeSigned,
    Clock,
    DeviceSession,
    Enrolled,
    Enrolment,
)
from signaling.api.device_pages import line_of, row_of
from signaling.api.route import Call, Pace, Refusal, Route
from signaling.auth import devices
from signaling.auth.device_clock import ClockReading, hours_and_minutes, measure_clock, read_clock
from signaling.auth.device_keys import (
    CHALLENGE_TTL_MS,
    ChallengeDesk,
    DeviceKey,
    KeyRefused,
    enrolment_message,
    read_key,
    session_message,
)
from signaling.auth.rights import Action
from signaling.auth.sessions import NewSession
from signaling.messages import Language, say
from signaling.pacing import Pacer, remote_host
from signaling.store import tables
from signaling.store.store import Store, Unit

WRONG_TRIES: Final = 10
WRONG_TRY_NS: Final = 90 * 1_000_000_000
"""Wrong codes and signatures of one address: ten, and one more each 90 seconds. People mistype; a guess at 40
bits stays hopeless."""


class DeviceDoors:
    """The routes that devices themselves use."""

    def __init__(self, *, store: Store, clock: ServerClock) -> None:
        self._store = store
        self._clock = clock
        self._challenges = ChallengeDesk()
        self._pacer = Pacer(burst=WRONG_TRIES, refill_ns=WRONG_TRY_NS)

    def routes(self) -> list[Route]:
        """Returns what is served."""
        return [
            Route(
                "POST",
                "/devices/enrol",
                Action.DEVICE_ENROL,
                "Gives a waiting device its key, by code and proof of possession.",
                self.enrol,
                body=Enrolment,
                answer=Enrolled,
                status=201,
                refusals=(
                    "device_code_wrong",
                    "device_key_unusable",
                    "device_key_known",
                    "device_proof_wrong",
                    "device_clock_off",
                    "device_state",
                ),
                pace=Pace.LOGIN,
            ),
            Route(
                "POST",
                "/devices/challenge",
                Action.SESSION_OPEN,
                "Gives something fresh for a device to sign.",
                self.challenge,
                body=ChallengeAsk,
                answer=Challenge,
                status=201,
                pace=Pace.LOGIN,
            ),
            Route(
                "POST",
                "/devices/session",
                Action.SESSION_OPEN,
                "Opens a session for a device that signed its challenge.",
                self.open_session,
                body=ChallengeSigned,
                answer=DeviceSession,
                status=201,
                refusals=("device_proof_wrong",),
                pace=Pace.LOGIN,
            ),
        ]

    async def enrol(self, call: Call) -> Enrolled:
        """Takes a device's key."""
        body: Enrolment = call.body
        self._refuse_guessing(call.request)
        try:
            key = read_key(body.algorithm, body.public_key)
        except KeyRefused:
            raise Refusal("device_key_unusable") from None
        plain = devices.plain_code(body.code)
        if plain is None:
            raise self._wrong(call.request, "device_code_wrong")
        message = enrolment_message(
            code=plain, public_key=body.public_key, device_time_ms=body.device_time_ms
        )
        if not key.verifies(body.proof, message):
            raise self._wrong(call.request, "device_proof_wrong")
        clock = read_clock(body.device_time_ms, now_ms=call.now_ms)
        if clock.is_off:
            await self._refuse_clock(call, plain, clock)

        async def work(unit: Unit) -> Mapping[str, Any]:
            device = await devices.enrol(
                unit, plain=plain, key=key, clock=clock, device_time_ms=body.device_time_ms
            )
            return await row_of(unit.connection, device)

        try:
            row = await self._store.write(work)
        except Refusal as refusal:
            raise self._wrong(call.request, refusal.code) from None
        return Enrolled(
            device=line_of(row), institution=row["institution"], clock=_clock(clock, call.language)
        )

    async def challenge(self, call: Call) -> Challenge:
        """Gives a challenge, to unknown devices as well: who exists is nobody's business."""
        return Challenge(
            challenge=self._challenges.issue(call.body.device, now_ms=call.now_ms),
            expires_at_ms=call.now_ms + CHALLENGE_TTL_MS,
            server_time_ms=call.now_ms,
        )

    async def open_session(self, call: Call) -> DeviceSession:
        """Opens a session; one answer for whatever is wrong."""
        body: ChallengeSigned = call.body
        self._refuse_guessing(call.request)
        asked_ms = self._challenges.issued_at_ms(body.device, body.challenge, now_ms=call.now_ms)
        row = await self._store.read(lambda connection: _active_row(connection, body.device))
        if asked_ms is None or row is None:
            raise self._wrong(call.request, "device_proof_wrong")
        message = session_message(
            device=body.device,
            challenge=body.challenge,
            received_at_ms=body.received_at_ms,
            sent_at_ms=body.sent_at_ms,
        )
        key = DeviceKey(row["key_algorithm"], row["public_key"])
        is_proved = key.verifies(body.signature, message)
        if not is_proved or not self._challenges.use(body.challenge, now_ms=call.now_ms):
            raise self._wrong(call.request, "device_proof_wrong")
        clock = measure_clock(
            asked_ms=asked_ms,
            received_ms=body.received_at_ms,
            sent_ms=body.sent_at_ms,
            answered_ms=call.now_ms,
        )

        async def work(unit: Unit) -> tuple[Mapping[str, Any], NewSession]:
            held = await devices.locked(unit, DeviceId(body.device))
            if held["state"] != "active":
                raise Refusal("device_proof_wrong")
            session = await devices.sign_in(unit, held, clock=clock, sent_ms=body.sent_at_ms)
            return await row_of(unit.connection, body.device), session

        signed_in, session = await self._store.write(work)
        return DeviceSession(
            token=session.secret,
            ends_at_ms=session.ends_at_ms,
            device=line_of(signed_in),
            clock=_clock(clock, call.language),
        )

    # ---- inside -----------------------------------------------------------------------------------------

    async def _refuse_clock(self, call: Call, plain: str, clock: ClockReading) -> None:
        """Raises Refusal; the act is noted only for a live code, or strangers could fill the ledger."""
        query = devices.waits_for(plain, call.now_ms)

        async def work(connection: AsyncConnection) -> Mapping[str, Any] | None:
            row = (await connection.execute(query)).mappings().one_or_none()
            return None if row is None else dict(row)

        row = await self._store.read(work)
        if row is None:
            raise self._wrong(call.request, "device_code_wrong")
        await self._store.record([devices.clock_refused(row, call.body.device_time_ms, clock, call.now_ms)])
        hours, minutes = hours_and_minutes(clock.offset_ms)
        raise self._wrong(
            call.request, "device_clock_off", hours=hours, minutes=minutes, offset_ms=clock.offset_ms
        )

    def _refuse_guessing(self, request: web.Request) -> None:
        if not self._pacer.allows(remote_host(request), self._clock.monotonic_ns()):
            raise Refusal("too_many")

    def _wrong(self, request: web.Request, code: str, **facts: Any) -> Refusal:
        self._pacer.charge(remote_host(request), self._clock.monotonic_ns())
        return Refusal(code, **facts)


def _clock(clock: ClockReading, language: Language) -> Clock:
    hours, minutes = hours_and_minutes(clock.offset_ms)
    sentence = say("device.clock_off", language, hours=hours, minutes=minutes) if clock.is_off else ""
    return Clock(offset_ms=clock.offset_ms, error_ms=clock.error_ms, is_off=clock.is_off, sentence=sentence)


async def _active_row(connection: AsyncConnection, device: str) -> Mapping[str, Any] | None:
    table, institution = tables.device, tables.institution
    rows = await connection.execute(
        select(table)
        .join(institution, institution.c.id == table.c.institution)
        .where(table.c.id == device, table.c.state == "active", institution.c.state == "active")
    )
    row = rows.mappings().one_or_none()
    return None if row is None else dict(row)
