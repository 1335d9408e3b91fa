"""Which simulcast layer a subscriber should get, from what its screen asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media_server.rooms.tracks import VideoLayer

QUALITY_LOW, QUALITY_MEDIUM, QUALITY_HIGH, QUALITY_OFF = 0, 1, 2, 3
"""LiveKit's VideoQuality."""

RIDS_BY_QUALITY = ("q", "h", "f")
"""What every LiveKit client calls its encodings, lowest first; with two encodings q and h."""

PRIORITY_MOST = 255
"""What LiveKit's clients may name at most."""

PRIORITY_SCREEN = 200
"""Above every size: 16,000 x 16,000 pixels have 28 bits."""

PRIORITY_UNSIZED = 21
"""Where nobody named a size: as a picture of 1920 x 1080 pixels, which is 21 bits."""

_SIZE_TOLERANCE = 1.05
"""A tile a few pixels over a layer's size (borders, rounding to CSS pixels) does not need the next layer."""


@dataclass(frozen=True, slots=True)
class LayerWish:
    """What a subscriber asked for: ``quality`` as LiveKit's VideoQuality; pixels, 0 where it named no
    size; frames a second and ``priority`` (more comes first), 0 where it named none."""

    quality: int = QUALITY_HIGH
    width: int = 0
    height: int = 0
    is_disabled: bool = False
    fps: int = 0
    priority: int = 0


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """``rid`` None: the best there is; ``quality`` is the lowest that the publisher must send for it, None
    while it is paused; ``priority`` and ``max_fps`` as the core takes them."""

    rid: str | None
    is_paused: bool
    quality: int | None = QUALITY_HIGH
    priority: int = PRIORITY_UNSIZED
    max_fps: int = 0


def choose_layer(
    wish: LayerWish, *, rids: Sequence[str], layers: Sequence[VideoLayer], is_screen: bool = False
) -> LayerChoice:
    """Returns the smallest layer that is at least the asked size, or the one of the asked quality.

    ``rids`` are those the publisher negotiated (empty: no simulcast), ``layers`` the sizes it announced.
    A size counts before a quality: adaptive clients send both, and the size is what the screen shows.
    """
    is_paused = wish.is_disabled or wish.quality == QUALITY_OFF
    known = [rid for rid in RIDS_BY_QUALITY if rid in rids]
    index = _index_by_size(wish, layers)
    if index is None:
        index = min(wish.quality, QUALITY_HIGH)
    is_best = index >= len(known) - 1
    quality = QUALITY_HIGH if is_best else index
    return LayerChoice(
        rid=None if is_best else known[index],
        is_paused=is_paused,
        quality=None if is_paused else quality,
        priority=_priority(wish, is_screen=is_screen),
        max_fps=wish.fps,
    )


def _priority(wish: LayerWish, *, is_screen: bool) -> int:
    """Returns the named priority. Without one the picture that is shown largest counts as marked, and a
    shared screen, which is what is being talked about, before all of them."""
    if wish.priority:
        return min(wish.priority, PRIORITY_MOST)
    if is_screen:
        return PRIORITY_SCREEN
    pixels = wish.width * wish.height
    # Doubling steps: tiles of one grid differ by a few pixels, and equals must stay equals.
    return pixels.bit_length() if pixels else PRIORITY_UNSIZED


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
