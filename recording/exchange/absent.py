"""Which rows of a table are missing: marks of values become stretches, whole rows and single leads apart."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from media_server.ecg.spans import Span

Marks = npt.NDArray[np.bool_]


def stretches(marks: Marks) -> tuple[Span, ...]:
    """Where the marks of one row after the other are set, in order."""
    edges = np.flatnonzero(np.diff(marks, prepend=False, append=False))
    return tuple(Span(int(start), int(end)) for start, end in edges.reshape(-1, 2))


def split_absent(absent: Marks) -> tuple[tuple[Span, ...], tuple[tuple[Span, ...], ...]]:
    """``absent`` has a column a lead. Returns the rows in which all are missing, and for each lead the
    further ones in which it is.
    """
    whole: Marks = np.asarray(absent.all(axis=1))
    return stretches(whole), tuple(stretches(column) for column in (absent & ~whole[:, None]).T)


def marked(count: int, spans: Iterable[Span]) -> Marks:
    """The marks of ``count`` rows that are set inside the stretches."""
    marks = np.zeros(count, np.bool_)
    for start, end in spans:
        marks[start:end] = True
    return marks
