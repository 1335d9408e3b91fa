"""What the API takes and gives about webhooks: where events are sent to as they happen.

    GET    /webhooks               the institution's webhooks with how their deliveries are going
    POST   /webhooks               makes one; the answer holds its secret, this once
    PATCH  /webhooks/{id}          another address or other events
    POST   /webhooks/{id}/secret   another secret, shown this once; the one before stops at once
    DELETE /webhooks/{id}          ends it; what was waiting is dropped

Each event comes as a POST with the event as the body (canonical JSON as in the ledger: ids, no names) and

    Lianzhen-Event: <institution>/<sequence>      the same at every try: whoever gets it twice drops one
    Lianzhen-Timestamp: <seconds since the Unix epoch>
    Lianzhen-Signature: v1=<hex HMAC-SHA256 with the secret over "<timestamp>.<body>">

Events of one case come one after the other. 2xx takes it; anything else is tried again, later and later.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from signaling.api.route import Model

Address = Annotated[str, Field(min_length=8, max_length=500, pattern=r"^https?://")]
"""http or https. Addresses of this machine and of private networks only where the server's settings allow
them."""
EventKind = Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$", max_length=60)]
EventKinds = Annotated[list[EventKind], Field(max_length=100)]
"""Such as "recording.started"; empty for all."""


class NewWebhook(Model):
    """Where to, and which events."""

    url: Address
    kinds: EventKinds


class WebhookChange(Model):
    """What is to change; what is left out stays."""

    url: Address | None = None
    kinds: EventKinds | None = None


class WebhookLine(Model):
    """A webhook and how its deliveries are going."""

    id: str
    url: str
    kinds: list[str]
    state: Literal["active", "ended"]
    created_at_ms: int
    waiting: int
    """Events not delivered yet."""
    failing: int
    """Of these, events that were tried in vain at least once."""
    given_up: int
    """Events that were tried as often as they are; they stay in the ledger."""
    delivered_at_ms: int | None
    """When the last one arrived."""


class WebhookList(Model):
    """The institution's webhooks, newest first; ended ones after the active."""

    webhooks: list[WebhookLine]
    next: str | None = None


class WebhookSecret(Model):
    """A webhook with its secret, which is shown this once."""

    webhook: WebhookLine
    secret: str
