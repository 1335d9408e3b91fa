"""A run as JSON and as Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from load_tests.load.run import Course
from load_tests.load.scenario import Scenario
from load_tests.load.verdict import FIGURES, Judged, Side


def as_json(
    name: str, scenario: Scenario, course: Course, verdicts: Sequence[Judged], machine: Mapping[str, Any]
) -> str:
    """Returns everything that was measured."""
    told = {
        "scenario": name,
        "title": scenario.title,
        "people": len(scenario.people),
        "network": scenario.network,
        "machine": dict(machine),
        "figures": {name: _finite(value) for name, value in course.figures.items()},
        "targets": [asdict(judged) | {"measured": _finite(judged.measured)} for judged in verdicts],
        "failures": course.failures,
        "course": [asdict(moment) for moment in course.moments],
        "voice_delays": [[_finite(bound_ms), count] for bound_ms, count in course.delays],
    }
    return json.dumps(told, indent=1, ensure_ascii=False)


def as_markdown(
    scenario: Scenario, course: Course, verdicts: Sequence[Judged], machine: Mapping[str, Any]
) -> str:
    """Returns the verdict and the figures for people."""
    missed = sum(not judged.is_met for judged in verdicts)
    lines = [
        f"# {scenario.title}",
        "",
        f"{len(scenario.people)} people, {scenario.duration_s:g} s, "
        f"network: {scenario.network or 'loopback'}. "
        f"{', '.join(f'{name} {value}' for name, value in machine.items())}.",
        "",
        f"**{'All targets met' if not missed else f'{missed} of {len(verdicts)} targets missed'}.**",
        "",
        "| | figure | measured | target | what it is |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(judged) for judged in verdicts]
    judged_names = {judged.name for judged in verdicts}
    others = {name: value for name, value in course.figures.items() if name not in judged_names}
    lines += [
        f"| · | {name} | {amount(name, value)} | – | {FIGURES[name].meaning} |"
        for name, value in others.items()
    ]
    if course.failures:
        told = ", ".join(f"{count} × {name}" for name, count in course.failures.items())
        lines += ["", f"What went wrong: {told}."]
    lines += ["", "![the course](course.png)", ""]
    return "\n".join(lines)


def amount(name: str, value: float) -> str:
    """Returns a figure with its unit."""
    unit = FIGURES[name].unit
    if unit == "share":
        return f"{value:.3%}"
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return f"{number} {unit}".strip()


def _row(judged: Judged) -> str:
    figure = FIGURES[judged.name]
    sign = "≤" if figure.side is Side.AT_MOST else "≥"
    measured = "not measured" if judged.measured is None else amount(judged.name, judged.measured)
    mark = "✓" if judged.is_met else "✗"
    target = amount(judged.name, judged.target)
    return f"| {mark} | {judged.name} | {measured} | {sign} {target} | {figure.meaning} |"


def _finite(value: float | None) -> float | None:
    """JSON knows no infinity: a delay beyond the last class is told as none."""
    return None if value is None or math.isinf(value) else value
