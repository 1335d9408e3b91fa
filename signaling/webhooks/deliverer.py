"""Delivers what the outbox owes: one task per webhook that has something due, so that a receiver that hangs
delays nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from functools import partial
from typing import Final

import aiohttp
import structlog
from aiohttp.resolver import ThreadedResolver

from recording.audit.chain import ChainedAct
from recording.clock import Clock
from signaling.store.secret_box import BoxBroken, SecretBox
from signaling.store.store import Store, StoreUnavailable
from signaling.webhooks.addresses import GuardedResolver, Network, is_usable_url
from signaling.webhooks.outbox import Due, claim, delay_ms, fill, has_work, settle
from signaling.webhooks.registry import secret_context
from signaling.webhooks.signature import signed_headers

TRY_LIMIT_S: Final = 10.0
"""A receiver takes an event and thinks about it later; LEASE_MS is longer."""
CONNECT_LIMIT_S: Final = 3.0
POLL_S: Final = 2.0
"""How late retries and other processes' events are noticed."""
GATHER_S: Final = 0.2
"""Events of so long are looked for together: a busy ledger commits hundreds of times a second."""
LONGEST_PAUSE_MS: Final = 60_000
"""A receiver that does not answer is asked this often, by a few events."""
MAX_BUSY: Final = 32
"""Webhooks being told at the same time."""
_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000

_log = structlog.get_logger("webhooks")


@dataclass(slots=True)
class DeliveryCounts:
    """What was done since the start."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0
    refused_addresses: int = 0


class Outcome(Enum):
    """What came of one try."""

    TAKEN = "taken"
    REFUSED = "refused"
    """The receiver is there and does not want this event; others may go on."""
    FAILED = "failed"


def outcome_of(status: int) -> Outcome:
    """Returns what an HTTP status says; a redirection is not followed."""
    if 200 <= status < 300:
        return Outcome.TAKEN
    is_about_now = status in (408, 425, 429)
    return Outcome.REFUSED if 400 <= status < 500 and not is_about_now else Outcome.FAILED


@dataclass(slots=True)
class _Pause:
    """A receiver that does not answer is asked more and more rarely."""

    failures: int
    until_ns: int


class WebhookDeliverer:
    """Owns its tasks. ``run`` is a watch of the server; ``receive_acts`` follows the store."""

    def __init__(self, store: Store, box: SecretBox, clock: Clock, *, networks: Sequence[Network]) -> None:
        self._store = store
        self._box = box
        self._clock = clock
        self._networks = tuple(networks)
        self._is_due = asyncio.Event()
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._pauses: dict[str, _Pause] = {}
        self.counts = DeliveryCounts()

    def receive_acts(self, acts: Sequence[ChainedAct]) -> None:
        """Takes notice that something was committed."""
        self._is_due.set()

    def stats(self) -> dict[str, int]:
        """Returns counters for /metrics."""
        return {"busy": len(self._busy), **asdict(self.counts)}

    async def run(self) -> None:
        """Delivers until it is cancelled; tries under way are tried again after the next start."""
        try:
            async with self._client() as client:
                while True:
                    self._is_due.clear()
                    with contextlib.suppress(StoreUnavailable):
                        await self._turn(client)
                    await asyncio.sleep(GATHER_S)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(POLL_S):
                            await self._is_due.wait()
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _turn(self, client: aiohttp.ClientSession) -> None:
        now_ms = self._clock.wall_ns() // _NS_PER_MS
        is_unseen, due = await self._store.read(lambda connection: has_work(connection, now_ms))
        if is_unseen:
            while await self._store.write(fill):
                pass
            _, due = await self._store.read(lambda connection: has_work(connection, now_ms))
        now_ns = self._clock.monotonic_ns()
        for webhook in due:
            pause = self._pauses.get(webhook)
            is_paused = pause is not None and now_ns < pause.until_ns
            if webhook not in self._busy and not is_paused and len(self._busy) < MAX_BUSY:
                task = asyncio.create_task(self._serve(client, webhook), name="webhook")
                self._busy[webhook] = task
                task.add_done_callback(partial(self._end, webhook))

    def _end(self, webhook: str, task: asyncio.Task[None]) -> None:
        self._busy.pop(webhook, None)
        self._is_due.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            if not isinstance(error, StoreUnavailable):
                _log.error("webhook_stopped", error=type(error).__name__, webhook=webhook)
            # What was claimed is free again when its lease ends.
            self._pause(webhook)

    async def _serve(self, client: aiohttp.ClientSession, webhook: str) -> None:
        """Tells one webhook what is due, until nothing is or it fails."""
        while True:
            claimed = await self._store.write(lambda unit: claim(unit, webhook))
            if not claimed:
                return
            outcomes = await asyncio.gather(*(self._try(client, due) for due in claimed))
            taken = (each for each in zip(claimed, outcomes, strict=True) if each[1] is Outcome.TAKEN)
            delivered = {due.sequence for due, _ in taken}
            given_up = await self._store.write(partial(settle, tried=claimed, delivered=frozenset(delivered)))
            self.counts.delivered += len(delivered)
            self.counts.failed += len(claimed) - len(delivered)
            self.counts.given_up += given_up
            if delivered:
                self._pauses.pop(webhook, None)
            elif Outcome.FAILED in outcomes:
                self._pause(webhook)
                return

    def _pause(self, webhook: str) -> None:
        before = self._pauses.get(webhook)
        failures = 1 if before is None else before.failures + 1
        pause_ms = min(delay_ms(failures), LONGEST_PAUSE_MS)
        until_ns = self._clock.monotonic_ns() + pause_ms * _NS_PER_MS
        self._pauses[webhook] = _Pause(failures, until_ns)

    async def _try(self, client: aiohttp.ClientSession, due: Due) -> Outcome:
        """Sends one event."""
        if not is_usable_url(due.url, self._networks):
            self.counts.refused_addresses += 1
            return Outcome.FAILED
        try:
            secret = self._box.open(due.sealed_secret, secret_context(due.webhook))
        except BoxBroken:
            _log.error("webhook_secret_unreadable", webhook=due.webhook)
            return Outcome.FAILED
        headers = signed_headers(
            secret,
            institution=due.institution,
            sequence=due.sequence,
            at_s=self._clock.wall_ns() // _NS_PER_S,
            body=due.line,
        )
        try:
            async with client.post(
                due.url, data=due.line, headers=headers, allow_redirects=False
            ) as response:
                # Nothing of the answer is read: only whether it was taken.
                return outcome_of(response.status)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Outcome.FAILED

    def _client(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(ThreadedResolver(), self._networks),
            use_dns_cache=False,
            limit=MAX_BUSY * 4,
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=TRY_LIMIT_S, sock_connect=CONNECT_LIMIT_S),
            headers={"User-Agent": "lianzhen-webhook"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )
