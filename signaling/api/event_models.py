"""What the events WebSocket is asked with."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from signaling.api.route import Model


class EventsQuery(Model):
    """Where to go on."""

    after: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None
    """The number of the last ledger event that the page has; left out: from now on."""
