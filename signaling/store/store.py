"""Reading and writing the store: bounded reads, and units of work that commit together with their acts.

One writer task takes what waits, runs each unit in a savepoint of one transaction, chains the units' acts and
commits: the cost of a commit is shared, a unit that fails takes nobody with it, and whoever was answered is
on disk. Units run one after another, also those of other processes on the same database: what a unit read is
still so when it commits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from recording.audit.act import Act
from signaling.errors import Unavailable

T = TypeVar("T")


class StoreUnavailable(Unavailable):
    """The database does not answer now: nothing was stored. The call goes on; try again later."""

    def __init__(self, code: str = "store_unavailable") -> None:
        super().__init__(code)


class StoreUncertain(StoreUnavailable):
    """The database fell silent while it committed: it may have stored the unit, whole, or nothing of it."""

    def __init__(self) -> None:
        super().__init__("store_uncertain")


class Unit(Protocol):
    """One unit of work under way."""

    connection: AsyncConnection
    now_ms: int

    def record(self, act: Act) -> None:
        """Adds an act; it is chained and stored with the unit, or not at all."""


class Store(Protocol):
    """What the rest of signaling sees of the store. Every call ends within its named limit of time."""

    async def read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Returns what ``work`` returns, run on a connection that reads only. Raises StoreUnavailable.

        All that ``work`` reads is of one moment.
        """

    async def write(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Returns what ``work`` returns after its commit. What ``work`` raises undoes it and is raised here.

        Raises StoreUnavailable. ``work`` must only use its unit's connection, and must be quick. What one of
        its statements raises must leave ``work``: PostgreSQL takes no further statement of that unit.
        """

    async def record(self, acts: Sequence[Act]) -> None:
        """Stores acts that tell of no change in the store (media events); returns after the commit.

        Raises StoreUnavailable, and MisuseError for an act that no chain takes: none is stored then.
        """
