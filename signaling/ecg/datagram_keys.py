"""The keys of gateways' datagrams, and what comes sealed with them: one a connection, dead when it ends.

What is no datagram, names no key, was there before or was not sealed with its key is junk: dropped and
counted, in this order, so that junk costs a look at thirteen bytes and no cryptography.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from typing import Final, Generic, NamedTuple, TypeVar

from media_server.ecg.datagram import KEY_BYTES, MAX_KEY_ID, DatagramOpener, read_head
from signaling.ecg.replay_window import ReplayWindow

Owner = TypeVar("Owner")
_KEY_ID_BITS: Final = MAX_KEY_ID.bit_length()


@dataclass(slots=True)
class DatagramCounts:
    """What has come since the start."""

    opened: int = 0
    junk_foreign: int = 0
    """No datagrams, or of no key that lives: a stranger's, or of a connection that has ended."""
    junk_known: int = 0
    """Numbers that have come before, or are too old."""
    junk_forged: int = 0
    """Not sealed with the key they name."""


@dataclass(eq=False, slots=True)
class DatagramKey(Generic[Owner]):
    """One connection's key."""

    id: int
    owner: Owner
    secret: bytes = field(repr=False)
    window: ReplayWindow = field(default_factory=ReplayWindow)
    opener: DatagramOpener = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.opener = DatagramOpener(self.secret)


class Opened(NamedTuple, Generic[Owner]):
    """What was in a datagram: whole frames, if its sender is what it should be."""

    owner: Owner
    content: bytes


class DatagramKeys(Generic[Owner]):
    """All that live."""

    def __init__(self) -> None:
        self.counts = DatagramCounts()
        self._keys: dict[int, DatagramKey[Owner]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def issue(self, owner: Owner) -> DatagramKey[Owner]:
        """Returns a new key."""
        key_id = secrets.randbits(_KEY_ID_BITS)
        while key_id in self._keys:
            key_id = secrets.randbits(_KEY_ID_BITS)
        key = self._keys[key_id] = DatagramKey(key_id, owner, secrets.token_bytes(KEY_BYTES))
        return key

    def revoke(self, key: DatagramKey[Owner]) -> None:
        """Ends a key; harmless for one that has ended."""
        self._keys.pop(key.id, None)

    def open(self, datagram: bytes) -> Opened[Owner] | None:
        """Returns what is in a datagram that has not been here before; None for junk."""
        head = read_head(datagram)
        key = None if head is None else self._keys.get(head.key_id)
        if head is None or key is None:
            self.counts.junk_foreign += 1
            return None
        if not key.window.is_new(head.number):
            self.counts.junk_known += 1
            return None
        content = key.opener.open(head, datagram)
        if content is None:
            self.counts.junk_forged += 1
            return None
        key.window.take(head.number)
        self.counts.opened += 1
        return Opened(key.owner, content)

    def stats(self) -> dict[str, int]:
        """Returns counters for /metrics."""
        return {"datagram_keys": len(self), **{f"datagrams_{k}": v for k, v in asdict(self.counts).items()}}
