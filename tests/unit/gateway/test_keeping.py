"""ECGs on the gateway's disk: there again after a kill, deleted only when stored and a day old."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clients.gateway.errors import GatewayUnfit
from clients.gateway.holding import Stretch
from clients.gateway.keeping import KEPT_US, MAX_STREAM, META_FILE, EcgState, Shelf
from clients.gateway.taking import Taken
from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import NO_FLAGS, decode_frame

T = 1_800_000_000_000_000
DESCRIPTOR = Descriptor(500, 2_500, ("I",), 50, 150, 0, "box", Source.DEVICE, 0)


def taken(first: int, run: str = "a") -> Taken:
    return Taken(run, first, T + first * 2_000, np.full((20, 1), first, np.int32), 0, NO_FLAGS)


def test_what_was_kept_is_there_again_after_a_kill(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    kept = shelf.begin("ec_1", T)
    assert kept.is_new_epoch("a")
    assert kept.begin_epoch("a", DESCRIPTOR) == 0
    assert not kept.is_new_epoch("a")
    content = kept.keep(taken(100))
    assert decode_frame(content)[0].stream == kept.stream == 1
    assert kept.keep(taken(100)) == b""
    # A kill: nothing is closed, half a frame is at the end.
    file = next((tmp_path / "ecg/ec_1").glob("*.e1"))
    file.write_bytes(file.read_bytes() + content[:17])
    shelf._lock = _closed(shelf._lock)

    again = Shelf(tmp_path).ecgs["ec_1"]
    assert (again.state, again.stream, again.descriptors) == (EcgState.RECORDING, 1, {0: DESCRIPTOR})
    assert list(again.stretches()) == [(0, 100, 120)]
    assert list(again.read(Stretch(0, 100, 101))) == [content]
    assert again.is_new_epoch("b")
    assert again.begin_epoch("b", DESCRIPTOR) == 1
    assert decode_frame(again.keep(taken(0, "b")))[0].epoch == 1


def _closed(descriptor: int) -> int:
    import os

    os.close(descriptor)
    return os.open(os.devnull, os.O_RDONLY)


def test_one_process_owns_the_folder(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    with pytest.raises(GatewayUnfit) as refused:
        Shelf(tmp_path)
    assert refused.value.code == "folder_in_use"
    shelf.close()
    Shelf(tmp_path).close()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(GatewayUnfit) as refused:
        Shelf(tmp_path / "data")
    assert refused.value.code == "folder_unwritable"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        json.dumps({"stream": 1, "state": "?", "at_us": 1, "epochs": []}).encode(),
        json.dumps({"stream": 1, "state": "ended", "at_us": 1, "epochs": [1]}).encode(),
        json.dumps(
            {"stream": 1, "state": "ended", "at_us": 1, "epochs": [{"run": "a", "descriptor": {}}]}
        ).encode(),
    ],
)
def test_what_is_damaged_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "ecg/ec_1"
    folder.mkdir(parents=True)
    (folder / META_FILE).write_bytes(content)
    shelf = Shelf(tmp_path)
    assert (shelf.ecgs, shelf.damaged) == ({}, ["ec_1"])
    assert (folder / META_FILE).read_bytes() == content


def test_stream_numbers_go_on_and_begin_again_at_one(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    assert [shelf.begin(ecg, T).stream for ecg in ("a", "b")] == [1, 2]
    shelf.ecgs["b"].stream = MAX_STREAM
    assert shelf.begin("c", T).stream == 1


def test_only_what_is_stored_and_a_day_old_is_deleted(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for ecg in ("recording", "ended", "stored", "fresh"):
        shelf.begin(ecg, T)
    shelf.ecgs["ended"].turn(EcgState.ENDED, T)
    shelf.ecgs["stored"].turn(EcgState.STORED, T)
    shelf.ecgs["fresh"].turn(EcgState.STORED, T + 1)
    assert shelf.sweep(T + KEPT_US) == ["stored"]
    assert sorted(path.name for path in (tmp_path / "ecg").iterdir()) == ["ended", "fresh", "recording"]
    shelf.close()
    assert {ecg: kept.state for ecg, kept in Shelf(tmp_path).ecgs.items()} == {
        "ended": EcgState.ENDED,
        "fresh": EcgState.STORED,
        "recording": EcgState.RECORDING,
    }


def test_another_resolution_is_another_descriptor(tmp_path: Path) -> None:
    kept = Shelf(tmp_path).begin("e", T)
    kept.begin_epoch("a", DESCRIPTOR)
    kept.begin_epoch("b", replace(DESCRIPTOR, resolution_nv=5_000))
    assert [each.resolution_nv for each in kept.descriptors.values()] == [2_500, 5_000]
