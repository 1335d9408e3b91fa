"""What a gateway is told of its datagrams, and when."""

from __future__ import annotations

from signaling.ecg.datagram_report import DatagramReport


def test_nothing_is_told_while_nothing_comes_and_nobody_watches() -> None:
    assert DatagramReport().tick_second(0, 0, is_watched=False) is None


def test_it_is_told_once_that_somebody_watches_and_once_that_nobody_does() -> None:
    report = DatagramReport()
    assert report.tick_second(0, 0, is_watched=True) == (0, 0, 0, True)
    assert report.tick_second(0, 0, is_watched=True) is None
    assert report.tick_second(0, 0, is_watched=False) == (0, 0, 0, False)


def test_the_quickest_of_a_second_is_told_as_long_as_some_come() -> None:
    report = DatagramReport()
    for taken_us, now_ns in ((100, 900_000), (200, 950_000), (300, 1_400_000)):
        report.receive_frame(taken_us, now_ns)
    assert report.tick_second(3, 3, is_watched=True) == (3, 3, 750, True)
    assert report.tick_second(3, 3, is_watched=True) is None
    report.receive_frame(5_000, 1_000_000)
    assert report.tick_second(5, 4, is_watched=True) == (5, 4, -4_000, True)
