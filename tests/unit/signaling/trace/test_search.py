"""Which walks answer a search, and where its pages begin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signaling.trace.search import CursorWrong, Place, Walk, Wanted, read_cursor, walks_of

ALL = Wanted("in_a")


def test_all_is_one_walk_over_the_newest() -> None:
    assert walks_of(ALL) == (Walk({}),)


def test_patients_have_a_walk_each_and_the_rest_is_looked_at_on_the_way() -> None:
    wanted = replace(ALL, patients=("pt_1", "pt_2"), actors=("pe_1",), kinds=("a.b",), case="ca_1")
    filters = {"actor": ("pe_1",), "kind": ("a.b",), "case_id": ("ca_1",)}
    assert walks_of(wanted) == (Walk({"patient": "pt_1"}, filters), Walk({"patient": "pt_2"}, filters))


def test_a_patient_alone_has_nothing_to_filter() -> None:
    assert walks_of(replace(ALL, patients=("pt_1",))) == (Walk({"patient": "pt_1"}, {}),)


def test_a_case_has_one_walk() -> None:
    wanted = replace(ALL, case="ca_1", kinds=("a.b", "c.d"))
    assert walks_of(wanted) == (Walk({"case_id": "ca_1"}, {"kind": ("a.b", "c.d")}),)


def test_each_pair_of_person_and_kind_has_a_walk() -> None:
    wanted = replace(ALL, actors=("pe_1", "pe_2"), kinds=("a.b", "c.d"))
    assert [walk.fixed for walk in walks_of(wanted)] == [
        {"actor": "pe_1", "kind": "a.b"},
        {"actor": "pe_1", "kind": "c.d"},
        {"actor": "pe_2", "kind": "a.b"},
        {"actor": "pe_2", "kind": "c.d"},
    ]


def test_people_or_kinds_alone_have_a_walk_each() -> None:
    assert [walk.fixed for walk in walks_of(replace(ALL, actors=("pe_1", "pe_2")))] == [
        {"actor": "pe_1"},
        {"actor": "pe_2"},
    ]
    assert [walk.fixed for walk in walks_of(replace(ALL, kinds=("a.b",)))] == [{"kind": "a.b"}]


@pytest.mark.parametrize(
    "nobody",
    [
        replace(ALL, patients=()),
        replace(ALL, actors=()),
        replace(ALL, actors=(), kinds=("a.b",)),
        replace(ALL, patients=(), actors=("pe_1",)),
    ],
)
def test_a_text_that_means_nobody_finds_nothing(nobody: Wanted) -> None:
    assert walks_of(nobody) == ()


def test_a_cursor_names_a_place() -> None:
    place = Place(1_763_700_000_000, 42)
    assert read_cursor(place.cursor()) == place
    assert read_cursor("") is None


@pytest.mark.parametrize("cursor", ["1", "1.", ".1", "1.2.3", "-1.2", "1.x", "１.2", "9" * 16 + ".1"])
def test_what_no_page_gave_is_no_cursor(cursor: str) -> None:
    with pytest.raises(CursorWrong):
        read_cursor(cursor)
