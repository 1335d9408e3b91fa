"""Which layer a subscriber gets."""

from __future__ import annotations

import pytest

from media_server.rooms.layers import LayerChoice, LayerWish, choose_layer
from media_server.rooms.tracks import VideoLayer

LAYERS = (VideoLayer(0, 320, 180), VideoLayer(1, 640, 360), VideoLayer(2, 1280, 720))
THREE = ("q", "h", "f")


@pytest.mark.parametrize(
    ("wish", "rid"),
    [
        (LayerWish(width=1, height=1), "q"),
        (LayerWish(width=320, height=180), "q"),
        (LayerWish(width=330, height=186), "q"),
        (LayerWish(width=340, height=180), "h"),
        (LayerWish(width=180, height=320), "q"),
        (LayerWish(width=640, height=480), None),
        (LayerWish(width=641, height=361), "h"),
        (LayerWish(width=1280, height=720), None),
        (LayerWish(width=4000, height=3000), None),
        (LayerWish(quality=0), "q"),
        (LayerWish(quality=1), "h"),
        (LayerWish(quality=2), None),
        (LayerWish(quality=0, width=1280, height=720), None),
    ],
)
def test_the_smallest_layer_that_fills_the_tile_is_sent(wish: LayerWish, rid: str | None) -> None:
    assert choose_layer(wish, rids=THREE, layers=LAYERS) == LayerChoice(rid, is_paused=False)


def test_two_layers_are_low_and_high() -> None:
    def rid(quality: int) -> str | None:
        return choose_layer(LayerWish(quality=quality), rids=("h", "q"), layers=()).rid

    assert [rid(0), rid(1), rid(2)] == ["q", None, None]


def test_without_simulcast_there_is_nothing_to_choose() -> None:
    assert choose_layer(LayerWish(quality=0), rids=(), layers=LAYERS) == LayerChoice(None, is_paused=False)


def test_a_size_without_known_layers_is_passed_over() -> None:
    wish = LayerWish(quality=0, width=1280, height=720)
    assert choose_layer(wish, rids=THREE, layers=(VideoLayer(0, 0, 0),)).rid == "q"


@pytest.mark.parametrize("wish", [LayerWish(is_disabled=True), LayerWish(quality=3)])
def test_a_tile_nobody_looks_at_is_paused(wish: LayerWish) -> None:
    assert choose_layer(wish, rids=THREE, layers=()).is_paused
