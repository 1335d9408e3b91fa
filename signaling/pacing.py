"""How often one address may be refused before it is not even heard: a token bucket per address, bounded in
number."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from typing import Final

from aiohttp import web

BURST: Final = 120
"""A ward of 30 browsers behind one address may hold expired tokens at once, each trying
/rtc/v1, /rtc and their validate pages."""
REFILL_NS: Final = 1_000_000_000
"""One more refusal a second: guessing a token or a password gains nothing at that pace."""
MAX_ADDRESSES: Final = 10_000
"""The longest unused is forgotten first; an attacker with more addresses gains a burst for each."""

_HOST_BITS: Final = 64


class Pacer:
    """Counts refusals per address. Only what was refused is charged: those who are let in are never
    slowed."""

    def __init__(self, *, burst: int = BURST, refill_ns: int = REFILL_NS) -> None:
        self._burst = burst
        self._refill_ns = refill_ns
        self._spent: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def allows(self, address: str, now_ns: int) -> bool:
        """Returns whether a request of that address is looked at now."""
        return self._level(address, now_ns) < self._burst

    def charge(self, address: str, now_ns: int) -> None:
        """Notes a refusal."""
        level = self._level(address, now_ns) + 1
        self._spent[address] = (level, now_ns)
        self._spent.move_to_end(address)
        if len(self._spent) > MAX_ADDRESSES:
            self._spent.popitem(last=False)

    def _level(self, address: str, now_ns: int) -> float:
        level, since_ns = self._spent.get(address, (0.0, now_ns))
        return max(0.0, level - (now_ns - since_ns) / self._refill_ns)


def remote_host(request: web.Request) -> str:
    """Returns the address a request came from, to count by; never logged."""
    return site_of(request.remote or "")


def site_of(address: str) -> str:
    """Returns what an address is counted by: itself, and of IPv6 its /64, as who has one address there has
    them all. IPv4 that came in on an IPv6 socket is IPv4."""
    try:
        ip = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return str(ip.ipv4_mapped or ipaddress.IPv6Address(int(ip) >> _HOST_BITS << _HOST_BITS))
