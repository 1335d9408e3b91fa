"""What runs of several servers come to."""

from __future__ import annotations

import pytest

from load_tests.beside.figures import Run, best, loss_of, medians


def run(name: str, configuration: str, subscribers: int, cpu_us: float, loss: float = 0.0) -> Run:
    return Run(name, configuration, subscribers, cpu_us, 100.0, 100.0, loss, 0.5, 1.5)


def test_the_median_run_of_each_configuration_counts() -> None:
    runs = [run("ours", "", 1, cpu) for cpu in (2.0, 9.0, 3.0)] + [run("ours", "", 5, 1.0)]
    found = medians(runs)
    assert found["ours", "", 1].cpu_us_per_packet == 3.0
    assert found["ours", "", 1].delay_ms_p99 == 1.5
    assert found["ours", "", 5].cpu_us_per_packet == 1.0


def test_a_configuration_that_loses_packets_is_no_comparison() -> None:
    one_bad = [run("janus", "default", 20, 3.0, loss) for loss in (0.0, 0.0005, 0.3)]
    assert medians(one_bad)["janus", "default", 20].loss == 0.0005
    assert best(medians(one_bad)) == {"janus": {"20": 3.0}}
    lossy = [run("janus", "default", 20, 1.0, 0.3)]
    assert best(medians(lossy)) == {"janus": {}}
    other = run("janus", "event_loops=1", 20, 2.0)
    assert best(medians([*lossy, other])) == {"janus": {"20": 2.0}}


def test_of_each_name_the_best_configuration_is_told_at_each_number() -> None:
    runs = [
        run("janus", "default", 20, 4.0),
        run("janus", "event_loops=1", 20, 2.00049),
        run("janus", "default", 5, 3.0),
        run("janus", "event_loops=1", 5, 5.0),
        run("ours", "", 5, 1.0),
    ]
    report = best(medians(runs))
    assert report == {"janus": {"5": 3.0, "20": 2.0}, "ours": {"5": 1.0}}
    assert list(report["janus"]) == ["5", "20"]


@pytest.mark.parametrize(
    ("sent", "received", "holes", "loss"),
    [
        (1_000, 2_000, 0, 0.0),
        (1_000, 2_020, 0, 0.0),
        (1_000, 1_900, 0, 0.0),
        (1_000, 1_800, 0, 0.05),
        (1_000, 1_950, 20, 0.01),
        (1_000, 1_800, 20, 0.05),
        (1_000, 2_000, -3, 0.0),
        (0, 0, 0, 0.0),
    ],
)
def test_loss_is_a_hole_or_what_cannot_be_on_its_way(
    sent: int, received: int, holes: int, loss: float
) -> None:
    assert loss_of(sent, received, holes, 2) == pytest.approx(loss)
