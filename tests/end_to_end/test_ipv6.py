"""Clients that have IPv6 alone, at a server that has both: over UDP, over TCP, and through 443."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.support.chromium import chromium
from tests.support.hospital_certificate import make_certificate
from tests.support.namespaces import Network, ipv6_network
from tests.support.sdk_client import sdk_client
from tests.support.server import HTTP_PORT, Server, running

HTTPS_PORT = 443
# Chromium's own store of authorities is its user's; what it thinks of the hospital's is not tested here.
_FLAGS = ("--ignore-certificate-errors",)
_NEIGHBOURS = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"
_FIREWALLS = {
    "udp": "",
    "tcp": f"meta l4proto udp drop; tcp dport {HTTPS_PORT} drop",
    "443": f"{_NEIGHBOURS}; tcp dport {HTTPS_PORT} accept; drop",
}
_WAYS = {"udp": {("udp", False)}, "tcp": {("tcp", False)}, "443": {("udp", True)}}
"""Protocol, and whether it is by TURN, whose own protocol is another matter."""


@pytest.mark.parametrize("open_way", ["udp", "tcp", "443"])
async def test_a_page_and_an_sdk_client_meet_over_ipv6(
    net: Network, open_way: str, tmp_path: Path, room: str, numbered_file: Path, marked_file: Path
) -> None:
    # ``net`` has answered whether namespaces can be made.
    with ipv6_network() as own_net:
        _close(own_net, _FIREWALLS[open_way])
        made = make_certificate(tmp_path, own_net.server.address)
        server = Server(own_net, tmp_path / "data", name=f"ipv6-{open_way}-server")
        server.settings |= {
            "LIANZHEN_HTTP_HOST": "::",
            "LIANZHEN_MEDIA_BIND": "::",
            "LIANZHEN_MEDIA_ADDRESSES": "<unset>",
            "LIANZHEN_HTTPS_PORT": str(HTTPS_PORT),
            "LIANZHEN_TLS_CERT_FILE": str(made.certificate),
            "LIANZHEN_TLS_KEY_FILE": str(made.private_key),
        }
        host = f"[{own_net.server.address}]"
        url = f"wss://{host}:{HTTPS_PORT}" if open_way == "443" else f"ws://{host}:{HTTP_PORT}"
        with running(server):
            async with (
                chromium(own_net.clients, video=numbered_file, sound=marked_file, flags=_FLAGS) as browser,
                sdk_client(
                    own_net.clients, "ward", environment={"SSL_CERT_FILE": str(made.authority)}
                ) as ward,
            ):
                clinic = await browser.harness_page("clinic")
                await clinic.join(url, server.token("clinic", room), relay=open_way == "443")
                await ward.run("join", url=url, token=server.token("ward", room))
                await asyncio.gather(clinic.publish(), ward.run("publish"))
                await asyncio.gather(clinic.wait_for_media("ward"), ward.wait_for_media("clinic"))
                ways = await clinic.call("ways")
                assert {(way["protocol"], way["type"] == "relay") for way in ways} == _WAYS[open_way]


def _close(net: Network, rules: str) -> None:
    """A firewall before the clients that lets out what the rules leave."""
    table = f"""
    table inet firewall {{
        chain out {{
            type filter hook output priority 0; policy accept;
            oifname "lo" accept
            {rules}
        }}
    }}
    """
    command = net.clients.command("nft", "-f", "-")
    subprocess.run(command, input=table, text=True, check=True, capture_output=True)
