"""Which simulcast layer a subscriber should get, from what its screen asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media_server.rooms.tracks import VideoLayer

QUALITY_LOW, QUALITY_MEDIUM, QUALITY_HIGH, QUALITY_OFF = 0, 1, 2, 3
"""LiveKit's VideoQuality."""

RIDS_BY_QUALITY = ("q", "h", "f")
"""What every LiveKit client calls its encodings, lowest first; with two encodings q and h."""

_SIZE_TOLERANCE = 1.05
"""A tile a few pixels over a layer's size (borders, rounding to CSS pixels) does not need the next layer."""


@dataclass(frozen=True, slots=True)
class LayerWish:
    """What a subscriber asked for: ``quality`` as LiveKit's VideoQuality; pixels, 0 where it named no
    size."""

    quality: int = QUALITY_HIGH
    width: int = 0
    height: int = 0
    is_disabled: bool = False


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """``rid`` None: the best there is."""

    rid: str | None
    is_paused: bool


def choose_layer(wish: LayerWish, *, rids: Sequence[str], layers: Sequence[VideoLayer]) -> LayerChoice:
    """Returns the smallest layer that is at least the asked size, or the one of the asked quality.

    ``rids`` are those the publisher negotiated (empty: no simulcast), ``layers`` the sizes it announced.
    A size counts before a quality: adaptive clients send both, and the size is what the screen shows.
    """
    is_paused = wish.is_disabled or wish.quality == QUALITY_OFF
    known = [rid for rid in RIDS_BY_QUALITY if rid in rids]
    if len(known) < 2:
        return LayerChoice(rid=None, is_paused=is_paused)
    index = _index_by_size(wish, layers)
    if index is None:
        index = min(wish.quality, QUALITY_HIGH)
    is_best = index >= len(known) - 1
    return LayerChoice(rid=None if is_best else known[index], is_paused=is_paused)


def _index_by_size(wish: LayerWish, layers: Sequence[VideoLayer]) -> int | None:
    sized = sorted(
        (layer for layer in layers if layer.width and layer.height), key=lambda layer: layer.quality
    )
    if not sized or not (wish.width or wish.height):
        return None
    for index, layer in enumerate(sized):
        # A portrait publisher and a landscape tile must not disagree for ever: long side against long side.
        long_side, short_side = max(layer.width, layer.height), min(layer.width, layer.height)
        wanted_long, wanted_short = max(wish.width, wish.height), min(wish.width, wish.height)
        if long_side * _SIZE_TOLERANCE >= wanted_long and short_side * _SIZE_TOLERANCE >= wanted_short:
            return index
    return len(sized) - 1
