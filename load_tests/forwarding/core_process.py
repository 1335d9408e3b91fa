"""The system under test: a process that holds the packet core and nothing else, driven over a pipe."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import structlog
from lianzhen_core import AddInput, AddOutput, InputCodec, OutputCodec, PacketCore, SetExtensions

from load_tests.forwarding.stream import EXTENSION_IDS, PAYLOAD_TYPE, RTX_PAYLOAD_TYPE
from media_server.precedence import Precedence, hasten

if TYPE_CHECKING:
    from lianzhen_core import SrtpProfile

PUBLISHER = 1
FIRST_SUBSCRIBER = 2
TRACK = 1
PROFILE: SrtpProfile = "SRTP_AEAD_AES_128_GCM"


@dataclass(frozen=True)
class PeerSecrets:
    """What a peer and the core share: ICE credentials and SRTP keys as the core sees them."""

    peer: int
    ufrag: str
    password: str
    receive: bytes
    transmit: bytes


@dataclass(frozen=True)
class Reading:
    """The state of a system under test at one moment."""

    cpu_ns: int
    received: int
    forwarded: int
    datagrams_sent: int = 0
    sends: int = 0


class CoreProcess:
    """The packet core in a process of its own. ``is_busy``: Python computes there all the time, on the same
    processor."""

    def __init__(self, cpu: int | None, peers: list[PeerSecrets], *, is_busy: bool = False) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, end = context.Pipe()
        self._process = context.Process(target=_run, args=(end, cpu, peers, is_busy), daemon=True)
        self._process.start()
        end.close()
        self.port: int
        self.precedence: Precedence
        self.port, self.precedence = self._pipe.recv()

    def read(self) -> Reading:
        """Its state now."""
        self._pipe.send("read")
        reading: Reading = self._pipe.recv()
        return reading

    def close(self) -> None:
        """Ends the process."""
        self._pipe.close()
        self._process.join(10)


def _run(pipe: Connection, cpu: int | None, peers: list[PeerSecrets], is_busy: bool) -> None:
    """Serves one measurement; runs in a fresh process until the pipe is closed."""
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    core = PacketCore(bind_address="127.0.0.1", port=0)
    precedence = hasten([core.thread_id])
    for secrets in peers:
        core.open_peer(peer=secrets.peer, ufrag=secrets.ufrag, password=secrets.password)
        core.set_keys(peer=secrets.peer, profile=PROFILE, receive=secrets.receive, transmit=secrets.transmit)
        core.apply([SetExtensions(peer=secrets.peer, **EXTENSION_IDS)])
    codec = InputCodec(
        codec="VP8", format="VP8", payload_type=PAYLOAD_TYPE, rtx_payload_type=RTX_PAYLOAD_TYPE
    )
    core.apply(
        [AddInput(track=TRACK, peer=PUBLISHER, mid="0", kind="video", clock_rate_hz=90_000, codecs=[codec])]
    )
    taken = OutputCodec(format="VP8", payload_type=PAYLOAD_TYPE, rtx_payload_type=RTX_PAYLOAD_TYPE)
    core.apply(
        [
            AddOutput(
                output=secrets.peer,
                track=TRACK,
                peer=secrets.peer,
                mid="1",
                codecs=[taken],
                ssrc=1_000 + secrets.peer,
                rtx_ssrc=2_000 + secrets.peer,
            )
            for secrets in peers
            if secrets.peer != PUBLISHER
        ]
    )
    if is_busy:
        threading.Thread(target=_compute, daemon=True).start()
    pipe.send((core.port, precedence))
    with contextlib.suppress(EOFError):
        while pipe.recv() == "read":
            cpu_ns, counters = time.process_time_ns(), core.stats()["counters"]
            pipe.send(
                Reading(
                    cpu_ns,
                    counters["rtp_received"],
                    counters["rtp_forwarded"],
                    counters["datagrams_sent"],
                    counters["sends"],
                )
            )
    core.close()
    sys.exit(0)


def _compute() -> None:
    """Holds the interpreter for as long as the process lives, as the worst of handlers would."""
    number = 0
    while True:
        number = (number * 1_103_515_245 + 12_345) & 0x7FFFFFFF
