"""The hash chain of events: each event names the hash of the one before, so none can be changed, moved or
taken out.

An event's hash is SHA-256 over the canonical JSON (RFC 8785) of all its fields but the hash itself. The first
event of a stream follows the stream's own genesis hash, so that chains of two streams cannot be exchanged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from recording.canonical import canonical_json, parse_canonical
from recording.summary import JsonValue, LoggedEvent

EVENT_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event before it has its place in a chain. Times as in ``LoggedEvent``."""

    kind: str
    actor: str
    offset_ms: int
    at_ms: int
    detail: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The end of a chain: the last event's number (0: none yet) and hash (hex)."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class ChainedEvent:
    """An event in its place. ``line`` is its canonical JSON with the hash, without a line end."""

    event: LoggedEvent
    stream: str
    previous: str
    hash: str
    line: bytes

    @property
    def head(self) -> ChainHead:
        """The chain's head when this event is its last."""
        return ChainHead(self.event.sequence, self.hash)


class BrokenEvent(ValueError):  # noqa: N818  (a fact about bytes)
    """Bytes that are not an event, or not what its hash was made of."""


def genesis(stream: str) -> ChainHead:
    """The head of an empty chain."""
    return ChainHead(0, hashlib.sha256(b"lianzhen-chain-1\n" + stream.encode()).hexdigest())


def chain(stream: str, head: ChainHead, new: NewEvent) -> ChainedEvent:
    """``new`` as the event after ``head``. Raises MisuseError where its detail has no canonical JSON."""
    fields: dict[str, JsonValue] = {
        "v": EVENT_VERSION,
        "stream": stream,
        "sequence": head.sequence + 1,
        "kind": new.kind,
        "actor": new.actor,
        "offset_ms": new.offset_ms,
        "at_ms": new.at_ms,
        "detail": dict(new.detail),
        "previous": head.hash,
    }
    digest = hashlib.sha256(canonical_json(fields)).hexdigest()
    event = LoggedEvent(head.sequence + 1, new.offset_ms, new.at_ms, new.kind, new.actor, dict(new.detail))
    return ChainedEvent(event, stream, head.hash, digest, canonical_json({**fields, "hash": digest}))


def parse_event(line: bytes) -> ChainedEvent:
    """The event in a line, its own hash checked; its place in the chain is the caller's to check.

    Raises BrokenEvent: not canonical, not an event of version 1, or not what its hash was made of.
    """
    fields = parse_canonical(line)
    if isinstance(fields, int):
        raise BrokenEvent
    match fields:
        case {
            "v": 1,
            "stream": str(stream),
            "sequence": int(sequence),
            "kind": str(kind),
            "actor": str(actor),
            "offset_ms": int(offset_ms),
            "at_ms": int(at_ms),
            "detail": dict(detail),
            "previous": str(previous),
            "hash": str(digest),
        }:
            new = NewEvent(kind, actor, offset_ms, at_ms, detail)
            remade = chain(stream, ChainHead(sequence - 1, previous), new)
            if remade.line != line:
                raise BrokenEvent
            assert remade.hash == digest
            return remade
    raise BrokenEvent


def split_lines(content: bytes) -> list[tuple[int, bytes]]:
    """(offset, line without its end) of each complete line; what follows the last line end is left out."""
    lines: list[tuple[int, bytes]] = []
    offset = 0
    while (end := content.find(b"\n", offset)) >= 0:
        lines.append((offset, content[offset:end]))
        offset = end + 1
    return lines
