"""The storm: a process that offers logins at a steady pace, whether or not those before are answered."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from itertools import count

import aiohttp

from load_tests.login_storm.part import Line

NICENESS = 10
"""Where it counts, browsers are other machines: here they take what the call and the server leave."""
ANSWER_LIMIT_S = 30.0
NO_ANSWER = 0
"""Counted as status: the connection broke, or nothing came in ANSWER_LIMIT_S."""
_CYCLE = 20
_UNKNOWN_OF_CYCLE = range(13, 18)
_GUESSED_OF_CYCLE = range(18, 20)
_GUESSER = "127.0.1.1"


@dataclass(frozen=True)
class Gust:
    """So many logins, one each 1 / per_s."""

    logins: int
    per_s: float


@dataclass(frozen=True)
class Login:
    """One login to offer, and the address that it comes from."""

    login: str
    password: str
    source: str


def login_to_offer(number: int, people: list[str], password: str) -> Login:
    """Returns the login of that number, from 0.

    Of each twenty 13 are people's own passwords; 5 are names that do not exist, each a new one, which cost as
    much; 2 guess one person's password from one address, which locks the account and then fills the address's
    limit. The others come each from an address of its own, as from a county's hospitals.
    """
    place = number % _CYCLE
    if place in _GUESSED_OF_CYCLE:
        return Login(people[0], f"not-it-{number:06d}", _GUESSER)
    source = f"127.0.{2 + number // 250 % 250}.{1 + number % 250}"
    if place in _UNKNOWN_OF_CYCLE:
        return Login(f"nobody-{number:06d}", password, source)
    return Login(people[1 + number % (len(people) - 1)], password, source)


async def main(line: Line, url: str, people: list[str], password: str) -> None:
    """For each Gust that it is sent tells the answers when all are in: Counter of statuses. None ends it."""
    numbers = count()
    line.tell("waiting")
    while (gust := await line.ask()) is not None:
        answers: Counter[int] = Counter()
        began_s = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for offered in range(gust.logins):
                await asyncio.sleep(max(0.0, began_s + offered / gust.per_s - time.monotonic()))
                tasks.create_task(_offer(url, login_to_offer(next(numbers), people, password), answers))
        line.tell(answers)


async def _offer(url: str, login: Login, answers: Counter[int]) -> None:
    connector = aiohttp.TCPConnector(local_addr=(login.source, 0))
    timeout = aiohttp.ClientTimeout(total=ANSWER_LIMIT_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        body = {"account": login.login, "password": login.password}
        try:
            async with session.post(f"{url}/api/v1/session", json=body) as answer:
                await answer.read()
                answers[answer.status] += 1
        except (aiohttp.ClientError, TimeoutError):
            answers[NO_ANSWER] += 1
