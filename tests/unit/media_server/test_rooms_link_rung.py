"""The rung of the ladder by the estimate (domain.md §5): the table, and when the estimate says nothing."""

from __future__ import annotations

import pytest

from media_server.rooms.link_rung import Carried, rung_of


@pytest.mark.parametrize(
    ("estimate_kbps", "wanted_kbps", "allotted_kbps", "rung"),
    [
        (None, 2_500, 2_500, 0),
        (2_000, 2_500, 2_500, 0),
        (100, 40, 40, 0),  # nobody wants a picture: a low figure says nothing of the link
        (0, 0, 0, 0),
        (2_000, 2_500, 1_800, 1),
        (600, 2_500, 500, 1),
        (599, 2_500, 500, 2),
        (250, 2_500, 200, 2),
        (249, 2_500, 40, 3),
        (90, 2_500, 40, 3),  # no picture, and the voice has room
        (64, 2_500, 80, 4),
        (64, 80, 80, 4),  # voice alone, and even that is too much
        (96, 2_500, 120, 3),
    ],
)
def test_the_rung(estimate_kbps: int | None, wanted_kbps: int, allotted_kbps: int, rung: int) -> None:
    estimate_bps = None if estimate_kbps is None else estimate_kbps * 1_000
    assert rung_of(Carried(estimate_bps, wanted_kbps * 1_000, allotted_kbps * 1_000)) == rung
