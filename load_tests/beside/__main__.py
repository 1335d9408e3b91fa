"""Measures this service beside Janus and LiveKit; the last line is one JSON object. ``make bench-peers``.

Every server runs on a processor of its own and gets the same packets from the same virtual peers over real
ICE, DTLS and SRTP; what is counted is the CPU time of its whole process for each packet that a subscriber
received. The servers take turns, each run with a fresh process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from load_tests.beside.figures import MAX_LOSS, Run, best, medians
from load_tests.beside.janus import janus_candidates
from load_tests.beside.measure import Load, measure
from load_tests.beside.plot import draw
from load_tests.beside.rooms import OURS, livekit_candidates
from load_tests.beside.system import Candidate
from load_tests.login_storm.precedence import precedence
from load_tests.netem.namespaces import ip

FORWARDED_PER_S = 20_000
"""So many leave to more than one subscriber: a load at which CPU a packet decides anything, and which every
server carries on one processor of a slow machine."""
MAX_PUBLISHED_PER_S = 6_000
"""From one publisher, 53 Mbit/s. Of more, a socket with Linux's receive buffer, such as Janus's, loses some
whenever its server is kept waiting for 5 ms; and ours holds back a single picture of 70 Mbit/s, because no
subscriber's line has shown that it carries so much."""
OWN_ADDRESS = "10.75.0.1"
"""Of the namespace that everything runs in."""
ATTEMPTS = 3
"""A run in which packets were lost is repeated: on a machine that does something else, a server that is kept
waiting for 5 ms loses what its socket cannot hold."""


def main() -> int:
    """Runs everything several times. 1 where a server lost packets in all its configurations."""
    parser = argparse.ArgumentParser(prog="python -m load_tests.beside", description=__doc__)
    parser.add_argument("--subscribers", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--packets-per-s", type=int, help="from the publisher; default: by subscribers")
    parser.add_argument("--only", nargs="+", help="the names of the servers to run, such as ours")
    parser.add_argument("--plot", type=Path, help="a PNG to write")
    arguments = parser.parse_args()
    candidates = [OURS, *janus_candidates(), *livekit_candidates()]
    if arguments.only:
        candidates = [candidate for candidate in candidates if candidate.name in arguments.only]
    address = own_address()
    runs = []
    with precedence():
        for subscribers in arguments.subscribers:
            published = arguments.packets_per_s or min(MAX_PUBLISHED_PER_S, FORWARDED_PER_S // subscribers)
            load = Load(subscribers, published, arguments.seconds)
            for turn in range(arguments.runs):
                runs += _turn(candidates if turn % 2 == 0 else candidates[::-1], load, address)
    found = medians(runs)
    for run in found.values():
        unfit = "" if run.loss <= MAX_LOSS else f"; lost over {MAX_LOSS:.1%}, so no comparison"
        print(f"median: {_sentence(run)}{unfit}")
    print(f"load average at the end: {os.getloadavg()[0]:.1f}")
    if arguments.plot:
        draw(found, arguments.runs, arguments.plot)
    report = best(found)
    is_whole = all(len(figures) == len(set(arguments.subscribers)) for figures in report.values())
    print(json.dumps(report))
    return 0 if is_whole else 1


def _turn(candidates: list[Candidate], load: Load, address: str) -> list[Run]:
    runs = []
    for candidate in candidates:
        for _ in range(ATTEMPTS):
            run = asyncio.run(measure(candidate, load, address))
            print(_sentence(run), flush=True)
            if run.loss <= MAX_LOSS:
                break
        runs.append(run)
    return runs


def own_address() -> str:
    """Gives the network namespace that this process has to itself an address, and returns it: Janus does not
    listen on loopback, and nothing is to reach a network.

    Raises:
        SystemExit: the process is in a network that leads anywhere.
    """
    if subprocess.run(["ip", "route", "show"], capture_output=True, check=True).stdout:
        raise SystemExit("this sends much: start it in a network of its own, as make bench-peers does")
    ip("link", "set", "lo", "up")
    ip("link", "add", "own", "type", "veth", "peer", "name", "unused")
    ip("addr", "add", f"{OWN_ADDRESS}/24", "dev", "own")
    for end in ("own", "unused"):
        ip("link", "set", end, "up")
    return OWN_ADDRESS


def _sentence(run: Run) -> str:
    title = f"{run.name} {run.configuration}".strip()
    return (
        f"{run.subscribers:3d} subscribers, {title}: {run.cpu_us_per_packet:.3f} us of CPU a packet, "
        f"{run.packets_per_s:,.0f} packets/s of {run.wanted_per_s:,.0f}, {run.loss:.4%} lost, "
        f"{run.delay_ms_p50:.2f} ms on the way, p99 {run.delay_ms_p99:.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
