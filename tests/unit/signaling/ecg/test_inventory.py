"""What a gateway declares, what travels as the inventory, and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from media_server.ecg.frame import MAX_COUNT
from media_server.ecg.spans import Span, Spans
from signaling.ecg.inventory import (
    MAX_DECLARED,
    MAX_EPOCHS,
    EpochExtent,
    declared_to_json,
    duration_ms,
    extents_from_json,
    extents_to_json,
    have_of,
    missing_of,
    parse_declared,
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
        import json

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
    assert have_of({1: _spans((0, 5)), 0: _spans((2, 4), (6, 9)), 2: Spans()}) == {
        "0": [[2, 4], [6, 9]],
        "1": [[0, 5]],
    }


def test_missing_is_what_was_declared_and_is_not_here() -> None:
    declared = parse_declared({"0": [[0, 10], [20, 30]], "1": [0, 4]})
    assert missing_of({0: _spans((0, 30))}, declared) == 4
    assert missing_of({0: _spans((5, 25)), 1: _spans((0, 4))}, declared) == 10
    assert missing_of({}, {}) == 0
