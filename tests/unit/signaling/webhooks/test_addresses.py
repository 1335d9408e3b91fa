"""Where a webhook may send to."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from signaling.webhooks.addresses import AddressRefused, GuardedResolver, is_usable_url, may_connect

_HOSPITAL = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00:1::/32"))
_SPECIAL = [
    "0.0.0.0",
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.2.3",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "fc00::1",
    "fd00:2::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "no address",
    "",
]


class _Names(AbstractResolver):
    """Knows one name; says something else each time it is asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.is_closed = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in self._answers.pop(0)
        ]

    async def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("address", _SPECIAL)
def test_no_special_address_is_connected_to(address: str) -> None:
    assert not may_connect(address, ())


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "::ffff:8.8.8.8"])
def test_public_addresses_are(address: str) -> None:
    assert may_connect(address, ())


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "fd00:1::5"])
def test_so_are_networks_that_the_operator_allows(address: str) -> None:
    assert not may_connect(address, ())
    assert may_connect(address, _HOSPITAL)


@pytest.mark.parametrize(
    ("url", "is_usable"),
    [
        ("https://his.example.org/in", True),
        ("https://his.example.org:8443/in?part=1", True),
        ("https://8.8.8.8/in", True),
        ("https://10.1.2.3/in", True),
        ("http://10.1.2.3/in", True),
        ("http://[fd00:1::5]:8080/in", True),
        ("http://his.example.org/in", False),
        ("http://8.8.8.8/in", False),
        ("https://10.2.0.1/in", False),
        ("https://127.0.0.1/in", False),
        ("https://[::1]/in", False),
        ("https://[fe80::1%25eth0]/in", False),
        ("https://user@his.example.org/", False),
        ("https://:secret@his.example.org/", False),
        ("https://his.example.org/#part", False),
        ("https://his.example.org:0/", False),
        ("https://his.example.org:99999/", False),
        ("https://[broken/", False),
        ("https:///in", False),
        ("ftp://his.example.org/", False),
        ("file:///etc/passwd", False),
        ("https://his.example.org/\u200bin", False),
    ],
)
def test_a_url_is_judged_before_its_name_is_looked_up(url: str, *, is_usable: bool) -> None:
    assert is_usable_url(url, _HOSPITAL) is is_usable


async def test_a_name_is_refused_for_any_address_it_has() -> None:
    resolver = GuardedResolver(_Names(["8.8.8.8"], ["8.8.8.8", "127.0.0.1"], []), ())
    assert [each["host"] for each in await resolver.resolve("his.example.org")] == ["8.8.8.8"]
    for _ in range(2):
        with pytest.raises(AddressRefused) as refused:
            await resolver.resolve("his.example.org")
        assert str(refused.value) == "webhook_address_refused"


async def test_what_a_name_means_is_asked_at_every_connection() -> None:
    """A name that leads elsewhere since it was entered."""
    names = _Names(["8.8.8.8"], ["10.0.0.1"])
    resolver = GuardedResolver(names, ())
    await resolver.resolve("his.example.org")
    with pytest.raises(AddressRefused):
        await resolver.resolve("his.example.org")
    await resolver.close()
    assert names.is_closed
