"""Text broken into lines for paper: between Chinese characters anywhere, between Latin words at spaces, and
never so that a line begins with a closing mark or ends with an opening one (GB/T 15834, 附录 A).

What the font does not have is written by its number, ``[U+2B820]``: a rare character of a name must not
vanish from a signed paper.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from typing import Final

_NOT_FIRST: Final = frozenset("，。、；：？！）》」』】”’…—～·%‰℃,.;:?!)]}")
_NOT_LAST: Final = frozenset("（《「『【“‘([{")
_PIECES: Final = re.compile(r"[!-~]+|\s|.")
"""A Latin word with its marks, a space, or one character of anything else."""
_SPACES: Final = re.compile(r"[\t\u00a0\u2028\u2029]")


def printable(text: str, covered: Container[int]) -> str:
    """Returns a text of which every character can be drawn. ``covered``: the code points of the font."""
    plain = _SPACES.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(_drawn(character, covered) for character in plain)


def broken(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Returns the lines of a text, none wider than ``width`` as ``measure`` says; a word that is wider by
    itself is cut. An empty text is one empty line.
    """
    return [line for paragraph in text.split("\n") for line in _lines(paragraph, width, measure)]


def _drawn(character: str, covered: Container[int]) -> str:
    if character == "\n" or ord(character) in covered:
        return character
    return f"[U+{ord(character):04X}]"


def _lines(paragraph: str, width: float, measure: Callable[[str], float]) -> list[str]:
    lines, line = [], ""
    for piece in _bound(_PIECES.findall(paragraph)):
        if measure(line + piece.rstrip()) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = piece.lstrip()
        while measure(line.rstrip()) > width:
            fitting = _fitting(line, width, measure)
            lines.append(line[:fitting])
            line = line[fitting:]
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _bound(pieces: list[str]) -> list[str]:
    """Returns the pieces with those joined that must not be parted."""
    bound: list[str] = []
    for piece in pieces:
        if bound and (piece[0] in _NOT_FIRST or bound[-1][-1] in _NOT_LAST):
            bound[-1] += piece
        else:
            bound.append(piece)
    return bound


def _fitting(line: str, width: float, measure: Callable[[str], float]) -> int:
    # One at least: a column too narrow for one character ends all the same.
    count = 1
    while measure(line[: count + 1]) <= width:
        count += 1
    return count
