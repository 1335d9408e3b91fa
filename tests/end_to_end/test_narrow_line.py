"""A kiosk whose line becomes narrow in a call: it says so in words, comes back, and the record tells what
each side really received.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from load_tests.netem.conditions import Conditions
from load_tests.netem.link import reason_to_skip_link
from load_tests.netem.profiles import Profile, both_ways
from tests.support.chromium import chromium
from tests.support.consult_people import PATIENT_CARD
from tests.support.namespaces import emulated_network
from tests.support.server import Server, running
from tests.support.story_pages import DESKTOP, KIOSK, OPEN_MS, Face, meet, open_face, sign_in_as
from tests.support.waiting import wait_until

pytestmark = pytest.mark.beside

HTTPS_PORT = 8494
GOOD = both_ways(Conditions(delay_ms=20))
NARROW = Profile(up=GOOD.up, down=Conditions(delay_ms=20, rate_bps=150_000, queue_bytes=12_000))
"""Voice and data fit, no picture does."""
HELD = "线路太窄，画面已暂停，声音继续"
LADDER = "视频已暂停，语音正常"
SETTLED_REPORTS = 6
"""Of two pages: the first of nothing, then two each of the good line."""


async def test_a_narrow_line_is_told_and_recorded(
    tmp_path: Path, numbered_file: Path, marked_file: Path
) -> None:
    reason = reason_to_skip_link()
    if reason is not None:
        pytest.skip(reason)
    devices: Any = {"video": numbered_file, "sound": marked_file}
    with emulated_network(GOOD) as (net, line):
        server = Server(
            net,
            tmp_path / "data",
            name="narrow-line-server",
            command="demo",
            http_port=8152,
            media_port=7962,
            settings={"LIANZHEN_HTTPS_PORT": str(HTTPS_PORT), "LIANZHEN_DEMO_ECG_BOX": "false"},
        )
        url = f"https://{net.server.address}:{HTTPS_PORT}"
        with running(server):
            async with (
                chromium(net.server, **devices) as county,
                chromium(net.clients, **devices) as township,
            ):
                specialist = await open_face(county.browser, f"{url}/", DESKTOP)
                await sign_in_as(specialist, "王敏")
                await specialist.page.get_by_role("link", name="工作台").click(timeout=OPEN_MS)
                kiosk = await open_face(township.browser, f"{url}/kiosk", KIOSK)
                await sign_in_as(kiosk, "周岚")
                await meet(kiosk, specialist, card=PATIENT_CARD)
                await wait_until(lambda: _reports(server) >= SETTLED_REPORTS, what="both pages report")
                line.set(NARROW)
                held = kiosk.page.get_by_text(HELD).first
                await expect(held).to_be_visible(timeout=OPEN_MS)
                await expect(kiosk.page.get_by_text(LADDER).first).to_be_visible(timeout=OPEN_MS)
                # Who is well sees whose line it is.
                await expect(specialist.page.get_by_text(LADDER).first).to_be_visible(timeout=OPEN_MS)
                await asyncio.gather(
                    kiosk.look("narrow-kiosk-1280x800"), specialist.look("narrow-desk-1440x900")
                )
                line.set(GOOD)
                await expect(held).to_be_hidden(timeout=OPEN_MS)
                await kiosk.press("挂断")
                case = (await specialist.ask("GET", "/consultations?box=mine"))["consultations"][0]["id"]
                await _expect_ledger(specialist, str(case))
        _expect_recording(server, str(case))


def _reports(server: Server) -> float:
    return server.metrics()['lianzhen_reception_total{what="reports"}']


async def _expect_ledger(specialist: Face, case: str) -> None:
    """The step down with its cause, and what the kiosk received in all, said by itself."""

    async def kiosk_s() -> list[Any]:
        events = (await specialist.ask("GET", f"/consultations/{case}/timeline"))["events"]
        told = [event["facts"] for event in events if event["kind"] == "qos.received"]
        return [after for after in told if after.get("paused_ms", 0) > 0]

    (after, *_) = await wait_until(kiosk_s, what="the ledger tells what the kiosk received")
    print(f"\nthe kiosk received: {after}")
    assert after["source"] == "receiver"
    assert after["height"] > 0 and after["fps"] > 0
    events = (await specialist.ask("GET", f"/consultations/{case}/timeline"))["events"]
    steps = [event["facts"] for event in events if event["kind"] == "qos.step"]
    assert any(step["step"] == 3 for step in steps), steps


def _expect_recording(server: Server, case: str) -> None:
    """Sealed with the recording: a line of each side every five seconds, by its own page."""
    manifests = [json.loads(each.read_text()) for each in server.data_dir.glob("recordings/*/manifest.json")]
    (recording,) = [each["recording"] for each in manifests if each["room"] == case]
    folder = server.recording_folder(recording)
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    told = [
        one for event in events if event["kind"] == "reception.noted" for one in event["detail"]["received"]
    ]
    said = [one for one in told if one["line"].startswith("source=receiver ")]
    assert {one["identity"] for one in said} == {"zhoulan", "wangmin"}
    assert any("paused=1" in one["line"] for one in said if one["identity"] == "zhoulan")
    checked = server.run_command("verify", str(folder))
    assert checked.returncode == 0, (checked.stdout, checked.stderr)
