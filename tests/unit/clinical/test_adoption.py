"""What the treating side may decide about an opinion. interface.md, K5."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical.adoption import (
    Adoption,
    ItemAnswer,
    adoption_of,
    check_adoption,
    items_from_json,
    items_to_json,
)
from clinical.errors import OpinionRefused

YES, NO = ItemAnswer(True), ItemAnswer(False, "患者不同意转院")


@pytest.mark.parametrize(
    ("items", "adoption"),
    [
        ((YES, YES), Adoption.FULL),
        ((), Adoption.FULL),
        ((YES, NO), Adoption.PART),
        ((NO, NO), Adoption.NONE),
        ((NO,), Adoption.NONE),
    ],
)
def test_the_whole_follows_from_its_items(items: tuple[ItemAnswer, ...], adoption: Adoption) -> None:
    assert adoption_of(items) is adoption
    check_adoption(adoption, items, advice_count=len(items))
    for other in set(Adoption) - {adoption}:
        with pytest.raises(OpinionRefused) as refused:
            check_adoption(other, items, advice_count=len(items))
        assert refused.value.code == "adoption_contradicts"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_advice_has_one_answer(count: int) -> None:
    with pytest.raises(OpinionRefused) as refused:
        check_adoption(Adoption.FULL, (YES, YES), advice_count=count)
    assert refused.value.code == "adoption_items_wrong"


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_refused_item_needs_a_reason(reason: str) -> None:
    with pytest.raises(OpinionRefused) as refused:
        check_adoption(Adoption.PART, (YES, ItemAnswer(False, reason)), advice_count=2)
    assert refused.value.code == "adoption_reason_missing"


@given(st.lists(st.builds(ItemAnswer, st.booleans(), st.text())))
def test_what_is_kept_is_read_back(items: list[ItemAnswer]) -> None:
    assert items_from_json(items_to_json(items)) == tuple(items)
