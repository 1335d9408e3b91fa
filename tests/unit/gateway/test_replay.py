"""A recording is played as it is: gaps stay gaps, missing leads are off, bad files are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from clients.gateway.chunk import Chunk
from clients.gateway.errors import SourceFault
from clients.gateway.sources.replay import ReplaySource, chunks_of, load, states_of
from clients.gateway.sources.simulator import SimulatorSource
from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import FrameFlag
from media_server.ecg.spans import Span
from recording.exchange.recorded import Recorded

DESCRIPTOR = Descriptor(500, 2_500, ("I", "II"), 50, 150, 0, "box", Source.DEVICE, 0)
WFDB_HEAD = "r 2 500 50\nr.dat 16 400/mV 16 0 {first} {sum} 0 I\nr.dat 16 400/mV 16 0 {first} {sum} 0 II\n"


class NoPace:
    """Time that passes by being waited for."""

    def __init__(self) -> None:
        self.at = 0.0

    def seconds(self) -> float:
        return self.at

    async def wait_until(self, seconds: float) -> None:
        self.at = seconds


def recorded(missing: tuple[Span, ...] = (), second_lead: tuple[Span, ...] = ()) -> Recorded:
    samples = np.stack([np.arange(50), -np.arange(50)], axis=1).astype(np.int32)
    return Recorded(DESCRIPTOR, samples, missing, ((), second_lead), None)


def written(folder: Path, *, is_sound: bool = True) -> Path:
    values = np.stack([np.arange(50), np.arange(50)], axis=1).astype("<i2")
    (folder / "r.dat").write_bytes(values.tobytes() if is_sound else values.tobytes()[:20])
    (folder / "r.hea").write_text(WFDB_HEAD.format(first=0, sum=int(values[:, 0].sum())))
    return folder / "r.hea"


def test_rows_become_chunks_by_what_is_missing_of_them() -> None:
    one = recorded(missing=(Span(10, 20),), second_lead=(Span(30, 40),))
    chunks = chunks_of(one, states_of(one), "a", 0, 50)
    assert [(chunk.first_sample, len(chunk.samples), chunk.lead_off) for chunk in chunks] == [
        (0, 10, 0),
        (20, 10, 0),
        (30, 10, 2),
        (40, 10, 0),
    ]
    assert chunks_of(one, states_of(one), "a", 12, 18) == []


async def test_a_file_is_played_once_in_its_own_time(tmp_path: Path) -> None:
    pace = NoPace()
    source = ReplaySource(written(tmp_path), is_looped=False, pace=pace)
    descriptor = await source.open()
    assert (descriptor.source, descriptor.resolution_nv, descriptor.leads) == (
        Source.REPLAY,
        2_500,
        ("I", "II"),
    )
    assert await source.calibrate() is None
    chunks = [chunk async for chunk in source.items()]
    assert [(chunk.first_sample, len(chunk.samples)) for chunk in chunks] == [(0, 20), (20, 20), (40, 10)]
    assert np.concatenate([chunk.samples for chunk in chunks])[:, 0].tolist() == list(range(50))
    assert pace.at == pytest.approx(0.12)
    await source.close()


async def test_a_looped_file_counts_on(tmp_path: Path) -> None:
    source = ReplaySource(written(tmp_path), is_looped=True, pace=NoPace())
    await source.open()
    chunks = []
    async for chunk in source.items():
        chunks.append(chunk)
        if chunk.end_sample >= 120:
            break
    assert [chunk.first_sample for chunk in chunks] == [0, 20, 40, 50, 60, 80, 100]
    assert np.concatenate([chunk.samples for chunk in chunks])[:, 1].tolist() == [n % 50 for n in range(120)]


async def test_opened_again_it_is_another_run_from_the_beginning(tmp_path: Path) -> None:
    source = ReplaySource(written(tmp_path), is_looped=False, pace=NoPace())
    runs = []
    for _ in range(2):
        await source.open()
        chunks = [chunk async for chunk in source.items()]
        runs.append(chunks[0])
    assert runs[0].run != runs[1].run
    assert [chunk.first_sample for chunk in runs] == [0, 0]


async def test_a_file_that_is_no_ecg_is_told_when_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear colleague")
    for path, code in (
        (tmp_path / "absent.hea", "file_unreadable"),
        (tmp_path / "absent.edf", "file_unreadable"),
        (tmp_path / "letter.txt", "ecg_file_kind_unknown"),
        (written(tmp_path, is_sound=False), "ecg_file_truncated"),
    ):
        with pytest.raises(SourceFault) as refused:
            await ReplaySource(path, is_looped=False).open()
        assert (refused.value.code, refused.value.facts["file"]) == (code, path.name)


def test_a_record_of_too_many_parts_is_refused(tmp_path: Path) -> None:
    head = written(tmp_path)
    for number in range(9):
        (tmp_path / f"r.{number}").touch()
    with pytest.raises(SourceFault) as refused:
        load(head)
    assert refused.value.code == "ecg_file_too_large"


async def test_a_file_of_what_was_made_is_replayed_as_made(tmp_path: Path) -> None:
    head = written(tmp_path)
    head.write_text(head.read_text() + "# SIMULATED, not measured\n")
    source = ReplaySource(head, is_looped=False, pace=NoPace())
    assert (await source.open()).source is Source.SIMULATOR
    assert {chunk.flags async for chunk in source.items()} == {FrameFlag.SIMULATED}


async def test_the_simulator_begins_anew_whenever_it_is_opened() -> None:
    source = SimulatorSource(NoPace())
    first = await source.open()
    assert first.source is Source.SIMULATOR
    chunks = [chunk async for chunk in _some(source, 3)]
    await source.open()
    (again,) = [chunk async for chunk in _some(source, 1)]
    assert [chunk.first_sample for chunk in chunks] == [0, 20, 40]
    assert {chunk.flags for chunk in chunks} == {FrameFlag.SIMULATED}
    assert (again.first_sample, again.run != chunks[0].run) == (0, True)
    assert (await source.calibrate()).samples.max() == 400
    await source.close()


async def _some(source: SimulatorSource, count: int) -> AsyncIterator[Chunk]:
    async for chunk in source.items():
        yield chunk
        count -= 1
        if count == 0:
            return
