"""An ECG that a specialist watches in its case's room, over an emulated link, in a real page.

A box whose samples are known by their time speaks to a real `lianzhen gateway`; service on the link's left,
box, gateway and browser on its right.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clients.gateway.identity import new_key, write_identity
from load_tests.netem.link import Link
from load_tests.netem.profiles import Profile
from recording.clock import SystemClock
from recording.keys import load_or_create_signer
from signaling.demo.ecg_box import enrolled_box
from signaling.store.database_url import database_url
from signaling.store.sql_store import SqlStore
from tests.support.chromium import Chromium, chromium
from tests.support.consult_people import Colleague, accepted, patient_of, sign_in
from tests.support.drifting_device import DriftingDevice
from tests.support.ecg_ways import ways_of
from tests.support.namespaces import emulated_network
from tests.support.server import LIANZHEN, OUT, Server, running
from tests.support.story_pages import DESKTOP, OPEN_MS, Face, open_face, sign_in_as
from tests.support.waiting import HANG_S, wait_until

DEVICE_PORT = 7311


@dataclass
class WatchedEcg:
    """A running ECG in an accepted case."""

    server: Server
    link: Link
    box: DriftingDevice
    browser: Chromium
    case: str
    ecg: str
    clinic: Colleague
    """Who had the ECG begun."""
    hospital: Colleague

    async def ways(self) -> str:
        """By which way the gateway's frames came first, since the server's start."""
        return await asyncio.to_thread(ways_of, self.server)

    async def specialist(self) -> Face:
        """The asked specialist's page, in the case's room."""
        face = await open_face(self.browser.browser, f"{self.server.http_url}/", DESKTOP)
        await sign_in_as(face, "王敏")
        # Whoever is sent elsewhere before is taken back to it.
        await face.page.wait_for_url(re.compile("#/work$"), timeout=OPEN_MS)
        await face.page.evaluate(f'location.hash = "#/cases/{self.case}"')
        enter = face.page.get_by_role("button", name="进入房间")
        try:
            await enter.or_(face.page.locator(".case-video")).first.wait_for(timeout=OPEN_MS)
        finally:
            await face.look(f"{self.server.name}-specialist")
        if await enter.is_visible():
            await enter.click()
        return face


@asynccontextmanager
async def watched_ecg(
    what: Profile, folder: Path, *, name: str, drift_ppm: float
) -> AsyncIterator[WatchedEcg]:
    """Starts everything and ends it however the block ends; nobody looks yet. ``name`` is the logs'."""
    with emulated_network(what) as (net, link):
        server = Server(
            net,
            folder / "data",
            name=f"{name}-server",
            command="demo",
            http_port=8143,
            media_port=7953,
            ecg_port=7954,
            settings={"LIANZHEN_HTTPS_PORT": "0"},
        )
        with running(server):
            server.stop()
        device = await _enrol(server, folder / "gateway")
        with (
            DriftingDevice(net.clients, DEVICE_PORT, drift_ppm=drift_ppm) as box,
            running(server),
            _gateway(server, folder / "gateway", name),
        ):
            clinic, hospital = await sign_in(server, "zhoulan"), await sign_in(server, "wangmin")
            case = await accepted(clinic, hospital)
            wanted = {
                "device": device,
                "patient": await patient_of(clinic),
                "case": case,
                "urgency": "urgent",
            }

            async def begin() -> Any:
                answer = await clinic.ask("POST", "/ecgs", wanted)
                return answer if answer.status == 201 else None

            begun = await wait_until(begin, what="the gateway is there")
            async with chromium(net.clients) as started:
                ecg = str(begun.body["id"])
                yield WatchedEcg(server, link, box, started, case, ecg, clinic, hospital)


async def _enrol(server: Server, folder: Path) -> str:
    """Makes a gateway a device of the clinic, as the demo does with its own box; its number."""
    store = SqlStore(
        database_url("", server.data_dir),
        signer=load_or_create_signer(server.data_dir),
        clock=SystemClock(),
        data_dir=server.data_dir,
    )
    await store.open()
    try:
        key = new_key(folder)
        identity = await store.write(lambda unit: enrolled_box(unit, key, server.http_url))
        write_identity(folder, identity)
    finally:
        await store.close()
    return str(identity.device)


@contextmanager
def _gateway(server: Server, folder: Path, name: str) -> Iterator[None]:
    """`lianzhen gateway` beside the browser, with the box on its wire."""
    clients = server.network.clients
    source = f"tcp:{clients.address}:{DEVICE_PORT}"
    process = subprocess.Popen(
        clients.command(str(LIANZHEN), "gateway", "run", "--data", str(folder), "--source", source),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def keep() -> None:
        OUT.mkdir(exist_ok=True)
        with (OUT / f"{name}-gateway.log").open("w") as log:
            for line in process.stdout or ():
                log.write(line)
                log.flush()

    threading.Thread(target=keep, daemon=True).start()
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(HANG_S)
        finally:
            process.kill()
