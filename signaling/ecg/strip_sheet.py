"""A page of ECG paper as values: where, in millimetres, its grid, traces, hatches, marks and words lie.

25 mm are a second and 10 mm a millivolt, on the usual grid of 1 and 5 mm. Twelve leads stand as 3×4 with
lead II through all of the ten seconds below; other leads each have a row of their own. The origin is the
upper left of the grid; y goes down. Nothing is filtered, joined over a hole, or left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from media_server.ecg.descriptor import STANDARD_LEADS
from signaling.ecg.strip_source import PIECE_S, Piece

MM_A_SECOND: Final = 25.0
MM_A_MILLIVOLT: Final = 10.0
GUTTER_MM: Final = 7.0
"""Left of the traces, for the calibration mark: 1 mV × 200 ms."""
ROW_MM: Final = 35.0
"""From base line to base line: 1.75 mV to either side before a trace reaches its neighbour's line."""
ROWS: Final = 4
"""Of a page: what A4 holds with a heading and a foot."""
WIDTH_MM: Final = GUTTER_MM + PIECE_S * MM_A_SECOND
COLUMNS: Final = (("I", "II", "III"), ("aVR", "aVL", "aVF"), ("V1", "V2", "V3"), ("V4", "V5", "V6"))
RHYTHM: Final = "II"
HATCH_STEP_MM: Final = 2.0
_LABEL_UP_MM: Final = 12.0
"""A lead's name above its base line, clear of most traces."""
_NV_A_MILLIVOLT: Final = 1_000_000

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: upper left, width, height."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Word:
    """A text with its base line's beginning."""

    at: Point
    text: str


@dataclass(frozen=True, slots=True)
class StripSheet:
    """One page. ``traces`` and ``marks`` are lines through points; ``hatches``: where samples are missing."""

    height_mm: float
    traces: tuple[tuple[Point, ...], ...]
    marks: tuple[tuple[Point, ...], ...]
    hatches: tuple[Box, ...]
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class _Window:
    """Some of a lead on a row: from ``first`` samples after the piece's start to ``end``, at ``x_mm``."""

    lead: str
    row: int
    x_mm: float
    first: int
    end: int


def sheets_of(piece: Piece, leads: Sequence[str], rate_hz: int, resolution_nv: int) -> tuple[StripSheet, ...]:
    """Returns the pages of at most PIECE_S seconds: one for twelve leads, more where others need rows."""
    return tuple(
        _sheet(windows, piece, leads, rate_hz, resolution_nv)
        for windows in _pages(tuple(leads), rate_hz, len(piece.samples))
    )


def hatching(box: Box) -> Iterator[tuple[Point, Point]]:
    """Yields the strokes that fill a box, from lower left to upper right, cut at its edges."""
    reach = box.width + box.height
    for number in range(1, int(reach / HATCH_STEP_MM) + 1):
        at = number * HATCH_STEP_MM
        if at >= reach:
            return
        start = (box.x + max(at - box.height, 0.0), box.y + min(at, box.height))
        end = (box.x + min(at, box.width), box.y + max(at - box.width, 0.0))
        yield start, end


def _pages(leads: tuple[str, ...], rate_hz: int, length: int) -> Iterator[tuple[_Window, ...]]:
    if set(STANDARD_LEADS) <= set(leads):
        yield _twelve(rate_hz, length)
        leads = tuple(lead for lead in leads if lead not in STANDARD_LEADS)
    for first in range(0, len(leads), ROWS):
        some = leads[first : first + ROWS]
        yield tuple(_Window(lead, row, GUTTER_MM, 0, length) for row, lead in enumerate(some))


def _twelve(rate_hz: int, length: int) -> tuple[_Window, ...]:
    column = PIECE_S * rate_hz // len(COLUMNS)
    windows = [
        _Window(
            lead,
            row,
            GUTTER_MM + number * column / rate_hz * MM_A_SECOND,
            min(number * column, length),
            min((number + 1) * column, length),
        )
        for number, names in enumerate(COLUMNS)
        for row, lead in enumerate(names)
    ]
    return (*windows, _Window(RHYTHM, len(COLUMNS[0]), GUTTER_MM, 0, length))


def _sheet(
    windows: Sequence[_Window], piece: Piece, leads: Sequence[str], rate_hz: int, resolution_nv: int
) -> StripSheet:
    rows = 1 + max(window.row for window in windows)
    height_mm = rows * ROW_MM
    traces: list[tuple[Point, ...]] = []
    hatches: list[Box] = []
    mm_a_sample, mm_a_step = MM_A_SECOND / rate_hz, MM_A_MILLIVOLT * resolution_nv / _NV_A_MILLIVOLT
    for window in windows:
        column = piece.samples[:, leads.index(window.lead)]
        base_mm = _base_mm(window.row)
        for first, end in _whole(window, piece):
            at = window.x_mm + (np.arange(first, end) - window.first) * mm_a_sample
            up = np.clip(base_mm - column[first:end] * mm_a_step, 0.0, height_mm)
            traces.append(tuple(zip(at.tolist(), up.tolist(), strict=True)))
        for first, end in _missing(window, piece):
            x_mm = window.x_mm + (first - window.first) * mm_a_sample
            hatches.append(Box(x_mm, window.row * ROW_MM, (end - first) * mm_a_sample, ROW_MM))
    return StripSheet(
        height_mm,
        tuple(traces),
        tuple(_mark(row) for row in range(rows)),
        tuple(hatches),
        tuple(
            Word((window.x_mm + 1.0, _base_mm(window.row) - _LABEL_UP_MM), window.lead)
            for window in windows
            if window.first < window.end
        ),
    )


def _base_mm(row: int) -> float:
    # On a line of the 5 mm grid, so that a millivolt can be counted off.
    return row * ROW_MM + 20.0


def _mark(row: int) -> tuple[Point, ...]:
    base_mm = _base_mm(row)
    top_mm, width_mm = base_mm - MM_A_MILLIVOLT, 0.2 * MM_A_SECOND
    return (0.5, base_mm), (1.0, base_mm), (1.0, top_mm), (1.0 + width_mm, top_mm), (1.0 + width_mm, base_mm)


def _missing(window: _Window, piece: Piece) -> Iterator[tuple[int, int]]:
    """The holes in a window, counted from the piece's start."""
    for span in piece.missing:
        first = max(span.start - piece.start, window.first)
        end = min(span.end - piece.start, window.end)
        if first < end:
            yield first, end


def _whole(window: _Window, piece: Piece) -> Iterator[tuple[int, int]]:
    """What lies between the holes of a window."""
    at = window.first
    for first, end in _missing(window, piece):
        if at < first:
            yield at, first
        at = end
    if at < window.end:
        yield at, window.end
