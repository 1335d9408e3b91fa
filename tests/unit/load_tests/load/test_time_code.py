"""Pictures that say when they were made."""

from __future__ import annotations

import numpy as np
import pytest

from load_tests.load.time_code import WRAP_MS, age_ms, luma_of, painted, read


@pytest.mark.parametrize("ms", [0, 1, 255, 65_536, WRAP_MS - 1, WRAP_MS + 7])
def test_a_picture_is_read_as_it_was_painted_even_smaller_and_with_noise(ms: int) -> None:
    luma = luma_of(painted(ms, 320, 184), 320, 184)
    assert read(luma) == ms % WRAP_MS
    assert read(luma[::2, ::2]) == ms % WRAP_MS
    noise = np.random.default_rng(1).integers(-12, 12, luma.shape)
    assert read((luma.astype(int) + noise).clip(0, 255).astype(np.uint8)) == ms % WRAP_MS


def test_a_torn_picture_says_nothing() -> None:
    upper, lower = (luma_of(painted(ms, 320, 184), 320, 184) for ms in (0x00FFFF, 0xFF0000))
    assert read(np.vstack((upper[:92], lower[92:]))) is None
    assert read(np.zeros((184, 320), np.uint8)) is None


def test_age_survives_the_wrap() -> None:
    assert age_ms(5, WRAP_MS - 10) == 15
    assert age_ms(120, 100) == 20
