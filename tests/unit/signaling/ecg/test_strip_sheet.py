"""The page of ECG paper: its measures, its leads, and what is drawn where samples are missing."""

from __future__ import annotations

import numpy as np
import pytest

from media_server.ecg.descriptor import STANDARD_LEADS
from media_server.ecg.spans import Span
from signaling.ecg.strip_sheet import GUTTER_MM, ROW_MM, WIDTH_MM, Box, hatching, sheets_of
from signaling.ecg.strip_source import Piece

RATE_HZ, RESOLUTION_NV = 500, 2_500
MILLIVOLT = 400


def piece(*missing: Span, seconds: float = 10, leads: int = 12) -> Piece:
    samples = np.zeros((int(seconds * RATE_HZ), leads), np.int32)
    samples[250:750] = MILLIVOLT
    return Piece(1_000, samples, missing)


def test_a_second_is_25_mm_and_a_millivolt_10_mm() -> None:
    (sheet,) = sheets_of(piece(leads=1), ["V1"], RATE_HZ, RESOLUTION_NV)
    (trace,) = sheet.traces
    (x0, base), (x1, up), (x2, _) = trace[0], trace[250], trace[749]
    assert (x0, x1 - x0, base - up) == (GUTTER_MM, 12.5, 10.0)
    assert x2 - x1 == pytest.approx(24.95)
    assert WIDTH_MM == 257.0
    (mark,) = sheet.marks
    assert (mark[1][1] - mark[2][1], mark[3][0] - mark[2][0]) == (10.0, 5.0)


def test_twelve_leads_stand_as_three_by_four_and_one() -> None:
    (sheet,) = sheets_of(piece(), STANDARD_LEADS, RATE_HZ, RESOLUTION_NV)
    words = [word.text for word in sheet.words]
    assert words == [
        *("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"),
        "II",
    ]
    assert [len(trace) for trace in sheet.traces] == [1_250] * 12 + [5_000]
    assert sheet.traces[3][0][0] == GUTTER_MM + 62.5
    assert sheet.height_mm == 4 * ROW_MM
    assert len(sheet.marks) == 4


def test_other_leads_have_rows_of_their_own() -> None:
    leads = [*STANDARD_LEADS, "V7", "V8", "V9", "V3R", "V4R"]
    sheets = sheets_of(piece(leads=17), leads, RATE_HZ, RESOLUTION_NV)
    assert [[word.text for word in sheet.words] for sheet in sheets[1:]] == [
        ["V7", "V8", "V9", "V3R"],
        ["V4R"],
    ]
    assert sheets[2].height_mm == ROW_MM


def test_a_shorter_rest_leaves_its_columns_empty() -> None:
    (sheet,) = sheets_of(piece(seconds=4), STANDARD_LEADS, RATE_HZ, RESOLUTION_NV)
    assert [len(trace) for trace in sheet.traces] == [1_250] * 3 + [750] * 3 + [2_000]
    assert [word.text for word in sheet.words] == ["I", "II", "III", "aVR", "aVL", "aVF", "II"]


def test_a_hole_is_hatched_and_no_line_goes_through_it() -> None:
    (sheet,) = sheets_of(piece(Span(1_500, 2_000), leads=1), ["I"], RATE_HZ, RESOLUTION_NV)
    assert [len(trace) for trace in sheet.traces] == [500, 4_000]
    assert sheet.hatches == (Box(GUTTER_MM + 25.0, 0.0, 25.0, ROW_MM),)
    (empty,) = sheets_of(piece(Span(0, 99_999), leads=1), ["I"], RATE_HZ, RESOLUTION_NV)
    assert (empty.traces, empty.hatches) == ((), (Box(GUTTER_MM, 0.0, 250.0, ROW_MM),))


def test_a_trace_stays_on_its_paper() -> None:
    high = Piece(0, np.full((5_000, 1), 4_000, np.int32), ())
    (sheet,) = sheets_of(high, ["I"], RATE_HZ, RESOLUTION_NV)
    assert {y for _, y in sheet.traces[0]} == {0.0}


@pytest.mark.parametrize("box", [Box(1, 2, 10, 4), Box(0, 0, 3, 35), Box(5, 5, 0.5, 0.5)])
def test_hatching_stays_in_its_box(box: Box) -> None:
    strokes = list(hatching(box))
    assert bool(strokes) == (box.width + box.height > 2)
    for point in (point for stroke in strokes for point in stroke):
        assert box.x <= point[0] <= box.x + box.width
        assert box.y <= point[1] <= box.y + box.height
    for (x0, y0), (x1, y1) in strokes:
        assert x1 - x0 == pytest.approx(y0 - y1)
