"""Draws the paper of an opinion as PDF: A4, one column, Noto Sans SC of which the used part is embedded.

Equal papers give equal bytes: the time in the file is the paper's, and nothing else in it is of the moment.
Drawing takes about half a second of a processor, nearly all of it to cut the font: callers take a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from fpdf import FPDF
from fpdf.enums import TextMode
from fpdf.fonts import TTFFont
from pylopdf_fonts_zh_cn import sans_path

from signaling.consult.opinion_paper import Entry, Paper, Section
from signaling.consult.paper_lines import broken, printable

MEDIA_TYPE: Final = "application/pdf"
_FONT: Final = "notosanssc"
_MARGIN_MM: Final = 20.0
_WIDTH_MM: Final = 210.0
_HEIGHT_MM: Final = 297.0
_BOTTOM_MM: Final = _HEIGHT_MM - 22.0
"""Below it only the foot."""
_LABEL_MM: Final = 30.0
_TEXT_MM: Final = _WIDTH_MM - 2 * _MARGIN_MM - _LABEL_MM
_BODY_PT, _SMALL_PT, _HEADING_PT, _TITLE_PT = 10.0, 8.0, 12.0, 18.0
_LINE_MM: Final = 6.0
"""Of body text: 1.7 times its height."""
_GREY: Final = 96
_RULE: Final = 190
_BOLD_MM: Final = 0.12
"""The font pack holds one weight; headings are drawn with their outline."""


def pdf_of(paper: Paper, *, sheets: Sequence[Callable[[FPDF], None]] = ()) -> bytes:
    """Returns the file. ``sheets`` each draw on a landscape page of their own, after the text; they find the
    font chosen, and leave the foot of the page free.
    """
    return _Drawing(paper, sheets).bytes()


class _Drawing:
    def __init__(self, paper: Paper, sheets: Sequence[Callable[[FPDF], None]]) -> None:
        self._paper = paper
        self._sheets = sheets
        self._pdf = FPDF(format="A4", unit="mm")
        self._pdf.set_auto_page_break(False)
        self._pdf.set_creation_date(datetime.fromtimestamp(paper.made_at_ms // 1000, UTC))
        self._pdf.set_lang("zh-CN")
        self._pdf.set_title(f"{paper.title} {paper.serial}")
        self._pdf.set_producer("Lianzhen")
        self._pdf.add_font(_FONT, "", str(sans_path()))
        font = self._pdf.fonts[_FONT]
        assert isinstance(font, TTFFont)
        self._covered = font.cmap
        self._y = 0.0

    def bytes(self) -> bytes:
        self._new_page()
        self._head()
        for section in self._paper.sections:
            self._section(section)
        for draw in self._sheets:
            self._pdf.add_page(orientation="landscape")
            self._size(_BODY_PT)
            draw(self._pdf)
        self._feet()
        return bytes(self._pdf.output())

    def _new_page(self) -> None:
        self._pdf.add_page()
        self._y = _MARGIN_MM

    def _head(self) -> None:
        self._y += 6.0
        self._size(_TITLE_PT)
        self._bold(self._centred(self._paper.title), self._paper.title)
        self._y += 9.0
        self._size(_BODY_PT)
        for text in (self._paper.institutions, f"{self._paper.serial_label}　{self._paper.serial}"):
            drawn = printable(text, self._covered)
            self._text(self._centred(drawn), drawn, grey=True)
            self._y += _LINE_MM
        self._y += 2.0

    def _section(self, section: Section) -> None:
        # A heading stands with at least two lines of what follows it.
        self._need(9.0 + 2 * _LINE_MM)
        self._y += 6.0
        self._size(_HEADING_PT)
        self._bold(_MARGIN_MM, section.heading)
        self._y += 2.2
        self._pdf.set_draw_color(_RULE)
        self._pdf.set_line_width(0.2)
        self._pdf.line(_MARGIN_MM, self._y, _WIDTH_MM - _MARGIN_MM, self._y)
        self._y += _LINE_MM
        for entry in section.entries:
            self._entry(entry)

    def _entry(self, entry: Entry) -> None:
        self._size(_BODY_PT)
        lines = broken(printable(entry.text, self._covered), _TEXT_MM, self._pdf.get_string_width)
        for number, line in enumerate(lines):
            self._need(_LINE_MM)
            self._size(_BODY_PT)
            if number == 0:
                self._text(_MARGIN_MM, entry.label, grey=True)
            self._text(_MARGIN_MM + _LABEL_MM, line)
            self._y += _LINE_MM
        self._y += 1.0

    def _feet(self) -> None:
        # Only now the number of pages is known.
        pages = self._pdf.pages_count
        for page in range(1, pages + 1):
            self._pdf.page = page
            # Another size first: fpdf writes a size only where it changes, and takes that of the last page.
            self._size(_BODY_PT)
            self._size(_SMALL_PT)
            width_mm, height_mm = _WIDTH_MM, _HEIGHT_MM
            if page > pages - len(self._sheets):
                width_mm, height_mm = height_mm, width_mm
            # It counts y from the foot of the page that was added last, whichever is drawn on.
            self._pdf.h = height_mm
            self._y = height_mm - 12.0
            self._text(_MARGIN_MM, self._paper.foot, grey=True)
            number = f"{self._paper.serial}　第 {page} 页，共 {pages} 页"
            self._text(width_mm - _MARGIN_MM - self._pdf.get_string_width(number), number, grey=True)

    def _need(self, height_mm: float) -> None:
        if self._y + height_mm > _BOTTOM_MM:
            self._new_page()
            self._y += _LINE_MM

    def _size(self, points: float) -> None:
        self._pdf.set_font(_FONT, size=points)

    def _centred(self, text: str) -> float:
        return (_WIDTH_MM - self._pdf.get_string_width(text)) / 2

    def _bold(self, x_mm: float, text: str) -> None:
        self._pdf.set_line_width(_BOLD_MM)
        self._pdf.set_draw_color(0)
        with self._pdf.local_context(text_mode=TextMode.FILL_STROKE):
            self._text(x_mm, text)

    def _text(self, x_mm: float, text: str, *, grey: bool = False) -> None:
        self._pdf.set_text_color(_GREY if grey else 0)
        self._pdf.text(x_mm, self._y, text)
