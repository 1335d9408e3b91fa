"""What was there when the server was built is not searched for garbage again; what came later is."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from signaling.lasting_objects import settle_lasting_objects


class Knot:
    """Refers to itself: only a search finds that nobody else does."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def is_searched(wanted: object) -> bool:
    return any(found is wanted for found in gc.get_objects())


def test_what_lasts_is_not_searched_again() -> None:
    lasting = Knot()
    assert is_searched(lasting)
    settle_lasting_objects()
    assert not is_searched(lasting)


def test_what_comes_later_is_still_collected() -> None:
    settle_lasting_objects()
    later = weakref.ref(Knot())
    gc.collect()
    assert later() is None


def test_garbage_of_the_start_is_not_kept() -> None:
    garbage = weakref.ref(Knot())
    settle_lasting_objects()
    assert garbage() is None
