"""A box over Bluetooth, with a double of bleak's client: what it notifies comes out, what fails is told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from clients.gateway.errors import GatewayUnfit, SourceFault
from clients.gateway.sources.bluetooth import (
    FROM_BOX,
    MAX_NOTIFICATIONS,
    TO_BOX,
    BluetoothWire,
    bleak_client,
)
from clients.gateway.sources.framed import FramedSource
from clients.gateway.sources.framed_device import encode_description
from clients.gateway.sources.framed_protocol import PacketKind, PacketReader, encode_packet
from media_server.ecg.descriptor import Descriptor, Source

ADDRESS = "C0:FF:EE:00:11:22"
BOX = Descriptor(250, 2_500, ("II",), 50, 40, 50, "BLE BOX", Source.DEVICE, 30)


class DoubleClient:
    """Answers WHO; fails where a test says so."""

    def __init__(self, gone: Callable[[Any], None]) -> None:
        self.gone = gone
        self.failing = ""
        self.is_connected = False
        self.notify: Callable[[Any, bytearray], None] | None = None
        self._packets = PacketReader()

    async def connect(self) -> None:
        self._fail("connect")
        self.is_connected = True

    async def disconnect(self) -> None:
        self.is_connected = False
        self._fail("disconnect")

    async def start_notify(self, characteristic: str, callback: Callable[[Any, bytearray], None], /) -> None:
        assert characteristic == FROM_BOX
        self.notify = callback

    async def write_gatt_char(self, characteristic: str, data: bytes, /) -> None:
        self._fail("write")
        assert (characteristic, len(data) <= 20) == (TO_BOX, True)
        for packet in self._packets.receive(data):
            assert packet.kind == PacketKind.WHO
            self.say(encode_packet(PacketKind.DESCRIPTION, encode_description(BOX, "b1")))

    def say(self, content: bytes) -> None:
        assert self.notify is not None
        for at in range(0, len(content), 20):
            self.notify(None, bytearray(content[at : at + 20]))

    def _fail(self, act: str) -> None:
        if self.failing == act:
            raise RuntimeError("org.bluez.Error.Failed")


class Air:
    """The wire, and the client it made."""

    def __init__(self) -> None:
        self.failing = ""
        self.wire = BluetoothWire(ADDRESS, self._client)

    def _client(self, address: str, gone: Callable[[Any], None]) -> DoubleClient:
        assert address == ADDRESS
        self.client = DoubleClient(gone)
        self.client.failing = self.failing
        return self.client


async def test_a_box_describes_itself_over_the_air() -> None:
    air = Air()
    source = FramedSource(air.wire, lambda: 0)
    assert await source.open() == BOX
    await source.close()
    await source.close()
    assert not air.client.is_connected


async def test_a_box_that_is_gone_is_told_after_what_it_said() -> None:
    air = Air()
    await air.wire.open()
    air.client.say(b"last words")
    air.client.gone(None)
    assert await air.wire.read() == b"last words"
    with pytest.raises(SourceFault) as refused:
        await air.wire.read()
    assert refused.value.code == "device_gone"


async def test_a_full_queue_leaves_out_the_newest_and_still_tells_the_end() -> None:
    air = Air()
    await air.wire.open()
    air.client.say(b"x" * 20 * (MAX_NOTIFICATIONS + 3))
    air.client.gone(None)
    air.client.gone(None)
    assert air.wire.left_out == 3
    for _ in range(MAX_NOTIFICATIONS):
        await air.wire.read()
    with pytest.raises(SourceFault):
        await air.wire.read()


async def test_what_fails_on_the_air_is_told() -> None:
    air = Air()
    air.failing = "connect"
    with pytest.raises(SourceFault) as refused:
        await air.wire.open()
    assert (refused.value.code, refused.value.facts) == ("device_away", {"where": ADDRESS})
    air.failing = ""
    await air.wire.open()
    air.client.failing = "write"
    with pytest.raises(SourceFault) as refused:
        await air.wire.write(b"?")
    assert refused.value.code == "device_gone"
    air.client.failing = "disconnect"
    await air.wire.close()


async def test_without_bleak_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bleak", None)
    with pytest.raises(GatewayUnfit) as refused:
        bleak_client(ADDRESS, lambda _: None)
    assert (refused.value.code, refused.value.facts["extra"]) == ("package_missing", "bluetooth")


def test_bleaks_own_client_is_asked_for_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bleak:
        @staticmethod
        def BleakClient(address: str, **options: Any) -> tuple[str, list[str]]:
            return address, sorted(options)

    monkeypatch.setitem(sys.modules, "bleak", Bleak)
    asked = bleak_client(ADDRESS, lambda _: None)
    assert asked == (ADDRESS, ["disconnected_callback", "timeout"])  # type: ignore[comparison-overlap]
