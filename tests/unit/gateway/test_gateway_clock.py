"""The gateway's clock goes on evenly though the wall clock is set, and tells by how much."""

from __future__ import annotations

from clients.gateway.gateway_clock import JUMP_US, GatewayClock

NS = 1_000


class SetClock:
    """Two clocks that a test sets."""

    def __init__(self) -> None:
        self.mono_us = 5_000_000
        self.wall_us = 1_800_000_000_000_000

    def monotonic_ns(self) -> int:
        return self.mono_us * NS

    def wall_ns(self) -> int:
        return self.wall_us * NS

    def pass_us(self, us: int) -> None:
        self.mono_us += us
        self.wall_us += us


def test_a_set_wall_clock_is_told_once_and_tears_nothing() -> None:
    machine = SetClock()
    clock = GatewayClock(machine)
    began_us = clock.now_us()
    assert began_us == machine.wall_us
    machine.pass_us(1_000_000)
    machine.wall_us += 3_600_000_000
    assert clock.now_us() == began_us + 1_000_000
    assert [clock.jump_us(), clock.jump_us()] == [3_600_000_000, 0]
    machine.wall_us -= 3_600_000_000
    assert [clock.jump_us(), clock.jump_us()] == [-3_600_000_000, 0]


def test_a_slew_is_no_jump() -> None:
    machine = SetClock()
    clock = GatewayClock(machine)
    machine.wall_us += JUMP_US - 1
    assert clock.jump_us() == 0


def test_the_wall_clock_is_taken_over_when_nothing_can_tear() -> None:
    machine = SetClock()
    clock = GatewayClock(machine)
    machine.wall_us += 3_600_000_000
    clock.settle()
    assert (clock.now_us(), clock.jump_us()) == (machine.wall_us, 0)
