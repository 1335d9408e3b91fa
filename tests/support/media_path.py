"""The pages' watch over their media path, built for a harness page: the very module, without the pages."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.support.chromium import HarnessPage
from tests.support.server import REPOSITORY

_WEB = REPOSITORY / "clients/web"
_AS_GLOBAL = ("--format", "iife", "--name", "mediaPath")


@cache
def _bundle() -> str:
    with tempfile.TemporaryDirectory(prefix="lianzhen-bundle-") as folder:
        built = Path(folder) / "media_path.js"
        subprocess.run(
            ["node_modules/.bin/rolldown", "src/io/media_path.ts", *_AS_GLOBAL, "--file", str(built)],
            cwd=_WEB,
            capture_output=True,
            check=True,
        )
        return built.read_text()


async def keep_media_path(page: HarnessPage) -> None:
    """Watches the page's one connection as our own pages do, for as long as it is open."""
    await page.page.add_script_tag(content=_bundle())
    await page.page.evaluate("void mediaPath.keepMediaPath(() => peerConnections()[0])")
