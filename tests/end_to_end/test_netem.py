"""The emulated link in namespaces does what its deciding part says, and leaves nothing behind.

How good delay, loss and rate are is tested where they are decided (tests/unit/load_tests/netem). Here packets
are never early, are lost by the seed one by one, and come at all: how late a busy machine makes them decides
nothing.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from load_tests.netem.conditions import Conditions, Loss
from load_tests.netem.emulation import Side
from load_tests.netem.flow import Flow
from load_tests.netem.link import DEVICE, Link, reason_to_skip_link
from load_tests.netem.namespaces import Namespace, two_namespaces
from load_tests.netem.probe import Probed, probe
from load_tests.netem.profiles import CLEAN, CUT, LOSS_5_PERCENT, ROUND_TRIP_80_MS, Profile, both_ways
from tests.support.chromium import chromium
from tests.support.namespaces import emulated_network
from tests.support.server import REPOSITORY
from tests.support.waiting import HANG_S, wait_until

SEED = 7


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    """A link for all; each test sets what it needs."""
    reason = reason_to_skip_link()
    if reason is not None:
        pytest.skip(reason)
    with Link(CLEAN, seed=SEED) as made:
        yield made


def up(link: Link, packets: int, *, every_ms: float = 5, size_bytes: int = 200) -> Probed:
    """A row of packets from the right to the left, of which every one can come."""
    return probe(
        link.right,
        link.left,
        packets=packets,
        every_ms=every_ms,
        size_bytes=size_bytes,
        linger_s=HANG_S,
    )


def up_in_vain(link: Link, packets: int) -> Probed:
    """The same where not all can."""
    return probe(link.right, link.left, packets=packets, every_ms=0, size_bytes=500, linger_s=0.5)


def test_no_packet_is_early_and_most_come_in_time(link: Link) -> None:
    link.set(Profile(up=Conditions(delay_ms=40), down=Conditions(delay_ms=10)))
    for sender, receiver, delay_ms in ((link.right, link.left, 40), (link.left, link.right, 10)):
        met = probe(sender, receiver, packets=40, every_ms=5, linger_s=HANG_S)
        print(f"{delay_ms} ms: {met}")
        assert met.lost == 0
        assert min(met.delays_ms) >= delay_ms
        assert met.median_ms < delay_ms + 400


def test_the_packets_that_the_seed_says_are_lost() -> None:
    reason = reason_to_skip_link()
    if reason is not None:
        pytest.skip(reason)
    lossy = Conditions(loss=Loss(in_good=0.2), duplicated=0.1)
    decided = Flow(lossy, f"{SEED} from the right")
    expected = [len(decided.receive(0, 200)) for _ in range(200)]
    with Link(both_ways(lossy), seed=SEED) as fresh:
        met = probe(
            fresh.right,
            fresh.left,
            packets=200,
            every_ms=5,
            arrivals_at_most=sum(expected),
            linger_s=HANG_S,
        )
        counts = fresh.counts(Side.RIGHT)
    assert met.numbers == [number for number, copies in enumerate(expected) if copies]
    assert met.copies == sum(copies == 2 for copies in expected) > 0
    assert (counts.entered, counts.lost, counts.passed) == (200, expected.count(0), sum(expected))


def test_a_rate_is_not_exceeded(link: Link) -> None:
    link.set(both_ways(Conditions(rate_bps=200_000)))
    met = up(link, 40, every_ms=0, size_bytes=500)
    print(f"200 kbit/s: {met}")
    assert met.lost == 0
    # 40 packets of 4,000 bits, less what passed between the first one's send and the last one's.
    assert met.took_s + met.delays_ms[0] / 1000 > 0.7


def test_what_the_queue_has_no_room_for_never_comes(link: Link) -> None:
    link.set(both_ways(Conditions(rate_bps=40_000, queue_bytes=2_000)))
    before = link.counts(Side.RIGHT).overflowed
    met = up_in_vain(link, 40)
    overflowed = link.counts(Side.RIGHT).overflowed - before
    assert 0 < overflowed < 40
    assert len(met.numbers) <= 40 - overflowed


def test_a_cut_lets_nothing_through_until_it_ends(link: Link) -> None:
    link.set(CLEAN)
    assert up(link, 20).lost == 0
    link.set(CUT)
    assert up_in_vain(link, 20).lost == 1
    link.set(CLEAN)
    assert up(link, 20).lost == 0


async def test_a_stream_comes_whole_though_packets_are_lost(link: Link) -> None:
    link.set(LOSS_5_PERCENT)
    content = os.urandom(200_000)
    with link.left.open_socket(socket.SOCK_STREAM, (link.left.address, 7000)) as listening:
        listening.listen()

        async def send() -> None:
            loop = asyncio.get_running_loop()
            accepted, _ = await loop.sock_accept(listening)
            with accepted:
                await loop.sock_sendall(accepted, content)

        async def receive() -> bytes:
            loop = asyncio.get_running_loop()
            with link.right.open_socket(socket.SOCK_STREAM) as stream:
                await loop.sock_connect(stream, (link.left.address, 7000))
                received = b""
                while more := await loop.sock_recv(stream, 65536):
                    received += more
                return received

        _, received = await asyncio.wait_for(asyncio.gather(send(), receive()), HANG_S)
    assert received == content
    assert link.counts(Side.LEFT).lost > 0


def test_the_tests_network_can_have_it_for_a_wire(link: Link) -> None:
    del link  # where it is skipped, so is this
    with emulated_network(ROUND_TRIP_80_MS) as (net, wire):
        met = probe(net.clients, net.server, packets=5, every_ms=1, linger_s=HANG_S)
        assert min(met.delays_ms) >= 40
        with net.server.open_socket(socket.SOCK_DGRAM) as outwards:
            outwards.sendto(b"for a foreign host", ("192.0.2.1", 9))
        assert net.server.packets_into_sink() == 1
        wire.set(CUT)
        assert probe(net.clients, net.server, packets=5, every_ms=1, linger_s=0.5).lost == 1


ANSWERED_AFTER_MS = """() => {
    const [load] = performance.getEntriesByType("navigation");
    return load.responseStart - load.requestStart;
}"""


async def test_real_pages_are_as_far_away_as_the_link_says(link: Link, tmp_path: Path) -> None:
    del link
    (tmp_path / "index.html").write_text("<title>far</title>")
    serve = [sys.executable, "-m", "http.server", "8080", "--directory", str(tmp_path)]
    with emulated_network(ROUND_TRIP_80_MS) as (net, wire):
        with subprocess.Popen(
            net.server.command(*serve), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as server:
            try:
                async with chromium(net.clients) as started:
                    page = await started.browser.new_page()
                    await wait_until(lambda: _has_listener(net.server, 8080), what="the pages are served")
                    await page.goto(f"http://{net.server.address}:8080/", timeout=HANG_S * 1000)
                    assert await page.title() == "far"
                    took_ms = await page.evaluate(ANSWERED_AFTER_MS)
            finally:
                server.kill()
        assert wire.counts(Side.RIGHT).passed > 0
    print(f"Chromium's request took {took_ms:.0f} ms")
    # Chromium rounds its clock to a tenth of a millisecond.
    assert took_ms >= 79


def _has_listener(namespace: Namespace, port: int) -> bool:
    """Whether somebody listens there, asked without going over the link."""
    with namespace.entered(), socket.socket() as knocking:
        return knocking.connect_ex((namespace.address, port)) == 0


HOLDER = """
import sys
from load_tests.netem.link import Link
from load_tests.netem.profiles import CLEAN
with Link(CLEAN, left="10.80.0.1", right="10.80.0.2") as link:
    print(link.left.name, link.right.name, link.driver_pid, flush=True)
    sys.stdin.read()
"""


async def test_a_killed_owner_leaves_neither_process_nor_device_nor_namespace(link: Link) -> None:
    del link
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        left, right, driver_pid = holder.stdout.readline().split()
        device = Namespace(left, "").command("cat", f"/proc/net/dev_snmp6/{DEVICE}")
        assert subprocess.run(device, capture_output=True, check=False).returncode == 0
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    await wait_until(lambda: not _is_running(driver_pid), what="the link's process ends")
    assert subprocess.run(device, capture_output=True, check=False).returncode != 0
    with two_namespaces("10.80.0.1", "10.80.0.2"):
        assert not {left, right} & {path.name for path in Path("/run/netns").iterdir()}


def _is_running(pid: str) -> bool:
    """Whether the process is there and no zombie, which nobody may have waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--list"], 0, "township_4g"),
        (["--profile", "round_trip_80_ms", "--probe", "5"], 0, "0.0% lost"),
        (["--profile", "L3", "--", "sh", "-c", "echo inside; exit 3"], 3, "inside"),
        (["--profile", "clean"], 0, "now cut\nthere is no profile 'L9'"),
    ],
)
def test_the_command(link: Link, arguments: list[str], code: int, said: str) -> None:
    del link
    done = subprocess.run(
        [sys.executable, "-m", "load_tests.netem", *arguments],
        cwd=REPOSITORY,
        input="cut\nL9\n",
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )
    assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr
