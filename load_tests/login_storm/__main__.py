"""Runs a call on a server of its own, in peace, then in a storm of logins; prints both, JSON last."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from load_tests.login_storm.call import Delays, live_call

LOGINS_PER_S = 20
ROOM = "clinic-discussion"
PEOPLE = {"speaker": "zhoulan", "listener": "wangmin"}
STORMERS = ("lijianping", "chenzhiyuan", "nobody-here")
ALLOWED_PING_MS = 5.0
"""What p99 of a ping may grow by."""
LATE_MS = 20.0
"""A packet is late beyond the slowest of peace by this: one more step of a jitter buffer."""
START_LIMIT_S = 60.0
SETTLE_S = 8.0
"""A server that has just started still describes its API and warms up."""


async def main() -> None:
    """Prints the measurement."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.login_storm", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of peace, and of storm")
    seconds = parser.parse_args().seconds
    async with _server() as url:
        password = await _demo_password(url)
        tokens = {name: await _token(url, login, password) for name, login in PEOPLE.items()}
        async with live_call(url, tokens.__getitem__) as delays:
            await asyncio.sleep(SETTLE_S)
            peace = await _measure(delays, seconds)
            answers: Counter[int] = Counter()
            storm_task = asyncio.create_task(_storm(url, password, seconds, answers))
            storm = await _measure(delays, seconds)
            await storm_task
    lost = storm.lost()
    late = sum(one > max(peace.packets_ms) + LATE_MS for one in storm.packets_ms)
    for name, part in (("peace", peace), ("storm", storm)):
        print(
            f"{name}: ping p50 {statistics.median(part.pings_ms):.2f} ms, p99 {_p99(part.pings_ms):.2f} ms "
            f"({len(part.pings_ms)}); media p50 {statistics.median(part.packets_ms):.2f} ms, p99 "
            f"{_p99(part.packets_ms):.2f} ms, slowest {max(part.packets_ms):.2f} ms "
            f"({len(part.packets_ms)} packets, {part.lost()} lost)"
        )
    grown_ms = _p99(storm.pings_ms) - _p99(peace.pings_ms)
    print(f"logins answered: {dict(sorted(answers.items()))}; {late} media packets late")
    print(
        json.dumps(
            {
                "ping_p99_grown_ms": round(grown_ms, 2),
                "is_ping_within_limit": grown_ms <= ALLOWED_PING_MS,
                "late_media_packets": late,
                "lost_media_packets": lost,
                "logins": dict(sorted(answers.items())),
            }
        )
    )


async def _measure(delays: Delays, seconds: float) -> Delays:
    delays.clear()
    await asyncio.sleep(seconds)
    return Delays(list(delays.pings_ms), list(delays.packets_ms), dict(delays.under_way_ns))


async def _storm(url: str, password: str, seconds: float, answers: Counter[int]) -> None:
    tries = [
        asyncio.create_task(_try_later(url, password, number, answers))
        for number in range(round(seconds * LOGINS_PER_S))
    ]
    await asyncio.gather(*tries)


async def _try_later(url: str, password: str, number: int, answers: Counter[int]) -> None:
    await asyncio.sleep(number / LOGINS_PER_S)
    # Each from another address: what is refused to one address would be no storm.
    source = f"127.0.{1 + number // 250 % 250}.{1 + number % 250}"
    connector = aiohttp.TCPConnector(local_addr=(source, 0))
    async with aiohttp.ClientSession(connector=connector) as session:
        body = {"account": STORMERS[number % len(STORMERS)], "password": password}
        try:
            async with session.post(f"{url}/api/v1/session", json=body) as answer:
                answers[answer.status] += 1
        except aiohttp.ClientError:
            answers[0] += 1


async def _demo_password(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/v1/demo") as answer:
        password: str = (await answer.json())["accounts"][0]["password"]
        return password


async def _token(url: str, login: str, password: str) -> str:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": url}) as session:
        body = {"account": login, "password": password}
        async with session.post(f"{url}/api/v1/session", json=body) as answer:
            answer.raise_for_status()
        async with session.post(f"{url}/api/v1/rooms/{ROOM}/token") as answer:
            answer.raise_for_status()
            token: str = (await answer.json())["token"]
            return token


@contextlib.asynccontextmanager
async def _server() -> AsyncIterator[str]:
    program = Path(sys.executable).with_name("lianzhen")
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "LIANZHEN_HTTP_HOST": "127.0.0.1",
            "LIANZHEN_HTTP_PORT": "0",
            "LIANZHEN_HTTPS_PORT": "0",
            "LIANZHEN_MEDIA_PORT": "0",
            "LIANZHEN_MEDIA_ADDRESSES": "127.0.0.1",
            "LIANZHEN_DATA_DIR": folder,
        }
        process = await asyncio.create_subprocess_exec(
            program,
            "demo",
            env={**os.environ, **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_LIMIT_S):
                while not (line := (await process.stdout.readline()).decode()).startswith("ready "):
                    if not line:
                        raise SystemExit("the server did not start")
            drain = asyncio.create_task(process.stdout.read())
            yield line.split()[1]
            drain.cancel()
        finally:
            process.terminate()
            await process.wait()


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


if __name__ == "__main__":
    asyncio.run(main())
