"""``lianzhen demo --seed-only``: fills the data folder with the demo and exits; nothing is served."""

from __future__ import annotations

import asyncio
import sys

from recording.clock import SystemClock
from recording.errors import RecordingError, UnusableKey
from recording.keys import load_or_create_signer
from signaling.auth.demo_people import DEMO_PASSWORD, holds_demo
from signaling.auth.passwords import PasswordHashes
from signaling.demo.duty import carry_on_duty
from signaling.demo.seed import seed_demo
from signaling.errors import Unavailable
from signaling.messages import say_to
from signaling.settings import Settings, read_settings
from signaling.store.call_limits import PATIENT
from signaling.store.database_url import database_url
from signaling.store.sql_store import SqlStore
from signaling.store.store import StoreUnavailable

_NS_PER_MS = 1_000_000


def seed_only() -> int:
    """Seeds what is missing. Returns 0, or 1 where the folder holds other institutions. Raises SettingWrong,
    Unavailable.
    """
    settings = read_settings()
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_demo = asyncio.run(_seed(settings))
    except StoreUnavailable as error:
        raise Unavailable(error.code, say_to(f"start.{error.code}", settings.language)) from None
    except UnusableKey as error:
        sentence = say_to("start.key_unusable", settings.language, file=error.fault)
        raise Unavailable(error.code, sentence) from None
    except (RecordingError, OSError):
        sentence = say_to("start.data_unwritable", settings.language, folder=settings.data_dir)
        raise Unavailable("data_unwritable", sentence) from None
    key = "demo.seeded" if is_demo else "demo.foreign"
    sys.stdout.write(f"{say_to(key, settings.language, folder=settings.data_dir)}\n")
    return 0 if is_demo else 1


async def _seed(settings: Settings) -> bool:
    clock = SystemClock()
    signer = load_or_create_signer(settings.data_dir)
    store = SqlStore(
        database_url(settings.database_url, settings.data_dir),
        signer=signer,
        clock=clock,
        data_dir=settings.data_dir,
        limits=PATIENT,
    )
    await store.open()
    try:
        password_hash = PasswordHashes().hash(DEMO_PASSWORD)
        now_ms = clock.wall_ns() // _NS_PER_MS
        await seed_demo(store, password_hash, now_ms, signer)
        await carry_on_duty(store, now_ms)
        return await store.read(holds_demo)
    finally:
        await store.close()
