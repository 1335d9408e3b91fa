"""What --source may name, and what it may not."""

from __future__ import annotations

import pytest

from clients.gateway.errors import GatewayUnfit
from clients.gateway.source_names import source_of
from clients.gateway.sources.bluetooth import BluetoothWire
from clients.gateway.sources.framed import FramedSource
from clients.gateway.sources.mllp import MllpSource
from clients.gateway.sources.replay import ReplaySource
from clients.gateway.sources.simulator import SimulatorSource
from clients.gateway.sources.wires import ListenWire, SerialWire, TcpWire


def silent(key: str, **facts: object) -> None:
    raise AssertionError(key)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("simulator", SimulatorSource),
        ("replay:/data/100.hea", ReplaySource),
        ("loop:a file:with colons.edf", ReplaySource),
        ("serial:/dev/ttyUSB0@230400", SerialWire),
        ("tcp:10.0.0.7:4000", TcpWire),
        ("tcp:[::1]:4000", TcpWire),
        ("listen:4000", ListenWire),
        ("mllp:2575", MllpSource),
        ("bluetooth:C0:FF:EE:00:11:22", BluetoothWire),
    ],
)
def test_every_kind_has_its_source(name: str, kind: type) -> None:
    source = source_of(name, lambda: 0, silent)
    found = source._wire if isinstance(source, FramedSource) else source
    assert isinstance(found, kind)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "simulator:fast",
        "replay",
        "replay:",
        "serial:/dev/ttyUSB0",
        "tcp:4000",
        "tcp:host:70000",
        "listen:",
        "mllp:x",
        "bluetooth:00:11",
        "bluetooth:a box of ours, anywhere",
    ],
)
def test_what_is_none_is_refused(name: str) -> None:
    with pytest.raises(GatewayUnfit) as refused:
        source_of(name, lambda: 0, silent)
    assert refused.value.code == "source_unknown"


def test_a_speed_that_cannot_be_set_is_refused() -> None:
    with pytest.raises(GatewayUnfit) as refused:
        source_of("serial:/dev/ttyUSB0@12345", lambda: 0, silent)
    assert refused.value.code == "baud_unknown"


def test_a_second_device_is_told() -> None:
    told: list[str] = []
    for name in ("listen:4000", "mllp:2575"):
        source = source_of(name, lambda: 0, lambda key, **_: told.append(key))
        wire = source._wire if isinstance(source, FramedSource) else source.wire  # type: ignore[attr-defined]
        wire._sent_away()
    assert told == ["second_device", "second_device"]
