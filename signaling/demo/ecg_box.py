"""The demo's ECG box: a gateway of the township clinic that plays a real recording over and over.

It is an enrolled device like any other, and runs in a process of its own, as on the box beside a kiosk; only
its enrolment is done here, without a code that somebody would have to type.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from clients.gateway.errors import GatewayUnfit
from clients.gateway.identity import Identity, new_key, read_identity, write_identity
from clinical.ids import InstitutionId
from signaling.auth.demo_people import SHIQIAO, holds_demo
from signaling.auth.device_clock import ClockReading
from signaling.auth.device_keys import ED25519, DeviceKey
from signaling.auth.devices import create, enrol, plain_code
from signaling.auth.rights import Caller
from signaling.store import tables as t
from signaling.store.store import Store, Unit

FOLDER: Final = "demo-gateway"
NAME: Final = "石桥心电盒"
RECORDING: Final = Path(__file__).parent / "recording" / "ptb_s0010_500hz.hea"
RESTART_S: Final = 5.0
"""Where its process ended: a fault that comes at once must not fill a processor."""
_COMMAND: Final = (sys.executable, "-P", "-m", "signaling.demo.ecg_box_process")


async def run_ecg_box(store: Store, data_dir: Path, server: str, *, is_enrolled_only: bool) -> None:
    """Enrols the box and keeps it running as long as the task lives; does nothing beside real institutions.

    ``server`` is the address of this service. Raises StoreUnavailable, GatewayUnfit.
    """
    if not await store.read(holds_demo):
        return
    folder = data_dir / FOLDER
    await _enrol(store, folder, server)
    while not is_enrolled_only:
        process = await asyncio.create_subprocess_exec(
            *_COMMAND, str(folder), str(RECORDING), stdin=asyncio.subprocess.PIPE
        )
        try:
            await process.wait()
        finally:
            # Its standard input ends with this process as well, however that ends: it never stays behind.
            if process.stdin is not None:
                process.stdin.close()
        await asyncio.sleep(RESTART_S)


async def _enrol(store: Store, folder: Path, server: str) -> None:
    try:
        known, _ = read_identity(folder)
    except GatewayUnfit:
        known = None
    if known is not None and await store.read(lambda connection: _is_active(connection, known.device)):
        write_identity(folder, replace(known, server=server))
        return
    key = new_key(folder)
    write_identity(folder, await store.write(lambda unit: enrolled_box(unit, key, server)))


async def _is_active(connection: AsyncConnection, device: str) -> bool:
    return await connection.scalar(select(t.device.c.state).where(t.device.c.id == device)) == "active"


async def enrolled_box(unit: Unit, key: Ed25519PrivateKey, server: str) -> Identity:
    """Makes the holder of the key the clinic's ECG box at ``server``; returns who it is."""
    query = select(t.institution.c.id).where(t.institution.c.code == SHIQIAO.code)
    clinic = InstitutionId(str(await unit.connection.scalar(query)))
    _, code = await create(unit, Caller(institution=clinic), name=NAME, kind="gateway")
    plain = plain_code(code)
    assert plain is not None
    device = await enrol(
        unit,
        plain=plain,
        key=DeviceKey(ED25519, key.public_key().public_bytes_raw()),
        clock=ClockReading(0, 0),
        device_time_ms=unit.now_ms,
    )
    return Identity(server, device, NAME, clinic)
