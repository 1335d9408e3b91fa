"""Lines in and out: orjson and the standard library say the same of every line."""

from __future__ import annotations

import json

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from recording.audit.lines import SORTED_KEYS, parsed, parsed_plainly, written, written_plainly

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEYS = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,12}", fullmatch=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_both_ways_write_rfc_8785_and_read_it_back(value: dict[str, object]) -> None:
    line = rfc8785.dumps(value)  # type: ignore[arg-type]
    assert written(value, None, SORTED_KEYS) == written_plainly(value) == line
    assert parsed(line) == parsed_plainly(line) == value


@pytest.mark.parametrize("line", [b"{", b"NaN", b"[Infinity]", b"\xff", b'"\x00"', b""])
def test_both_ways_refuse_what_is_no_json(line: bytes) -> None:
    for read in (parsed, parsed_plainly):
        with pytest.raises(ValueError):
            read(line)


@pytest.mark.parametrize(
    "line", [b'{"a":1.0}', b'{"a":1e2}', b'{"b":1,"a":2}', b'{"a":1,"a":2}', b'{"a": 1}']
)
def test_neither_way_takes_another_spelling_for_the_canonical_one(line: bytes) -> None:
    for read, write in ((parsed, written), (parsed_plainly, written_plainly)):
        value = read(line)
        # A float keeps its spelling in Python; no event has one: chain.py refuses it.
        assert write(value, None, SORTED_KEYS) != line or isinstance(value["a"], float)


def test_half_a_surrogate_pair_is_no_text() -> None:
    line = rb'{"a":"\ud800"}'
    with pytest.raises(ValueError):
        written_plainly(parsed_plainly(line))
    with pytest.raises(ValueError):
        parsed(line)


def test_a_nest_without_end_is_refused() -> None:
    line = b"[" * 100_000
    for read in (parsed, parsed_plainly):
        with pytest.raises((ValueError, RecursionError)):
            read(line)
    assert json.loads(orjson.dumps([[]])) == [[]]
