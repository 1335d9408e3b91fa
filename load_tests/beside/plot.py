"""The comparison as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl

from load_tests.beside.figures import MAX_LOSS, Run

mpl.use("Agg")

from matplotlib import pyplot as plt

_COLOURS = ("#0b6e4f", "#c9a227", "#b5502b", "#3d5a80")


def draw(found: Mapping[tuple[str, str, int], Run], runs: int, path: Path) -> None:
    """Writes a PNG: bars of CPU time a packet, by number of subscribers, one colour a configuration.

    A configuration that lost too much has no bar there.
    """
    titles = list(dict.fromkeys(_title(run) for run in found.values()))
    numbers = sorted({run.subscribers for run in found.values()})
    figure, axes = plt.subplots(figsize=(8, 4.5), dpi=120)
    width = 0.8 / len(titles)
    for place, title in enumerate(titles):
        values = {
            run.subscribers: run.cpu_us_per_packet
            for run in found.values()
            if _title(run) == title and run.loss <= MAX_LOSS
        }
        at = [index + (place - (len(titles) - 1) / 2) * width for index in range(len(numbers))]
        bars = axes.bar(at, [values.get(number, 0) for number in numbers], width * 0.92, label=title)
        labels = [f"{values[number]:.2f}" if number in values else "lost packets" for number in numbers]
        axes.bar_label(bars, labels, fontsize=8, padding=2)
        for bar in bars:
            bar.set_color(_COLOURS[place % len(_COLOURS)])
    axes.set_xticks(range(len(numbers)), [f"{number}" for number in numbers])
    axes.set_xlabel("subscribers of one publisher")
    axes.set_ylabel("CPU a forwarded packet, µs (whole process)")
    axes.set_title(f"1,100-byte packets, medians of {runs} runs on one core")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(y=0.25)
    axes.legend(frameon=False, loc="upper center", ncols=len(titles))
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def _title(run: Run) -> str:
    return f"{run.name} ({run.configuration})" if run.configuration else run.name
