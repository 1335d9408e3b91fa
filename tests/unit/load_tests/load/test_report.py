"""A run as JSON and as Markdown."""

from __future__ import annotations

import json

import pytest

from load_tests.load.report import amount, as_json, as_markdown
from load_tests.load.run import Course, Moment
from load_tests.load.scenario import read_scenario
from load_tests.load.verdict import judge

SCENARIO = read_scenario(
    "title = 'Tiny'\nduration_s = 5\nrooms = [{ people = [{}] }]\n"
    "[targets]\nvoice_loss = 0.01\nprobe_frames_per_s = 10\njoin_p95_ms = 500"
)
COURSE = Course(
    figures={"voice_loss": 0.002, "join_p95_ms": 812.5, "voice_delay_p99_ms": float("inf")},
    moments=[Moment(1.0, 2, 100.0, 0.25)],
    delays=[(0.1, 3), (float("inf"), 1)],
    failures={"TimeoutError": 2},
)
VERDICTS = judge(SCENARIO.targets, COURSE.figures)


def test_the_page_says_what_was_missed_and_what_was_measured_besides() -> None:
    text = as_markdown(SCENARIO, COURSE, VERDICTS, {"processors": 2})
    assert "**2 of 3 targets missed.**" in text
    assert "| ✓ | voice_loss | 0.200% | ≤ 1.000% |" in text
    assert "| ✗ | join_p95_ms | 812.50 ms | ≤ 500 ms |" in text
    assert "| ✗ | probe_frames_per_s | not measured | ≥ 10 /s |" in text
    assert "| · | voice_delay_p99_ms | inf ms | – |" in text
    assert "network: loopback. processors 2." in text
    assert "What went wrong: 2 × TimeoutError." in text


def test_a_good_run_says_so() -> None:
    good = Course(figures={"voice_loss": 0.0, "join_p95_ms": 1.0, "probe_frames_per_s": 15.0})
    text = as_markdown(SCENARIO, good, judge(SCENARIO.targets, good.figures), {})
    assert "**All targets met.**" in text
    assert "What went wrong" not in text


def test_the_file_is_strict_json_although_a_delay_may_be_beyond_the_last_class() -> None:
    def refuse(constant: str) -> float:
        raise ValueError(constant)

    told = json.loads(as_json("tiny", SCENARIO, COURSE, VERDICTS, {}), parse_constant=refuse)
    assert told["figures"]["voice_delay_p99_ms"] is None
    assert told["voice_delays"] == [[0.1, 3], [None, 1]]
    assert [target["is_met"] for target in told["targets"]] == [True, False, False]
    assert told["course"] == [{"at_s": 1.0, "people": 2, "packets_per_s": 100.0, "cores": 0.25}]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("joins_failed", 3, "3"), ("server_mb", 1_234.5, "1,234.50 MB"), ("voice_loss", 0.0005, "0.050%")],
)
def test_a_figure_comes_with_its_unit(name: str, value: float, text: str) -> None:
    assert amount(name, value) == text
