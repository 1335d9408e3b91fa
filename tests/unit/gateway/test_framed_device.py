"""What a box with the framed protocol says becomes chunks and vital signs, or one clear refusal."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from clients.gateway.chunk import Chunk
from clients.gateway.errors import SourceFault
from clients.gateway.sources.framed_device import (
    CALIBRATION_FLAG,
    MAX_PULSE_S,
    PACING_FLAG,
    DeviceState,
    FramedDevice,
    encode_description,
    encode_samples,
)
from clients.gateway.sources.framed_protocol import Packet, PacketKind
from clients.gateway.vital_signs import Origin, Validity, VitalSign
from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import NO_FLAGS, FrameFlag

T = 1_800_000_000_000_000
DESCRIPTOR = Descriptor(500, 2_500, ("I", "II"), 50, 150, 0, "BOX 12", Source.DEVICE, 8)
SAMPLES = np.array([[1, -2], [32_767, -32_768], [0, 5]], np.int32)
WIDE = np.array([[1, -2], [8_388_607, -8_388_608]], np.int32)


def described(boot: str = "b1", descriptor: Descriptor = DESCRIPTOR) -> Packet:
    return Packet(PacketKind.DESCRIPTION, encode_description(descriptor, boot))


def known() -> FramedDevice:
    device = FramedDevice()
    device.receive(described(), T)
    return device


def test_nothing_means_anything_before_the_description() -> None:
    device = FramedDevice()
    samples = Packet(PacketKind.SAMPLES, encode_samples(0, SAMPLES, 2))
    assert (device.receive(samples, T), device.state, device.passed_over) == ([], DeviceState.UNKNOWN, 1)
    assert device.receive(described(), T) == []
    assert (device.descriptor, device.state) == (DESCRIPTOR, DeviceState.DESCRIBED)


@pytest.mark.parametrize(("width", "samples"), [(2, SAMPLES), (3, WIDE)])
def test_samples_come_out_as_they_were_sent(width: int, samples: np.ndarray) -> None:
    payload = encode_samples(7, samples, width, lead_off=2, flags=PACING_FLAG)
    (chunk,) = known().receive(Packet(PacketKind.SAMPLES, payload), T)
    assert isinstance(chunk, Chunk)
    assert (chunk.run, chunk.first_sample, chunk.lead_off, chunk.arrived_us) == ("b1", 7, 2, T)
    assert chunk.flags == FrameFlag.PACING
    assert (chunk.samples.tolist(), chunk.samples.dtype) == (samples.tolist(), np.int32)


def test_a_box_that_was_switched_off_and_on_counts_in_another_run() -> None:
    device = known()
    device.receive(described("b2"), T)
    (chunk,) = device.receive(Packet(PacketKind.SAMPLES, encode_samples(0, SAMPLES, 2)), T)
    assert isinstance(chunk, Chunk)
    assert (chunk.run, chunk.flags) == ("b2", NO_FLAGS)


def test_a_calibration_pulse_is_no_ecg() -> None:
    device = known()
    assert device.pulse() is None
    for first in (0, 3):
        packet = Packet(PacketKind.SAMPLES, encode_samples(first, SAMPLES, 2, flags=CALIBRATION_FLAG))
        assert device.receive(packet, T) == []
    pulse = device.pulse()
    assert pulse is not None
    assert pulse.samples.tolist() == [*SAMPLES.tolist(), *SAMPLES.tolist()]


def test_a_board_that_never_ends_its_calibration_is_a_fault() -> None:
    device = known()
    samples = np.zeros((500, len(DESCRIPTOR.leads)), np.int32)
    packet = Packet(PacketKind.SAMPLES, encode_samples(0, samples, 2, flags=CALIBRATION_FLAG))
    for _ in range(MAX_PULSE_S * DESCRIPTOR.rate_hz // 500):
        device.receive(packet, T)
    with pytest.raises(SourceFault) as refused:
        device.receive(packet, T)
    assert refused.value.code == "calibration_endless"
    # What is measured goes on being taken.
    assert device.receive(Packet(PacketKind.SAMPLES, encode_samples(0, SAMPLES, 2)), T)


def test_vital_signs_have_kind_validity_and_thousandths() -> None:
    payload = struct.pack("<BBiBBi", 1, 0, 72_000, 8, 1, 36_600)
    assert known().receive(Packet(PacketKind.VITALS, payload), T) == [
        VitalSign(T, "MDC_ECG_HEART_RATE", 72.0, "/min", Validity.VALID, Origin.DEVICE),
        VitalSign(T, "MDC_TEMP", 36.6, "Cel", Validity.QUESTIONABLE, Origin.DEVICE),
    ]


def test_a_packet_of_a_later_version_is_passed_over() -> None:
    device = known()
    assert (device.receive(Packet(0x30, b"?"), T), device.passed_over) == ([], 1)


@pytest.mark.parametrize(
    ("kind", "payload", "code"),
    [
        (PacketKind.FAULT, b"electrode_short", "device_fault"),
        (PacketKind.FAULT, b"\xff\xff", "device_fault"),
        (PacketKind.SAMPLES, b"\x00" * 11, "samples_malformed"),
        (PacketKind.SAMPLES, struct.pack("<QHBB", 0, 0, 0, 2), "samples_malformed"),
        (PacketKind.SAMPLES, struct.pack("<QHBB", 0, 0, 0, 4) + bytes(8), "samples_malformed"),
        (PacketKind.SAMPLES, struct.pack("<QHBB", 0, 0, 0, 2) + bytes(5), "samples_malformed"),
        (PacketKind.VITALS, b"", "vital_malformed"),
        (PacketKind.VITALS, bytes(5), "vital_malformed"),
        (PacketKind.VITALS, struct.pack("<BBi", 99, 0, 1), "vital_unknown"),
        (PacketKind.VITALS, struct.pack("<BBi", 1, 9, 1), "vital_unknown"),
        (PacketKind.DESCRIPTION, b"\xff", "descriptor_malformed"),
        (PacketKind.DESCRIPTION, b"[]", "descriptor_malformed"),
        (PacketKind.DESCRIPTION, b"{}", "descriptor_malformed"),
        (PacketKind.DESCRIPTION, b'{"boot":"b1"}', "descriptor_malformed"),
        (PacketKind.DESCRIPTION, described("no boot").payload, "descriptor_malformed"),
        (
            PacketKind.DESCRIPTION,
            json.dumps({**json.loads(described().payload), "boot": 1}).encode(),
            "descriptor_malformed",
        ),
        (
            PacketKind.DESCRIPTION,
            json.dumps({**json.loads(described().payload), "rate_hz": 1_000}).encode(),
            "descriptor_other",
        ),
    ],
)
def test_what_cannot_be_is_refused(kind: PacketKind, payload: bytes, code: str) -> None:
    with pytest.raises(SourceFault) as refused:
        known().receive(Packet(kind, payload), T)
    assert refused.value.code == code


def test_a_fault_is_told_by_its_name_only() -> None:
    for payload, name in ((b"electrode_short", "electrode_short"), (b"\x1b[2J", "unnamed")):
        with pytest.raises(SourceFault) as refused:
            known().receive(Packet(PacketKind.FAULT, payload), T)
        assert refused.value.facts == {"fault": name}
