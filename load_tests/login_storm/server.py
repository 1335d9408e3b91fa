"""The server under test, with the demo's people, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import aiohttp

START_LIMIT_S = 60.0
_READY = "ready "


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Yields the address of a server that has just started. SystemExit if it does not start."""
    program = Path(sys.executable).with_name("lianzhen")
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "LIANZHEN_HTTP_HOST": "127.0.0.1",
            "LIANZHEN_HTTP_PORT": "0",
            "LIANZHEN_HTTPS_PORT": "0",
            "LIANZHEN_MEDIA_PORT": "0",
            "LIANZHEN_ECG_PORT": "0",
            "LIANZHEN_MEDIA_ADDRESSES": "127.0.0.1",
            "LIANZHEN_DATA_DIR": folder,
        }
        process = subprocess.Popen(
            [program, "demo"],
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        impatience = threading.Timer(START_LIMIT_S, process.terminate)
        impatience.start()
        try:
            ready = next((line for line in process.stdout if line.startswith(_READY)), "")
            impatience.cancel()
            if not ready:
                raise SystemExit("the server did not start")
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield ready.split()[1]
        finally:
            impatience.cancel()
            process.terminate()
            process.wait()


async def demo_people(url: str) -> tuple[list[str], str]:
    """Returns the demo's logins and their password."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/v1/demo") as answer:
        accounts = (await answer.json())["accounts"]
    return [account["account"] for account in accounts], accounts[0]["password"]


async def room_token(url: str, room: str, login: str, password: str) -> str:
    """Signs in and returns a token for the room."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": url}) as session:
        body = {"account": login, "password": password}
        async with session.post(f"{url}/api/v1/session", json=body) as answer:
            answer.raise_for_status()
        async with session.post(f"{url}/api/v1/rooms/{room}/token") as answer:
            answer.raise_for_status()
            token: str = (await answer.json())["token"]
            return token
