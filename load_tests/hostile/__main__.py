"""What honest people notice of one hostile subscriber and of junk from strangers; the last line is one JSON
object. ``make bench-hostile``.

Four people and one who misbehaves sit in one consultation; voice and picture are stamped. Each misdeed comes
after a quiet stretch; then junk from unknown addresses, while others join. Everything shares this machine's
processors, and the sender of junk takes one of them: the line says how much was really sent, and what the
kernel dropped before anybody could look at it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from livekit.protocol import models

from load_tests.crowd.crowd import Misdeed
from load_tests.hostile.course import Course
from load_tests.hostile.junk import KINDS, read_kernel_drops, send_junk
from load_tests.hostile.room import CHANNEL, NOTHING, SETTLE_S, Room, room
from load_tests.hostile.verdict import Flooded, abuse_misses, flood_misses
from load_tests.login_storm.precedence import precedence

_TALK = models.DataPacket(user=models.UserPacket(payload=bytes(1_000), topic="chat"))
MISDEEDS: Final[dict[str, tuple[Misdeed, str]]] = {
    "5,000 PLI a second": ({"kind": "pictures", "per_s": 5_000}, "pli_over_budget"),
    "500 NACKs of 4,352 packets a second": ({"kind": "repeats", "per_s": 500}, "nack_over_budget"),
    "1,000 messages of 1 kB a second": (
        {
            "kind": "talk",
            "per_s": 1_000,
            "channel": CHANNEL,
            "message": _TALK.SerializeToString().hex(),
        },
        "data_forwarded",
    ),
    "a line of 100 kbit/s": ({"kind": "narrow", "bps": 100_000}, "nack_received"),
}
"""Each with what the service counts where it comes to that."""
JOIN_EVERY_S: Final = 4.0
SAMPLE_S: Final = 0.2
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Runs everything once. 1 where the others noticed more than they may."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.hostile", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each quiet stretch and each misdeed")
    parser.add_argument("--flood-seconds", type=int, default=30, help="of mixed junk")
    parser.add_argument("--kind-seconds", type=int, default=5, help="of each single kind of junk; 0: none")
    parser.add_argument("--per-s", type=int, default=200_000, help="junk datagrams")
    arguments = parser.parse_args()
    with precedence():
        report = asyncio.run(_run(arguments))
    print(json.dumps(report))
    return 1 if report["misses"] else 0


async def _run(arguments: argparse.Namespace) -> dict[str, Any]:
    report: dict[str, Any] = {"abuses": {}, "floods": {}, "misses": []}
    async with room() as opened:
        await opened.join("first")
        for name, (misdeed, counter) in MISDEEDS.items():
            await opened.misbehave(NOTHING)
            await asyncio.sleep(SETTLE_S)
            quiet = await opened.watch(arguments.seconds)
            felt_before = await opened.counted(counter)
            await opened.misbehave(misdeed)
            abused = await opened.watch(arguments.seconds)
            felt = await opened.counted(counter) - felt_before
            misses = list(abuse_misses(quiet, abused, felt))
            _tell(report, "abuses", name, abused, misses, quiet=quiet)
            print(
                f"{name} (done {abused.misdeeds} times, {counter} {felt}): {_seen(quiet, abused)}", flush=True
            )
        await opened.misbehave(NOTHING)
        lengths = dict.fromkeys(KINDS, arguments.kind_seconds) | {"mixed": arguments.flood_seconds}
        for kind, seconds in lengths.items():
            if seconds:
                await asyncio.sleep(SETTLE_S)
                quiet = await opened.watch(arguments.seconds)
                flooded, flood = await _flooded(opened, kind, arguments.per_s, seconds)
                misses = list(flood_misses(quiet, flooded, flood))
                _tell(report, "floods", kind, flooded, misses, quiet=quiet, flood=flood)
                print(f"{_sentence(flood)}: {_seen(quiet, flooded)}", flush=True)
    return report


async def _flooded(opened: Room, kind: str, per_s: int, seconds: int) -> tuple[Course, Flooded]:
    dropped_before = read_kernel_drops(opened.port)
    taken_before = await opened.counted("datagrams_received")
    before_bytes = _resident_bytes(opened.pid)
    async with _sampled(opened.pid) as most, asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(send_junk(opened.port, kind, per_s, seconds, opened.ufrags))
        joining = tasks.create_task(_joins(opened, kind, seconds))
        watching = tasks.create_task(opened.watch(seconds))
    sent, (joins_ms, failed) = sending.result(), joining.result()
    flood = Flooded(
        kind=kind,
        sent=sent.sent,
        seconds=sent.took_s,
        taken=await opened.counted("datagrams_received") - taken_before,
        kernel_dropped=read_kernel_drops(opened.port) - dropped_before,
        growth_bytes=most[0] - before_bytes,
        joins_ms=joins_ms,
        joins_failed=failed,
    )
    return watching.result(), flood


async def _joins(opened: Room, kind: str, seconds: int) -> tuple[list[float], int]:
    """Lets people join one after the other while junk comes; returns how long each took, how many failed."""
    joins_ms, failed = [], 0
    for number in range(max(1, int(seconds / JOIN_EVERY_S))):
        await asyncio.sleep(1.0 if number == 0 else JOIN_EVERY_S)
        try:
            joins_ms.append(await opened.join(f"{kind}{number}"))
        except (TimeoutError, ConnectionError):
            failed += 1
    return joins_ms, failed


@contextlib.asynccontextmanager
async def _sampled(pid: int) -> AsyncIterator[list[int]]:
    """Yields what is, at the end of the context, the most memory that the process held in it."""
    most = [_resident_bytes(pid)]

    async def sample() -> None:
        while True:
            await asyncio.sleep(SAMPLE_S)
            most[0] = max(most[0], _resident_bytes(pid))

    sampling = asyncio.create_task(sample())
    try:
        yield most
    finally:
        sampling.cancel()


def _resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


def _tell(
    report: dict[str, Any],
    part: str,
    name: str,
    seen: Course,
    misses: list[str],
    *,
    quiet: Course,
    flood: Flooded | None = None,
) -> None:
    told: dict[str, Any] = {
        "loss": round(seen.loss, 6),
        "delay_p99_ms": round(seen.delay_p99_ms, 2),
        "quiet_p99_ms": round(quiet.delay_p99_ms, 2),
        "stills": seen.stills,
        "key_frames_per_s": round(seen.key_frames_per_s, 2),
    }
    if flood is not None:
        told |= {
            "per_s": round(flood.per_s),
            "taken": flood.taken,
            "kernel_dropped": flood.kernel_dropped,
            "growth_mb": round(flood.growth_bytes / 1e6, 2),
            "joins_ms": [round(took_ms) for took_ms in flood.joins_ms],
        }
    report[part][name] = told
    report["misses"] += [f"{name}: {miss}" for miss in misses]


def _seen(quiet: Course, seen: Course) -> str:
    return (
        f"the others lost {seen.loss:.4%} of {seen.packets}, p99 {quiet.delay_p99_ms:.2f} -> "
        f"{seen.delay_p99_ms:.2f} ms, {seen.stills} stills, {seen.key_frames_per_s:.2f} key frames a second "
        f"asked of the publisher"
    )


def _sentence(flood: Flooded) -> str:
    joins = ", ".join(f"{took_ms:.0f}" for took_ms in flood.joins_ms)
    return (
        f"{flood.kind} junk, {flood.per_s:,.0f}/s for {flood.seconds:.0f} s, {flood.taken} taken, "
        f"{flood.kernel_dropped} dropped by the kernel, memory +{flood.growth_bytes / 1e6:.1f} MB, "
        f"joins after {joins} ms ({flood.joins_failed} failed)"
    )


if __name__ == "__main__":
    raise SystemExit(main())
