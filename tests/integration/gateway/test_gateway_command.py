"""`lianzhen gateway`: enrols by a code, tests the device, and refuses in one sentence with an exit code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from clients.gateway.identity import IDENTITY_FILE, KEY_FILE, Identity, new_key, write_identity
from clients.gateway.keeping import Shelf
from signaling.command_line import main
from tests.support.ecg_uplink_server import EcgUplinkServer, ecg_uplink_server
from tests.support.framed_box import FramedBox, box_on_tcp

Gateway = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EcgUplinkServer]:
    async with ecg_uplink_server(tmp_path / "server") as serving:
        yield serving


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHEN_LANGUAGE", "en")


@pytest.fixture
def gateway(capsys: pytest.CaptureFixture[str]) -> Gateway:
    """Runs the command beside the loop on which its server lives; returns its exit code and what it said."""

    async def run(*arguments: str) -> tuple[int, str]:
        code = await asyncio.to_thread(main, ["gateway", *arguments])
        return code, capsys.readouterr().err

    return run


async def test_a_code_enrols_once(gateway: Gateway, tmp_path: Path, server: EcgUplinkServer) -> None:
    data = tmp_path / "data"
    wrong, said = await gateway("enrol", "--server", server.url, "--code", "WRONG", "--data", str(data))
    assert (wrong, "登记码不对 (device_code_wrong)" in said) == (1, True)
    right = ("enrol", "--server", server.url + "/", "--code", "GOOD-CODE", "--data", str(data))
    done, said = await gateway(*right)
    assert (done, "Enrolled as “镇卫生院心电盒” (dv_1)" in said) == (0, True)
    identity = json.loads((data / IDENTITY_FILE).read_text())
    assert identity == {
        "server": server.url,
        "device": "dv_1",
        "name": "镇卫生院心电盒",
        "institution": "in_1",
        "ca": "",
    }
    key = (data / KEY_FILE).read_bytes()
    again, said = await gateway(*right)
    assert (again, "to enrol anew" in said) == (1, True)
    assert (data / KEY_FILE).read_bytes() == key


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("enrol", "--server", "lianzhen", "--code", "X"), 2, "must look like https://"),
        (("enrol", "--server", "http://127.0.0.1:9", "--code", "X"), 1, "cannot be reached"),
        (("enrol", "--server", "https://x", "--code", "X", "--ca", "absent.pem"), 2, "absent.pem"),
        (("run", "--source", "simulator"), 1, "not enrolled"),
        (("run", "--source", "parrot"), 2, "No such source “parrot”"),
        (("selftest", "--source", "replay:absent.edf"), 1, "absent.edf cannot be read"),
        (("selftest", "--source", "tcp:127.0.0.1:9"), 1, "cannot be reached"),
        (("selftest", "--source", "simulator"), 0, "Self-test passed: calibration pulse 1000 µV, 200 ms"),
    ],
)
async def test_every_refusal_is_one_sentence(
    gateway: Gateway, tmp_path: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    folder = () if arguments[0] == "selftest" else ("--data", str(tmp_path / "data"))
    found, said = await gateway(*arguments, *folder)
    assert found == code
    assert sentence in said.splitlines()[-1]


async def test_a_box_is_tested_by_its_pulse(gateway: Gateway) -> None:
    for has_pulse, code, sentence in ((True, 0, "Self-test passed"), (False, 1, "no calibration pulse")):
        async with box_on_tcp(FramedBox(has_pulse=has_pulse)) as port:
            found, said = await gateway("selftest", "--source", f"tcp:127.0.0.1:{port}")
        assert (found, sentence in said) == (code, True)


async def test_one_process_owns_a_data_folder(gateway: Gateway, tmp_path: Path) -> None:
    new_key(tmp_path)
    write_identity(tmp_path, Identity("http://127.0.0.1:9", "dv_1", "box", "in_1"))
    shelf = Shelf(tmp_path)
    code, said = await gateway("run", "--source", "simulator", "--data", str(tmp_path))
    assert (code, "Another gateway uses this data folder" in said) == (1, True)
    shelf.close()
