"""The API describes itself: /api/v1/openapi.json for machines, /docs for people, health for watchers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from signaling.api.docs_page import STYLE_PATH, docs_page
from signaling.api.languages import language_of
from signaling.api.openapi import describe
from signaling.api.reading import JSON
from signaling.api.route import Call, Model, Route
from signaling.auth.rights import Action
from signaling.messages import Language

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
DISTRIBUTION: Final = "lianzhen"
_STYLE_FILE: Final = Path(__file__).with_name("docs_page.css")


class Health(Model):
    """That the service answers."""

    status: Literal["ok"]


class OpenApiDocument(BaseModel):
    """An OpenAPI document; its specification says what is in it."""

    model_config = ConfigDict(extra="allow")

    openapi: str


class DescriptionPages:
    """The routes that describe the others; they are told which once all are known.

    Document and pages are made when they are first asked for, in a thread: that takes a tenth of a second.
    """

    def __init__(self) -> None:
        self._described: Sequence[Route] = ()

    def describe(self, routes: Sequence[Route]) -> None:
        """Takes the routes to describe, these among them. Called once, before the first request."""
        self._described = routes

    def routes(self) -> list[Route]:
        """Returns the routes below /api/v1."""
        return [
            Route(
                "GET",
                "/openapi.json",
                Action.API_READ,
                "This description, in OpenAPI 3.1.",
                self.openapi,
                answer=OpenApiDocument,
            ),
            Route(
                "GET", "/health", Action.API_READ, "Says that the API answers.", self.health, answer=Health
            ),
        ]

    def page_routes(self) -> list[web.RouteDef]:
        """Returns the routes of the page, outside the API."""
        return [web.get("/docs", self.page), web.get(STYLE_PATH, self.style)]

    async def openapi(self, call: Call) -> web.StreamResponse:
        """Sends the document, made once."""
        return web.Response(body=await asyncio.to_thread(lambda: self._json), content_type=JSON)

    async def health(self, call: Call) -> Health:
        """Answers."""
        return Health(status="ok")

    async def page(self, request: web.Request) -> web.Response:
        """Sends the page in the language asked for, else in the browser's."""
        chosen = request.query.get("language", "")
        language: Language = language_of(chosen or request.headers.get("Accept-Language", ""))
        page = await asyncio.to_thread(lambda: self._pages[language])
        return web.Response(text=page, content_type="text/html")

    async def style(self, request: web.Request) -> web.StreamResponse:
        """Sends the page's style sheet."""
        return web.FileResponse(_STYLE_FILE, headers={"Content-Type": "text/css; charset=utf-8"})

    @cached_property
    def _document(self) -> dict[str, Any]:
        return describe(self._described, version=version(DISTRIBUTION))

    @cached_property
    def _json(self) -> bytes:
        return json.dumps(self._document, ensure_ascii=False).encode()

    @cached_property
    def _pages(self) -> Mapping[Language, str]:
        return {language: docs_page(self._document, language) for language in LANGUAGES}
