"""What works once works once, also for two servers on one database (reliability.md §2, row 7)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import URL

from signaling.api.route import Refusal
from signaling.auth import devices, invitations
from signaling.auth.device_clock import ClockReading
from signaling.auth.device_keys import read_key
from signaling.auth.rights import Role
from signaling.store.sql_store import SqlStore
from tests.support.device_key import Ed25519Device
from tests.support.ground import acts_of, add_institution, add_person
from tests.support.stores import open_test_store


async def accept(store: SqlStore, code: str) -> str:
    """The room's name, or why not."""
    try:
        return str((await store.write(lambda unit: invitations.accept(unit, code)))["room"])
    except Refusal as refused:
        return refused.code


async def test_of_a_hundred_guests_at_two_servers_exactly_one_is_accepted(
    store: SqlStore, url: URL, tmp_path: Path
) -> None:
    institution = await add_institution(store, "C1")
    doctor = await add_person(store, institution, "doctor", Role.CLINIC_DOCTOR)
    _, code = await store.write(
        lambda unit: invitations.create(
            unit, doctor, room="ward", guest_name="x", may_publish=True, minutes=15, case_id=""
        )
    )
    async with open_test_store(tmp_path / "other", url=url) as other:
        tries = [accept((store, other)[number % 2], code) for number in range(100)]
        answers = await asyncio.gather(*tries)
    assert sorted(set(answers)) == ["invitation_used", "ward"]
    assert answers.count("ward") == 1
    kinds = [act["kind"] for act in await acts_of(store, institution)]
    assert kinds.count("invitation.accepted") == 1


async def test_of_twenty_devices_with_one_code_exactly_one_enrols(
    store: SqlStore, url: URL, tmp_path: Path
) -> None:
    institution = await add_institution(store, "C1")
    administrator = await add_person(store, institution, "admin", Role.ADMINISTRATOR)
    _, code = await store.write(lambda unit: devices.create(unit, administrator, name="k", kind="kiosk"))
    plain = devices.plain_code(code)
    assert plain is not None

    async def enrol(at: SqlStore) -> str:
        key = read_key("ed25519", Ed25519Device().public_key)
        try:
            await at.write(
                lambda unit: devices.enrol(
                    unit, plain=plain, key=key, clock=ClockReading(0, 1), device_time_ms=1
                )
            )
        except Refusal as refused:
            return refused.code
        return "enrolled"

    async with open_test_store(tmp_path / "other", url=url) as other:
        answers = await asyncio.gather(*(enrol((store, other)[number % 2]) for number in range(20)))
    assert answers.count("enrolled") == 1
    assert set(answers) == {"enrolled", "device_code_wrong"}
