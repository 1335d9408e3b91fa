"""What all pages that watch an ECG are told in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.ecg.ecg_views import views_of
from signaling.ecg.ecgs import Ecg
from signaling.ecg.lane import Lane
from signaling.store.store import Store

_NS_PER_US: Final = 1_000


def tell(lane: Lane, message: Mapping[str, Any]) -> None:
    """Tells all of them."""
    if lane.viewers:
        text = json.dumps(message, ensure_ascii=False)
        for viewer in lane.viewers:
            viewer.outbox.push(text)


async def tell_state(store: Store, lane: Lane, ecg: Ecg) -> None:
    """Tells each of them how the ECG stands, as they may see it. Raises StoreUnavailable."""
    viewers = list(lane.viewers)
    if not viewers:
        return

    async def work(connection: AsyncConnection) -> list[Any]:
        return [(await views_of(connection, [ecg], viewer.caller))[0] for viewer in viewers]

    for viewer, view in zip(viewers, await store.read(work), strict=True):
        viewer.outbox.push(json.dumps({"type": "state", **view.model_dump()}, ensure_ascii=False))


def lost_words(lane: Lane) -> Mapping[str, Any]:
    """Returns the word that its frames do not come any more."""
    # What was shown last may have come beside the truth lane.
    after_us = max(0, lane.ahead_ns - lane.frame_ns) // _NS_PER_US
    return {"type": "lost", "since_us": lane.frame_us + after_us}
