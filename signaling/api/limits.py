"""How many requests one account and one address may make: token buckets in tables that cannot grow.

Closed for login: where no more addresses can be counted, a new one is refused, so that guessing is never
free. Open for a live call: whoever is in a room is never refused what belongs to it, and their socket is
never one too many.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from recording.clock import Clock
from signaling.api.route import Pace, Refusal
from signaling.auth.rights import Caller
from signaling.pacing import remote_host
from signaling.tokens import Claims

MAX_KEYS: Final = 10_000
"""In one table; about 2 MB. More addresses than that at once are no county's hospitals."""
MAX_SOCKETS_OF_ONE_ADDRESS: Final = 600
"""Two for each of 300 workplaces behind a hospital's one address; idle, they take some 11 MB."""
_NS_PER_S: Final = 1_000_000_000

NAMES: Final = (
    "account_refused",
    "address_refused",
    "login_refused",
    "login_table_full",
    "room_let_through",
    "socket_refused",
    "socket_let_through",
)
"""What is counted for metrics."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``burst`` at once, then one every ``refill_ns``."""

    burst: int
    refill_ns: int


ACCOUNT_RATE: Final = Rate(burst=200, refill_ns=_NS_PER_S // 20)
"""A page asks for ten things as it opens, and a person opens two a second at most."""
ADDRESS_RATE: Final = Rate(burst=200, refill_ns=_NS_PER_S // 20)
"""For those who have not signed in: a ward of 30 browsers that open the start page at once, four each."""
LOGIN_RATE: Final = Rate(burst=60, refill_ns=_NS_PER_S)
"""A ward of 30 that signs in at eight o'clock, each with a password and a second factor. One a second then
adds nothing to guessing: five wrong tries lock an account."""


class Buckets:
    """A token bucket for each key. ``is_closed``: a full table refuses new keys, else it forgets old ones."""

    def __init__(self, rate: Rate, *, is_closed: bool, max_keys: int = MAX_KEYS) -> None:
        self._rate = rate
        self._is_closed = is_closed
        self._max_keys = max_keys
        # By key, longest unused first: what was spent, and when that was so.
        self._spent: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._spent)

    def take(self, key: str, now_ns: int) -> int | None:
        """Spends one; returns 0, else after how many ns there is one again, None where the table is full."""
        spent, since_ns = self._spent.get(key, (0.0, now_ns))
        spent = max(0.0, spent - (now_ns - since_ns) / self._rate.refill_ns)
        if spent + 1 > self._rate.burst:
            return max(1, math.ceil((spent + 1 - self._rate.burst) * self._rate.refill_ns))
        if key not in self._spent and len(self._spent) >= self._max_keys and not self._make_room(now_ns):
            return None
        self._spent[key] = (spent + 1, now_ns)
        self._spent.move_to_end(key)
        return 0

    def _make_room(self, now_ns: int) -> bool:
        """Forgets the longest unused key, in a closed table only if its bucket is full again."""
        key, (spent, since_ns) = next(iter(self._spent.items()))
        if self._is_closed and spent * self._rate.refill_ns > now_ns - since_ns:
            return False
        del self._spent[key]
        return True


class Limits:
    """What the engine asks before it does anything, and the sockets that each address holds open."""

    def __init__(
        self,
        *,
        clock: Clock,
        is_in_room: Callable[[str], bool],
        account: Rate = ACCOUNT_RATE,
        address: Rate = ADDRESS_RATE,
        login: Rate = LOGIN_RATE,
        max_sockets: int = MAX_SOCKETS_OF_ONE_ADDRESS,
    ) -> None:
        self._clock = clock
        self._is_in_room = is_in_room
        self._by_account = Buckets(account, is_closed=False)
        self._by_address = Buckets(address, is_closed=False)
        self._logins = Buckets(login, is_closed=True)
        self._max_sockets = max_sockets
        self._sockets: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()

    def counts(self) -> Mapping[str, int]:
        """Returns every counter, also those at 0."""
        return {name: self._counts[name] for name in NAMES}

    def check(self, request: web.Request, pace: Pace, caller: Caller, claims: Claims | None) -> None:
        """Counts a request. Refusal: too_many, with the seconds to wait."""
        now_ns, address = self._clock.monotonic_ns(), remote_host(request)
        if pace is Pace.LOGIN:
            wait_ns = self._logins.take(address, now_ns)
            self._refuse(wait_ns, "login_refused" if wait_ns is not None else "login_table_full")
        elif caller.actor:
            wait_ns = self._by_account.take(caller.actor, now_ns)
            if wait_ns and pace is Pace.ROOM and self._is_in_room(caller.login):
                self._counts["room_let_through"] += 1
            else:
                self._refuse(wait_ns, "account_refused")
        else:
            self._refuse(self._by_address.take(address, now_ns), "address_refused")

    def open_socket(self, request: web.Request, identity: str) -> None:
        """Counts a socket until ``close_socket``. Refusal: too_many."""
        address = remote_host(request)
        if self._sockets[address] >= self._max_sockets:
            if not (identity and self._is_in_room(identity)):
                self._counts["socket_refused"] += 1
                raise Refusal("too_many", retry_after_s=1)
            self._counts["socket_let_through"] += 1
        self._sockets[address] += 1

    def close_socket(self, request: web.Request) -> None:
        """The socket is gone."""
        address = remote_host(request)
        self._sockets[address] -= 1
        if self._sockets[address] <= 0:
            del self._sockets[address]

    def _refuse(self, wait_ns: int | None, name: str) -> None:
        if wait_ns == 0:
            return
        self._counts[name] += 1
        seconds = 1 if wait_ns is None else -(-wait_ns // _NS_PER_S)
        raise Refusal("too_many", retry_after_s=seconds)
