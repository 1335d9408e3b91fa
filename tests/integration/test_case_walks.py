"""The state machine of a consultation against the API: random walks beside a model, no illegal state, and no
event missing in either chain.

LIANZHEN_WALKS says how many (make test-walks: 10,000), LIANZHEN_WALKS_SEED which.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from tests.support.case_walks import Walks
from tests.support.walk_world import walk_world

# Forty take some ten seconds; the thousands have a target of their own.
WALKS = int(os.environ.get("LIANZHEN_WALKS", "40"))
SEED = int(os.environ.get("LIANZHEN_WALKS_SEED", "20261122"))
ROUND = 200
"""Walks in one database: what lists and queues look through stays as it is in a service."""


@pytest.fixture
def quiet() -> Iterator[None]:
    """Without a line for each of some ten thousand requests."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.mark.timeout(600 + 3 * WALKS)
@pytest.mark.usefixtures("quiet")
async def test_no_walk_leaves_the_law_and_no_event_is_missing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    began, done, requests, refused = time.monotonic(), 0, 0, 0
    ends: dict[str, int] = {}
    while done < WALKS:
        folder = tmp_path / str(done)
        folder.mkdir()
        async with walk_world(folder) as world:
            walks = Walks(world, SEED + done)
            await walks.go(min(ROUND, WALKS - done))
        assert walks.faults == [], f"seed {SEED + done}: " + "\n".join(walks.faults[:20])
        done, requests, refused = done + walks.done, requests + walks.requests, refused + walks.refused
        for state, count in walks.ends.items():
            ends[state] = ends.get(state, 0) + count
        took_s = time.monotonic() - began
        told = f"walks: {done}, requests: {requests}, refused: {refused}, {took_s:.0f} s, ends: {ends}"
        print(f"\n{told}", flush=True)
    record_property("walks", done)
    assert done == WALKS
    # Walks that all end at the first door would prove little.
    assert {"closed", "cancelled"} <= set(ends)
