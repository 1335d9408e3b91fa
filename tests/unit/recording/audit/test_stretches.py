"""A ledger walked in stretches: the same tree and verdict as in one walk, and what does not join is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from recording.audit.ledger_source import InstitutionLedger, Parts, UnreadableRow
from recording.audit.stretch import Broken, Head, Stretch
from recording.audit.stretches import Found, Split, Stretches, Task, is_worth_it, walked
from recording.audit.verify import verify_source
from tests.unit.recording.audit.acts import INSTITUTION
from tests.unit.recording.audit.memory_ledger import (
    TRUST,
    Ledger,
    MemoryReader,
    anchor_of,
    columns_of,
    in_this_process,
    made,
    rechained,
    verified,
)

SIZES: Final = [3, 8, 11, 13]
SOUND: Final = made(13, SIZES)
LENGTHS: Final = (1, 2, 4, 8)


def heads(way: Stretch | Stretches, sizes: Sequence[int]) -> list[Head]:
    found = list(way.heads(sizes))
    way.finish(is_cut_off=False)
    return found


def stretches(ledger: Ledger, length: int) -> Stretches:
    rows = ledger.ledger(INSTITUTION)
    assert rows.parts is not None
    return Stretches(rows, rows.parts, Split(in_this_process, length))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 33])
def test_the_tree_over_stretches_is_the_tree(count: int, length: int) -> None:
    ledger = made(count, [count])
    every_size = range(1, count + 1)
    one, split = Stretch(ledger.ledger(INSTITUTION)), stretches(ledger, length)
    assert heads(split, every_size) == heads(one, every_size)
    assert (split.size, split.head, list(split.frontier)) == (count, one.head, one.frontier)
    assert split.personal == one.personal


@pytest.mark.parametrize("length", LENGTHS)
def test_a_sound_ledger_is_walked_once(length: int) -> None:
    class Once(Ledger):
        def ledger(self, institution: str, *, in_order: bool = False) -> InstitutionLedger:
            assert not in_order
            return replace(super().ledger(institution), events=unread())

    def unread() -> Iterator[Any]:
        raise AssertionError
        yield

    once = Once(**{name: getattr(SOUND, name) for name in SOUND.__dataclass_fields__})
    assert verified(once, [anchor_of(SOUND, 8)], stretch_events=length) == verified(SOUND)


def test_a_ledger_of_one_stretch_is_not_split() -> None:
    rows = SOUND.ledger(INSTITUTION)
    assert is_worth_it(rows, Split(in_this_process, 12))
    assert not is_worth_it(rows, Split(in_this_process, 13))
    assert not is_worth_it(replace(SOUND, chain=None).ledger(INSTITUTION), Split(in_this_process, 1))
    assert not is_worth_it(
        replace(SOUND, chain=("13", b"", b"")).ledger(INSTITUTION), Split(in_this_process, 1)
    )


def test_a_stretch_that_goes_on_from_another_event_does_not_join() -> None:
    # Each is sound in itself: whoever keeps the table tells the second of a hash that its events do follow.
    other, _ = rechained(
        [SOUND.events[0][0].replace(b"pe_1", b"pe_2"), *(row[0] for row in SOUND.events[1:4])]
    )
    forged = replace(SOUND, events=(*other, *SOUND.events[4:]))

    @dataclass(frozen=True)
    class Lying(MemoryReader):
        @contextmanager
        def part(self, after: int, to: int) -> Iterator[InstitutionLedger]:
            with MemoryReader(forged).part(after, to) as rows:
                yield replace(rows, previous=SOUND.events[3][-1])

    rows = SOUND.ledger(INSTITUTION)
    parts = forged.parts()._replace(reader=Lying(forged))
    assert [
        walked(task) is not None for task in (Task(Lying(forged), 0, 4, ()), Task(Lying(forged), 4, 8, ()))
    ]
    with pytest.raises(Broken):
        heads(Stretches(rows, lambda: parts, Split(in_this_process, 4)), [])


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(replace(SOUND, events=(*SOUND.events, ("x", "x", *SOUND.events[0][2:]))), id="event"),
        pytest.param(replace(SOUND, events=(*SOUND.events, (None,) * 8)), id="empty event"),
        pytest.param(
            replace(SOUND, personal=(*SOUND.personal, ("x", *SOUND.personal[0][1:]))), id="personal"
        ),
        pytest.param(replace(SOUND, personal=((None,) * 6, *SOUND.personal)), id="empty personal"),
        pytest.param(replace(SOUND, personal=((0, *SOUND.personal[0][1:]), *SOUND.personal)), id="zero"),
        pytest.param(replace(SOUND, personal=(*SOUND.personal, (14, "x", "", b"", "", None))), id="after"),
        pytest.param(replace(SOUND, events=SOUND.events[:12]), id="cut off"),
        pytest.param(replace(SOUND, events=()), id="empty"),
    ],
)
def test_rows_that_no_stretch_has_are_counted(forged: Ledger, length: int) -> None:
    verdict = verified(forged, stretch_events=length)
    assert not verdict.is_sound
    assert verdict == verified(forged)


def test_what_is_erased_while_the_stretches_are_read_is_no_fault() -> None:
    # A running service goes on: a stretch may see a tombstone whose event came after this check began.
    at = next(at for at, row in enumerate(SOUND.personal) if row[4] is not None)
    rows = list(SOUND.personal)
    rows[at] = (*rows[at][:3], None, None, 1)
    later = replace(SOUND, personal=tuple(rows))

    class Running(Ledger):
        def ledger(self, institution: str, *, in_order: bool = False) -> InstitutionLedger:
            ledger = super().ledger(institution, in_order=in_order)
            return ledger if in_order else replace(ledger, parts=later.parts)

    running = Running(**{name: getattr(SOUND, name) for name in SOUND.__dataclass_fields__})
    assert not verified(later).is_sound
    assert verified(running, stretch_events=4) == verified(SOUND)


@pytest.mark.parametrize("trouble", [UnreadableRow, OSError])
def test_a_stretch_that_cannot_be_read_is_none(trouble: type[Exception]) -> None:
    @dataclass(frozen=True)
    class Torn(MemoryReader):
        @contextmanager
        def part(self, after: int, to: int) -> Iterator[InstitutionLedger]:
            raise trouble
            yield

    assert walked(Task(Torn(SOUND), 0, 4, ())) is None


def test_a_stretch_with_a_fault_is_none() -> None:
    def task(ledger: Ledger, to: int = 4) -> Task:
        return Task(MemoryReader(ledger), 0, to, (3,))

    assert isinstance(walked(task(SOUND)), Found)
    assert walked(task(replace(SOUND, events=SOUND.events[:3]))) is None
    assert walked(task(replace(SOUND, events=SOUND.events[1:]))) is None
    assert walked(task(replace(SOUND, personal=SOUND.personal[1:]))) is None
    assert walked(task(replace(SOUND, personal=((1, "a", "", b"", "", None), *SOUND.personal)))) is None


def test_rows_that_cannot_be_counted_are_walked_in_order() -> None:
    class Torn(Ledger):
        def parts(self) -> Parts:
            raise UnreadableRow

    torn = Torn(**{name: getattr(SOUND, name) for name in SOUND.__dataclass_fields__})
    assert verified(torn, stretch_events=4) == verified(SOUND)


def test_whoever_stops_early_is_walked_after() -> None:
    def none(tasks: Sequence[Task]) -> Any:
        yield walked(tasks[0])
        yield None

    (verdict,) = verify_source(SOUND, TRUST, split=Split(none, 4))
    assert verdict == verified(SOUND)


def test_a_contradicted_note_is_found_at_its_size_in_any_stretch() -> None:
    lines = [row[0] for row in SOUND.events]
    lines[4] = lines[4].replace(b'"number":5', b'"number":6')
    rows, _ = rechained(lines)
    forged = replace(SOUND, events=tuple(columns_of(row[0]) for row in rows))
    for length in LENGTHS:
        verdict = verified(forged, stretch_events=length)
        assert verdict.integrity_fault is not None
        assert (verdict.integrity_fault.code, verdict.events) == ("contradicts_checkpoint", 8)
