"""Which addresses of this machine clients are told to send their media to."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Sequence
from typing import Final

import ifaddr

from signaling.settings import Settings

MAX_ADDRESSES: Final = 8
"""Every client checks every address; a machine with more interfaces than that should name the ones it
means."""
_LOOPBACK: Final = "127.0.0.1"


def media_addresses(settings: Settings) -> tuple[str, ...]:
    """Returns what to advertise: the setting, else the one bound address, else all that this machine has."""
    if settings.media_addresses:
        return settings.media_addresses
    bound = ipaddress.ip_address(settings.media_bind)
    if not bound.is_unspecified:
        return (settings.media_bind,)
    # A socket at "::" takes IPv4 as well.
    return choose_addresses(_interface_addresses(), versions=(4,) if bound.version == 4 else (6, 4))


def choose_addresses(found: Sequence[str], *, versions: Sequence[int]) -> tuple[str, ...]:
    """Returns the usable ones of these IP versions in turn, so that many of one do not crowd the other out;
    loopback only where there is nothing else (browsers skip it)."""
    usable: dict[int, dict[str, None]] = {version: {} for version in versions}
    for text in found:
        address = ipaddress.ip_address(text)
        if address.version in usable and not address.is_loopback and not address.is_link_local:
            usable[address.version][text] = None
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*usable.values()))
    return tuple(text for text in in_turn if text is not None)[:MAX_ADDRESSES] or (_LOOPBACK,)


def _interface_addresses() -> list[str]:
    addresses = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            addresses.append(ip.ip if isinstance(ip.ip, str) else ip.ip[0])
    return addresses
