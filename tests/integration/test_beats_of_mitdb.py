"""Beats and heart rate counted on six MIT-BIH records, as ANSI/AAMI EC57 scores them, told in 40 ms chunks.

No number of the detector was fitted to these records, but two of its rules were chosen after a first run on
them (qrs_detector.py says which): they are not a held-out set any more. What issue 5 asks (gross sensitivity
and positive predictivity of 99.3 %, heart rate within 5 a minute) is printed beside what is reached. The
assertions hold what is reached, a little below it, so that nothing gets worse unseen; where a record misses
the figure asked, MISSED says so by name.
"""

from __future__ import annotations

import bisect
import statistics
import time
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import pytest

from clinical.heart_rate import HeartRate
from tests.support.beat_scoring import LEARNING_S, MATCH_MS, Found, Score, score
from tests.support.mitdb import RATE_HZ, RECORDS, Annotations, read_annotations, read_checksum, read_lead_uv

CHUNK: Final = RATE_HZ * 40 // 1000
WANTED_PER_CENT: Final = 99.3
WANTED_DELAY_MS: Final = 250
WANTED_CPU_MS_PER_S: Final = 2.0

REACHED: Final = {
    "100": (99.9, 99.9),
    "108": (99.5, 91.0),
    "203": (98.9, 98.5),
    "207": (99.8, 99.2),
    "208": (99.5, 99.6),
    "217": (99.8, 99.8),
}
"""Floors of sensitivity and positive predictivity."""
MISSED: Final = frozenset({"108", "203"})
"""108: four in five of the false beats are P waves, 206 to 242 ms before their QRS complex and more than half
as steep; 203: noise and low complexes.
"""
GROSS_FLOOR: Final = (99.6, 98.3)
"""108 alone keeps the gross positive predictivity below what is wanted; without it, it is above."""
RATE_FLOOR_PER_CENT: Final = {"100": 99.9, "108": 85.0, "203": 84.0, "207": 99.0, "208": 74.0, "217": 99.0}
"""Of the seconds within 5 a minute. In 208, where every other beat is ventricular, a wide complex is placed
up to 60 ms later than a narrow one: with the annotators' places the same beats give 99.5 %. In 203
(fibrillation) they give 91 %, in 108 82 %: there it is the beats that are wrong.
"""


@dataclass(frozen=True)
class Outcome:
    score: Score
    rate_errors: list[float]
    """A minute; each second against the reference up to the same beat."""
    cpu_ms_per_s: float


def reference_rate(reference: Annotations, until: int) -> float | None:
    end = bisect.bisect_right(reference.beats, until)
    last = reference.beats[max(end - 9, 0) : end]
    return 60 * RATE_HZ / statistics.median(b - a for a, b in pairwise(last)) if len(last) == 9 else None


@cache
def outcome(record: str) -> Outcome:
    lead, reference = read_lead_uv(record), read_annotations(record)
    rate, told, shown = HeartRate(RATE_HZ), [], []
    cpu_s = -time.process_time()
    for at in range(0, len(lead), CHUNK):
        end = min(at + CHUNK, len(lead))
        for beat in rate.receive(at, lead[at:end]):
            if beat.replaces:
                told.pop()
            told.append(Found(beat.sample, end))
        if at // RATE_HZ != end // RATE_HZ and told:
            shown.append((at, told[-1].at, rate.per_minute(end)))
    cpu_s += time.process_time()
    margin = MATCH_MS * RATE_HZ // 1000
    errors = []
    for at, last, counted in shown:
        # After a flutter the last eight intervals are again beats' within ten seconds.
        is_scored = at >= LEARNING_S * RATE_HZ and not any(
            start <= at <= end + 10 * RATE_HZ for start, end in reference.flutter
        )
        true = reference_rate(reference, last + margin)
        if is_scored and true is not None:
            errors.append(abs(counted - true) if counted is not None else float("inf"))
    return Outcome(
        score(reference.beats, told, reference.flutter, RATE_HZ), errors, 1000 * cpu_s * RATE_HZ / len(lead)
    )


def percentile_ms(samples: list[int], per_cent: int) -> float:
    return statistics.quantiles(samples, n=100)[per_cent - 1] * 1000 / RATE_HZ


def share_within(errors: list[float], limit: float) -> float:
    return 100 * sum(error <= limit for error in errors) / len(errors)


@pytest.mark.parametrize("record", RECORDS)
def test_the_records_are_those_that_were_published(record: str) -> None:
    stated, computed = read_checksum(record)
    assert stated == computed
    assert len(read_lead_uv(record)) == 650_000


@pytest.mark.parametrize("record", RECORDS)
def test_beats_of_a_record(record: str) -> None:
    result = outcome(record)
    found, delays = result.score, list(result.score.delays)
    print(
        f"\n{record}: Se {found.sensitivity:.2f} % +P {found.predictivity:.2f} % "
        f"(missed {found.missed}, false {found.false}); told after p50 {percentile_ms(delays, 50):.0f} "
        f"p95 {percentile_ms(delays, 95):.0f} p99 {percentile_ms(delays, 99):.0f} ms; heart rate within "
        f"5/min {share_within(result.rate_errors, 5):.1f} % of seconds, median error "
        f"{statistics.median(result.rate_errors):.1f}; CPU {result.cpu_ms_per_s:.2f} ms/s"
    )
    least_sensitivity, least_predictivity = REACHED[record]
    assert found.sensitivity >= least_sensitivity
    assert found.predictivity >= least_predictivity
    assert (min(found.sensitivity, found.predictivity) < WANTED_PER_CENT) == (record in MISSED)
    assert percentile_ms(delays, 95) <= WANTED_DELAY_MS
    assert share_within(result.rate_errors, 5) >= RATE_FLOOR_PER_CENT[record]


def test_beats_of_all_records() -> None:
    scores = {record: outcome(record).score for record in RECORDS}
    for left_out in (frozenset(), frozenset({"108"})):
        counted = [one for record, one in scores.items() if record not in left_out]
        gross = Score(
            sum(one.hits for one in counted),
            sum(one.missed for one in counted),
            sum(one.false for one in counted),
            tuple(delay for one in counted for delay in one.delays),
        )
        delay_ms = percentile_ms(list(gross.delays), 95)
        print(
            f"\ngross without {sorted(left_out) or 'none'}: Se {gross.sensitivity:.2f} % +P "
            f"{gross.predictivity:.2f} % of {gross.hits + gross.missed} beats (wanted {WANTED_PER_CENT} %), "
            f"told after p95 {delay_ms:.0f} ms (wanted {WANTED_DELAY_MS} ms)"
        )
        assert gross.sensitivity >= max(GROSS_FLOOR[0], WANTED_PER_CENT)
        assert gross.predictivity >= (WANTED_PER_CENT if left_out else GROSS_FLOOR[1])
        assert delay_ms <= WANTED_DELAY_MS


@pytest.mark.alone
def test_what_a_second_of_signal_costs() -> None:
    """Of five minutes, the processor's time and not the clock's; the best of three, since other programs push
    ours out of the caches.
    """
    lead = read_lead_uv("208")[: LEARNING_S * RATE_HZ]
    costs = []
    for _ in range(3):
        rate = HeartRate(RATE_HZ)
        cpu_s = -time.process_time()
        for at in range(0, len(lead), CHUNK):
            rate.receive(at, lead[at : at + CHUNK])
        costs.append(1000 * (cpu_s + time.process_time()) / LEARNING_S)
    print(f"\nCPU a second of signal: {', '.join(f'{cost:.2f}' for cost in costs)} ms")
    assert min(costs) <= WANTED_CPU_MS_PER_S
