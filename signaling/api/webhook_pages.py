"""/webhooks: where an institution's events are sent to as they happen."""

from __future__ import annotations

from collections.abc import Sequence

from recording.summary import JsonValue
from signaling.api.route import Call, Found, Refusal, Route
from signaling.api.webhook_models import NewWebhook, WebhookChange, WebhookLine, WebhookList, WebhookSecret
from signaling.auth.acts import act_of
from signaling.auth.rights import Action, State, Subject
from signaling.store.secret_box import SecretBox
from signaling.store.store import Store, Unit
from signaling.webhooks.addresses import Network, is_usable_url
from signaling.webhooks.registry import (
    MAX_WEBHOOKS,
    Webhook,
    change_webhook,
    create_webhook,
    end_webhook,
    find_webhook,
    renew_secret,
    webhooks,
)


class WebhookPages:
    """The handlers of /webhooks. ``networks`` are private ones that webhooks may reach all the same."""

    def __init__(self, store: Store, box: SecretBox, *, networks: Sequence[Network]) -> None:
        self._store = store
        self._box = box
        self._networks = networks

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/webhooks",
                Action.WEBHOOK_LIST,
                "The institution's webhooks and how their deliveries are going.",
                self.list,
                answer=WebhookList,
            ),
            Route(
                "POST",
                "/webhooks",
                Action.WEBHOOK_CHANGE,
                "Adds a webhook; the answer holds its secret, this once.",
                self.create,
                body=NewWebhook,
                answer=WebhookSecret,
                status=201,
                refusals=("webhook_address_refused", "webhooks_too_many"),
            ),
            Route(
                "PATCH",
                "/webhooks/{id}",
                Action.WEBHOOK_CHANGE,
                "Changes a webhook's address or events.",
                self.change,
                body=WebhookChange,
                answer=WebhookLine,
                refusals=("webhook_address_refused",),
                find=self._find,
            ),
            Route(
                "POST",
                "/webhooks/{id}/secret",
                Action.WEBHOOK_CHANGE,
                "Replaces a webhook's secret; the answer holds the new one, this once.",
                self.renew,
                answer=WebhookSecret,
                find=self._find,
            ),
            Route(
                "DELETE",
                "/webhooks/{id}",
                Action.WEBHOOK_CHANGE,
                "Ends a webhook; what was waiting for it is dropped.",
                self.end,
                find=self._find,
            ),
        ]

    async def list(self, call: Call) -> WebhookList:
        """Lists all."""
        found = await self._store.read(lambda connection: webhooks(connection, call.caller.institution))
        return WebhookList(webhooks=[_line(each) for each in found])

    async def create(self, call: Call) -> WebhookSecret:
        """Makes one for what happens from now on."""
        body: NewWebhook = call.body
        self._check_address(body.url)

        async def work(unit: Unit) -> tuple[Webhook, str]:
            made = await create_webhook(unit, call.caller.institution, body.url, body.kinds, self._box)
            if made is None:
                raise Refusal("webhooks_too_many", limit=MAX_WEBHOOKS)
            _record(unit, call, made[0], {}, {"state": "active", "kinds": list(body.kinds)})
            return made

        found, secret = await self._store.write(work)
        return WebhookSecret(webhook=_line(found), secret=secret)

    async def change(self, call: Call) -> WebhookLine:
        """Changes what is given."""
        body: WebhookChange = call.body
        if body.url is not None:
            self._check_address(body.url)

        async def work(unit: Unit) -> Webhook:
            found = await self._active(unit, call)
            await change_webhook(unit, found, url=body.url, kinds=body.kinds)
            after = await self._active(unit, call)
            if (after.url, after.kinds) != (found.url, found.kinds):
                # The address may hold a secret of the receiver's: the ledger only knows that it changed.
                told: dict[str, JsonValue] = {
                    "kinds": list(after.kinds),
                    "is_new_address": after.url != found.url,
                }
                _record(unit, call, found, {"kinds": list(found.kinds)}, told)
            return after

        return _line(await self._store.write(work))

    async def renew(self, call: Call) -> WebhookSecret:
        """Replaces the secret."""

        async def work(unit: Unit) -> tuple[Webhook, str]:
            found = await self._active(unit, call)
            _record(unit, call, found, {}, {"is_new_secret": True})
            return found, await renew_secret(unit, found, self._box)

        found, secret = await self._store.write(work)
        return WebhookSecret(webhook=_line(found), secret=secret)

    async def end(self, call: Call) -> None:
        """Ends it."""

        async def work(unit: Unit) -> None:
            found = await self._active(unit, call)
            _record(unit, call, found, {"state": "active"}, {"state": "ended"})
            await end_webhook(unit, found)

        await self._store.write(work)

    async def _find(self, call: Call) -> Found | None:
        found = await self._store.read(
            lambda connection: find_webhook(connection, call.caller.institution, call.path["id"])
        )
        if found is None:
            return None
        state = State.ACTIVE if found.state == "active" else State.ENDED
        return Found(Subject(call.caller.institution, state=state))

    async def _active(self, unit: Unit, call: Call) -> Webhook:
        """Returns the webhook as this unit sees it. Refusal("state_refused") where it has just ended."""
        found = await find_webhook(unit.connection, call.caller.institution, call.path["id"])
        if found is None or found.state != "active":
            raise Refusal("state_refused")
        return found

    def _check_address(self, url: str) -> None:
        if not is_usable_url(url, self._networks):
            raise Refusal("webhook_address_refused")


def _record(
    unit: Unit, call: Call, found: Webhook, before: dict[str, JsonValue], after: dict[str, JsonValue]
) -> None:
    act = act_of(
        call.caller, "webhook.changed", unit.now_ms, subject={"webhook": found.id}, before=before, after=after
    )
    unit.record(act)


def _line(found: Webhook) -> WebhookLine:
    return WebhookLine(
        id=found.id,
        url=found.url,
        kinds=list(found.kinds),
        state="active" if found.state == "active" else "ended",
        created_at_ms=found.created_at_ms,
        waiting=found.waiting,
        failing=found.failing,
        given_up=found.given_up,
        delivered_at_ms=found.delivered_at_ms,
    )
