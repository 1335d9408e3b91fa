"""What the API says of addresses and methods that it does not know: the same shape as every refusal."""

from __future__ import annotations

from aiohttp import web

from signaling.rest.answers import ApiRefusal, api


class UnknownPages:
    """The handler of everything under /api that no other page has taken."""

    def routes(self) -> list[web.RouteDef]:
        """Returns the routes to add to the application, after those of the API."""
        return [web.route("*", "/api/{tail:.*}", self.unknown)]

    @api
    async def unknown(self, request: web.Request) -> web.StreamResponse:
        """There is no such thing."""
        raise ApiRefusal("not_found")
