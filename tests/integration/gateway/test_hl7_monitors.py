"""A monitor's gateway that sends HL7 over MLLP: waves come out numbered, every message is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from clients.gateway.chunk import Chunk
from clients.gateway.errors import SourceFault
from clients.gateway.sources import mllp
from clients.gateway.sources.mllp import BEGIN, END, MllpSource
from clients.gateway.vital_signs import VitalSign
from tests.support.waiting import HANG_S

T = 1_800_000_000_000_000
DONE = "the monitor hung up"


def message(control: str, *segments: str) -> bytes:
    head = f"MSH|^~\\&|MONITOR|ICU|||||ORU^R01^ORU_R01|{control}|P|2.6"
    return BEGIN + "\r".join((head, *segments)).encode() + END


def waves(control: str, second: int, *extra: str, rate: int = 250) -> bytes:
    values = "^".join(str(second * 250 + number) for number in range(250))
    return message(
        control,
        f"OBR|1||||||202611220830{second:02}",
        f"OBX|1|NM|0^MDC_ATTR_SAMP_RATE^MDC||{rate}|264608^MDC_DIM_PER_SEC^MDC",
        f"OBX|2|NA|131330^MDC_ECG_ELEC_POTL_II^MDC||{values}|uV",
        *extra,
    )


@pytest.fixture
async def source() -> AsyncIterator[MllpSource]:
    source = MllpSource(0, lambda: T, lambda: None)
    yield source
    await source.close()


async def joined(source: MllpSource, *messages: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while source.wire.port == 0:
        await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection("127.0.0.1", source.wire.port)
    writer.write(b"".join(messages))
    return reader, writer


async def test_waves_and_vital_signs_come_out_and_are_acknowledged(source: MllpSource) -> None:
    opening = asyncio.create_task(source.open())
    pulse = "OBX|3|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC||97|262688^MDC_DIM_PERCENT^MDC"
    only_vitals = message("M0", pulse)
    reader, writer = await joined(
        source, only_vitals, waves("M1", 0), waves("M2", 1, pulse), only_vitals, waves("M3", 5)
    )
    descriptor = await opening
    assert (descriptor.rate_hz, descriptor.leads, descriptor.model) == (250, ("II",), "MONITOR")
    assert not descriptor.is_diagnostic
    assert await source.calibrate() is None
    writer.write_eof()
    items = []
    with pytest.raises(SourceFault) as ended:
        async for item in source.items():
            items.append(item)
    assert ended.value.code == "device_gone"
    chunks = [item for item in items if isinstance(item, Chunk)]
    assert [chunk.first_sample for chunk in chunks] == [0, 250, 1_250]
    assert chunks[1].samples[:, 0].tolist() == list(range(250, 500))
    values = [item for item in items if isinstance(item, VitalSign)]
    assert {(value.code, value.value, value.t_us) for value in values} == {("MDC_PULS_OXIM_SAT_O2", 97, T)}
    assert len(values) == 2
    await source.close()
    answers = (await reader.read()).decode()
    assert [f"MSA|AA|M{number}" in answers for number in range(4)] == [True] * 4
    writer.close()


async def test_a_message_is_acknowledged_when_its_samples_have_been_taken(source: MllpSource) -> None:
    opening = asyncio.create_task(source.open())
    reader, writer = await joined(source, waves("M1", 0), waves("M2", 1))
    await opening
    items = source.items()
    assert isinstance(await anext(items), Chunk)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await reader.read(1)
    # Whoever asks for the next has written the one before.
    await anext(items)
    async with asyncio.timeout(HANG_S):
        answer = await reader.readuntil(END)
    assert b"MSA|AA|M1" in answer
    writer.close()


async def test_what_cannot_be_is_refused_and_told(source: MllpSource) -> None:
    opening = asyncio.create_task(source.open())
    reader, writer = await joined(source, message("BAD", "OBR|1||||||yesterday"))
    with pytest.raises(SourceFault) as refused:
        await opening
    assert refused.value.code == "hl7_malformed"
    await source.close()
    assert "MSA|AE|BAD" in (await reader.read()).decode()
    writer.close()


async def test_a_monitor_that_changes_its_rate_is_another_device(source: MllpSource) -> None:
    opening = asyncio.create_task(source.open())
    reader, writer = await joined(source, waves("M1", 0), waves("M2", 1, rate=500))
    await opening
    with pytest.raises(SourceFault) as refused:
        async for _item in source.items():
            pass
    assert refused.value.code == "descriptor_other"
    await source.close()
    answers = await reader.read()
    assert b"MSA|AA|M1" in answers and b"MSA|AE|M2" in answers
    writer.close()


async def test_a_monitor_that_vanished_without_a_goodbye_is_let_go_and_taken_back(
    source: MllpSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = asyncio.create_task(source.open())
    _, vanished = await joined(source, waves("M1", 0))
    await opening
    with monkeypatch.context() as hurried:
        hurried.setattr(mllp, "SILENCE_S", 0.05)
        async with asyncio.timeout(HANG_S):
            with pytest.raises(SourceFault) as silent:
                async for item in source.items():
                    assert isinstance(item, Chunk)
            assert silent.value.code == "device_silent"
            await source.close()
            # Back, but it has nothing to say yet.
            opening = asyncio.create_task(source.open())
            _, mute = await joined(source)
            with pytest.raises(SourceFault) as silent:
                await opening
            assert silent.value.code == "device_silent"
            await source.close()
    opening = asyncio.create_task(source.open())
    _, back = await joined(source, waves("M1", 0))
    assert (await opening).model == "MONITOR"
    for writer in (vanished, mute, back):
        writer.close()
