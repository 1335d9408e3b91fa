"""Beats and heart rate counted on the first lead of six MIT-BIH records, as ANSI/AAMI EC57 scores them, told
in 40 ms chunks.

No number of the detector was fitted to these records, but three of its rules were chosen after a run on them
(qrs_detector.py says which): they are not a held-out set any more. A beat that was taken back does not count,
one that was found looking back counts, and its delay with it. What issue 5 asks (gross sensitivity and
positive predictivity of 99.3 %, heart rate within 5 a minute) is printed beside what is reached. The
assertions hold what is reached, a little below it, so that nothing gets worse unseen; where a record misses
the figure asked, MISSED says so by name. How the heart rate is scored says tests/support/rate_scoring.py.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from functools import cache
from typing import Final

import pytest

from clinical.heart_rate import HeartRate
from tests.support.beat_scoring import LEARNING_S, Found, Score, score
from tests.support.mitdb import RATE_HZ, RECORDS, read_annotations, read_checksum, read_lead_uv
from tests.support.rate_scoring import RateScore, Shown, score_rate

CHUNK: Final = RATE_HZ * 40 // 1000
WANTED_PER_CENT: Final = 99.3
WANTED_DELAY_MS: Final = 250
WANTED_CPU_MS_PER_S: Final = 2.0

REACHED: Final = {
    "100": (99.9, 99.9),
    "108": (99.5, 97.5),
    "203": (98.8, 98.5),
    "207": (99.8, 99.2),
    "208": (99.5, 99.6),
    "217": (99.8, 99.8),
}
"""Floors of sensitivity and positive predictivity."""
MISSED: Final = frozenset({"108", "203"})
"""108: P waves as steep as the beats, and noise; 203: noise and low complexes."""
RATE_FLOOR_PER_CENT: Final = {"100": 99.9, "108": 96.5, "203": 87.0, "207": 98.0, "208": 98.0, "217": 99.9}
"""Of the seconds within 5 a minute. With the reference's beats, told 250 ms late, all would be. What is left
in 203, a fibrillation about 100 a minute, are 25 missed and 33 false beats, each in the average for about
eight seconds; in 108 the false beats of a noisy minute.
"""


@dataclass(frozen=True)
class Outcome:
    score: Score
    rate: RateScore
    cpu_ms_per_s: float


@cache
def outcome(record: str) -> Outcome:
    lead, reference = read_lead_uv(record), read_annotations(record)
    rate = HeartRate(RATE_HZ)
    told: list[Found] = []
    shown: list[Shown] = []
    cpu_s = -time.process_time()
    for at in range(0, len(lead), CHUNK):
        end = min(at + CHUNK, len(lead))
        for beat in rate.receive(at, lead[at:end]):
            if beat.replaces:
                told.pop()
            told.append(Found(beat.sample, end))
        if at // RATE_HZ != end // RATE_HZ:
            shown.append(Shown(end, rate.per_minute(end)))
    cpu_s += time.process_time()
    return Outcome(
        score(reference.beats, told, reference.flutter, RATE_HZ),
        score_rate(shown, reference.beats, reference.flutter, RATE_HZ),
        1000 * cpu_s * RATE_HZ / len(lead),
    )


def percentile_ms(samples: list[int], per_cent: int) -> float:
    return statistics.quantiles(samples, n=100)[per_cent - 1] * 1000 / RATE_HZ


def stretches(seconds: tuple[int, ...]) -> str:
    """Seconds that follow one another as one stretch."""
    begins = [second for second in seconds if second - 1 not in seconds]
    ends = [second for second in seconds if second + 1 not in seconds]
    return ", ".join(f"{begin}-{end}" for begin, end in zip(begins, ends, strict=True)) or "none"


@pytest.mark.parametrize("record", RECORDS)
def test_the_records_are_those_that_were_published(record: str) -> None:
    stated, computed = read_checksum(record)
    assert stated == computed
    assert len(read_lead_uv(record)) == 650_000


@pytest.mark.parametrize("record", RECORDS)
def test_beats_of_a_record(record: str) -> None:
    result = outcome(record)
    found, rate, delays = result.score, result.rate, list(result.score.delays)
    print(
        f"\n{record}: Se {found.sensitivity:.2f} % +P {found.predictivity:.2f} % "
        f"(missed {found.missed}, false {found.false}); told after p50 {percentile_ms(delays, 50):.0f} "
        f"p95 {percentile_ms(delays, 95):.0f} p99 {percentile_ms(delays, 99):.0f} ms; heart rate within "
        f"5/min {rate.per_cent:.1f} %, within 5/min or 10 % {rate.share_per_cent:.1f} % of {rate.scored} "
        f"seconds; CPU {result.cpu_ms_per_s:.2f} ms/s; farther than 5/min in seconds {stretches(rate.wrong)}"
    )
    least_sensitivity, least_predictivity = REACHED[record]
    assert found.sensitivity >= least_sensitivity
    assert found.predictivity >= least_predictivity
    assert (min(found.sensitivity, found.predictivity) < WANTED_PER_CENT) == (record in MISSED)
    assert percentile_ms(delays, 95) <= WANTED_DELAY_MS
    assert rate.per_cent >= RATE_FLOOR_PER_CENT[record]


def test_beats_of_all_records() -> None:
    scores = [outcome(record).score for record in RECORDS]
    gross = Score(
        sum(one.hits for one in scores),
        sum(one.missed for one in scores),
        sum(one.false for one in scores),
        tuple(delay for one in scores for delay in one.delays),
    )
    delay_ms = percentile_ms(list(gross.delays), 95)
    print(
        f"\ngross: Se {gross.sensitivity:.2f} % +P {gross.predictivity:.2f} % of {gross.hits + gross.missed} "
        f"beats (wanted {WANTED_PER_CENT} %), told after p95 {delay_ms:.0f} ms (wanted {WANTED_DELAY_MS} ms)"
    )
    assert gross.sensitivity >= WANTED_PER_CENT
    assert gross.predictivity >= WANTED_PER_CENT
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
