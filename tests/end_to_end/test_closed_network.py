"""A hospital's firewall that lets nothing out but TCP to 443: pages and SDK clients meet all the same."""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chromium import HarnessPage, chromium
from tests.support.hospital_certificate import HospitalCertificate, make_certificate
from tests.support.namespaces import Network, network
from tests.support.sdk_client import sdk_client
from tests.support.server import Server, running
from tests.support.waiting import wait_until

HTTPS_PORT = 443
JOINS = 20
MAX_JOIN_S = 2.0
"""Issue 6: UDP blocked, only 443 open, join p95."""

_FIREWALL = f"""
table inet firewall {{
    chain out {{
        type filter hook output priority 0; policy drop;
        oifname "lo" accept
        tcp dport {HTTPS_PORT} accept
    }}
}}
"""
# Chromium's own store of authorities is its user's; what it thinks of the hospital's is not tested here.
_FLAGS = ("--ignore-certificate-errors",)


@pytest.fixture
def closed(net: Network, tmp_path: Path) -> Iterator[tuple[Network, Server, HospitalCertificate]]:
    """A network of its own (``net`` has answered whether one can be made) with a firewall before the clients,
    and a server that has HTTPS at 443."""
    with network() as own_net:
        command = own_net.clients.command("nft", "-f", "-")
        subprocess.run(command, input=_FIREWALL, text=True, check=True, capture_output=True)
        made = make_certificate(tmp_path, own_net.server.address)
        server = Server(own_net, tmp_path / "data", name="closed-network-server")
        server.settings |= {
            "LIANZHEN_HTTPS_PORT": str(HTTPS_PORT),
            "LIANZHEN_TLS_CERT_FILE": str(made.certificate),
            "LIANZHEN_TLS_KEY_FILE": str(made.private_key),
        }
        with running(server):
            yield own_net, server, made


def _url(net: Network) -> str:
    return f"wss://{net.server.address}:{HTTPS_PORT}"


async def test_a_page_and_an_sdk_client_meet_through_443(
    closed: tuple[Network, Server, HospitalCertificate], room: str, numbered_file: Path, marked_file: Path
) -> None:
    net, server, made = closed
    async with (
        chromium(net.clients, video=numbered_file, sound=marked_file, flags=_FLAGS) as browser,
        sdk_client(net.clients, "ward", environment={"SSL_CERT_FILE": str(made.authority)}) as ward,
    ):
        clinic = await browser.harness_page("clinic")
        await clinic.join(_url(net), server.token("clinic", room), relay=True)
        await ward.run("join", url=_url(net), token=server.token("ward", room))
        await asyncio.gather(clinic.publish(), ward.run("publish"))
        await asyncio.gather(clinic.wait_for_media("ward"), ward.wait_for_media("clinic"))
        ways = await clinic.call("ways")
        # Within TLS or beside it, whichever was there first: nothing else leads out.
        assert ways
        assert {(way["type"], way["protocol"]) for way in ways} == {("relay", "udp")}
        assert {way["relay"] for way in ways} <= {"tls", "tcp"}


@pytest.mark.skipif(
    os.environ.get("LIANZHEN_FIGURES") != "1", reason="twenty joins: make bench-closed-network"
)
@pytest.mark.alone
async def test_joins_through_443(
    closed: tuple[Network, Server, HospitalCertificate], room: str, numbered_file: Path, marked_file: Path
) -> None:
    net, server, _ = closed
    async with chromium(net.clients, video=numbered_file, sound=marked_file, flags=_FLAGS) as browser:
        here = await browser.harness_page("here")
        await here.join(_url(net), server.token("here", room))
        await here.publish()
        for relay in (True, False):
            took_s = []
            for number in range(JOINS):
                page = await browser.harness_page(f"page-{relay}-{number}")
                token = server.token(page.identity, room)
                await page.join(_url(net), token, relay=relay)
                took_s.append(await _first_frame_s(page))
                with contextlib.suppress(Exception):
                    await page.page.context.close()
            p95_s = statistics.quantiles(took_s, n=20)[-1]
            way = "TURN over TLS" if relay else "as the client chooses"
            print(
                f"join to first frame through 443, {way}: median {statistics.median(took_s):.2f} s, "
                f"p95 {p95_s:.2f} s of {JOINS}"
            )
            assert p95_s <= MAX_JOIN_S


async def _first_frame_s(page: HarnessPage) -> float:
    """Returns when the first picture was shown, which is a moment after it was decoded."""

    async def shown_ms() -> float | None:
        return (await page.state("firstFrameMs")).get("here")

    return float(await wait_until(shown_ms, what="the first picture") or 0) / 1_000
