"""RFC 8785: one byte sequence for one value, and where bytes leave it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.canonical import canonical_json, first_difference, parse_canonical
from recording.errors import MisuseError

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8"))
)
OBJECTS = st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), SCALARS, max_size=6)


def test_keys_are_sorted_and_nothing_is_spaced() -> None:
    assert (
        canonical_json({"b": 1, "a": [True, None], "é": "\u0001"})
        == b'{"a":[true,null],"b":1,"\xc3\xa9":"\\u0001"}'
    )


@pytest.mark.parametrize("value", [2**53, "\ud800", object()])
def test_what_has_no_canonical_form_is_our_bug(value: object) -> None:
    with pytest.raises(MisuseError):
        canonical_json({"x": value})


@given(OBJECTS)
def test_canonical_bytes_give_the_value_back(value: dict[str, object]) -> None:
    assert parse_canonical(canonical_json(value)) == value


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        (b"", 0),
        (b"[1]", 0),
        (b'{"a":1} ', 7),
        (b'{"a": 1}', 5),
        (b'{"b":1,"a":2}', 2),
        (b'{"a":1,"a":1}', 6),
        (b'{"a":1.0}', 6),
        (b'{"a":1', 6),
        (b'{"\xc3\xa9":1', 7),
        (b'{"a":\xff}', 5),
        (b'{"a":9007199254740993}', 0),
        (b'{"a":"\\ud800"}', 0),
        (b'{"a":NaN}', 0),
        (b"[" * 100_000, 0),
        (b'{"a":' + b"1" * 5_000 + b"}", 0),
    ],
)
def test_the_first_byte_that_is_not_canonical_is_named(content: bytes, offset: int) -> None:
    assert parse_canonical(content) == offset


@given(st.binary(max_size=60))
def test_any_bytes_are_an_object_or_an_offset_in_them(content: bytes) -> None:
    parsed = parse_canonical(content)
    assert isinstance(parsed, dict) or 0 <= parsed <= len(content)


def test_first_difference() -> None:
    assert first_difference(b"abc", b"abd") == 2
    assert first_difference(b"abc", b"ab") == 2
    assert first_difference(b"ab", b"abc") == 2
