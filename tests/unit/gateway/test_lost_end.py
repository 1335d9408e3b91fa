"""An ECG's last word was lost, though every sample was stored: the server asks, and hears it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from clients.gateway.chunk import Chunk
from clients.gateway.intake import Intake
from clients.gateway.keeping import EcgState, Shelf
from clients.gateway.uplink import Say, SendFrames, Uplink
from media_server.ecg.descriptor import Descriptor, Source

T = 1_800_000_000_000_000
DESCRIPTOR = Descriptor(500, 2_500, ("I",), 50, 150, 0, "box", Source.DEVICE, 0)
ECG = "ec_1"


class Side:
    """A gateway without its driver."""

    def __init__(self, folder: Path) -> None:
        self.uplink = Uplink(model="box")
        self.shelf = Shelf(folder)
        self.intake = Intake(self.shelf, self.uplink, lambda key, **facts: None, lambda: None)

    def hear(self, kind: str, **word: Any) -> list[str]:
        """Takes a word of the server; the kinds of what goes out then."""
        self.uplink.receive_text(json.dumps({"type": kind, **word}), T)
        return self.drain()

    def drain(self) -> list[str]:
        """Handles what happened and says what is due."""
        out: list[str] = []
        for event in self.uplink.events():
            self.intake.handle(event, T)
        while (step := self.uplink.next(T)) is not None:
            match step:
                case Say(word):
                    out.append(word["type"])
                case SendFrames():
                    out.append("frames")
                case _:
                    return out
        for event in self.uplink.events():
            self.intake.handle(event, T)
        return out

    def connect(self) -> list[str]:
        """A new connection, greeted."""
        self.uplink.connected(T)
        return [*self.drain(), *self.hear("welcome", server_us=T)]


def test_an_end_that_was_lost_is_said_again(tmp_path: Path) -> None:
    side = Side(tmp_path)
    side.connect()
    side.intake.open_source(DESCRIPTOR, None)
    side.hear("start", ecg=ECG)
    side.intake.receive(Chunk("run", 0, np.zeros((20, 1), np.int32)), T)
    assert "frames" in side.drain()
    side.hear("have", ecg=ECG, epochs={"0": [[0, 20]]})
    assert "ended" in side.hear("stop", ecg=ECG)
    assert side.shelf.ecgs[ECG].state is EcgState.STORED

    side.uplink.disconnected()
    assert "ended" not in side.connect(), "for the gateway it is done"
    assert side.hear("stop", ecg=ECG)[-1] == "ended"
    side.hear("have", ecg=ECG, epochs={"0": [[0, 20]]})
    assert side.shelf.ecgs[ECG].state is EcgState.STORED
