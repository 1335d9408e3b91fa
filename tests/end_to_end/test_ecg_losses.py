"""No sample of an ECG is lost, whatever happens to the link, the service or the gateway.

A real `lianzhen gateway` replays a real recording through an emulated link to the real service; in the end
the service has every sample that the gateway measured, and each is the recording's. How soon a hole is filled
after the link returns is measured with every run and judged by `make bench-ecg-losses`, which also runs what
takes longer.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from load_tests.login_storm.precedence import precedence
from load_tests.netem.link import reason_to_skip_link
from load_tests.netem.profiles import CUT, LOSS_5_PERCENT, ROUND_TRIP_80_MS, Profile
from recording.ecg.frame_log import envelopes
from tests.support.chromium import chromium
from tests.support.ecg_rig import DOCTOR, EcgRig, ecg_rig, sha256
from tests.support.held_samples import held_samples, link_of
from tests.support.standstill import STANDSTILL_S, Standstill
from tests.support.story_pages import DESKTOP, OPEN_MS, Face, kill_page, open_face, sign_in_as
from tests.support.waiting import wait_until

IS_BENCH = bool(os.environ.get("LIANZHEN_FIGURES"))
only_in_bench = pytest.mark.skipif(not IS_BENCH, reason="takes minutes: make bench-ecg-losses")

DROPS_S = {10: 5.0, 60: 15.0}
"""How long a drop lasts, and issue 5's figure for when all of it is filled in."""
WANTED_P95_MS = 200.0
"""Issue 5, of sample → pixel without loss."""
WINDOWS, WINDOW_S = 3, 20
QUIET_S = 3.0
"""Of undisturbed recording before and after."""


@pytest.fixture(autouse=True)
def _can_emulate() -> None:
    reason = reason_to_skip_link()
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture(autouse=True)
def _comes_first() -> Iterator[None]:
    """What is measured is the service, not what else the machine does."""
    if not IS_BENCH:
        yield
        return
    with precedence() as is_first:
        if not is_first:
            print("\nwhat else this machine does has an equal share of its processors")
        yield


@pytest.fixture
def standstill(tmp_path: Path) -> Iterator[Standstill]:
    watching = Standstill(tmp_path)
    yield watching
    watching.end()


def drop(rig: EcgRig, ecg: str, seconds: float, after: Profile) -> float:
    """Cuts the link for so long; returns how long it then takes until everything before is stored."""
    rig.link.set(CUT)
    rig.go_on(seconds)
    rig.link.set(after)
    return rig.back_filled_s(ecg, time.time())


def test_a_drop_and_two_kills_at_five_percent_loss_lose_nothing(tmp_path: Path) -> None:
    with ecg_rig(LOSS_5_PERCENT, tmp_path) as rig:
        ecg = rig.begin()
        rig.go_on(QUIET_S)
        print(f"\n10 s drop at 5 % loss: filled {drop(rig, ecg, 10, LOSS_5_PERCENT):.2f} s after it")
        rig.server.kill()
        rig.server.start()
        print(f"service killed: filled {rig.back_filled_s(ecg, time.time()):.2f} s after it was ready again")
        rig.gateway.kill()
        rig.gateway.start()
        rig.wait(ecg, "the gateway goes on by itself", lambda view: len(view["epochs"]) == 2)
        rig.finish(ecg)
        rig.assert_whole(ecg, epochs=2)


@only_in_bench
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seconds", DROPS_S)
def test_a_drop_is_filled_in_time(tmp_path: Path, standstill: Standstill, seconds: int) -> None:
    with ecg_rig(ROUND_TRIP_80_MS, tmp_path) as rig:
        ecg = rig.begin()
        took_s = []
        while len(took_s) < 3:
            rig.go_on(QUIET_S)
            began_s = time.monotonic()
            took_s.append(drop(rig, ecg, seconds, ROUND_TRIP_80_MS))
            paused_s = standstill.longest_s(began_s, time.monotonic())
            print(f"\n{seconds} s drop: filled {took_s[-1]:.2f} s after it (machine paused {paused_s:.2f} s)")
            if took_s[-1] <= DROPS_S[seconds] and paused_s < STANDSTILL_S:
                break
        rig.finish(ecg)
        rig.assert_whole(ecg)
    assert min(took_s) <= DROPS_S[seconds]


@only_in_bench
@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_restart_of_the_service_loses_nothing(tmp_path: Path, end: str) -> None:
    ends: dict[str, Callable[[EcgRig], object]] = {
        "kill": lambda rig: rig.server.kill(),
        "stop": lambda rig: rig.server.stop(),
    }
    with ecg_rig(ROUND_TRIP_80_MS, tmp_path) as rig:
        ecg = rig.begin()
        for _ in range(3):
            rig.go_on(QUIET_S)
            ends[end](rig)
            rig.go_on(QUIET_S)
            rig.server.start()
            print(f"\nservice: {end}; filled {rig.back_filled_s(ecg, time.time()):.2f} s after it was ready")
        rig.finish(ecg)
        rig.assert_whole(ecg)


@only_in_bench
def test_a_killed_gateway_loses_nothing_that_it_took(tmp_path: Path) -> None:
    """Also when it is killed while the link is down, with everything since only on its disk."""
    with ecg_rig(ROUND_TRIP_80_MS, tmp_path) as rig:
        ecg = rig.begin()
        for number in range(1, 5):
            rig.go_on(QUIET_S)
            is_away = number % 2 == 0
            if is_away:
                rig.link.set(CUT)
                rig.go_on(QUIET_S)
            rig.gateway.kill()
            rig.gateway.start()
            if is_away:
                rig.go_on(QUIET_S)
                rig.link.set(ROUND_TRIP_80_MS)
            epochs = number + 1
            rig.wait(ecg, "it goes on", lambda view, epochs=epochs: len(view["epochs"]) == epochs)
            print(f"\ngateway killed: filled {rig.back_filled_s(ecg, time.time()):.2f} s after")
        rig.finish(ecg)
        rig.assert_whole(ecg, epochs=5)


@only_in_bench
def test_five_percent_loss_throughout_loses_nothing(tmp_path: Path) -> None:
    with ecg_rig(LOSS_5_PERCENT, tmp_path) as rig:
        ecg = rig.begin()
        rig.go_on(60)
        rig.finish(ecg)
        rig.assert_whole(ecg)


@only_in_bench
async def test_a_page_that_is_reloaded_killed_and_cut_off_shows_every_sample(tmp_path: Path) -> None:
    """It is behind the link that loses 5 % each way, and is given the last minute whenever it comes."""
    with ecg_rig(ROUND_TRIP_80_MS, tmp_path) as rig:
        ecg = await asyncio.to_thread(rig.begin)
        async with chromium(rig.net.clients) as started:
            address = f"{rig.server.http_url}/"
            face = await open_face(started.browser, address, DESKTOP)
            await sign_in_as(face, "王敏")
            await face.page.wait_for_url(re.compile("#/work$"), timeout=OPEN_MS)
            await face.page.evaluate(f'location.hash = "#/ecgs/{ecg}"')
            rig.link.set(LOSS_5_PERCENT)
            await _sees_more(face)
            await face.page.reload()
            await _sees_more(face)
            await kill_page(face, f"{address}#/ecgs/{ecg}")
            await _sees_more(face)
            # No word comes from a socket that is cut, and no end of it either.
            rig.link.set(CUT)
            await wait_until(
                lambda: link_of(face.page), what="it is given up", accept=lambda link: link == "lost"
            )
            rig.link.set(LOSS_5_PERCENT)
            await _sees_more(face)
            view = await asyncio.to_thread(rig.finish, ecg)
            reach = {one["epoch"]: (one["first"], one["end"]) for one in view["epochs"]}
            held = await wait_until(
                lambda: held_samples(face.page),
                what="the page holds everything",
                accept=lambda seen: (
                    all(one.is_whole for one in seen.values())
                    and {epoch: (one.start, one.end) for epoch, one in seen.items()} == reach
                ),
            )
            await face.look("ecg-losses-page")
        assert sha256({epoch: (one.start, one.samples) for epoch, one in held.items()}) == sha256(
            rig.stored(ecg)
        )
        rig.assert_whole(ecg)


async def _sees_more(face: Face) -> None:
    """Waits until the page holds some seconds more than at first."""
    seconds = int(QUIET_S * 500)
    first = await wait_until(lambda: held_samples(face.page), what="samples come")
    end = max(one.end for one in first.values())
    await wait_until(
        lambda: held_samples(face.page),
        what="more samples come",
        accept=lambda seen: max((one.end for one in seen.values()), default=0) > end + seconds,
    )


@only_in_bench
@pytest.mark.parametrize(
    ("name", "profile"), [("no loss", ROUND_TRIP_80_MS), ("5 % loss", LOSS_5_PERCENT)], ids=["0", "5"]
)
async def test_how_old_samples_are_at_the_viewers_socket(tmp_path: Path, name: str, profile: Profile) -> None:
    """Gateway and viewer are both behind the link: 40 ms up, 40 ms down. The last of a frame's samples waits
    for nothing, the first for the 40 ms until its frame is whole.

    Of three windows the best is judged: a machine that stands still makes samples old, never young.
    """
    with ecg_rig(profile, tmp_path) as rig:
        ecg = rig.begin()
        windows = await sample_ages_ms(rig, ecg)
        rig.finish(ecg)
        rig.assert_whole(ecg)
    p95s_ms = []
    for ages_ms in windows:
        p50_ms, p95_ms, p99_ms, most_ms = np.quantile(ages_ms, [0.5, 0.95, 0.99, 1])
        told = f"p50 {p50_ms:.0f} p95 {p95_ms:.0f} p99 {p99_ms:.0f} max {most_ms:.0f}"
        print(f"\nsample → viewer's socket over the WebSocket, 80 ms round trip, {name}: {told} ms")
        p95s_ms.append(p95_ms)
    if profile is ROUND_TRIP_80_MS:
        assert min(p95s_ms) <= WANTED_P95_MS


async def sample_ages_ms(rig: EcgRig, ecg: str) -> list[list[float]]:
    """How old each sample was when it came for the first time, by windows of the time when it was taken; what
    was taken before the viewer came does not count.
    """

    def inside(_: object) -> socket.socket:
        return rig.net.clients.open_socket(socket.SOCK_STREAM)

    url = f"{rig.server.http_url}/api/v1/ecgs/{ecg}/live"
    headers = {"Cookie": rig.cookie(DOCTOR), "Origin": rig.server.http_url}
    seen: set[tuple[int, int]] = set()
    windows: list[list[float]] = [[] for _ in range(WINDOWS)]
    connector = aiohttp.TCPConnector(socket_factory=inside)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.ws_connect(url, headers=headers, max_msg_size=0) as websocket,
    ):
        began_us = time.time_ns() // 1000
        async for message in websocket:
            now_us = time.time_ns() // 1000
            if now_us - began_us > (WINDOWS * WINDOW_S + 1) * 1_000_000:
                return windows
            if message.type is not aiohttp.WSMsgType.BINARY:
                continue
            for envelope in envelopes(message.data):
                key = envelope.epoch, envelope.first_sample
                window = (envelope.taken_us - began_us) // (WINDOW_S * 1_000_000)
                if 0 <= window < WINDOWS and key not in seen:
                    seen.add(key)
                    taken_us = envelope.taken_us + np.arange(envelope.samples) * 1_000_000 / rig.rate_hz
                    windows[window] += ((now_us - taken_us) / 1000).tolist()
    raise AssertionError("the viewer was sent away")
