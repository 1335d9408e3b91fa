"""Stretches of samples, beside a plain set of numbers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.ecg.spans import Span, Spans
from media_server.errors import MisuseError

stretches = st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda one: (one[0], one[0] + one[1]))


@given(st.lists(stretches, max_size=12), stretches)
def test_it_knows_what_a_set_of_numbers_knows(added: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    spans, plain = Spans(), set[int]()
    for start, end in added:
        new = spans.add(start, end)
        assert [n for span in new for n in range(*span)] == sorted(set(range(start, end)) - plain)
        plain |= set(range(start, end))
        kept = list(spans)
        assert [n for span in kept for n in range(*span)] == sorted(plain)
        assert all(before.end < after.start for before, after in pairwise(kept))
        assert all(span.length > 0 for span in kept)
    start, end = asked
    missing = sorted(set(range(start, end)) - plain)
    assert [n for span in spans.missing(start, end) for n in range(*span)] == missing
    assert spans.has(start, end) == (not missing)
    assert spans.end == max(plain, default=-1) + 1
    first_missing = next(n for n in range(start, 100) if n not in plain)
    assert spans.whole_until(start) == first_missing


def test_stretches_that_touch_become_one() -> None:
    spans = Spans()
    assert spans.add(0, 10) == (Span(0, 10),)
    assert spans.add(20, 30) == (Span(20, 30),)
    assert spans.add(5, 25) == (Span(10, 20),)
    assert list(spans) == [Span(0, 30)]
    assert spans.add(3, 3) == ()
    assert spans.add(0, 30) == ()


@pytest.mark.parametrize(("start", "end"), [(2, 1), (-1, 3)])
def test_a_stretch_that_ends_before_it_begins_is_a_bug(start: int, end: int) -> None:
    with pytest.raises(MisuseError):
        Spans().add(start, end)
