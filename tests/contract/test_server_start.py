"""A server that says that it is ready has put aside what lasts: no search for garbage holds a call up."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import pytest

from signaling.api_keys import ApiKey
from signaling.composition import build_service
from signaling.server import Listening, run_server
from signaling.settings import Settings
from tests.support.fake_sfu import FakeSfu

API_KEY = ApiKey("starting", "Zt7kQ2mWc9pLx4vBn8sHy3dFg6jRa1eU")


async def test_what_lasts_is_put_aside_before_the_server_is_ready(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=tmp_path / "data", web_dir=tmp_path / "web")
    service = build_service(settings, API_KEY, FakeSfu(), is_demo=True)
    still_searched: list[bool] = []

    def announce() -> None:
        still_searched.append(any(found is service.app for found in gc.get_objects()))
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        doors = [Listening("127.0.0.1", 0, "http_port")]
        await run_server(service, doors, language=None, media_port=0, announce=announce)
    finally:
        gc.unfreeze()
    assert still_searched == [False]
    assert capsys.readouterr().out.startswith("ready http://127.0.0.1:")
