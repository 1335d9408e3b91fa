"""The data folder of a demo that was started once, for tests that want a running one: filling it with days of
work takes longer than most of them.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from signaling.api_keys import ApiKey
from signaling.composition import build_service
from signaling.settings import Settings
from tests.support.fake_sfu import FakeSfu

_folder: tempfile.TemporaryDirectory[str] | None = None
"""Gone with the process."""


async def copy_seeded_demo(data_dir: Path, key: ApiKey) -> None:
    """Makes ``data_dir`` what a demo leaves that was started and stopped; it is filled once a process."""
    global _folder
    if _folder is None:
        made = tempfile.TemporaryDirectory(prefix="lianzhen-demo-")
        settings = Settings(data_dir=Path(made.name) / "data", web_dir=Path(made.name) / "web")
        service = build_service(settings, key, FakeSfu(), is_demo=True)
        await service.start()
        await service.close()
        _folder = made
    await asyncio.to_thread(shutil.copytree, Path(_folder.name) / "data", data_dir)
