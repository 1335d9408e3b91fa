"""The gateways that are connected now: one connection a device, the newest one where there were two."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from media_server.ecg.descriptor import Descriptor
from signaling.auth.rights import Caller
from signaling.ecg.datagram_keys import DatagramKey
from signaling.ecg.datagram_report import DatagramReport
from signaling.ecg.outbox import Outbox
from signaling.ecg.uplink import Uplink
from signaling.ecg.uplink_messages import SelfTested
from signaling.tokens import Binding

MAX_GATEWAYS: Final = 500
"""Connected at once; a county has some sixty clinics and ambulances (domain.md §2.5)."""
MAX_GATEWAY_BYTES: Final = 256 * 1024
"""What waits for one gateway: acknowledgements, and inventories with thousands of holes."""
SILENCE_NS: Final = 12_000_000_000
"""Gateways ping every 5 s: who has not been heard for two of them is gone, and is let go."""
REPLACED: Final = 4409
"""Close code: the same device has connected anew."""


@dataclass(eq=False, slots=True)
class Gateway:
    """One connection of a gateway."""

    caller: Caller
    binding: Binding
    uplink: Uplink = field(default_factory=Uplink)
    outbox: Outbox = field(default_factory=lambda: Outbox(MAX_GATEWAY_BYTES))
    model: str = ""
    descriptor: Descriptor | None = None
    selftest: SelfTested | None = None
    offset_us: int | None = None
    """Our wall clock less the gateway's, as its pings found out; None before they did."""
    key: DatagramKey[Gateway] | None = None
    """Of its datagrams; None where none are taken, or not yet."""
    datagrams: DatagramReport = field(default_factory=DatagramReport)
    refused: int = 0
    heard_ns: int = 0
    """When something came of it, monotonic."""

    @property
    def device(self) -> str:
        """Whose it is."""
        return self.caller.device


class Gateways:
    """By device."""

    def __init__(self) -> None:
        self._of_device: dict[str, Gateway] = {}

    def __len__(self) -> int:
        return len(self._of_device)

    def add(self, gateway: Gateway) -> Gateway | None:
        """Takes a connection in; the one that its device had before is ended and returned: after a broken
        link the server is the last to hear of it.
        """
        before = self._of_device.get(gateway.device)
        if before is not None:
            before.outbox.end(REPLACED)
        self._of_device[gateway.device] = gateway
        return before

    def remove(self, gateway: Gateway) -> None:
        """Forgets a connection; harmless for one that was replaced."""
        if self._of_device.get(gateway.device) is gateway:
            del self._of_device[gateway.device]

    def find(self, device: str) -> Gateway | None:
        """Returns the connection of a device."""
        return self._of_device.get(device)

    def all(self) -> list[Gateway]:
        """Returns every connection."""
        return list(self._of_device.values())
