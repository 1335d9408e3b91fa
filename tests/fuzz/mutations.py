"""Bent copies of good messages: seeded, endless, the same for the same seed."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence

# Values at which parsers break: signs, limits of integer types, long and empty words.
_WORDS = (
    *(b"", b"0", b"-1", b"65536", b"4294967296", b"99999999999999999999", b"1e999", b"nan"),
    *(b"\xff\xfe", b"\x00", b"a" * 300, b"\xe4\xb8\xad", b"%s%n", b"/" * 40, b" ", b":", b"=", b";"),
)


def bent(seeds: Sequence[bytes], rng: random.Random) -> Iterator[bytes]:
    """Endless mutations: bytes flipped, parts cut, doubled or exchanged, words and lines replaced."""
    changes: list[Callable[[bytearray], None]] = [
        lambda content: _flip(content, rng),
        lambda content: _cut(content, rng),
        lambda content: _double(content, rng),
        lambda content: _splice(content, rng.choice(seeds), rng),
        lambda content: _replace_word(content, rng),
        lambda content: _shuffle_lines(content, rng),
    ]
    while True:
        content = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
            if content:
                rng.choice(changes)(content)
        yield bytes(content)


TRIES_OF_A_SLOW_MESSAGE = 5
SEARCHED_S = float(os.environ.get("LIANZHEN_FUZZ_SECONDS", "0"))
"""For so long each target is searched, where it is set; else it is fed the same messages in every run."""


def attack(
    target: Callable[[bytes], None],
    seeds: Sequence[bytes],
    *,
    allowed: tuple[type[Exception], ...],
    messages: int,
    seed: int,
    max_cpu_s: float = 0.1,
) -> tuple[int, int]:
    """Feeds so many bent messages to ``target``; returns how many were accepted and refused.

    AssertionError with the message when it raises anything but ``allowed``, or takes more CPU than allowed.
    """
    accepted = refused = 0
    until = time.monotonic() + SEARCHED_S
    for number, message in enumerate(bent(seeds, random.Random(seed)), 1):
        is_accepted, took_s = _feed(target, message, allowed)
        if took_s >= max_cpu_s:
            # A busy machine or a garbage collection slows one try; a message that is costly slows every one.
            took_s = min(_feed(target, message, allowed)[1] for _ in range(TRIES_OF_A_SLOW_MESSAGE))
        assert took_s < max_cpu_s, f"{took_s:.3f} s of CPU for {message[:2000]!r}"
        accepted += is_accepted
        refused += not is_accepted
        if time.monotonic() > until if SEARCHED_S else number == messages:
            return accepted, refused
    raise AssertionError("unreachable")


def _flip(content: bytearray, rng: random.Random) -> None:
    for _ in range(rng.randrange(1, 6)):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def _span(content: bytearray, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(content))
    return start, min(len(content), start + rng.choice((1, 2, 8, 60, 400)))


def _cut(content: bytearray, rng: random.Random) -> None:
    start, end = _span(content, rng)
    del content[start:end]


def _double(content: bytearray, rng: random.Random) -> None:
    start, end = _span(content, rng)
    content[start:start] = bytes(content[start:end]) * rng.choice((1, 2, 30))


def _splice(content: bytearray, other: bytes, rng: random.Random) -> None:
    if other:
        start, end = _span(bytearray(other), rng)
        at = rng.randrange(len(content))
        content[at:at] = other[start:end]


def _replace_word(content: bytearray, rng: random.Random) -> None:
    words = list(re.finditer(rb"[\w.+-]+", bytes(content)))
    if words:
        word = rng.choice(words)
        content[word.start() : word.end()] = rng.choice(_WORDS)


def _shuffle_lines(content: bytearray, rng: random.Random) -> None:
    lines = bytes(content).split(b"\n")
    if len(lines) > 2:
        first, second = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[first], lines[second] = lines[second], lines[first]
        content[:] = b"\n".join(lines)


def _feed(
    target: Callable[[bytes], object], message: bytes, allowed: tuple[type[Exception], ...]
) -> tuple[bool, float]:
    """Returns whether the message was accepted and the seconds of CPU it took."""
    began = time.thread_time()
    try:
        target(message)
        is_accepted = True
    except allowed:
        is_accepted = False
    except Exception as error:
        raise AssertionError(f"{type(error).__name__}: {error}\nfor {message!r}") from error
    return is_accepted, time.thread_time() - began
