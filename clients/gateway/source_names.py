"""What ``--source`` names: a word, a colon, and where it is.

::

    simulator
    replay:FILE            WFDB header, EDF, DICOM or SCP-ECG; once
    loop:FILE              the same, over and over
    serial:DEVICE@BAUD     the framed protocol on a serial line
    tcp:HOST:PORT          the framed protocol; the gateway calls the box
    listen:PORT            the framed protocol; the box calls the gateway, on any address of this machine
    mllp:PORT              HL7 v2 ORU^R01 waveforms
    bluetooth:ADDRESS      the framed protocol over a Nordic UART service
"""

from __future__ import annotations

import re
from pathlib import Path

from clients.gateway.chunk import Source
from clients.gateway.errors import GatewayUnfit

_FORMS = {
    "simulator": re.compile(r""),
    "replay": re.compile(r"(?P<file>.+)"),
    "loop": re.compile(r"(?P<file>.+)"),
}


def source_of(name: str) -> Source:
    """Returns the source. Raises GatewayUnfit: the name says none."""
    kind, _, rest = name.partition(":")
    form = _FORMS.get(kind)
    found = form.fullmatch(rest) if form is not None else None
    if found is None:
        raise GatewayUnfit("source_unknown", name=name)
    # Imported where needed: a serial line needs no reader of DICOM.
    if kind == "simulator":
        from clients.gateway.sources.simulator import SimulatorSource

        return SimulatorSource()
    from clients.gateway.sources.replay import ReplaySource

    return ReplaySource(Path(found["file"]), is_looped=kind == "loop")
