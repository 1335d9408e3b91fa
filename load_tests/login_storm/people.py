"""The people of the demo, who sign in to the server under test."""

from __future__ import annotations

import aiohttp


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
