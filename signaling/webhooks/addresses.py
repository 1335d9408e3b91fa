"""Where a webhook may send to: never to this machine or into a network behind it, unless its operator allows
that network (reliability.md, threat 5).

A name is judged by every address it has at the moment of connecting, and the connection goes to one of those:
what a name server says later changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_CARRIERS: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10")
)
"""IPv6 that carries an IPv4 address within (NAT64, 6to4, Teredo, IPv4-compatible), and site-local: a way past
any list of networks."""


class AddressRefused(OSError):  # noqa: N818
    """The webhook's address is one that this server may not connect to."""

    code = "webhook_address_refused"

    def __init__(self) -> None:
        super().__init__(self.code)


def may_connect(address: str, allowed: Sequence[Network]) -> bool:
    """Returns whether a connection to an IP address may be made; what is no IP address may not."""
    try:
        found: _Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped if mapped is not None else found
    if any(found in network for network in allowed if network.version == found.version):
        return True
    if any(found in carrier for carrier in _CARRIERS if carrier.version == found.version):
        return False
    return found.is_global and not found.is_multicast


def is_usable_url(url: str, allowed: Sequence[Network]) -> bool:
    """Returns whether a URL can be one of a webhook, as far as that can be told without looking up its name.

    Without encryption only into a network that is allowed, by its IP address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host or port == 0:
        return False
    if parts.username is not None or parts.password is not None or parts.fragment or not url.isprintable():
        return False
    is_allowed_address = _is_address(host) and may_connect(host, allowed)
    if parts.scheme == "http":
        return is_allowed_address and not may_connect(host, ())
    return is_allowed_address or not _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


class GuardedResolver(AbstractResolver):
    """Looks names up by ``inner`` and refuses those that have an address one may not connect to."""

    def __init__(self, inner: AbstractResolver, allowed: Sequence[Network]) -> None:
        self._inner, self._allowed = inner, tuple(allowed)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Returns the addresses of a name. Raises AddressRefused, OSError."""
        found = await self._inner.resolve(host, port, family)
        if not found or not all(may_connect(each["host"], self._allowed) for each in found):
            raise AddressRefused
        return found

    async def close(self) -> None:
        """Closes the inner one."""
        await self._inner.close()
