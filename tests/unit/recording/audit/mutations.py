"""The forger: seeded changes to a ledger, from a flipped bit to a whole history chained and signed anew.

Each returns a ledger that differs from the one it was given. What a forger can do without the signing key is
done anywhere; with the key, at or before the checkpoint the auditor holds: whoever has the key can write any
future.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, Final, TypeAlias

import orjson

from recording.audit.checkpoint import parse_note
from tests.unit.recording.audit.memory_ledger import Ledger, chain_row, columns_of, rechained, signed

Mutation: TypeAlias = Callable[[Ledger, Random, int], Ledger]
"""(ledger, randomness, size of the auditor's checkpoint) → the forged ledger, or the same: try again."""

_TABLES: Final = ("events", "personal", "checkpoints")


def mutated(ledger: Ledger, random: Random, anchor_size: int) -> tuple[str, Ledger]:
    """One forgery and its name."""
    while True:
        mutation = random.choice(MUTATIONS)
        forged = mutation(ledger, random, anchor_size)
        if forged != ledger:
            return mutation.__name__, forged


# ---- by hand, in one row


def edit_a_value(ledger: Ledger, random: Random, _: int) -> Ledger:
    table = random.choice(_TABLES)
    rows = list(getattr(ledger, table))
    at = random.randrange(len(rows))
    row = list(rows[at])
    column = random.randrange(len(row))
    row[column] = _bent(row[column], random)
    rows[at] = tuple(row)
    return replace(ledger, **{table: _in_order(table, rows)})


def edit_the_chain_row(ledger: Ledger, random: Random, _: int) -> Ledger:
    if ledger.chain is None:
        return ledger
    row = list(ledger.chain)
    column = random.randrange(len(row))
    row[column] = _bent(row[column], random)
    return replace(ledger, chain=random.choice((tuple(row), None)))


def edit_the_latest_note(ledger: Ledger, random: Random, _: int) -> Ledger:
    if ledger.latest is None:
        return ledger
    return replace(ledger, latest=random.choice((_bent(ledger.latest, random), None)))


def edit_a_field(ledger: Ledger, random: Random, _: int) -> Ledger:
    """Changes what an event says, in its line and in every column that repeats it."""
    rows = list(ledger.events)
    at = random.randrange(len(rows))
    line = _other_event(rows[at][0], random)
    rows[at] = columns_of(line)[: len(rows[at])]
    return replace(ledger, events=tuple(rows))


# ---- rows taken out, put in, moved


def delete_rows(ledger: Ledger, random: Random, _: int) -> Ledger:
    table = random.choice(_TABLES)
    rows = list(getattr(ledger, table))
    at = random.randrange(len(rows))
    del rows[at : at + random.choice((1, 1, 2, 5))]
    return replace(ledger, **{table: tuple(rows)})


def repeat_a_row(ledger: Ledger, random: Random, _: int) -> Ledger:
    table = random.choice(_TABLES)
    rows = list(getattr(ledger, table))
    rows.insert(random.randrange(len(rows) + 1), random.choice(rows))
    return replace(ledger, **{table: tuple(rows)})


def swap_rows(ledger: Ledger, random: Random, _: int) -> Ledger:
    table = random.choice(_TABLES)
    rows = list(getattr(ledger, table))
    one, other = random.randrange(len(rows)), random.randrange(len(rows))
    rows[one], rows[other] = rows[other], rows[one]
    return replace(ledger, **{table: tuple(rows)})


def swap_contents(ledger: Ledger, random: Random, _: int) -> Ledger:
    """Exchanges the same column of two rows."""
    table = random.choice(_TABLES)
    rows = [list(row) for row in getattr(ledger, table)]
    one, other = random.randrange(len(rows)), random.randrange(len(rows))
    column = random.randrange(len(rows[0]))
    rows[one][column], rows[other][column] = rows[other][column], rows[one][column]
    return replace(ledger, **{table: _in_order(table, [tuple(row) for row in rows])})


def cut_the_tail(ledger: Ledger, random: Random, _: int) -> Ledger:
    """Deletes the last events with all that hangs on them, but keeps one thing that knows better."""
    keep = random.randrange(len(ledger.events))
    cut = _cut(ledger, keep, random)
    kept = random.choice(("checkpoints", "latest", "chain"))
    return replace(cut, **{kept: getattr(ledger, kept)}) if getattr(ledger, kept) else ledger


# ---- by a forger who chains anew


def rewrite_and_rechain(ledger: Ledger, random: Random, _: int) -> Ledger:
    """Another history from some event on, every hash right; the checkpoints are left as they are."""
    rows, heads = rechained(_other_history(ledger, random, len(ledger.events)))
    forged = replace(ledger, events=_as_in(ledger, rows))
    return _with_chain(forged, heads[len(rows)]) if random.random() < 0.7 else forged


def rewrite_and_drop_the_checkpoints(ledger: Ledger, random: Random, _: int) -> Ledger:
    """Another history, and none of the notes that contradict it."""
    lines = _other_history(ledger, random, len(ledger.events))
    rows, heads = rechained(lines)
    same = next(
        (at for at, (row, old) in enumerate(zip(rows, ledger.events, strict=False)) if row[0] != old[0]),
        min(len(rows), len(ledger.events)),
    )
    if same == len(rows):
        return ledger  # nothing but a cut: another drill
    forged = replace(
        ledger,
        events=_as_in(ledger, rows),
        checkpoints=tuple(row for row in ledger.checkpoints if _size(row[0]) <= same),
    )
    forged = _with_chain(forged, heads[len(rows)])
    last = forged.checkpoints[-1][0].encode() if forged.checkpoints else None
    return replace(forged, latest=last) if ledger.latest is not None else forged


# ---- by a forger who has the signing key


def fork_with_the_key(ledger: Ledger, random: Random, anchor_size: int) -> Ledger:
    """Another history from before the auditor's checkpoint on, signed as the true one was."""
    lines = _other_history(ledger, random, anchor_size)
    rows, heads = rechained(lines)
    sizes = [_size(row[0]) for row in ledger.checkpoints if _size(row[0]) <= len(rows)]
    if not sizes or sizes[-1] != len(rows):
        sizes.append(len(rows))
    forged = signed(replace(ledger, events=_as_in(ledger, rows)), sizes, heads)
    forged = _with_chain(forged, heads[len(rows)])
    return forged if ledger.has_columns else forged.as_package()


def roll_back(ledger: Ledger, random: Random, anchor_size: int) -> Ledger:
    """All of the ledger as it truly was once, before the auditor's checkpoint."""
    return _cut(ledger, random.randrange(anchor_size), random)


MUTATIONS: Final[tuple[Mutation, ...]] = (
    edit_a_value,
    edit_a_value,
    edit_the_chain_row,
    edit_the_latest_note,
    edit_a_field,
    delete_rows,
    repeat_a_row,
    swap_rows,
    swap_contents,
    cut_the_tail,
    rewrite_and_rechain,
    rewrite_and_drop_the_checkpoints,
    fork_with_the_key,
    roll_back,
)


# ---- the forger's tools


def _bent(value: Any, random: Random) -> Any:
    """Another value: a bit flipped, a byte taken or added, another type."""
    match value:
        case bool() | None:
            return random.choice((0, "x", b"x"))
        case int():
            return random.choice(
                (value + 1, value - 1, -value, value + random.randrange(1, 10**6), None, "1")
            )
        case str():
            bent = _bent(value.encode(), random)
            return bent.decode("utf-8", "replace") if isinstance(bent, bytes) else bent
        case bytes():
            content = bytearray(value)
            at = random.randrange(len(content) + 1)
            kind = random.randrange(6)
            if kind <= 2 and at < len(content):
                content[at] ^= 1 << random.randrange(8)
            elif kind == 3:
                content.insert(at, random.randrange(256))
            elif kind == 4:
                del content[at:]
            else:
                return random.choice((None, 7))
            return bytes(content)
    return "x"


def _other_event(line: bytes, random: Random) -> bytes:
    fields = json.loads(line)
    key = random.choice(sorted(set(fields) - {"sequence", "previous"}))
    value = fields[key]
    if isinstance(value, dict):
        value = value | {random.choice(["number", "patient", "note", "x"]): random.choice(["y", 1, None])}
    elif isinstance(value, int):
        value += random.choice((-1, 1, 1000))
    else:
        value += "x"
    return orjson.dumps(fields | {key: value}, option=orjson.OPT_SORT_KEYS)


def _other_history(ledger: Ledger, random: Random, before: int) -> list[bytes]:
    """The lines with something changed at or before event ``before``."""
    lines = [row[0] for row in ledger.events]
    at = random.randrange(before)
    kind = random.randrange(4)
    if kind == 0:
        lines[at] = _other_event(lines[at], random)
    elif kind == 1:
        del lines[at]
    elif kind == 2:
        lines.insert(at, _other_event(random.choice(lines), random))
    else:
        other = random.randrange(before)
        lines[at], lines[other] = lines[other], lines[at]
    return lines


def _cut(ledger: Ledger, keep: int, random: Random) -> Ledger:
    rows, heads = rechained([row[0] for row in ledger.events[:keep]])
    checkpoints = tuple(row for row in ledger.checkpoints if _size(row[0]) <= keep)
    latest = checkpoints[-1][0].encode() if checkpoints else None
    return replace(
        ledger,
        events=_as_in(ledger, rows),
        personal=tuple(row for row in ledger.personal if row[0] <= keep),
        checkpoints=checkpoints,
        chain=chain_row(heads[keep]) if ledger.has_columns and random.random() < 0.9 else ledger.chain,
        latest=latest if ledger.has_columns else None,
    )


def _as_in(ledger: Ledger, rows: tuple[tuple[Any, ...], ...]) -> tuple[tuple[Any, ...], ...]:
    return rows if ledger.has_columns else tuple(row[:1] for row in rows)


def _with_chain(ledger: Ledger, head: Any) -> Ledger:
    return replace(ledger, chain=chain_row(head)) if ledger.has_columns else ledger


def _in_order(table: str, rows: list[tuple[Any, ...]]) -> tuple[tuple[Any, ...], ...]:
    """As a database would give them: by sequence or size, whatever the forger put there."""
    key = {"events": 1, "personal": 0, "checkpoints": 1}[table]
    if len(rows[0]) <= key or not all(isinstance(row[key], int) for row in rows):
        return tuple(rows)
    return tuple(sorted(rows, key=lambda row: row[key]))


def _size(note: Any) -> int:
    return parse_note(note.encode()).checkpoint.size
