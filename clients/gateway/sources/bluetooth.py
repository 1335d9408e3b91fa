"""A box with the framed protocol over Bluetooth Low Energy, on the Nordic UART service, by bleak (an extra).

The service is no standard of the Bluetooth SIG, but what most modules offer as a serial line: bytes to the
box are written to one characteristic, bytes from it are notified by another. This is thin: it was tried with
a double only, never on the air.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final, Protocol

from clients.gateway.errors import GatewayUnfit, SourceFault

TO_BOX: Final = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"
FROM_BOX: Final = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
CONNECT_TIMEOUT_S: Final = 10.0
WRITE_BYTES: Final = 20
"""What every connection can carry at once (ATT_MTU 23, Bluetooth Core, Vol 3, Part F, 5.2.1)."""
MAX_NOTIFICATIONS: Final = 1_000
"""Some seconds; when nobody reads for so long, the newest is left out and shows as a gap."""


class BleClient(Protocol):
    """What is used of bleak's BleakClient."""

    async def connect(self) -> Any:
        """Connects."""

    async def disconnect(self) -> Any:
        """Disconnects."""

    async def start_notify(self, characteristic: str, callback: Callable[[Any, bytearray], None], /) -> Any:
        """Asks for notifications."""

    async def write_gatt_char(self, characteristic: str, data: bytes, /) -> Any:
        """Writes."""


ClientOf = Callable[[str, Callable[[Any], None]], BleClient]
"""Returns a client for an address; the second is called when the connection is gone."""


def bleak_client(address: str, gone: Callable[[Any], None]) -> BleClient:
    """Returns bleak's client. Raises GatewayUnfit: it is not installed."""
    try:
        from bleak import BleakClient
    except ImportError:
        raise GatewayUnfit("package_missing", package="bleak", extra="bluetooth") from None
    client: BleClient = BleakClient(address, disconnected_callback=gone, timeout=CONNECT_TIMEOUT_S)
    return client


class BluetoothWire:
    """See Wire. bleak's own errors are many: each means that the box is away or gone."""

    def __init__(self, address: str, client_of: ClientOf = bleak_client) -> None:
        self._address = address
        self._client_of = client_of
        self._client: BleClient | None = None
        self._came: asyncio.Queue[bytes] = asyncio.Queue(MAX_NOTIFICATIONS + 1)
        self.left_out = 0
        """Notifications that came while the queue was full."""

    async def open(self) -> None:
        """See Wire."""
        came = self._came = asyncio.Queue(MAX_NOTIFICATIONS + 1)

        def receive(_: Any, data: bytearray) -> None:
            # One place is kept for the news that the box is gone.
            if came.qsize() < MAX_NOTIFICATIONS:
                came.put_nowait(bytes(data))
            else:
                self.left_out += 1

        def gone(_: Any) -> None:
            with contextlib.suppress(asyncio.QueueFull):
                came.put_nowait(b"")

        self._client = self._client_of(self._address, gone)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._client.connect()
                await self._client.start_notify(FROM_BOX, receive)
        except Exception:
            raise SourceFault("device_away", where=self._address) from None

    async def read(self) -> bytes:
        """See Wire."""
        content = await self._came.get()
        if not content:
            raise SourceFault("device_gone")
        return content

    async def write(self, content: bytes) -> None:
        """See Wire."""
        assert self._client is not None, "open comes first"
        try:
            for at in range(0, len(content), WRITE_BYTES):
                await self._client.write_gatt_char(TO_BOX, content[at : at + WRITE_BYTES])
        except Exception:
            raise SourceFault("device_gone") from None

    async def close(self) -> None:
        """See Wire."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                await client.disconnect()
