"""Builds what shows and tells how the service is run: rights, settings, the ledger's proof, live events,
webhooks. No decisions here.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from media_server.ids import RoomName
from recording.clock import Clock
from signaling.api.event_pages import EventPages
from signaling.api.ledger_pages import LedgerPages
from signaling.api.rights_pages import RightsPages
from signaling.api.route import Route
from signaling.api.setting_pages import SettingPages
from signaling.api.webhook_pages import WebhookPages
from signaling.auth.policy import Decision, decide
from signaling.auth.rights import Action, Caller
from signaling.auth.room_rights import Place, Visitor, subject_of
from signaling.consult.party_news import PartyNews
from signaling.ledger_check import LedgerChecker
from signaling.ledger_feed import LedgerFeed
from signaling.settings import Settings
from signaling.store.secret_box import SecretBox
from signaling.store.sql_store import SqlStore
from signaling.webhooks.deliverer import WebhookDeliverer


@dataclass(frozen=True)
class Oversight:
    """The parts and their pages."""

    events: EventPages
    webhooks: WebhookDeliverer
    news: PartyNews
    routes: Sequence[Route]

    def watches(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Returns what has to run for as long as the server does."""
        return (self.events.run(), self.webhooks.run(), self.news.run())

    def stats(self) -> Mapping[str, Callable[[], Mapping[str, int]]]:
        """Returns counters for metrics, by part."""
        return {
            "events": self.events.stats,
            "webhooks": self.webhooks.stats,
            "party_news": self.news.stats,
        }


def build_oversight(
    settings: Settings,
    *,
    store: SqlStore,
    box: SecretBox,
    clock: Clock,
    place_of: Callable[[str], Place | None],
) -> Oversight:
    """Returns the built parts, nothing of it started."""

    def may_see_room(caller: Caller, room: RoomName) -> bool:
        subject = subject_of(place_of(room), Visitor(caller))
        return subject is not None and decide(caller, Action.ROOM_READ, subject) is Decision.ALLOWED

    feed = LedgerFeed(store)
    events = EventPages(store=store, feed=feed, clock=clock, may_see_room=may_see_room)
    news = PartyNews(store, listening=events.people, tell=events.tell_person)
    deliverer = WebhookDeliverer(store, box, clock, networks=settings.webhook_networks)
    store.follow(feed.receive_acts)
    store.follow(deliverer.receive_acts)
    store.follow(news.receive_acts)
    pages = (
        RightsPages(),
        SettingPages(store),
        LedgerPages(
            store, LedgerChecker(settings.database_url, settings.data_dir), data_dir=settings.data_dir
        ),
        WebhookPages(store, box, networks=settings.webhook_networks),
        events,
    )
    return Oversight(events, deliverer, news, [route for each in pages for route in each.routes()])
