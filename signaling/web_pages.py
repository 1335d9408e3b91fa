"""The built pages, served from one folder: hashed assets for ever, the rest never cached, gzip where it was
made."""

from __future__ import annotations

import html
import mimetypes
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from signaling.messages import say

_ASSETS: Final = "assets"
"""Vite puts a hash of the content into the names in this folder."""
_FOREVER: Final = "public, max-age=31536000, immutable"
_PAGES: Final = {"kiosk": "kiosk.html"}
"""Pages with a bundle of their own, by the address that people type; all others are the start page's."""
_TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
}
"""Not left to the machine's own tables: a wrong type and ``nosniff`` make a page that does nothing."""


class WebPages:
    """The handler of everything that is not API."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes to add to the application, after all others."""
        return [web.get("/{tail:.*}", self.serve)]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answers with a file, with the start page for the pages' own paths, or says what is missing."""
        tail = request.match_info["tail"]
        index = self._folder / "index.html"
        if not index.is_file():
            return _missing_page()
        path = self._find(_PAGES.get(tail.rstrip("/"), tail))
        if path is None:
            # Addresses inside the page belong to the page; files that are not there do not.
            if "." in tail.rpartition("/")[2] or tail.startswith(("api/", "twirp/", "rtc")):
                raise web.HTTPNotFound(text="not found")
            path = index
        return _file(request, path, is_asset=tail.startswith(f"{_ASSETS}/"))

    def _find(self, tail: str) -> Path | None:
        if not tail or "\0" in tail:
            return None
        path = (self._folder / tail).resolve()
        return path if path.is_relative_to(self._folder) and path.is_file() else None


def _file(request: web.Request, path: Path, *, is_asset: bool) -> web.StreamResponse:
    content_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {
        hdrs.CONTENT_TYPE: f"{content_type}; charset=utf-8"
        if content_type.startswith("text/")
        else content_type,
        hdrs.CACHE_CONTROL: _FOREVER if is_asset else "no-cache",
    }
    # aiohttp serves FILE.gz beside FILE by itself where the browser takes it.
    return web.FileResponse(path, headers=headers)


def _missing_page() -> web.Response:
    parts = [
        f"<h1>{html.escape(say('pages.missing_title', language))}</h1>"
        f"<p>{html.escape(say('pages.missing', language))}</p>"
        for language in ("zh", "en")
    ]
    text = f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>联诊</title>{"".join(parts)}</html>'
    return web.Response(text=text, content_type="text/html", status=503)
