"""Which peaks are beats: found in made ECGs, at every rate, whatever the chunks, and after gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical.qrs_detector import Beat, QrsDetector
from media_server.errors import MisuseError
from tests.unit.clinical.ecg_waves import at_ms, beats_every, drawn, found, kept

RATES_HZ = (125, 250, 360, 500, 1000)
DURATION_MS = 20_000
FS = 250


def assert_found(told_ms: list[float], expected_ms: list[int]) -> None:
    assert len(told_ms) == len(expected_ms)
    assert max(abs(one - other) for one, other in zip(told_ms, expected_ms, strict=True)) <= 20


def test_too_slow_a_device_is_refused() -> None:
    with pytest.raises(MisuseError):
        QrsDetector(100)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("interval_ms", [300, 800, 1_900])
def test_regular_beats_are_found_where_they_are(rate_hz: int, interval_ms: int) -> None:
    expected_ms = beats_every(interval_ms, DURATION_MS)
    beats = found(drawn(expected_ms, DURATION_MS, rate_hz), rate_hz)
    assert_found(at_ms(kept(beats), rate_hz), expected_ms)
    assert [beat.is_first for beat in beats] == [True] + [False] * (len(beats) - 1)
    assert beats[0].interval_samples is None
    for beat in beats[1:]:
        assert beat.interval_samples is not None
        assert abs(beat.interval_samples * 1000 / rate_hz - interval_ms) <= 10


def test_weak_complexes_are_found_and_weaker_ones_are_none() -> None:
    """IEC 60601-2-27: 0.5 mV has to be seen, 0.15 mV must not be."""
    expected_ms = beats_every(800, DURATION_MS)
    for width_ms in (70, 120):
        weak = drawn(expected_ms, DURATION_MS, FS, height_uv=500, width_ms=width_ms)
        assert_found(at_ms(kept(found(weak, FS)), FS), expected_ms)
    assert found(drawn(expected_ms, DURATION_MS, FS, height_uv=140), FS) == []
    assert found(np.zeros(DURATION_MS * FS // 1000), FS) == []


def test_p_and_t_waves_are_no_beats() -> None:
    expected_ms = beats_every(900, DURATION_MS)
    signal = drawn(expected_ms, DURATION_MS, FS)
    signal += drawn([at - 190 for at in expected_ms], DURATION_MS, FS, height_uv=250, width_ms=110)
    signal += drawn([at + 280 for at in expected_ms], DURATION_MS, FS, height_uv=400, width_ms=200)
    assert_found(at_ms(kept(found(signal, FS)), FS), expected_ms)


def test_a_t_wave_above_the_threshold_is_known_by_its_beat() -> None:
    """Small beats, and a large one now and then, whose T wave is as steep as they are."""
    expected_ms = beats_every(900, DURATION_MS)
    large_ms = expected_ms[6::5]
    signal = drawn(expected_ms, DURATION_MS, FS, height_uv=600)
    signal += drawn(large_ms, DURATION_MS, FS, height_uv=1_800)
    signal += drawn([at + 300 for at in large_ms], DURATION_MS, FS, height_uv=550)
    assert_found(at_ms(kept(found(signal, FS)), FS), expected_ms)


@pytest.mark.parametrize(("before_ms", "height_uv"), [(170, 700), (250, 450)])
def test_a_p_wave_told_as_a_beat_is_taken_back(before_ms: int, height_uv: int) -> None:
    """After nothing but P waves for a while they are all that is known; then the QRS complexes come."""
    waves_ms = beats_every(900, DURATION_MS)
    expected_ms = [at + before_ms for at in waves_ms]
    signal = drawn(waves_ms, DURATION_MS, FS, height_uv=height_uv)
    signal += drawn(expected_ms[4:], DURATION_MS, FS, height_uv=1_000)
    beats = found(signal, FS)
    assert any(beat.replaces for beat in beats)
    assert_found(at_ms(kept(beats), FS), waves_ms[:4] + expected_ms[4:])
    last = kept(beats)[-1]
    assert last.interval_samples is not None
    assert abs(last.interval_samples * 1000 / FS - 900) <= 10


def with_early_waves(
    before_ms: int, beats_ms: list[int], *, height_uv: float, rate_hz: int = FS
) -> tuple[list[Beat], list[int]]:
    """Beats with a wave before each from the sixth on, too steep to be known for a P wave by that alone."""
    early_ms = [at - before_ms for at in beats_ms[5:]]
    signal = drawn(beats_ms, DURATION_MS, rate_hz) + drawn(
        early_ms, DURATION_MS, rate_hz, height_uv=height_uv
    )
    return found(signal, rate_hz), early_ms


@pytest.mark.parametrize("before_ms", [210, 240, 290])
@pytest.mark.parametrize("height_uv", [600, 900])
def test_a_wave_before_the_beat_that_is_due_is_its_p_wave(before_ms: int, height_uv: int) -> None:
    expected_ms = beats_every(1_000, DURATION_MS)
    beats, _ = with_early_waves(before_ms, expected_ms, height_uv=height_uv)
    # Once taken back it is noise, and the threshold rises above it.
    assert any(beat.replaces for beat in beats)
    assert_found(at_ms(kept(beats), FS), expected_ms)
    for beat in kept(beats)[1:]:
        assert beat.interval_samples is not None and abs(beat.interval_samples - FS) <= 5


@pytest.mark.parametrize(
    ("before_ms", "interval_ms", "height_uv"),
    [(330, 1_000, 800), (240, 570, 800), (240, 1_000, 1_100)],
    ids=["farther than a PR interval", "where the T wave would be", "the steeper of the two"],
)
def test_any_other_wave_before_a_beat_is_a_beat(before_ms: int, interval_ms: int, height_uv: int) -> None:
    expected_ms = beats_every(interval_ms, DURATION_MS)
    beats, early_ms = with_early_waves(before_ms, expected_ms, height_uv=height_uv)
    assert_found(at_ms(kept(beats), FS), sorted(expected_ms + early_ms))


def test_where_no_interval_is_usual_none_is_due() -> None:
    """Fibrillation: some of the beats are 250 ms apart and some of those fit the median."""
    intervals_ms = [700, 420, 900, 1_150, 540, 800, 480, 250, 1_000, 620, 450, 250, 1_100, 850]
    expected_ms = [500 + sum(intervals_ms[:at]) for at in range(len(intervals_ms) + 1)]
    signal = drawn(expected_ms, DURATION_MS, FS, height_uv=800)
    signal += drawn([expected_ms[8], expected_ms[12]], DURATION_MS, FS, height_uv=200)
    assert_found(at_ms(kept(found(signal, FS)), FS), expected_ms)


def test_where_a_t_wave_would_be_is_no_p_wave() -> None:
    """Beats of which now and then one is low, 280 ms apart: the next is more than twice as steep."""
    expected_ms = beats_every(280, DURATION_MS)
    low_ms = expected_ms[10::7]
    signal = drawn(expected_ms, DURATION_MS, FS, height_uv=1_000)
    signal += drawn(low_ms, DURATION_MS, FS, height_uv=-450)
    before_ms = [at - 280 for at in low_ms]
    signal += drawn(before_ms, DURATION_MS, FS, height_uv=-50)
    signal += drawn([at + 280 for at in low_ms], DURATION_MS, FS, height_uv=300)
    assert_found(at_ms(kept(found(signal, FS)), FS), expected_ms)


def test_the_first_beats_know_no_rhythm() -> None:
    expected_ms = [500, 1_300, 1_540, 2_340, 3_140, 3_940, 4_740]
    signal = drawn(expected_ms, 6_000, FS, height_uv=700) + drawn([1_540], 6_000, FS, height_uv=200)
    assert_found(at_ms(kept(found(signal, FS)), FS), expected_ms)


def test_two_waves_of_one_complex_are_one_beat() -> None:
    expected_ms = beats_every(900, DURATION_MS)
    second_ms = [at + 130 for at in expected_ms]
    signal = drawn(expected_ms, DURATION_MS, FS) + drawn(second_ms, DURATION_MS, FS, height_uv=700)
    assert_found(at_ms(kept(found(signal, FS)), FS), expected_ms)


def test_a_beat_too_weak_for_the_threshold_is_found_looking_back() -> None:
    expected_ms = beats_every(900, DURATION_MS)
    weak_ms = expected_ms[12]
    strong_ms = [at for at in expected_ms if at != weak_ms]
    signal = drawn(strong_ms, DURATION_MS, FS) + drawn([weak_ms], DURATION_MS, FS, height_uv=280)
    assert_found(at_ms(kept(found(signal, FS)), FS), expected_ms)
    missing = drawn(strong_ms, DURATION_MS, FS) + drawn([weak_ms], DURATION_MS, FS, height_uv=100)
    assert_found(at_ms(kept(found(missing, FS)), FS), strong_ms)


def test_of_two_weak_peaks_the_steeper_is_the_beat() -> None:
    expected_ms = beats_every(1_200, DURATION_MS)
    weak_ms = expected_ms[10]
    strong_ms = [at for at in expected_ms if at != weak_ms]
    signal = drawn(strong_ms, DURATION_MS, FS) + drawn([weak_ms], DURATION_MS, FS, height_uv=250)
    for other_ms, height_uv in ((weak_ms - 500, 180), (weak_ms + 450, 180)):
        both = signal + drawn([other_ms], DURATION_MS, FS, height_uv=height_uv)
        assert_found(at_ms(kept(found(both, FS)), FS), expected_ms)


def test_noise_raises_the_threshold() -> None:
    expected_ms = beats_every(1_000, DURATION_MS)
    signal = drawn(expected_ms, DURATION_MS, FS)
    signal += drawn([at + 500 for at in expected_ms], DURATION_MS, FS, height_uv=300)
    assert_found(at_ms(kept(found(signal, FS)), FS), expected_ms)


def test_pacing_spikes_are_no_beats() -> None:
    expected_ms = beats_every(1_000, DURATION_MS)
    signal = drawn(expected_ms, DURATION_MS, 500)
    for at in expected_ms:
        signal[(at - 300) // 2] += 20_000
        signal[(at - 70) // 2] -= 20_000
    assert_found(at_ms(kept(found(signal, 500)), 500), expected_ms)


def test_smaller_beats_are_learnt_after_a_silence() -> None:
    """An electrode that comes loose: the beats are a tenth as high from 20 s on."""
    early_ms = beats_every(800, DURATION_MS)
    late_ms = [DURATION_MS + at for at in beats_every(800, DURATION_MS)]
    signal = drawn(early_ms, 2 * DURATION_MS, FS, height_uv=4_000)
    signal += drawn(late_ms, 2 * DURATION_MS, FS, height_uv=300)
    beats = found(signal, FS)
    assert [beat.is_first for beat in beats].count(True) == 2
    learnt_ms = at_ms(kept(beats), FS)
    assert_found(learnt_ms[: len(early_ms)], early_ms)
    rest_ms = learnt_ms[len(early_ms) :]
    assert_found(rest_ms, late_ms[-len(rest_ms) :])
    assert rest_ms[0] < DURATION_MS + 9_000


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=60), st.integers(0, 2**40))
def test_the_beats_do_not_depend_on_the_chunks(sizes: list[int], first_sample: int) -> None:
    signal = drawn(beats_every(730, 8_000), 8_000, FS) + drawn([1_500, 4_000], 8_000, FS, height_uv=250)
    detector, told, at = QrsDetector(FS), [], 0
    for size in [*sizes, len(signal)]:
        told += detector.receive(first_sample + at, signal[at : at + size])
        at += size
    whole = found(signal, FS, first_sample=first_sample)
    assert told == whole
    assert [beat.sample - first_sample for beat in whole] == [beat.sample for beat in found(signal, FS)]


def test_samples_that_were_there_before_are_passed_over() -> None:
    signal = drawn(beats_every(800, 8_000), 8_000, FS)
    detector = QrsDetector(FS)
    told = detector.receive(0, signal[:1_000])
    assert detector.receive(0, signal[:500]) == []
    told += detector.receive(600, signal[600:])
    assert told == found(signal, FS)


def halves(gap_samples: int) -> tuple[list[int], QrsDetector, list[float], list[bool], list[int | None]]:
    expected_ms = beats_every(800, DURATION_MS)
    signal = drawn(expected_ms, DURATION_MS, FS)
    detector = QrsDetector(FS)
    detector.receive(0, signal[: 8 * FS])
    start = 8 * FS + gap_samples
    told = detector.receive(start, signal[start : start + FS])
    told += detector.receive(start + FS, signal[start + FS :])
    after_ms = [at for at in expected_ms if at > start * 1000 / FS + 100]
    return after_ms, detector, at_ms(told, FS), [b.is_first for b in told], [b.interval_samples for b in told]


def test_after_a_short_gap_it_goes_on_but_no_interval_spans_it() -> None:
    after_ms, _, told_ms, firsts, intervals = halves(FS)
    assert_found(told_ms, after_ms)
    assert firsts == [False] * len(told_ms)
    assert intervals == [None] + [200] * (len(told_ms) - 1)


def test_after_a_long_gap_it_learns_anew() -> None:
    after_ms, _, told_ms, firsts, intervals = halves(FS + 1)
    assert_found(told_ms, after_ms)
    assert firsts == [True] + [False] * (len(told_ms) - 1)
    assert intervals[0] is None


def test_nothing_is_told_while_it_learns_and_a_gap_then_begins_anew() -> None:
    signal = drawn(beats_every(800, 8_000), 8_000, FS)
    detector = QrsDetector(FS)
    assert detector.is_learning
    assert detector.receive(0, signal[: 2 * FS]) == []
    assert detector.is_learning
    assert detector.receive(2 * FS + 10, signal[2 * FS + 10 : 4 * FS]) == []
    assert detector.is_learning
    told = detector.receive(4 * FS, signal[4 * FS :])
    assert not detector.is_learning
    assert told[0].is_first and told[0].sample > 2 * FS
