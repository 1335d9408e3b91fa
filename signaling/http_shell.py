"""What every HTTP answer has in common: security headers, a log line without the query, and no traceback."""

from __future__ import annotations

import time
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from signaling.api.languages import language_of
from signaling.api.problems import problem
from signaling.log import place_of

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' ws: wss:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Everything from here and nowhere else. ws: and wss: because Safari before 15.4 does not count them to
'self'."""
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": (
        "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), "
        "screen-wake-lock=(self), speaker-selection=(self), autoplay=(self), "
        "geolocation=(), payment=(), usb=(), interest-cohort=()"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_API: Final = "/api/"
_log = structlog.get_logger("http")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Logs each request by its route's pattern, and turns an unexpected exception into a plain 500."""
    started_ns = time.monotonic_ns()
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        _log_request(request, answer.status, started_ns)
        raise
    except Exception as error:
        # The outermost frame of a request: what escapes here is our bug, and its text may hold anything.
        _log.error("request_failed", error=type(error).__name__, where=place_of(error))
        _log_request(request, 500, started_ns)
        if request.path.startswith(_API):
            return problem("internal", language_of(request.headers.get("Accept-Language", "")))
        raise web.HTTPInternalServerError(text="internal error") from None
    _log_request(request, response.status, started_ns)
    return response


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Adds the headers that every answer carries; a signal of aiohttp's, so that errors get them too."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = "lianzhen"


def _log_request(request: web.Request, status: int, started_ns: int) -> None:
    resource = request.match_info.route.resource
    _log.info(
        "request",
        method=request.method,
        path=resource.canonical if resource is not None else "unmatched",
        status=status,
        duration_ms=(time.monotonic_ns() - started_ns) // 1_000_000,
    )
