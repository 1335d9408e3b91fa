"""What ``--source`` names: a word, a colon, and where it is.

::

    simulator
    replay:FILE            WFDB header, EDF, DICOM or SCP-ECG; once
    loop:FILE              the same, over and over
    serial:DEVICE@BAUD     the framed protocol on a serial line
    tcp:HOST:PORT          the framed protocol; the gateway calls the box
    listen:PORT            the framed protocol; the box calls the gateway, on any address of this machine
    mllp:PORT              HL7 v2 ORU^R01 waveforms
    bluetooth:ADDRESS      the framed protocol over Bluetooth LE, Nordic UART service (extra "bluetooth")
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from clients.gateway.chunk import Source
from clients.gateway.errors import GatewayUnfit
from clients.gateway.intake import Tell
from clients.gateway.sources.wires import BAUDS, ListenWire, SerialWire, TcpWire, Wire

MAX_PORT: Final = 65_535
_FORMS: Final = {
    "simulator": re.compile(r""),
    "replay": re.compile(r"(?P<file>.+)"),
    "loop": re.compile(r"(?P<file>.+)"),
    "serial": re.compile(r"(?P<line>.+)@(?P<baud>\d{4,6})"),
    "tcp": re.compile(r"(?P<host>[^:]+|\[.+\]):(?P<port>\d{1,5})"),
    "listen": re.compile(r"(?P<port>\d{1,5})"),
    "mllp": re.compile(r"(?P<port>\d{1,5})"),
    "bluetooth": re.compile(r"(?P<address>[0-9A-Fa-f:-]{17,36})"),
}


def source_of(name: str, now_us: Callable[[], int], tell: Tell) -> Source:
    """Returns the source. ``tell``: for what a source has to say besides what it gives. Raises GatewayUnfit:
    the name says none.
    """
    kind, _, rest = name.partition(":")
    form = _FORMS.get(kind)
    found = form.fullmatch(rest) if form is not None else None
    if found is None or int(found.groupdict().get("port", 0)) > MAX_PORT:
        raise GatewayUnfit("source_unknown", name=name)
    # Imported where needed: a serial line needs no reader of DICOM.
    match kind:
        case "simulator":
            from clients.gateway.sources.simulator import SimulatorSource

            return SimulatorSource()
        case "replay" | "loop":
            from clients.gateway.sources.replay import ReplaySource

            return ReplaySource(Path(found["file"]), is_looped=kind == "loop")
        case "mllp":
            from clients.gateway.sources.mllp import MllpSource

            return MllpSource(int(found["port"]), now_us, lambda: tell("second_device"))
        case _:
            from clients.gateway.sources.framed import FramedSource

            return FramedSource(_wire(kind, found, tell), now_us)


def _wire(kind: str, found: re.Match[str], tell: Tell) -> Wire:
    if kind == "serial":
        if int(found["baud"]) not in BAUDS:
            raise GatewayUnfit("baud_unknown", baud=found["baud"], bauds=", ".join(map(str, BAUDS)))
        return SerialWire(Path(found["line"]), int(found["baud"]))
    if kind == "bluetooth":
        from clients.gateway.sources.bluetooth import BluetoothWire

        return BluetoothWire(found["address"])
    if kind == "tcp":
        return TcpWire(found["host"].strip("[]"), int(found["port"]))
    return ListenWire(int(found["port"]), lambda: tell("second_device"))
