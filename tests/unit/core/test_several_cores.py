"""Several media threads on one port: the kernel spreads the clients, the cores sort them."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lianzhen_core import AddInput, AddOutput, InputCodec, OutputCodec, PacketCore, SetExtensions

from tests.unit.core.fake_client import FakeClient, rtp_packet

OPUS = 111
CALLS = 16
"""All clients of so many would come to their own thread by chance once in four thousand million runs."""


@pytest.fixture
def cores() -> Iterator[list[PacketCore]]:
    started = PacketCore.several(bind_address="127.0.0.1", port=0, threads=2)
    yield started
    for core in started:
        core.close()


class Call:
    """Two clients of one core: what the first says the second hears."""

    def __init__(self, core: PacketCore, number: int) -> None:
        self.first, self.second = FakeClient(core, 2 * number).connect(), FakeClient(core, 2 * number + 1)
        self.second.connect()
        codec = InputCodec(codec="opus", format="opus", payload_type=OPUS)
        core.apply(
            [
                SetExtensions(peer=self.first.peer, mid=1),
                AddInput(
                    track=number,
                    peer=self.first.peer,
                    mid="0",
                    kind="audio",
                    clock_rate_hz=48_000,
                    codecs=[codec],
                ),
                AddOutput(
                    output=number,
                    track=number,
                    peer=self.second.peer,
                    mid="1",
                    codecs=[OutputCodec(format="opus", payload_type=63)],
                    ssrc=900,
                    rtx_ssrc=None,
                ),
            ]
        )

    def say(self, sequence: int, words: bytes) -> None:
        """One packet of sound."""
        self.first.send_rtp(
            rtp_packet(
                payload_type=OPUS,
                sequence=sequence,
                timestamp=960 * sequence,
                ssrc=77,
                payload=words,
                extensions={1: b"0"},
            )
        )


def test_every_call_works_whichever_thread_the_kernel_gives_its_packets_to(cores: list[PacketCore]) -> None:
    calls = [Call(cores[number % 2], number) for number in range(CALLS)]
    for sequence in range(1, 4):
        for number, call in enumerate(calls):
            call.say(sequence, f"{number} says {sequence}".encode())
    for number, call in enumerate(calls):
        heard = [call.second.receive_rtp().payload for _ in range(3)]
        assert heard == [f"{number} says {sequence}".encode() for sequence in range(1, 4)]
    counters: Counter[str] = Counter()
    for core in cores:
        counters.update(core.stats()["counters"])
    # Each client's checks and sound together are one thread's: a client is heard by one, or handed over.
    assert counters["datagrams_handed_over"] > 0
    assert counters["datagrams_received"] == CALLS * (1 + 1 + 3)
    assert counters["dropped_unvalidated_source"] == counters["dropped_inbox_full"] == 0


def test_the_threads_share_the_port_and_are_each_a_thread_of_their_own(cores: list[PacketCore]) -> None:
    assert len({core.port for core in cores}) == 1
    identifiers = {core.thread_id for core in cores}
    assert len(identifiers) == 2
    assert identifiers < {int(task.name) for task in Path("/proc/self/task").iterdir()}


def test_another_server_is_refused_the_port(cores: list[PacketCore]) -> None:
    for threads in (1, 2):
        with pytest.raises(OSError) as refusal:
            PacketCore.several(bind_address="127.0.0.1", port=cores[0].port, threads=threads)
        assert refusal.value.errno == errno.EADDRINUSE


def test_the_others_go_on_when_one_is_closed(cores: list[PacketCore]) -> None:
    cores[1].close()
    for number in range(CALLS):
        call = Call(cores[0], number)
        call.say(1, b"still here")
        assert call.second.receive_rtp().payload == b"still here"


def test_without_a_thread_there_is_no_core() -> None:
    with pytest.raises(ValueError, match="zero"):
        PacketCore.several(bind_address="127.0.0.1", port=0, threads=0)
