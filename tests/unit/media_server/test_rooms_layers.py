"""Which layer a subscriber gets."""

from __future__ import annotations

import pytest

from media_server.rooms.layers import (
    PRIORITY_SCREEN,
    PRIORITY_UNSIZED,
    QUALITY_HIGH,
    LayerChoice,
    LayerWish,
    choose_layer,
)
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
    choice = choose_layer(wish, rids=THREE, layers=LAYERS)
    quality = QUALITY_HIGH if rid is None else THREE.index(rid)
    assert choice == LayerChoice(rid, is_paused=False, quality=quality, priority=choice.priority)


@pytest.mark.parametrize(
    ("wish", "is_screen", "priority"),
    [
        (LayerWish(), False, PRIORITY_UNSIZED),
        (LayerWish(), True, PRIORITY_SCREEN),
        (LayerWish(width=1280, height=720), False, 20),
        (LayerWish(width=1290, height=726), False, 20),
        (LayerWish(width=320, height=180), False, 16),
        (LayerWish(width=320, height=180, priority=3), True, 3),
        (LayerWish(priority=4000), False, 255),
    ],
)
def test_the_named_the_shared_and_the_largest_picture_come_first(
    wish: LayerWish, is_screen: bool, priority: int
) -> None:
    choice = choose_layer(wish, rids=THREE, layers=LAYERS, is_screen=is_screen)
    assert choice.priority == priority


def test_frames_a_second_are_passed_on() -> None:
    assert choose_layer(LayerWish(fps=10), rids=THREE, layers=LAYERS).max_fps == 10


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
    choice = choose_layer(wish, rids=THREE, layers=())
    assert choice.is_paused
    assert choice.quality is None
