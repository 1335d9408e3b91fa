"""An act in its place: one line of canonical JSON that names the line before it by hash, and the tree over
all.

An event's hash is SHA-256 over its line. The first event follows a hash made of the institution's name, so
that the chains of two institutions cannot be exchanged. Personal fields are in the line only as commitments:
SHA-256(salt ‖ UTF-8 value).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from recording.audit.act import Act
from recording.audit.commitments import commitment, first_previous
from recording.audit.lines import MAX_LINE_BYTES
from recording.audit.merkle import grown, leaf_hash
from recording.errors import MisuseError
from recording.summary import JsonValue

LINE_VERSION: Final = 1

SALT_BYTES: Final = 16
"""128 random bits hide a value that can be guessed, such as a name (RFC 9562's and NIST's usual measure)."""

MAX_KIND_LENGTH: Final = 60
MAX_ID_LENGTH: Final = 40
"""As the event table's columns: PostgreSQL would refuse what is longer, with all that waits beside it."""
MAX_SUBJECT_LENGTH: Final = 256
"""Rooms are named by people: as long as LiveKit lets them be."""
MAX_PERSONAL_CHARACTERS: Final = 10_000
"""A long reason has a thousand."""
MAX_DEPTH: Final = 8
"""Of what an act changed: nothing here nests deeper than three."""

_INSTITUTION: Final = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
"""Names files and the origin of checkpoints as well."""
_KIND: Final = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+", re.ASCII)
_COLUMNS: Final = frozenset({"patient", "case"})
_LARGEST_INTEGER: Final = 2**53 - 1
"""RFC 8785 §3.2.2.3: beyond it numbers lose digits in other languages."""


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The end of a chain and of the tree over it: all that is needed to add the next event."""

    size: int
    head: bytes
    """Hash of the last event; of a new chain, the hash its first event follows."""
    frontier: tuple[bytes, ...]
    """Roots of the tree's full subtrees, left to right."""


@dataclass(frozen=True, slots=True)
class PersonalField:
    """A value beside the chain, and the salt of its commitment in the chain."""

    name: str
    salt: bytes
    value: str


@dataclass(frozen=True, slots=True)
class ChainedAct:
    """An act in its place. ``line`` is the event, canonical JSON without a line end; ``hash`` its SHA-256."""

    act: Act
    sequence: int
    line: bytes
    hash: bytes
    personal: tuple[PersonalField, ...]
    head: ChainHead
    """The chain's end when this event is its last."""


def genesis(institution: str) -> ChainHead:
    """Returns the end of an institution's empty chain. Raises MisuseError: no name of an institution."""
    _require(
        _INSTITUTION.fullmatch(institution) is not None, "an institution's name is 1 to 40 of A-Za-z0-9_-"
    )
    return ChainHead(0, first_previous(institution), ())


def chain(head: ChainHead, act: Act, *, new_salt: Callable[[], bytes]) -> ChainedAct:
    """Returns ``act`` as the event after ``head``.

    ``new_salt`` returns SALT_BYTES random bytes. Raises MisuseError, and nothing is chained: a fraction, a
    type that JSON does not have, text that is no Unicode, something over-long.
    """
    _check(act)
    personal = tuple(PersonalField(name, new_salt(), value) for name, value in act.personal.items())
    sequence = head.size + 1
    fields: dict[str, object] = {
        "v": LINE_VERSION,
        "institution": act.institution,
        "sequence": sequence,
        "kind": act.kind,
        "actor": act.actor,
        "actor_role": act.actor_role,
        "at_ms": act.at_ms,
        "subject": dict(act.subject),
        "before": dict(act.before),
        "after": dict(act.after),
        "previous": head.head.hex(),
    }
    if act.device:
        fields["device"] = act.device
    if act.device_time is not None:
        fields["device_time"] = {
            "at_ms": act.device_time.at_ms,
            "offset_ms": act.device_time.offset_ms,
            "error_ms": act.device_time.error_ms,
        }
    if act.media is not None:
        fields["media"] = {"recording": act.media.recording, "position_ms": act.media.position_ms}
    try:
        fields["personal"] = {field.name: commitment(field.salt, field.value) for field in personal}
        line = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
    except (UnicodeError, TypeError):
        # Only text with half a surrogate pair comes this far.
        raise MisuseError("an act holds text that is no Unicode") from None
    _require(len(line) <= MAX_LINE_BYTES, "an event is too long")
    digest = hashlib.sha256(line).digest()
    frontier = grown(head.frontier, head.size, leaf_hash(digest))
    return ChainedAct(act, sequence, line, digest, personal, ChainHead(sequence, digest, frontier))


def _check(act: Act) -> None:
    _require(_INSTITUTION.fullmatch(act.institution) is not None, "an act names its institution")
    _require(len(act.kind) <= MAX_KIND_LENGTH and _KIND.fullmatch(act.kind) is not None, "an act's kind")
    _require(bool(act.actor), "an act has an actor")
    for word in (act.actor, act.actor_role, act.device):
        _check_text(word, MAX_ID_LENGTH)
    _check_integer(act.at_ms)
    if act.device_time is not None:
        for number in (act.device_time.at_ms, act.device_time.offset_ms, act.device_time.error_ms):
            _check_integer(number)
    if act.media is not None:
        _check_text(act.media.recording, MAX_SUBJECT_LENGTH)
        _check_integer(act.media.position_ms)
    for key, name in act.subject.items():
        _check_key(key)
        _check_text(name, MAX_ID_LENGTH if key in _COLUMNS else MAX_SUBJECT_LENGTH)
    _check_values(act.before, MAX_DEPTH)
    _check_values(act.after, MAX_DEPTH)
    for key, value in act.personal.items():
        _check_key(key)
        _check_text(value, MAX_PERSONAL_CHARACTERS)


def _check_values(values: Mapping[str, JsonValue], depth: int) -> None:
    _require(depth > 0, "an act's change nests too deep")
    for key, value in values.items():
        _check_key(key)
        _check_value(value, depth)


def _check_value(value: object, depth: int) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        _check_integer(value)
    elif isinstance(value, list):
        _require(depth > 0, "an act's change nests too deep")
        for each in value:
            _check_value(each, depth - 1)
    elif isinstance(value, dict):
        _check_values(value, depth - 1)
    else:
        raise MisuseError(f"an act holds a {type(value).__name__}")


def _check_key(key: object) -> None:
    # ASCII keys sort alike in UTF-8, as orjson sorts, and in UTF-16, as RFC 8785 §3.2.3 wants.
    if not (isinstance(key, str) and len(key) <= MAX_ID_LENGTH and key.isascii() and key.isidentifier()):
        raise MisuseError("a field's name is 1 to 40 of A-Za-z0-9_ and begins with no digit")


def _check_text(text: object, longest: int) -> None:
    # PostgreSQL's text cannot hold NUL.
    if not isinstance(text, str) or len(text) > longest or "\0" in text:
        raise MisuseError("an id or word is no text, too long or holds NUL")


def _check_integer(number: object) -> None:
    if not isinstance(number, int) or isinstance(number, bool) or abs(number) > _LARGEST_INTEGER:
        raise MisuseError("a number is whole and within 2^53")


def _require(is_kept: bool, rule: str) -> None:
    if not is_kept:
        raise MisuseError(rule)
