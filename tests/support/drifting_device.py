"""An ECG box on a wire whose clock runs fast: it speaks the framed protocol, and knows when each sample was.

with DriftingDevice(namespace, port, drift_ppm=80) as device:
    …                                     # lianzhen gateway run --source tcp:ADDRESS:PORT
    device.taken_ms(sample)
"""

from __future__ import annotations

import contextlib
import random
import select
import socket
import threading
import time
from typing import Any, Self

import numpy as np

from clients.gateway.sources.framed_device import encode_description, encode_samples
from clients.gateway.sources.framed_protocol import PacketKind, PacketReader, encode_packet
from load_tests.netem.namespaces import Namespace
from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import Samples

RATE_HZ = 500
LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
PACKET_SAMPLES = 20
JITTER_MS = 3.0
"""On average, of a driver and a scheduler: exponential, so that many packets are hardly late."""
PULSE_SAMPLES = 50
_DESCRIPTOR = Descriptor(RATE_HZ, 2_500, LEADS, 50, 150, 0, "drifting", Source.DEVICE, 0)


class DriftingDevice:
    """Listens while the context is open; its counter begins with it, whoever is connected."""

    def __init__(self, namespace: Namespace, port: int, *, drift_ppm: float) -> None:
        self._listening = namespace.open_socket(socket.SOCK_STREAM, (namespace.address, port))
        self._per_sample_ms = 1000 / (RATE_HZ * (1 + drift_ppm / 1e6))
        self._began_ms = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def taken_ms(self, sample: int) -> float:
        """When a sample was really taken: milliseconds since the Unix epoch."""
        return self._began_ms + sample * self._per_sample_ms

    def __enter__(self) -> Self:
        self._listening.listen()
        # Its own clock begins with a reading of this machine's, and is never set again.
        self._began_ms = time.time() * 1000
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._is_over.set()
        self._thread.join()
        self._listening.close()

    def _run(self) -> None:
        while not self._is_over.is_set():
            if select.select([self._listening], [], [], 0.2)[0]:
                connection, _ = self._listening.accept()
                with connection, contextlib.suppress(OSError):
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        reader, luck = PacketReader(), random.Random(1)
        number = int((time.time() * 1000 - self._began_ms) / self._per_sample_ms) // PACKET_SAMPLES
        due_ms = 0.0
        while not self._is_over.is_set():
            wait_s = max(0.0, due_ms - time.time() * 1000) / 1000
            if select.select([connection], [], [], wait_s)[0]:
                content = connection.recv(4096)
                if not content:
                    return
                if any(packet.kind == PacketKind.WHO for packet in reader.receive(content)):
                    connection.sendall(
                        encode_packet(PacketKind.DESCRIPTION, encode_description(_DESCRIPTOR, "one"))
                    )
                    due_ms = due_ms or self.taken_ms((number + 1) * PACKET_SAMPLES)
            elif due_ms and time.time() * 1000 >= due_ms:
                first = number * PACKET_SAMPLES
                payload = encode_samples(first, _pulses(first), 2)
                connection.sendall(encode_packet(PacketKind.SAMPLES, payload))
                number += 1
                jitter_ms = luck.expovariate(1 / JITTER_MS)
                due_ms = self.taken_ms((number + 1) * PACKET_SAMPLES) + jitter_ms


def _pulses(first: int) -> Samples:
    """1 mV for a tenth of a second, once a second of the device's own."""
    numbers = np.arange(first, first + PACKET_SAMPLES)
    is_high = numbers % RATE_HZ < PULSE_SAMPLES
    row = np.where(is_high, 400, 0).astype(np.int32)
    return np.repeat(row[:, None], len(LEADS), axis=1)
