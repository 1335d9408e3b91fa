"""An act: who did what, where, when and to whom, before it has its place in an institution's chain.

Only ids, words of fixed lists and numbers go into the chain. A name, a card number, a sentence somebody wrote
is a *personal field*: the chain holds a salted commitment to it, and salt and value lie beside the chain, so
that erasing them leaves a tombstone and every hash as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from recording.summary import JsonValue

SYSTEM_ACTOR = "system"
"""Who did what no person or device did."""


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """The device's own clock, and how far that was off: server time = at_ms + offset_ms."""

    at_ms: int
    offset_ms: int
    error_ms: int


@dataclass(frozen=True, slots=True)
class MediaPosition:
    """Where in a recording it happened."""

    recording: str
    position_ms: int


@dataclass(frozen=True, slots=True)
class Act:
    """One event of an institution's chain. ``kind`` is a name as in design/domain.md §5.3."""

    institution: str
    kind: str
    actor: str
    """A person's or device's id, or SYSTEM_ACTOR."""
    at_ms: int
    """Server time, milliseconds since the Unix epoch."""
    actor_role: str = ""
    device: str = ""
    """The device it was done on, where that is an enrolled one."""
    device_time: DeviceTime | None = None
    subject: Mapping[str, str] = field(default_factory=dict)
    """Whom and what it concerns, by ids: any of person, patient, case, room, device, consent, recording …"""
    before: Mapping[str, JsonValue] = field(default_factory=dict)
    after: Mapping[str, JsonValue] = field(default_factory=dict)
    """What it changed; only words of fixed lists, ids, numbers, truth values. No fractions."""
    media: MediaPosition | None = None
    personal: Mapping[str, str] = field(default_factory=dict)
    """Personal fields by name, such as reason, name, note."""
