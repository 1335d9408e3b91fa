"""Runs one load test and judges it: ``make load SCENARIO=lecture``.

Writes report.json, report.md and course.png into var/load/TIME-NAME. Exit code 0: all targets met; 1: some
missed; 2: the scenario cannot be run here.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import time
from pathlib import Path

from load_tests.load.plot import draw
from load_tests.load.report import amount, as_json, as_markdown
from load_tests.load.run import run
from load_tests.load.scenario import ScenarioError, read_scenario
from load_tests.load.verdict import judge
from load_tests.login_storm.precedence import precedence

SCENARIOS = Path(__file__).parents[1] / "scenarios"
OUT = Path("var/load")
_BAR = 30
_SELDOM_S = 10.0


class Progress:
    """A bar on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._told_s = 0.0

    def __call__(self, share: float, sentence: str) -> None:
        """Shows how far it is."""
        done = round(share * _BAR)
        text = f"[{'#' * done}{'.' * (_BAR - done)}] {share:4.0%}  {sentence}"
        if self._is_terminal:
            end = "\n" if share >= 1 else ""
            print(f"\r{text:<110}", end=end, file=sys.stderr, flush=True)
        elif share >= 1 or time.monotonic() - self._told_s >= _SELDOM_S:
            self._told_s = time.monotonic()
            print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Returns the exit code."""
    names = sorted(path.stem for path in SCENARIOS.glob("*.toml"))
    parser = argparse.ArgumentParser(
        prog="python -m load_tests.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", help=f"one of {', '.join(names)}, or a file")
    arguments = parser.parse_args()
    path = (
        Path(arguments.scenario)
        if arguments.scenario not in names
        else SCENARIOS / f"{arguments.scenario}.toml"
    )
    try:
        scenario = read_scenario(path.read_text())
    except (OSError, ScenarioError) as error:
        print(f"{arguments.scenario}: {error}; there are {', '.join(names)}", file=sys.stderr)
        return 2
    try:
        with precedence():
            course = asyncio.run(run(scenario, OUT / "recordings", Progress()))
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    verdicts = judge(scenario.targets, course.figures)
    machine = {
        "processors": os.cpu_count() or 1,
        "system": platform.release(),
        "load average at the end": round(os.getloadavg()[0], 1),
    }
    folder = OUT / f"{time.strftime('%Y%m%d-%H%M%S')}-{path.stem}"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(as_json(path.stem, scenario, course, verdicts, machine))
    (folder / "report.md").write_text(as_markdown(scenario, course, verdicts, machine))
    draw(scenario.title, course, folder / "course.png")
    for judged in verdicts:
        measured = "not measured" if judged.measured is None else amount(judged.name, judged.measured)
        mark = "✓" if judged.is_met else "✗"
        print(f"{mark} {judged.name}: {measured} (target {amount(judged.name, judged.target)})")
    print(f"{folder}/report.md")
    return 0 if all(judged.is_met for judged in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
