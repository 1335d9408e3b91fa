"""What a gateway declares, what travels as the inventory, and what is missing."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from media_server.ecg.frame import MAX_COUNT
from media_server.ecg.spans import Span, Spans
from signaling.ecg.inventory import (
    MAX_DECLARED,
    MAX_EPOCHS,
    MAX_SHOWN,
    MAX_TOLD,
    Counted,
    EpochExtent,
    declared_of,
    declared_to_json,
    duration_ms,
    extents_from_json,
    extents_to_json,
    holes_in,
    holes_of,
    missing_of,
    parse_declared,
    shown_of,
    told_parts,
)


def _spans(*stretches: tuple[int, int]) -> Spans:
    spans = Spans()
    for start, end in stretches:
        spans.add(start, end)
    return spans


class TestDeclared:
    def test_one_stretch_or_several(self) -> None:
        declared = parse_declared({"1": [[0, 5], [9, 20]], "0": [3, 7], "2": []})
        assert declared == {0: (Span(3, 7),), 1: (Span(0, 5), Span(9, 20)), 2: ()}
        assert list(declared) == [0, 1, 2]

    def test_nothing_was_measured(self) -> None:
        assert parse_declared({}) == {}

    def test_is_kept_as_it_was(self) -> None:
        declared = parse_declared({"0": [3, 7], "65535": [[1, 2], [2, MAX_COUNT]]})
        assert parse_declared(json.loads(declared_to_json(declared))) == declared

    @pytest.mark.parametrize(
        "value",
        [
            None,
            [],
            {"": [0, 1]},
            {"00": [0, 1]},
            {"-1": [0, 1]},
            {"٣": [0, 1]},
            {"65536": [0, 1]},
            {"100000": [0, 1]},
            {0: [0, 1]},
            {"0": None},
            {"0": [1]},
            {"0": [5, 1]},
            {"0": [-1, 1]},
            {"0": [0, MAX_COUNT + 1]},
            {"0": [0.0, 1]},
            {"0": [True, 1]},
            {"0": [[0, 5], [4, 9]]},
            {"0": [[0, 5, 6]]},
            {"0": [[0, 5, 0]]},
            {"0": [0, 5, 4]},
            {"0": [[0, 5, 4, 1]]},
            {"0": [[0, 5], 6]},
            {"0": [[0, 5]] * (MAX_DECLARED + 1)},
            {str(number): [0, 1] for number in range(MAX_EPOCHS + 1)},
        ],
    )
    def test_anything_else_is_refused(self, value: Any) -> None:
        with pytest.raises(ValueError, match="epochs"):
            parse_declared(value)


def test_extents_are_kept_as_they_were() -> None:
    extents = (EpochExtent(0, 5, 505, 7), EpochExtent(3, 0, 1, 2**53 - 1))
    assert extents_from_json(extents_to_json(extents)) == extents
    assert duration_ms(extents, 500) == 1_002


def test_the_inventory_names_every_stretch_and_no_empty_epoch() -> None:
    spans = {1: _spans((0, 5)), 0: _spans((2, 4), (6, 9)), 2: Spans()}
    whole = {"0": [[2, 4], [6, 9]], "1": [[0, 5]]}
    assert (list(told_parts(spans)), shown_of(spans)) == ([whole], whole)
    assert list(told_parts({})) == [{}]


def torn(stretches: int) -> Spans:
    """Nine samples of ten; a thousandth of the holes is longer than that."""
    return _spans(*((10 * n, 10 * n + (5 if n % 1_000 == 999 else 9)) for n in range(stretches)))


def test_a_torn_inventory_travels_in_parts_that_are_it() -> None:
    spans = {0: torn(MAX_TOLD - 1), 3: torn(MAX_TOLD + 2)}
    parts = list(told_parts(spans))
    assert [sum(map(len, part.values())) for part in parts] == [MAX_TOLD, MAX_TOLD, 1]
    for epoch, kept in spans.items():
        told = [Span(*span) for part in parts for span in part.get(str(epoch), [])]
        assert told == list(kept)


def test_pages_are_told_of_the_longest_holes() -> None:
    kept = torn(MAX_SHOWN + 1)
    assert shown_of({0: kept})["0"] == [list(span) for span in kept]
    kept = torn(20_000)
    shown = [Span(*span) for span in shown_of({0: kept})["0"]]
    assert len(shown) == MAX_SHOWN + 1
    holes = [after.start - before.end for before, after in pairwise(shown)]
    # The last stretch is one of those that end early; no hole follows it.
    assert holes.count(5) == 19 and holes.count(1) == MAX_SHOWN - 19
    assert (shown[0].start, shown[-1].end) == (0, kept.end)


def test_very_many_stretches_are_declared_together_and_missing_is_counted() -> None:
    kept = torn(28_800)
    declared = {0: declared_of(kept)}
    assert len(declared[0]) <= MAX_DECLARED
    assert parse_declared(json.loads(declared_to_json(declared))) == declared
    assert missing_of({0: kept}, declared) == 0
    assert not [hole for part in declared[0] for hole in holes_in(kept, part)]
    short = torn(28_799)
    assert missing_of({0: short}, declared) == 9
    last = declared[0][-1]
    assert isinstance(last, Counted)
    assert Span(287_989, last.end) in list(holes_in(short, last))
    assert declared_of([]) == ()
    assert declared_of([Span(0, 5)]) == (Span(0, 5),)
    assert missing_of({0: _spans((0, 10))}, {0: (Counted(0, 10, 9),)}) == 0


def test_missing_is_what_was_declared_and_is_not_here() -> None:
    declared = parse_declared({"0": [[0, 10], [20, 30]], "1": [0, 4]})
    assert missing_of({0: _spans((0, 30))}, declared) == 4
    assert missing_of({0: _spans((5, 25)), 1: _spans((0, 4))}, declared) == 10
    assert missing_of({}, {}) == 0


def test_holes_are_those_of_what_was_declared_also_of_an_epoch_that_is_not_here() -> None:
    declared = parse_declared({"0": [[0, 10], [20, 30]], "1": [0, 4], "2": [5, 5]})
    assert list(holes_of({0: _spans((0, 7), (25, 30))}, declared)) == [
        (0, Span(7, 10)),
        (0, Span(20, 25)),
        (1, Span(0, 4)),
    ]
