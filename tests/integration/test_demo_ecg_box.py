"""The demo's ECG box: `lianzhen demo` alone gives an ECG to press for, and nothing of it stays behind."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from signaling.auth.demo_people import DEMO_PASSWORD
from tests.support.local_service import local_service
from tests.support.waiting import wait_until

CARD = "DEMO-0001-1965"
RECORDED_MS = 2_000


@pytest.mark.timeout(300)
async def test_a_demo_has_an_ecg_to_press_for(tmp_path: Path) -> None:
    with local_service(tmp_path) as service:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:

            async def ask(method: str, path: str, body: object = None) -> Any:
                async with http.request(
                    method, f"{service.url}/api/v1{path}", json=body, headers={"Origin": service.url}
                ) as answer:
                    assert answer.status < 300, (path, answer.status, await answer.text())
                    return await answer.json()

            async def show(ecg: str) -> dict[str, Any]:
                found: dict[str, Any] = await ask("GET", f"/ecgs/{ecg}")
                return found

            await ask("POST", "/session", {"account": "zhoulan", "password": DEMO_PASSWORD})

            async def is_connected() -> bool:
                return any(one["is_connected"] for one in (await ask("GET", "/ecg/gateways"))["gateways"])

            await wait_until(is_connected, what="the box is connected")
            found = await ask("POST", "/patients/searches", {"text": CARD, "purpose": "treatment"})
            wanted = {"patient": found["patients"][0]["id"], "urgency": "routine"}
            ecg = str((await ask("POST", "/ecgs", wanted))["id"])

            async def has_samples() -> bool:
                return bool((await show(ecg))["duration_ms"] >= RECORDED_MS)

            await wait_until(has_samples, what="samples are stored")
            await ask("POST", f"/ecgs/{ecg}/stop")

            async def is_complete() -> bool:
                return bool((await show(ecg))["is_complete"])

            await wait_until(is_complete, what="everything is stored")
            assert (await show(ecg))["source"] == "replay"
        boxes = _children(service.process.pid)
        assert boxes
        service.process.kill()
    await wait_until(lambda: not any(map(_runs, boxes)), what="it is gone")


def _children(pid: int) -> list[str]:
    """The processes of the box that a service has started."""
    found = []
    for tasks in Path(f"/proc/{pid}/task").iterdir():
        # Threads and processes end while one looks.
        with contextlib.suppress(OSError):
            for child in (tasks / "children").read_text().split():
                with contextlib.suppress(OSError):
                    if b"ecg_box_process" in Path(f"/proc/{child}/cmdline").read_bytes():
                        found.append(child)
    return found


def _runs(pid: str) -> bool:
    """Whether it does anything yet: one that has ended may wait long until somebody asks how."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False
