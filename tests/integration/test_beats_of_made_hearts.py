"""Beats found in made hearts (tests/support/made_hearts.py), clean and with a restless patient's noise: what
the detector's rules are chosen by, so that the real records stay a test of them.
"""

from __future__ import annotations

from typing import Final

import pytest

from clinical.qrs_detector import LEARNING_MS, QrsDetector
from tests.support.beat_scoring import MATCH_MS, pair
from tests.support.made_hearts import DURATION_MS, RATE_HZ, RHYTHMS, Signal, lead_of

CHUNK: Final = RATE_HZ * 40 // 1000
CLEAN: Final[dict[str, tuple[int, int]]] = {
    "extrasystoles on the T wave": (5, 0),
    "extrasystoles between beats": (16, 0),
    "ventricular tachycardia 240": (20, 0),
}
"""Most missed and most false; none of either where nothing stands. The extrasystoles drawn here are a third
as steep as the beats: at the threshold, and below what tells a beat from a T wave.
"""
NOISY: Final[dict[str, tuple[int, int]]] = {
    "low complexes": (1, 5),
    "first-degree block, PR 225 ms": (1, 2),
    "atrial extrasystoles": (1, 2),
    "bigeminy": (1, 13),
    "extrasystoles on the T wave": (6, 1),
    "extrasystoles between beats": (16, 1),
    "fibrillation 60": (1, 2),
    "alternans 205": (43, 1),
    "pauses": (1, 2),
    "second-degree block, Wenckebach": (1, 2),
    "ventricular tachycardia 185": (18, 14),
    "ventricular tachycardia 240": (33, 16),
    "beats shrink and grow": (1, 3),
}
"""One more than was found; the low beats of an alternans are taken for T waves where noise makes them less
than half as steep.
"""


def beats_of(signal: Signal) -> list[int]:
    detector = QrsDetector(RATE_HZ)
    told: list[int] = []
    for at in range(0, len(signal), CHUNK):
        for beat in detector.receive(at, signal[at : at + CHUNK]):
            if beat.replaces:
                told.pop()
            told.append(beat.sample)
    return told


@pytest.mark.parametrize("is_noisy", [False, True], ids=["clean", "noisy"])
@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_beats_of_a_rhythm(rhythm: str, is_noisy: bool) -> None:
    signal, reference = lead_of(rhythm, is_noisy=is_noisy)
    found = beats_of(signal)
    pairs = pair(reference, found, MATCH_MS * RATE_HZ // 1000)
    # What was learnt from, and what ends after the signal, is not scored.
    scored = range(LEARNING_MS * RATE_HZ // 1000, (DURATION_MS - 500) * RATE_HZ // 1000)
    missed = sum(at in scored for place, at in enumerate(reference) if place not in pairs.values())
    false = sum(at in scored for place, at in enumerate(found) if place not in pairs)
    kind = "noisy" if is_noisy else "clean"
    print(f"\n{rhythm}, {kind}: {len(reference)} beats, missed {missed}, false {false}")
    most_missed, most_false = (NOISY if is_noisy else CLEAN).get(rhythm, (0, 0))
    assert missed <= most_missed
    assert false <= most_false
