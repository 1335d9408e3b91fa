"""How long media stops when a client's address changes, and that nothing is set up anew (issue 6).

Run by `make bench-roaming` alone: pages look every 50 ms whether anything comes, which a full machine cannot
show.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import pytest

from load_tests.netem.namespaces import ip
from tests.support.best_of_three import judged_where_fit
from tests.support.chromium import HarnessPage, chromium
from tests.support.media_path import keep_media_path
from tests.support.namespaces import Network, network
from tests.support.sdk_client import SdkClient, sdk_client
from tests.support.server import Server, running

CHANGES = int(os.environ.get("LIANZHEN_CHANGES", "20"))
BETWEEN_S = 12.0
"""The page forgets in this time that a silence was one (path_watch.ts)."""
GAP_S = 0.5
CHROMIUM_S = 2.0
FRAME_S = 1 / 15
"""Between two pictures nothing is missing yet."""

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(not os.environ.get("LIANZHEN_FIGURES"), reason="a figure: make bench-roaming"),
]


def _filter(net: Network, rules: str) -> None:
    nft = net.clients.command("nft", "-f", "-")
    subprocess.run(nft, input=rules, text=True, check=True, capture_output=True)


class _TwoNetworks:
    """A machine with two networks at once, as phones have while they change: the one in use goes dead."""

    def __init__(self, net: Network, _server: Server) -> None:
        self._net, self._dead = net, "second"
        ends = (
            "second",
            "netns",
            net.server.name,
            "type",
            "veth",
            "peer",
            "name",
            "second",
            "netns",
            net.clients.name,
        )
        ip("link", "add", *ends)
        for namespace, host in ((net.server, 1), (net.clients, 2)):
            namespace.ip("addr", "add", f"10.76.0.{host}/24", "dev", "second")
            namespace.ip("link", "set", "second", "up")
        # What leaves from the second network's address leaves by the second network, as phones see to it.
        net.clients.ip("rule", "add", "from", "10.76.0.2", "lookup", "76")
        net.clients.ip("route", "add", "default", "via", "10.76.0.1", "dev", "second", "table", "76")

    def move(self) -> None:
        """The path in use carries nothing any more; nobody says so."""
        self._dead = "wire" if self._dead == "second" else "second"
        self._drop(self._dead)

    def restore(self) -> None:
        """It carries again, and the next round kills the other."""
        self._drop(None)

    def _drop(self, device: str | None) -> None:
        rules = "table ip dead {}\ndelete table ip dead\n"
        if device is not None:
            rules += f"""table ip dead {{
                chain coming {{ type filter hook prerouting priority -300; iifname "{device}" drop
                }}
                chain leaving {{ type filter hook postrouting priority 300; oifname "{device}" drop
                }}
            }}"""
        _filter(self._net, rules)


class _OtherAddress:
    """The one network of a machine gives it another address: Chromium itself learns of it 2 s later."""

    def __init__(self, net: Network, _server: Server) -> None:
        self._net = net
        # The first address of an interface takes the others with it unless told otherwise.
        net_all = "net.ipv4.conf.all.promote_secondaries=1"
        subprocess.run(net.clients.command("sysctl", "-qw", net_all), check=True, capture_output=True)
        # Two addresses in turn: any other would do for a browser that knows it already.
        for spare in net.spare_client_addresses:
            net.clients.ip("addr", "del", f"{spare}/24", "dev", "wire")
        self._now, self._next = net.clients.address, net.spare_client_addresses[0]

    def move(self) -> None:
        """One address comes, the other goes."""
        self._net.clients.ip("addr", "add", f"{self._next}/24", "dev", "wire")
        self._net.clients.ip("addr", "del", f"{self._now}/24", "dev", "wire")
        self._now, self._next = self._next, self._now

    def restore(self) -> None:
        """Nothing: the address of before is gone."""


class _Rebinder:
    """A NAT of the clients' namespace that forgets: media comes from another address, signalling stays."""

    def __init__(self, net: Network, server: Server) -> None:
        self._net, self._port, self._turn = net, server.media_port, 0

    def move(self) -> None:
        """From now on the clients' datagrams have another source, of two in turn."""
        inside = self._net.clients.address
        outside = self._net.spare_client_addresses[self._turn % 2]
        self._turn += 1
        rules = f"""
            table ip rebinding {{}}
            delete table ip rebinding
            table ip rebinding {{
                chain leaving {{ type filter hook output priority -300;
                    udp dport {self._port} ip saddr {inside} ip saddr set {outside} notrack
                }}
                chain coming {{ type filter hook prerouting priority -300;
                    udp sport {self._port} ip daddr {outside} ip daddr set {inside} notrack
                }}
            }}"""
        _filter(self._net, rules)

    def restore(self) -> None:
        """Nothing: the old source simply does not come back."""


class _Change(Protocol):
    """What happens to the clients' network."""

    def move(self) -> None:
        """It happens."""

    def restore(self) -> None:
        """Makes ready for the next time."""


async def _gaps(
    change: _Change, page: HarnessPage, specialist: SdkClient, *, changes: int
) -> tuple[list[float], list[float]]:
    """Returns by change how long no picture came up to the specialist, and how long none to the page."""
    up: list[float] = []
    down: list[float] = []
    for _ in range(changes):
        await page.call("resetPauses")
        before = len((await specialist.report(numbers=True))["people"][page.identity]["arrivals_s"])
        await asyncio.to_thread(change.move)
        await specialist.wait_for_media(page.identity, frames=before + 30)
        decoded = sum(entry["decoded"] for entry in (await page.stats())["inbound"])
        await page.wait_for_media(specialist.identity, pictures=decoded + 30)
        seen = (await specialist.report(numbers=True))["people"][page.identity]["arrivals_s"]
        up.append(max(later - sooner for sooner, later in itertools.pairwise(seen[before - 1 :])))
        down.append((await page.state("longestPauseMs"))[specialist.identity] / 1000)
        await asyncio.to_thread(change.restore)
        await asyncio.sleep(BETWEEN_S)  # paces the changes
    return up, down


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


async def _measure(
    tmp_path: Path,
    room: str,
    video: Path,
    sound: Path,
    change_of: Callable[[Network, Server], _Change],
    prepare: Callable[[HarnessPage], Awaitable[None]],
    what: str,
    limit_s: float = GAP_S,
) -> None:
    # A network of its own: everybody in it moves.
    with network() as own_net:
        server = Server(own_net, tmp_path, name="roaming-server")
        change = change_of(own_net, server)
        with running(server):
            async with (
                chromium(own_net.clients, video=video, sound=sound) as browser,
                sdk_client(own_net.server, "specialist") as specialist,  # sits where the address stays
            ):
                ambulance = await browser.harness_page("ambulance")
                await ambulance.join(server.signal_url, server.token("ambulance", room))
                await specialist.run("join", url=server.signal_url, token=server.token("specialist", room))
                await asyncio.gather(ambulance.publish(), specialist.run("publish"))
                await asyncio.gather(
                    ambulance.wait_for_media("specialist", pictures=30),
                    specialist.wait_for_media("ambulance", frames=30),
                )
                await prepare(ambulance)
                connections = await ambulance.call("connections")
                sid = await ambulance.page.evaluate("state.room.localParticipant.sid")
                await asyncio.sleep(2)  # paces the changes
                with judged_where_fit(
                    f"{what}, {CHANGES} changes (limit p95 {limit_s * 1000:.0f} ms)"
                ) as figure:
                    up, down = await _gaps(change, ambulance, specialist, changes=CHANGES)
                    worst = max(_p95(up), _p95(down)) - FRAME_S
                    figure.tell(
                        worst <= limit_s,
                        f"no picture for p95 {_ms(_p95(up))} up, {_ms(_p95(down))} down; all up"
                        f" {' '.join(map(_ms, up))}, down {' '.join(map(_ms, down))}",
                    )
                assert await ambulance.call("connections") == connections
                assert await ambulance.state("transportStates") == []
                assert await ambulance.page.evaluate("state.room.localParticipant.sid") == sid
                assert not [e for e in specialist.events if e["event"] == "participant_disconnected"]


async def _as_any_client(_page: HarnessPage) -> None:
    """livekit-client alone: the server does what is needed."""


async def test_a_page_goes_on_by_its_other_network_when_one_goes_dead(
    net: Network, tmp_path: Path, room: str, numbered_file: Path, marked_file: Path
) -> None:
    what = "one of two networks goes dead, our pages"
    await _measure(tmp_path, room, numbered_file, marked_file, _TwoNetworks, keep_media_path, what)


async def test_a_nat_that_rebinds_is_not_noticed(
    net: Network, tmp_path: Path, room: str, numbered_file: Path, marked_file: Path
) -> None:
    what = "a NAT rebinds, any client"
    await _measure(tmp_path, room, numbered_file, marked_file, _Rebinder, _as_any_client, what)


async def test_a_page_whose_only_network_gives_it_another_address(
    net: Network, tmp_path: Path, room: str, numbered_file: Path, marked_file: Path
) -> None:
    # Chromium tells its pages of other addresses after 2 s (NetworkChangeNotifier's delay on Linux).
    what = "another address of the only network, our pages"
    await _measure(
        tmp_path, room, numbered_file, marked_file, _OtherAddress, keep_media_path, what, CHROMIUM_S + GAP_S
    )
