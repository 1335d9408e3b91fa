"""Where `make screens` puts its pictures: one folder a language, each screen in the sizes it must work in."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser

from tests.support.accessible_pages import faults
from tests.support.story_pages import DESKTOP, KIOSK, Face, open_face, sign_in_as

Size = tuple[int, int]
PANEL: Final[Size] = (1920, 1080)
"""The kiosk's larger screen."""
SMALL: Final[tuple[Size, ...]] = ((1024, 768), (390, 844))
"""An old monitor and a telephone: staff pages must work on them (interface.md §4)."""
SETTLED_MS: Final = 1_000
"""What a page still loads after it has come up, and its animations."""
RESIZED_MS: Final = 300


class Album:
    """The pictures of one language. ``faults`` are what the pages' checks found, by picture."""

    def __init__(self, folder: Path, address: str, language: str) -> None:
        self.address, self.language = address, language
        self.folder = folder / language
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.glob("*.png"):
            old.unlink()
        self.taken: list[str] = []
        self.faults: dict[str, list[str]] = {}
        self._began_s = time.monotonic()

    @asynccontextmanager
    async def page(self, browser: Browser, path: str, size: Size, who: str = "") -> AsyncIterator[Face]:
        """A page in this language for the time of the block; signed in where somebody is named."""
        face = await open_face(browser, f"{self.address}{path}", size, language=self.language)
        try:
            if who:
                await sign_in_as(face, who)
            yield face
        finally:
            await face.page.context.close()

    async def kiosk(self, face: Face, name: str) -> None:
        """A screen of the kiosk, on both panels."""
        await self._take(face, f"kiosk-{name}", KIOSK, (PANEL,))

    async def desk(self, face: Face, name: str, *, smaller: bool = True) -> None:
        """A page of the staff, on a desktop and smaller."""
        await self._take(face, name, DESKTOP, SMALL if smaller else ())

    async def _take(self, face: Face, name: str, size: Size, others: tuple[Size, ...]) -> None:
        page = face.page
        await page.wait_for_timeout(SETTLED_MS)
        await page.screenshot(path=self.folder / f"{name}.png")
        for width, height in others:
            await page.set_viewport_size({"width": width, "height": height})
            await page.wait_for_timeout(RESIZED_MS)
            await page.screenshot(path=self.folder / f"{name}@{width}x{height}.png")
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        self.taken.append(name)
        found = await faults(page)
        if found:
            self.faults[name] = found
            print(f"{name}: {found}", flush=True)

    def told(self) -> str:
        """One line of what was made, and a line for each fault."""
        lines = [f"  {name}: {fault}" for name, found in self.faults.items() for fault in found]
        files = len(list(self.folder.glob("*.png")))
        took_s = time.monotonic() - self._began_s
        return "\n".join(
            [f"{len(self.taken)} screens in {files} pictures, {took_s:.0f} s: {self.folder}", *lines]
        )
