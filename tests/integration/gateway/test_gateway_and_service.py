"""A box with the framed protocol, a gateway and the real service: enrolled by code, and whole in the end."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest

from clients.gateway.gateway_clock import GatewayClock
from clients.gateway.identity import read_identity
from clients.gateway.keeping import EcgState, Shelf
from clients.gateway.running import Running, Server
from clients.gateway.simulated_heart import simulated
from clients.gateway.sources.framed import FramedSource
from clients.gateway.sources.framed_protocol import PacketKind, encode_packet
from clients.gateway.sources.wires import TcpWire
from media_server.ecg.frame import FrameFlag, decode_frame
from recording.clock import SystemClock
from signaling.auth.demo_people import DEMO_PASSWORD
from signaling.command_line import main
from tests.support.framed_box import FramedBox, box_on_tcp
from tests.support.local_service import local_service
from tests.support.waiting import wait_until

CARD = "DEMO-0001-1965"
DOCTOR, ADMINISTRATOR = "wangmin", "sunli"
SPO2_97 = encode_packet(PacketKind.VITALS, struct.pack("<BBi", 2, 0, 97_000))


class Person:
    """Somebody with a session of their own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Person:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """One request that must succeed."""
        async with self._http.request(
            method, f"{self._url}/api/v1{path}", json=body, headers={"Origin": self._url}
        ) as answer:
            assert answer.status < 300, (path, answer.status, await answer.text())
            is_json = answer.content_type == "application/json"
            return await (answer.json() if is_json else answer.read())

    async def sign_in(self, account: str) -> None:
        """As one of the demo's people."""
        await self.ask("POST", "/session", {"account": account, "password": DEMO_PASSWORD})


async def play(box: FramedBox, first: int, end: int) -> None:
    """Sends samples as fast as a box does."""
    for at in range(first, end, 20):
        box.send(box.samples(at, 20))
        await asyncio.sleep(0.04)


@pytest.mark.timeout(300)
async def test_what_a_box_measured_is_in_the_service_with_its_gap_and_its_second_beginning(
    tmp_path: Path,
) -> None:
    data = tmp_path / "gateway"
    box = FramedBox()
    with local_service(tmp_path / "service") as service:
        async with Person(service.url) as administrator, Person(service.url) as doctor:
            await administrator.sign_in(ADMINISTRATOR)
            await doctor.sign_in(DOCTOR)
            made = await administrator.ask("POST", "/devices", {"name": "心电盒", "kind": "gateway"})
            enrolled = ["gateway", "enrol", "--server", service.url, "--code", made["code"]]
            assert await asyncio.to_thread(main, [*enrolled, "--data", str(data)]) == 0
            device = made["device"]["id"]

            clock, shelf = GatewayClock(SystemClock()), Shelf(data)
            async with box_on_tcp(box) as port, aiohttp.ClientSession() as http:
                source = FramedSource(TcpWire("127.0.0.1", port), clock.now_us)
                running = Running(shelf, source, clock, lambda key, **_: None)
                task = asyncio.create_task(running.run(Server(*read_identity(data), http)))

                async def line() -> dict[str, Any]:
                    lines = (await doctor.ask("GET", "/ecg/gateways"))["gateways"]
                    return next(one for one in lines if one["device"] == device)

                async def is_tested() -> bool:
                    return bool((await line())["selftest"])

                await wait_until(is_tested, what="the box is there and tested")
                found = await doctor.ask("POST", "/patients/searches", {"text": CARD, "purpose": "treatment"})
                wanted = {"patient": found["patients"][0]["id"], "device": device, "urgency": "routine"}
                ecg = str((await doctor.ask("POST", "/ecgs", wanted))["id"])
                await wait_until(lambda: running.intake.is_recording, what="it records")

                await play(box, 100, 1_100)
                box.send(SPO2_97)
                await play(box, 1_200, 1_700)
                # Switched off and on again: another boot, counted from nought.
                box.boot = "b2"
                box.joined.clear()
                box.hang_up()
                await box.joined.wait()
                await play(box, 0, 500)

                async def has_second_epoch() -> bool:
                    epochs = (await doctor.ask("GET", f"/ecgs/{ecg}"))["epochs"]
                    return [(one["first"], one["end"]) for one in epochs] == [(100, 1_700), (0, 500)]

                await wait_until(has_second_epoch, what="both epochs are there")
                await doctor.ask("POST", f"/ecgs/{ecg}/stop")

                async def is_complete() -> bool:
                    return bool((await doctor.ask("GET", f"/ecgs/{ecg}"))["is_complete"])

                await wait_until(is_complete, what="everything is there")
                stored = lambda: shelf.ecgs[ecg].state is EcgState.STORED  # noqa: E731
                await wait_until(stored, what="the gateway knows it")
                while not task.done():
                    task.cancel()
                    await asyncio.wait({task}, timeout=0.5)
            shelf.close()

            view = await doctor.ask("GET", f"/ecgs/{ecg}")
            assert (view["source"], view["missing_ms"], view["is_diagnostic"]) == ("device", 0, True)
            flags = set()
            for epoch, spans in ((0, [(100, 1_100), (1_200, 1_700)]), (1, [(0, 500)])):
                rows: dict[int, list[int]] = {}
                path = f"/ecgs/{ecg}/frames?epoch={epoch}&start=0&end=2000"
                content, offset = await doctor.ask("GET", path), 0
                while offset < len(content):
                    frame, offset = decode_frame(content, offset)
                    flags.add(frame.flags & FrameFlag.GAP_BEFORE)
                    rows |= dict(enumerate(frame.samples.tolist(), frame.first_sample))
                assert sorted(rows) == [number for start, end in spans for number in range(start, end)]
                for start, end in spans:
                    kept = np.array([rows[number] for number in range(start, end)])
                    assert np.array_equal(kept, simulated(start, end - start))
            assert FrameFlag.GAP_BEFORE in flags
            vitals = (await doctor.ask("GET", f"/ecgs/{ecg}/vitals?from_us=0&to_us={2**53 - 1}"))["vitals"]
            assert ("MDC_PULS_OXIM_SAT_O2", 97, "device") in {
                (value["code"], value["value"], value["source"]) for value in vitals
            }
