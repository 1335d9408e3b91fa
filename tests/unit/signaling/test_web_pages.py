"""Which built page an address means: the kiosk has its own, every other address is the start page's."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from signaling.http_shell import SECURITY_HEADERS, add_security_headers
from signaling.web_pages import WebPages


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("/", "start"),
        ("/kiosk", "kiosk"),
        ("/kiosk/", "kiosk"),
        ("/kiosk.html", "kiosk"),
        ("/other", "start"),
    ],
)
async def test_the_kiosk_has_a_page_of_its_own_with_the_same_headers(
    tmp_path: Path, address: str, text: str
) -> None:
    (tmp_path / "index.html").write_text("start")
    (tmp_path / "kiosk.html").write_text("kiosk")
    app = web.Application()
    app.on_response_prepare.append(add_security_headers)
    app.add_routes(WebPages(tmp_path).routes())
    async with TestClient(TestServer(app)) as client:
        answer = await client.get(address)
        assert await answer.text() == text
        assert answer.headers["Cache-Control"] == "no-cache"
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value
