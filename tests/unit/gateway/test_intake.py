"""What is taken goes to the disk first, and only into ECGs of the same device."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clients.gateway.chunk import Chunk
from clients.gateway.errors import SourceFault
from clients.gateway.holding import Stretch
from clients.gateway.intake import DISK_RETOLD_US, Intake
from clients.gateway.keeping import KEPT_US, EcgState, Shelf
from clients.gateway.messages import say
from clients.gateway.simulated_heart import DESCRIPTOR, calibration, simulated
from clients.gateway.uplink import AllStored, Asked, Say, SendFrames, Uplink, WasRefused
from clients.gateway.vital_signs import Origin, Validity, measured
from media_server.ecg.frame import FrameFlag

T = 1_800_000_000_000_000


class Desk:
    """An intake with its disk and uplink, and what it told."""

    def __init__(self, data: Path) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []
        self.settled = 0
        self.shelf = Shelf(data)
        self.uplink = Uplink(model="box")
        self.intake = Intake(self.shelf, self.uplink, self._tell, self._settle)

    def _tell(self, key: str, **facts: object) -> None:
        self.told.append((key, facts))

    def _settle(self) -> None:
        self.settled += 1

    def keys(self) -> list[str]:
        keys, self.told = [key for key, _ in self.told], []
        return keys

    def start(self, ecg: str = "e") -> None:
        self.intake.handle(Asked(ecg, is_start=True), T)

    def stop(self, ecg: str = "e") -> None:
        self.intake.handle(Asked(ecg, is_start=False), T)

    def feed(self, first: int, count: int, run: str = "a") -> None:
        chunk = Chunk(run, first, simulated(first, count), flags=FrameFlag.SIMULATED)
        self.intake.receive(chunk, T + (first + count) * 2_000)

    def kept(self, ecg: str = "e") -> list[Stretch]:
        return list(self.shelf.ecgs[ecg].stretches())

    def sent(self) -> list[Any]:
        """All that goes up: words by their type, frames as bytes."""
        out: list[Any] = []
        while (step := self.uplink.next(T)) is not None:
            match step:
                case Say(word):
                    out.append(word["type"])
                case SendFrames(content):
                    out.append(content)
                case _:
                    break
        return out


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.intake.open_source(DESCRIPTOR, None)
    return desk


def test_what_could_not_be_put_on_disk_afterwards_is_told_and_goes_up_all_the_same(desk: Desk) -> None:
    desk.start()
    desk.keys()
    desk.shelf.disk.failed = lambda: OSError(errno.EIO, "worn")  # type: ignore[method-assign]
    desk.feed(0, 40)
    assert (desk.keys(), desk.intake.unwritten_frames) == (["disk_full"], 0)
    assert desk.kept() == [(0, 0, 40)]


def test_nothing_is_kept_before_somebody_asks(desk: Desk) -> None:
    desk.feed(0, 40)
    assert (desk.shelf.ecgs, desk.intake.is_recording) == ({}, False)
    desk.start()
    assert (desk.intake.is_recording, desk.settled) == (True, 1)
    desk.feed(40, 40)
    assert desk.kept() == [(0, 40, 80)]


def test_what_is_kept_goes_up(desk: Desk) -> None:
    desk.uplink.connected(T)
    desk.uplink.receive_text('{"type":"welcome","server_us":1}', T)
    desk.start()
    desk.feed(0, 20)
    desk.intake.receive(measured(T, "MDC_TEMP", 36.6, validity=Validity.VALID, source=Origin.DEVICE), T)
    *words, frame, vitals = desk.sent()
    assert words == ["hello", "ping", "stream"]
    assert isinstance(frame, bytes)
    assert vitals == "vitals"


def test_an_end_keeps_what_was_held_and_nothing_after_it(desk: Desk) -> None:
    desk.start()
    desk.feed(0, 27)
    desk.stop()
    desk.stop()
    desk.feed(27, 40)
    assert desk.kept() == [(0, 0, 27)]
    assert desk.shelf.ecgs["e"].state is EcgState.ENDED
    desk.start()
    desk.intake.handle(AllStored("e"), T)
    assert desk.shelf.ecgs["e"].state is EcgState.STORED
    assert desk.keys()[-4:] == ["ecg_started", "ecg_stopped", "ecg_ended_before", "ecg_stored"]


def test_asking_twice_begins_once(desk: Desk) -> None:
    desk.start()
    desk.start()
    desk.start("other")
    assert desk.settled == 1
    assert desk.keys()[1:] == ["ecg_started", "ecg_stopped", "ecg_started"]


def test_the_next_patients_samples_are_in_no_other_ecg(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.start("one")
    desk.feed(0, 27)
    desk.start("two")
    desk.feed(27, 40)
    assert desk.kept("one") == [(0, 0, 27)]
    assert desk.shelf.ecgs["one"].state is EcgState.ENDED
    assert desk.kept("two") == [(0, 27, 67)]

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    # Also where the next cannot begin.
    monkeypatch.setattr(desk.shelf, "begin", full)
    desk.start("three")
    desk.feed(67, 20)
    assert desk.kept("two") == [(0, 27, 67)]
    assert not desk.intake.is_recording


def test_an_end_without_a_device_or_of_an_unknown_ecg(desk: Desk) -> None:
    desk.stop("unknown")
    desk.start()
    desk.intake.close_source(T)
    desk.stop()
    assert desk.keys()[1:] == ["ecg_unknown", "ecg_started", "ecg_stopped"]


def test_what_the_device_leaves_behind_is_kept(desk: Desk) -> None:
    desk.start()
    desk.feed(0, 27)
    desk.intake.close_source(T)
    desk.intake.close_source(T)
    assert desk.kept() == [(0, 0, 27)]
    with pytest.raises(SourceFault):
        desk.feed(27, 20)


def test_a_device_that_begins_anew_begins_an_epoch(desk: Desk) -> None:
    desk.start()
    desk.feed(0, 20)
    desk.feed(0, 20, "b")
    assert desk.kept() == [(0, 0, 20), (1, 0, 20)]


def test_what_is_on_disk_is_not_kept_twice(desk: Desk) -> None:
    desk.start()
    desk.feed(0, 40)
    desk.intake.close_source(T)
    desk.intake.open_source(DESCRIPTOR, None)
    desk.feed(20, 40)
    assert desk.kept() == [(0, 0, 60)]
    assert len(list(desk.intake.read("e", (Stretch(0, 0, 60),)))) == 3


def test_an_epoch_that_cannot_be_described_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.start()
    desk.feed(0, 20)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as disk:
        disk.setattr(desk.shelf.ecgs["e"], "_write", full)
        desk.feed(0, 20, "b")
    desk.feed(20, 20, "b")
    assert desk.kept() == [(0, 0, 20), (1, 20, 40)]
    assert desk.intake.unwritten_frames == 1


def test_another_device_is_not_added_to_an_ecg(desk: Desk) -> None:
    desk.start()
    desk.feed(0, 20)
    desk.intake.close_source(T)
    desk.intake.open_source(replace(DESCRIPTOR, resolution_nv=5_000), None)
    desk.feed(0, 20, "b")
    desk.feed(20, 20, "b")
    assert desk.kept() == [(0, 0, 20)]
    assert desk.keys().count("device_changed") == 1
    desk.intake.open_source(DESCRIPTOR, None)
    desk.feed(0, 20, "c")
    assert desk.kept() == [(0, 0, 20), (1, 0, 20)]


def test_a_device_below_the_diagnostic_bounds_is_told(desk: Desk) -> None:
    desk.keys()
    desk.intake.open_source(replace(DESCRIPTOR, rate_hz=250), None)
    assert desk.keys() == ["source_open", "monitor_only"]


def test_a_device_that_names_no_model_is_told_without_one(desk: Desk) -> None:
    desk.keys()
    desk.intake.open_source(replace(DESCRIPTOR, model=""), None)
    assert desk.keys() == ["source_open_unnamed"]


@pytest.mark.parametrize(("steps", "key"), [(400, "selftest_ok"), (300, "selftest_bad")])
def test_the_calibration_pulse_is_measured_and_told(desk: Desk, steps: int, key: str) -> None:
    desk.keys()
    desk.intake.open_source(DESCRIPTOR, Chunk("a", 0, calibration(steps)))
    assert desk.keys() == ["source_open", key]


def test_the_heart_rate_is_counted_while_something_is_recorded(desk: Desk) -> None:
    desk.uplink.connected(T)
    desk.uplink.receive_text('{"type":"welcome","server_us":1}', T)
    desk.start()
    for first in range(0, 5_000, 20):
        desk.feed(first, 20)
    assert "vitals" in desk.sent()


def test_a_refusal_is_told(desk: Desk) -> None:
    desk.intake.handle(WasRefused("", "frame_foreign"), T)
    assert desk.told[-1] == ("server_refused", {"ecg": "-", "code": "frame_foreign"})
    # What somebody at the device can do something about has a sentence of its own.
    for code in ("second_device", "descriptor_changed", "clock_jumped"):
        desk.intake.handle(WasRefused("ec_1", code), T)
        assert desk.told[-1] == (f"refused_{code}", {"ecg": "ec_1", "code": code})
        assert "ec_1" in say(f"refused_{code}", None, **desk.told[-1][1])


def test_a_counter_that_jumps_is_told_and_another_run_is_none(desk: Desk) -> None:
    desk.start()
    desk.feed(0, 5_000)
    desk.feed(0, 20)
    assert desk.keys().count("counter_jumped") == 1
    desk.feed(0, 20, run="b")
    assert desk.keys().count("counter_jumped") == 0


def test_what_the_disk_does_not_take_is_told_and_does_not_go_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.start()
    desk.feed(0, 20)
    kept = desk.shelf.ecgs["e"]

    def full(*_: object) -> bytes:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as disk:
        disk.setattr(kept._log, "append", full)
        for first in range(20, 20 + DISK_RETOLD_US // 2_000 + 40, 20):
            desk.feed(first, 20)
        disk.setattr(kept._log, "sync", full)
        desk.stop()
        assert not desk.intake.is_recording
        disk.setattr(desk.shelf, "begin", full)
        desk.start("other")
        disk.setattr(desk.shelf, "sweep", full)
        desk.intake.sweep(T)
        disk.setattr(kept._log, "read", full)
        assert list(desk.intake.read("e", (Stretch(0, 0, 20),))) == []
    keys = desk.keys()
    assert keys.count("disk_full") == 2 + 3
    assert keys[-1] == "disk_unreadable"
    assert desk.intake.unwritten_frames > 200
    assert desk.kept() == [(0, 0, 20)]
    assert len(list(desk.intake.read("e", (Stretch(0, 0, 20),)))) == 1


def test_vital_signs_outlive_a_restart_and_a_line_that_was_cut(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.start()
    values = [
        measured(T + number, "MDC_TEMP", 36.5 + number, validity=Validity.VALID, source=Origin.DEVICE)
        for number in range(2)
    ]
    for value in values:
        desk.intake.receive(value, T)
    file = tmp_path / "ecg/e/vitals.jsonl"
    file.write_bytes(file.read_bytes() + b'\n{"t_us":1,"code":"MDC_TEMP","val')
    desk.shelf.close()
    assert file.stat().st_mode & 0o777 == 0o600

    again = Desk(tmp_path)
    assert again.shelf.ecgs["e"].vitals() == values
    again.uplink.connected(T)
    again.uplink.receive_text('{"type":"welcome","server_us":1}', T)
    assert again.sent().count("vitals") == 1


def test_a_vital_sign_that_the_disk_does_not_take_goes_up_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    desk.uplink.connected(T)
    desk.uplink.receive_text('{"type":"welcome","server_us":1}', T)
    desk.start()
    with monkeypatch.context() as disk:
        disk.setattr(desk.shelf.ecgs["e"], "keep_vital", full)
        value = measured(T, "MDC_TEMP", 36.6, validity=Validity.VALID, source=Origin.DEVICE)
        desk.intake.receive(value, T)
    assert desk.keys()[-1] == "disk_full"
    assert "vitals" in desk.sent()


def test_after_a_restart_what_was_begun_goes_on_and_what_ended_is_sent(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.intake.open_source(DESCRIPTOR, None)
    desk.start("stored")
    desk.feed(0, 20)
    desk.start("ended")
    desk.feed(20, 20)
    desk.start("going")
    desk.feed(40, 20)
    desk.intake.handle(AllStored("stored"), T)
    (tmp_path / "ecg/damaged").mkdir()
    desk.shelf.close()

    again = Desk(tmp_path)
    assert again.keys() == ["folder_damaged"]
    assert again.intake.is_recording
    again.uplink.connected(T)
    step = again.uplink.next(T)
    assert isinstance(step, Say)
    assert step.word["running"] == ["ended", "going"]
    again.intake.sweep(T + KEPT_US)
    assert again.keys() == ["ecg_deleted"]
