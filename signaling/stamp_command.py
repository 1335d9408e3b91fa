"""``lianzhen audit stamp``: has an RFC 3161 authority stamp each institution's latest checkpoint, and keeps
the answers in the store. Meant for a timer, once an hour."""

from __future__ import annotations

import argparse
import asyncio
import http.client
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import URL, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from recording.audit.checkpoint import BadNote, parse_note
from recording.audit.package_layout import AUTHORITIES_FOLDER
from recording.audit.time_stamp import REQUEST_TYPE, BadStamp, parse_roots, stamp
from recording.keys import KEYS_FOLDER
from signaling.errors import SettingWrong, Unavailable
from signaling.messages import say_to
from signaling.settings import chosen_language, read_settings
from signaling.store.database_url import database_url
from signaling.store.engines import open_engine
from signaling.store.tables import checkpoint, time_stamp

ANSWER_LIMIT_S: Final = 20.0
MAX_ANSWER_BYTES: Final = 64 * 1024
"""A stamp with its certificates has some 6 kB."""


def stamp_latest(options: argparse.Namespace) -> int:
    """Runs the command. Returns the exit code. Raises SettingWrong, Unavailable."""
    language = chosen_language()
    settings = read_settings()
    if urlsplit(options.url).scheme not in ("http", "https"):
        raise SettingWrong("--url", say_to("audit.stamp_url", language))
    paths = [Path(path) for path in options.authority]
    paths = paths or sorted((settings.data_dir / KEYS_FOLDER / AUTHORITIES_FOLDER).glob("*.pem"))
    try:
        roots = [root for path in paths for root in parse_roots(path.read_bytes(), path.name)]
    except (OSError, BadStamp):
        raise SettingWrong("--authority", say_to("audit.authority_bad", language, file=paths[0])) from None
    if not roots:
        raise SettingWrong("--authority", say_to("audit.authority_missing", language))
    url = database_url(settings.database_url, settings.data_dir)
    rows: list[dict[str, object]] = []
    try:
        for institution, size, note in asyncio.run(_unstamped(url)):
            body = parse_note(note.encode()).checkpoint.body()
            answer, _ = stamp(body, roots, lambda request: _post(options.url, request))
            now_ms = time.time_ns() // 1_000_000
            rows.append({"institution": institution, "size": size, "token": answer, "received_at_ms": now_ms})
        asyncio.run(_keep(url, rows))
    except BadStamp:
        raise Unavailable("stamp_refused", say_to("audit.stamp_refused", language)) from None
    except (OSError, http.client.HTTPException):
        raise Unavailable("stamp_unreachable", say_to("audit.stamp_unreachable", language)) from None
    except (SQLAlchemyError, BadNote):
        raise Unavailable("store_unavailable", say_to("start.store_unavailable", language)) from None
    sys.stdout.write(say_to("audit.stamp_done", language, count=len(rows)) + "\n")
    return 0


async def _unstamped(url: URL) -> Sequence[tuple[str, int, str]]:
    """(institution, size, note) of the latest checkpoints that have no stamp yet."""
    newest = (
        select(checkpoint.c.institution, func.max(checkpoint.c.size).label("size"))
        .group_by(checkpoint.c.institution)
        .subquery()
    )
    is_newest = (checkpoint.c.institution == newest.c.institution) & (checkpoint.c.size == newest.c.size)
    is_stamped = (time_stamp.c.institution == checkpoint.c.institution) & (
        time_stamp.c.size == checkpoint.c.size
    )
    query = (
        select(checkpoint.c.institution, checkpoint.c.size, checkpoint.c.note)
        .join(newest, is_newest)
        .outerjoin(time_stamp, is_stamped)
        .where(time_stamp.c.size.is_(None))
    )
    engine = open_engine(url, "read")
    try:
        async with engine.connect() as connection:
            return [(row[0], int(row[1]), row[2]) for row in await connection.execute(query)]
    finally:
        await engine.dispose()


async def _keep(url: URL, rows: list[dict[str, object]]) -> None:
    if not rows:
        return
    engine = open_engine(url, "write")
    try:
        async with engine.begin() as connection:
            await connection.execute(insert(time_stamp), rows)
    finally:
        await engine.dispose()


def _post(url: str, request: bytes) -> bytes:
    """The authority's answer. Raises OSError, HTTPException."""
    asked = urllib.request.Request(url, request, {"Content-Type": REQUEST_TYPE})  # noqa: S310
    # http and https only: stamp_latest has looked.
    with urllib.request.urlopen(asked, timeout=ANSWER_LIMIT_S) as answer:  # noqa: S310
        content: bytes = answer.read(MAX_ANSWER_BYTES)
    return content
