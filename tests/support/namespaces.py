"""Two network namespaces joined by a wire: the server in one, its clients in the other, nobody else.

Neither namespace has a way to another host. The server's has a default route all the same, into a ``sink``
device that counts and drops: a packet meant for a foreign host is seen there instead of failing silently.
The wire is as fast as the machine, or a link that is emulated (load_tests/netem).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from load_tests.netem.link import Link
from load_tests.netem.namespaces import Namespace, ip, reason_to_skip, two_namespaces
from load_tests.netem.profiles import Profile, Schedule

__all__ = ["Namespace", "Network", "emulated_network", "ipv6_network", "network", "reason_to_skip"]

_SERVER_ADDRESS, _CLIENTS_ADDRESS = "10.77.0.1", "10.77.0.2"
_SERVER_IPV6, _CLIENTS_IPV6 = "fd00:77::1", "fd00:77::2"
_SPARE_ADDRESSES = tuple(f"10.77.0.{host}" for host in range(3, 9))


@dataclass(frozen=True)
class Network:
    """The server's and the clients' namespaces, and spare client addresses for other senders."""

    server: Namespace
    clients: Namespace
    spare_client_addresses: tuple[str, ...]


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """Makes the two namespaces and the wire between them; deletes both however the block ends."""
    with two_namespaces(_SERVER_ADDRESS, _CLIENTS_ADDRESS) as (server, clients):
        ends = ("wire", "netns", server.name, "type", "veth", "peer", "name", "wire", "netns", clients.name)
        ip("link", "add", *ends)
        for namespace in (server, clients):
            namespace.ip("addr", "add", f"{namespace.address}/24", "dev", "wire")
            namespace.ip("link", "set", "wire", "up")
        yield _furnished(server, clients)


@contextlib.contextmanager
def ipv6_network() -> Iterator[Network]:
    """The same for clients that have IPv6 alone; the server has both."""
    with network() as both:
        named = ((both.server, _SERVER_IPV6), (both.clients, _CLIENTS_IPV6))
        for namespace, address in named:
            namespace.ip("addr", "add", f"{address}/64", "dev", "wire", "nodad")
        both.clients.ip("-4", "addr", "flush", "dev", "wire")
        server, clients = (replace(namespace, address=address) for namespace, address in named)
        yield Network(server, clients, ())


@contextlib.contextmanager
def emulated_network(what: Profile | Schedule, *, seed: int = 1) -> Iterator[tuple[Network, Link]]:
    """The same with an emulated link for a wire, which can be set to something else at any time."""
    with Link(what, seed=seed, left=_SERVER_ADDRESS, right=_CLIENTS_ADDRESS) as link:
        yield _furnished(link.left, link.right), link


def _furnished(server: Namespace, clients: Namespace) -> Network:
    for address in _SPARE_ADDRESSES:
        clients.ip("addr", "add", f"{address}/24", "dev", "wire")
    server.add_sink()
    return Network(server, clients, _SPARE_ADDRESSES)
