"""Draws an ECG report as PDF: its text on A4, then each marked strip on ECG paper, ten seconds a page.

Equal reports give equal bytes. Drawing takes about half a second of a processor and a tenth more for each
page of strips: callers take a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from fpdf import FPDF

from signaling.consult.opinion_paper import Paper
from signaling.consult.opinion_pdf import pdf_of
from signaling.ecg.strip_sheet import MM_A_SECOND, WIDTH_MM, Box, StripSheet, hatching

MAX_PAGES_OF_STRIP: Final = 6
"""A minute of it; the whole of a longer one is on the screen, its hash in the text."""
MAX_PAGES: Final = 60
_LEFT_MM, _TOP_MM = 20.0, 26.0
_SMALL_MM, _LARGE_MM = 1.0, 5.0
_PINK_SMALL, _PINK_LARGE, _GREY = (252, 226, 226), (240, 170, 170), (96, 96, 96)
_SMALL_LINE_MM, _LARGE_LINE_MM, _TRACE_MM, _HATCH_MM = 0.08, 0.18, 0.22, 0.15
_WORDS: Final = "25 mm/s　10 mm/mV"


@dataclass(frozen=True, slots=True)
class StripPage:
    """One page of ECG paper and what stands over it. ``notes``: what must not be overlooked."""

    sheet: StripSheet
    title: str
    notes: str = ""


def report_pdf(paper: Paper, pages: Sequence[StripPage]) -> bytes:
    """Returns the file."""
    draw: list[Callable[[FPDF], None]] = [partial(_draw, page) for page in pages]
    return pdf_of(paper, sheets=draw)


def _draw(page: StripPage, pdf: FPDF) -> None:
    pdf.set_text_color(0)
    pdf.text(_LEFT_MM, _TOP_MM - 8.0, page.title)
    scale = f"{page.notes}　{_WORDS}" if page.notes else _WORDS
    pdf.text(_LEFT_MM + WIDTH_MM - pdf.get_string_width(scale), _TOP_MM - 8.0, scale)
    _grid(pdf, page.sheet.height_mm)
    for box in page.sheet.hatches:
        _hatch(pdf, box)
    pdf.set_draw_color(0)
    pdf.set_line_width(_TRACE_MM)
    for line in (*page.sheet.marks, *page.sheet.traces):
        pdf.polyline([(_LEFT_MM + x, _TOP_MM + y) for x, y in line])
    for word in page.sheet.words:
        pdf.text(_LEFT_MM + word.at[0], _TOP_MM + word.at[1], word.text)


def _grid(pdf: FPDF, height_mm: float) -> None:
    for step, colour, width in (
        (_SMALL_MM, _PINK_SMALL, _SMALL_LINE_MM),
        (_LARGE_MM, _PINK_LARGE, _LARGE_LINE_MM),
    ):
        pdf.set_draw_color(*colour)
        pdf.set_line_width(width)
        # Counted from where the traces begin: large lines stand at whole fifths of a second.
        offset = (WIDTH_MM % MM_A_SECOND) % step
        for number in range(int((WIDTH_MM - offset) / step) + 1):
            x = _LEFT_MM + offset + number * step
            pdf.line(x, _TOP_MM, x, _TOP_MM + height_mm)
        for number in range(int(height_mm / step) + 1):
            y = _TOP_MM + number * step
            pdf.line(_LEFT_MM, y, _LEFT_MM + WIDTH_MM, y)


def _hatch(pdf: FPDF, box: Box) -> None:
    pdf.set_draw_color(*_GREY)
    pdf.set_line_width(_HATCH_MM)
    pdf.rect(_LEFT_MM + box.x, _TOP_MM + box.y, box.width, box.height)
    for (x0, y0), (x1, y1) in hatching(box):
        pdf.line(_LEFT_MM + x0, _TOP_MM + y0, _LEFT_MM + x1, _TOP_MM + y1)
