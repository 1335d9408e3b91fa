"""A device that speaks the framed protocol, as a state machine: packets in, chunks and vital signs out.

::

    UNKNOWN     DESCRIPTION → DESCRIBED     all else is passed over: its numbers mean nothing yet
    DESCRIBED   SAMPLES, VITALS             come out
                DESCRIPTION                 the same: nothing; a new "boot": another run of the counter;
                                            another device: refused
                FAULT                       refused, with the device's own code
"""

from __future__ import annotations

import json
import re
import struct
from enum import Enum
from typing import Final

import numpy as np

from clients.gateway.chunk import Chunk, Item
from clients.gateway.errors import SourceFault
from clients.gateway.sources.framed_protocol import Packet, PacketKind
from clients.gateway.vital_signs import HEART_RATE, Origin, Validity, measured
from media_server.ecg.descriptor import Descriptor, Source, parse_descriptor
from media_server.ecg.errors import MalformedDescriptor
from media_server.ecg.frame import NO_FLAGS, FrameFlag, Samples

FOREIGN_BYTES: Final = 16_384
"""Two packets of the longest kind and more: where none is found in so much, the device speaks otherwise."""
MAX_PULSE_S: Final = 10
"""Of calibration; a board that never ends it sends no ECG."""
PACING_FLAG: Final = 1
CALIBRATION_FLAG: Final = 2
_SAMPLES_HEAD: Final = struct.Struct("<QHBB")
_VITAL: Final = struct.Struct("<BBi")
_BOOT: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
_FAULT: Final = re.compile(r"[a-z0-9_]{1,32}")
_VITAL_CODES: Final = {
    1: HEART_RATE,
    2: "MDC_PULS_OXIM_SAT_O2",
    3: "MDC_PULS_OXIM_PULS_RATE",
    4: "MDC_PRESS_BLD_NONINV_SYS",
    5: "MDC_PRESS_BLD_NONINV_DIA",
    6: "MDC_PRESS_BLD_NONINV_MEAN",
    7: "MDC_RESP_RATE",
    8: "MDC_TEMP",
}
_VALIDITIES: Final = {0: Validity.VALID, 1: Validity.QUESTIONABLE, 2: Validity.INVALID}


class DeviceState(Enum):
    """What is true of the device."""

    UNKNOWN = "it has not said what it is"
    DESCRIBED = "its numbers have a meaning"


class FramedDevice:
    """One connection's device."""

    def __init__(self) -> None:
        self.descriptor: Descriptor | None = None
        self.passed_over = 0
        """Packets before the description, and of kinds that this version does not know."""
        self._boot = ""
        self._pulse: list[Samples] = []

    @property
    def state(self) -> DeviceState:
        """What is true of it."""
        return DeviceState.UNKNOWN if self.descriptor is None else DeviceState.DESCRIBED

    def receive(self, packet: Packet, now_us: int) -> list[Item]:
        """Returns what the packet brings. Raises SourceFault."""
        if packet.kind == PacketKind.DESCRIPTION:
            self._describe(packet.payload)
        elif packet.kind == PacketKind.FAULT:
            raise SourceFault("device_fault", fault=_fault(packet.payload))
        elif self.descriptor is None:
            self.passed_over += 1
        elif packet.kind == PacketKind.SAMPLES:
            return self._samples(packet.payload, len(self.descriptor.leads), now_us)
        elif packet.kind == PacketKind.VITALS:
            return _vitals(packet.payload, now_us)
        else:
            self.passed_over += 1
        return []

    def pulse(self) -> Chunk | None:
        """Returns what came so far of the calibration; None where nothing did."""
        if not self._pulse:
            return None
        return Chunk(self._boot, 0, np.concatenate(self._pulse))

    def _describe(self, payload: bytes) -> None:
        try:
            said = json.loads(payload)
            boot = said.pop("boot")
            descriptor = parse_descriptor({**said, "source": Source.DEVICE.value})
        except MalformedDescriptor as error:
            raise SourceFault("descriptor_malformed", field=error.field) from None
        except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
            raise SourceFault("descriptor_malformed", field="boot") from None
        if not isinstance(boot, str) or not _BOOT.fullmatch(boot):
            raise SourceFault("descriptor_malformed", field="boot")
        if self.descriptor is not None and self.descriptor != descriptor:
            raise SourceFault("descriptor_other")
        self.descriptor, self._boot = descriptor, boot

    def _samples(self, payload: bytes, leads: int, now_us: int) -> list[Item]:
        if len(payload) < _SAMPLES_HEAD.size:
            raise SourceFault("samples_malformed")
        first, lead_off, flags, width = _SAMPLES_HEAD.unpack_from(payload)
        body = payload[_SAMPLES_HEAD.size :]
        if width not in (2, 3) or not body or len(body) % (width * leads):
            raise SourceFault("samples_malformed")
        samples = _numbers(body, width).reshape(-1, leads)
        if flags & CALIBRATION_FLAG:
            assert self.descriptor is not None, "samples follow a description"
            if sum(map(len, self._pulse)) >= MAX_PULSE_S * self.descriptor.rate_hz:
                raise SourceFault("calibration_endless")
            self._pulse.append(samples)
            return []
        return [
            Chunk(
                self._boot,
                first,
                samples,
                lead_off=lead_off,
                flags=FrameFlag.PACING if flags & PACING_FLAG else NO_FLAGS,
                arrived_us=now_us,
            )
        ]


def encode_description(descriptor: Descriptor, boot: str) -> bytes:
    """Returns the payload of DESCRIPTION, as a device sends it."""
    said = {name: value for name, value in descriptor.as_json().items() if name != "source"}
    return json.dumps({**said, "boot": boot}).encode()


def encode_samples(first: int, samples: Samples, width: int, *, lead_off: int = 0, flags: int = 0) -> bytes:
    """Returns the payload of SAMPLES, as a device sends it; ``width``: 2 or 3 bytes a number."""
    wide = np.ascontiguousarray(samples.astype("<i4")).view(np.uint8).reshape(-1, 4)
    return _SAMPLES_HEAD.pack(first, lead_off, flags, width) + wide[:, :width].tobytes()


def _numbers(body: bytes, width: int) -> Samples:
    if width == 2:
        return np.frombuffer(body, "<i2").astype(np.int32)
    parts = np.frombuffer(body, np.uint8).reshape(-1, 3).astype(np.int32)
    unsigned = parts[:, 0] | parts[:, 1] << 8 | parts[:, 2] << 16
    return (unsigned - ((unsigned >> 23) << 24)).astype(np.int32)


def _vitals(payload: bytes, now_us: int) -> list[Item]:
    if not payload or len(payload) % _VITAL.size:
        raise SourceFault("vital_malformed")
    items: list[Item] = []
    for kind, validity, thousandths in _VITAL.iter_unpack(payload):
        if kind not in _VITAL_CODES or validity not in _VALIDITIES:
            raise SourceFault("vital_unknown")
        items.append(
            measured(
                now_us,
                _VITAL_CODES[kind],
                thousandths / 1000,
                validity=_VALIDITIES[validity],
                source=Origin.DEVICE,
            )
        )
    return items


def _fault(payload: bytes) -> str:
    text = payload[:32].decode("ascii", "replace")
    return text if _FAULT.fullmatch(text) else "unnamed"
