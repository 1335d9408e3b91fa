"""The course of a run as a picture."""

from __future__ import annotations

import math
from pathlib import Path

import matplotlib as mpl

from load_tests.load.run import Course

mpl.use("Agg")

from matplotlib import pyplot as plt

_GREEN, _AMBER, _BLUE = "#0b6e4f", "#c9a227", "#3d5a80"


def draw(title: str, course: Course, path: Path) -> None:
    """Writes a PNG: people and packets, the server's cores, and how long voice packets were under way."""
    figure, (top, middle, bottom) = plt.subplots(3, 1, figsize=(8, 8), dpi=110)
    at_s = [moment.at_s for moment in course.moments]
    top.plot(at_s, [moment.people for moment in course.moments], color=_GREEN)
    top.set_ylabel("people connected", color=_GREEN)
    right = top.twinx()
    right.plot(at_s, [moment.packets_per_s for moment in course.moments], color=_BLUE)
    right.set_ylabel("packets received, /s", color=_BLUE)
    right.set_ylim(bottom=0)
    top.set_title(title)
    middle.plot(at_s, [moment.cores for moment in course.moments], color=_AMBER)
    middle.set_ylabel("server, cores")
    middle.set_xlabel("s")
    middle.set_ylim(bottom=0)
    filled = [(bound_ms, count) for bound_ms, count in course.delays if count and not math.isinf(bound_ms)]
    bottom.plot([bound_ms for bound_ms, _ in filled], [count for _, count in filled], ".-", color=_GREEN)
    bottom.set_xscale("log")
    bottom.set_yscale("log")
    bottom.set_xlabel("a voice packet's way from peer to peer, ms")
    bottom.set_ylabel("packets")
    for axes in (top, middle, bottom):
        axes.spines[["top"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
