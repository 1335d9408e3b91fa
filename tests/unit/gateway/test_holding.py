"""What is missing is taken, and neither on its way nor stored."""

from __future__ import annotations

from clients.gateway.holding import Holding, Stretch


def held(*stretches: tuple[int, int, int]) -> Holding:
    holding = Holding()
    for stretch in stretches:
        holding.take(Stretch(*stretch))
    return holding


def test_nothing_taken_is_nothing_missing() -> None:
    holding = held((0, 5, 5))
    assert (list(holding.missing()), holding.is_stored, holding.declared()) == ([], True, {})


def test_what_is_sent_is_not_missing_until_the_connection_is_gone() -> None:
    holding = held((1, 0, 100), (0, 40, 60))
    holding.send(Stretch(1, 0, 80))
    assert list(holding.missing()) == [(0, 40, 60), (1, 80, 100)]
    assert holding.is_outstanding
    holding.forget_sent()
    assert list(holding.missing()) == [(0, 40, 60), (1, 0, 100)]
    assert not holding.is_outstanding


def test_a_cumulative_word_stores_what_was_taken_below_it() -> None:
    holding = held((0, 10, 30), (0, 50, 90))
    assert holding.confirm(0, 20)
    assert holding.confirm(0, 70)
    assert not holding.confirm(0, 70)
    assert not holding.confirm(7, 70)
    assert list(holding.missing()) == [(0, 70, 90)]
    assert not holding.is_stored
    assert holding.confirm(0, 1_000)
    assert holding.is_stored


def test_an_inventory_is_believed_also_where_it_has_less() -> None:
    holding = held((0, 0, 100))
    holding.confirm(0, 100)
    holding.learn_stored({0: [(0, 20), (30, 100)], 9: [(0, 5)]})
    assert list(holding.missing()) == [(0, 20, 30)]
    holding.send(Stretch(0, 20, 30))
    assert (list(holding.missing()), holding.is_outstanding, holding.is_stored) == ([], True, False)


def test_all_there_is_names_every_stretch() -> None:
    assert held((1, 5, 9), (0, 10, 30), (0, 50, 90)).declared() == {0: [(10, 30), (50, 90)], 1: [(5, 9)]}


def test_the_first_sample_of_an_epoch_is_the_least_that_was_taken() -> None:
    holding = held((0, 50, 90), (0, 10, 30), (1, 7, 9))
    assert [holding.first(epoch) for epoch in (0, 1, 2)] == [10, 7, None]
