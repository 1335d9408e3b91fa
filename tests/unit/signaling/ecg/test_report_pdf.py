"""The paper of a signed ECG report: what it says, at which scale its strips are, and when there is none."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pypdfium2
import pytest
import pytest_asyncio

from clinical.ids import PersonId
from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.spans import Span
from signaling.consult.opinion_paper import Paper
from signaling.ecg.given_up import GivenUp, MissingStretch, given_up_to_json, missing_to_json
from signaling.ecg.inventory import EpochExtent
from signaling.ecg.report_pdf import StripPage, report_pdf
from signaling.ecg.strip_sheet import Box, StripSheet
from signaling.store import tables as t
from tests.support.reported_ecg import DESCRIPTOR, LEADS, STRIP, ReportedEcg, reported_ecg
from tests.support.taken_case import COLLEAGUE, LI

MM_A_POINT = 25.4 / 72


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[ReportedEcg]:
    extents = (EpochExtent(0, 0, 15_000, 1_763_700_000_000_000),)
    async with reported_ecg(tmp_path, extents=extents, started_at_ms=1_763_700_000_000) as made:
        await made.write()
        await made.sign()
        yield made


async def test_it_says_what_was_declared_lost(world: ReportedEcg) -> None:
    given_up = given_up_to_json(
        GivenUp(1_763_700_700_000, PersonId(str(COLLEAGUE.person)), "网关损坏", 3_000)
    )
    stretches = [MissingStretch(0, Span(start, start + 750)) for start in range(1_000, 12_000, 1_000)]
    lost = {"given_up": given_up, "missing": missing_to_json(stretches[-2:]), "missing_ms": 3_000}
    for changes, said, unsaid in (
        (
            lost,
            ("数据缺失", "12:51:40", "赵强", "网关损坏", "已知缺 3.0 秒", "12:40:22", "可能还有数据"),
            "其他",
        ),
        ({"missing": missing_to_json(stretches), "declared": "{}"}, ("还有其他缺失",), "可能还有数据"),
        ({"missing": "[]", "missing_ms": 0, "declared": None}, ("可能还有数据",), "已知缺"),
        ({"is_complete": True}, ("此后网关已全部补传",), "可能还有数据"),
    ):
        await world.change(t.ecg, **changes)
        words = _text(await world.paper(LI))
        assert not [word for word in said if word not in words]
        assert unsaid not in words


def _text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def _lines_mm(content: bytes, page: int) -> Iterator[list[tuple[float, float]]]:
    """Yields the points of each line of a page, in millimetres."""
    document = pypdfium2.PdfDocument(content)
    try:
        for each in document[page].get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_PATH]):
            yield [_point_mm(each, number) for number in range(pypdfium2.raw.FPDFPath_CountSegments(each))]
    finally:
        document.close()


def _point_mm(path: pypdfium2.PdfObject, number: int) -> tuple[float, float]:
    x, y = ctypes.c_float(), ctypes.c_float()
    segment = pypdfium2.raw.FPDFPath_GetPathSegment(path, number)
    assert pypdfium2.raw.FPDFPathSegment_GetPoint(segment, x, y)
    return x.value * MM_A_POINT, y.value * MM_A_POINT


def _size_mm(points: list[tuple[float, float]]) -> tuple[float, float]:
    across, up = zip(*points, strict=True)
    return max(across) - min(across), max(up) - min(up)


async def test_it_says_what_was_signed_and_by_whom(world: ReportedEcg) -> None:
    await world.review()
    words = _text(await world.paper(LI))
    for said in (
        *("心电图报告", "张建国", "1965 年生", "柳河镇卫生院", "青山县人民医院", "窦性心律（SR）"),
        *("V3–V5 ST 段抬高 0.2 mV", "ST 段抬高，请结合临床", "500 Hz，2.5 µV", "0.05–150 Hz"),
        *("报告医生", "王敏", "110-WANG", "审核医生", "赵强", "110-ZHAO", "25 mm/s", "10 mm/mV"),
        "2025-11-21 12:40:02",
    ):
        assert said in words, said
    shown = await world.show()
    flat = "".join(words.split())
    for one in shown["signatures"]:
        assert one["fingerprint"] in flat
    (act,) = (await world.acts("in_clinic", "ecg.exported"))[-1:]
    assert act["after"] == {"format": "report_pdf"}


async def test_a_second_is_25_mm_and_a_millivolt_10_mm_on_paper(world: ReportedEcg) -> None:
    content = await world.paper()
    document = pypdfium2.PdfDocument(content)
    last = len(document) - 1
    assert [round(side * MM_A_POINT) for side in document[last].get_size()] == [297, 210]
    document.close()
    lines = list(_lines_mm(content, last))
    traces = [line for line in lines if len(line) > 500]
    assert [len(trace) for trace in traces] == [1_250] * 12 + [5_000]
    for trace in traces:
        # From its first sample to its last: one sample less than it has.
        assert _size_mm(trace)[0] == pytest.approx((len(trace) - 1) / 500 * 25.0, rel=0.001)
    # The pulse of lead I is 400 steps of 2.5 µV, a millivolt, and comes each second.
    assert _size_mm(traces[0])[1] == pytest.approx(10.0, rel=0.001)
    rhythm = traces[12]
    level = (min(y for _, y in rhythm) + max(y for _, y in rhythm)) / 2
    rises = [x for (x, y), (_, after) in itertools.pairwise(rhythm) if y < level < after]
    assert len(rises) == 10
    assert [b - a for a, b in itertools.pairwise(rises)] == pytest.approx([25.0] * 9, rel=0.001)
    marks = [_size_mm(line) for line in lines if len(line) == 5]
    assert marks == [pytest.approx((5.5, 10.0), rel=0.001)] * 4


async def test_the_same_report_gives_the_same_bytes(world: ReportedEcg) -> None:
    assert await world.paper() == await world.paper(COLLEAGUE)


async def test_there_is_none_before_a_signature_or_after_a_change(world: ReportedEcg) -> None:
    world.frames.samples[2_000, 0] += 1
    answer = await world.api.ask("GET", "/ecgs/ec_1/report.pdf", caller=LI)
    assert (answer.status, answer.code, answer.body["faults"]) == (409, "ecg_report_altered", ["samples"])


async def test_what_nobody_has_signed_is_not_printed(tmp_path: Path) -> None:
    async with reported_ecg(tmp_path) as world:
        await world.write()
        for what in ("report.pdf", "report/check"):
            assert (await world.ask(LI, "GET", what)).code == "ecg_report_missing"


async def test_a_monitors_ecg_says_so_on_every_page(tmp_path: Path) -> None:
    coarse = Descriptor(500, 10_000, LEADS, 50, 40, 50, "monitor", Source.DEVICE, 0)
    async with reported_ecg(tmp_path, descriptor=coarse) as world:
        await world.write()
        await world.sign()
        words = _text(await world.paper())
        assert words.count("仅供监护") >= 3
        assert "50 Hz 陷波" in words


async def test_a_long_strip_is_drawn_for_a_minute_and_hashed_whole(tmp_path: Path) -> None:
    async with reported_ecg(tmp_path, descriptor=DESCRIPTOR) as world:
        await world.write(strips=[{**STRIP, "first_sample": 0, "end_sample": 15_000}])
        await world.sign()
        assert await world.faults() == []
        document = pypdfium2.PdfDocument(await world.paper())
        sizes = [document[n].get_size() for n in range(len(document))]
        document.close()
        assert [width > height for width, height in sizes].count(True) == 3


async def test_an_amended_and_critical_report_tells_why_and_who_heard(world: ReportedEcg) -> None:
    await world.ask(COLLEAGUE, "POST", "critical")
    words = _text(await world.paper())
    assert "尚无人确认知悉" in words and "尚未审核" in words
    await world.ask(COLLEAGUE, "POST", "report/return", {"reason": "补充 V4"})
    await world.write(findings="V3–V5", statements=[], critical_value=False)
    await world.sign(revision=2)
    await world.ask(COLLEAGUE, "POST", "critical/acknowledge", {"heard_by": "小陈"})
    words = _text(await world.paper())
    for said in ("第 2 版", "补充 V4", "小陈 确认知悉", "（未选）"):
        assert said in words, said
    await world.change(t.patient, name="")
    assert "（已按要求删除）" in _text(await world.paper())


def test_a_hole_is_hatched_on_paper_too() -> None:
    whole = StripSheet(35.0, (), (), (), ())
    holed = StripSheet(35.0, (), (), (Box(7, 0, 25, 35),), ())
    paper = Paper("t", "s", "i", (), "f", 0)
    counts = [
        len(list(_lines_mm(report_pdf(paper, [StripPage(sheet, "t", "n")]), 1))) for sheet in (whole, holed)
    ]
    assert counts[1] - counts[0] == 1 + 29
