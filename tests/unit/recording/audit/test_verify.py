"""The verdicts on a ledger: which fault is named where, and what the last good checkpoint proves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recording.audit.checkpoint import cosignature, parse_note
from recording.audit.notes_check import Anchor, Trust
from recording.audit.suites import ED25519, PublicKey
from recording.audit.verdict import InstitutionVerdict, LedgerVerdict
from recording.audit.verify import read_anchors, verify_source
from recording.signing import Ed25519Signer
from tests.unit.recording.audit.acts import INSTITUTION
from tests.unit.recording.audit.memory_ledger import (
    ERASED_AT,
    FIRST_MS,
    TRUST,
    Ledger,
    anchor_of,
    chain_row,
    columns_of,
    made,
    rechained,
    signed,
    verified,
)

SOUND: Final = made(13, [3, 8, 11, 13])
WITNESS: Final = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
WITNESS_TRUST: Final = replace(TRUST, cosigners=(PublicKey(ED25519, WITNESS.public_key),))


def codes(verdict: InstitutionVerdict) -> tuple[str, str]:
    integrity, completeness = verdict.integrity_fault, verdict.completeness_fault
    return (integrity.code if integrity else "", completeness.code if completeness else "")


def with_row(
    ledger: Ledger, table: str, at: int, change: Callable[[tuple[Any, ...]], tuple[Any, ...]]
) -> Ledger:
    rows = list(getattr(ledger, table))
    rows[at] = change(rows[at])
    return replace(ledger, **{table: tuple(rows)})


def without(ledger: Ledger, table: str, at: int) -> Ledger:
    rows = getattr(ledger, table)
    return replace(ledger, **{table: rows[:at] + rows[at + 1 :]})


def test_a_sound_ledger_is_unaltered_and_whole() -> None:
    verdict = verified(SOUND)
    assert verdict.is_sound and codes(verdict) == ("", "")
    assert (verdict.events, verdict.checkpoints, verdict.personal, verdict.tombstones) == (13, 4, 4, 8)
    assert verdict.proven is not None
    assert (verdict.proven.size, verdict.proven.at_ms) == (13, FIRST_MS + 13)
    assert verified(SOUND.as_package(), [anchor_of(SOUND, 8)]).is_sound


def test_an_edited_event_is_named_and_the_checkpoint_before_it_still_proves() -> None:
    line = SOUND.events[9][0].replace(b'"number":10', b'"number":11')
    verdict = verified(with_row(SOUND, "events", 9, lambda row: (line, *row[1:])))
    assert verdict.integrity == "altered" and verdict.completeness == "unchecked"
    fault = verdict.integrity_fault
    assert fault is not None
    assert (fault.file, fault.row, fault.sequence, fault.code) == ("event", 10, 10, "columns_altered")
    assert verdict.proven is not None and verdict.proven.size == 8


def test_an_edit_whose_hash_was_made_to_fit_breaks_the_chain_at_the_next_event() -> None:
    line = SOUND.events[4][0].replace(b'"number":5', b'"number":6')
    verdict = verified(with_row(SOUND, "events", 4, lambda _: columns_of(line)))
    assert codes(verdict)[0] == "chain_broken"
    assert verdict.integrity_fault is not None and verdict.integrity_fault.sequence == 6


def test_a_history_chained_anew_contradicts_the_next_checkpoint() -> None:
    lines = [row[0] for row in SOUND.events]
    lines[4] = lines[4].replace(b'"number":5', b'"number":6')
    rows, heads = rechained(lines)
    verdict = verified(replace(SOUND, events=rows, chain=chain_row(heads[13])))
    assert codes(verdict)[0] == "contradicts_checkpoint"
    assert verdict.integrity_fault is not None and verdict.integrity_fault.sequence == 8
    assert verdict.proven is not None and verdict.proven.size == 3


def test_a_history_signed_anew_contradicts_the_auditors_older_checkpoint() -> None:
    lines = [row[0] for row in SOUND.events]
    lines[4] = lines[4].replace(b'"number":5', b'"number":6')
    rows, heads = rechained(lines)
    forged = signed(replace(SOUND, events=rows, chain=chain_row(heads[13])), [3, 8, 11, 13], heads)
    assert verified(forged).is_sound, "the key's holder can write any history, where nobody kept a checkpoint"
    assert codes(verified(forged, [anchor_of(SOUND, 8)]))[0] == "contradicts_checkpoint"


def test_a_deleted_event_is_missing() -> None:
    verdict = verified(without(SOUND, "events", 6))
    assert codes(verdict) == ("event_out_of_place", "event_missing")
    assert verdict.completeness_fault is not None and verdict.completeness_fault.sequence == 7


def test_a_cut_tail_is_told_by_the_last_checkpoint_and_spoils_only_completeness() -> None:
    verdict = verified(replace(SOUND, events=SOUND.events[:11]))
    assert (verdict.integrity, verdict.completeness) == ("unaltered", "something_missing")
    package = SOUND.as_package()
    verdict = verified(replace(package, events=package.events[:11]))
    assert (verdict.integrity, verdict.completeness) == ("unaltered", "something_missing")
    fault = verdict.completeness_fault
    assert fault is not None and (fault.code, fault.sequence) == ("events_cut_off", 12)


def test_the_latest_note_outside_the_database_tells_of_a_cut_tail() -> None:
    cut = made(11, [3, 8, 11])
    assert codes(verified(replace(cut, latest=SOUND.latest)))[1] == "events_cut_off"
    assert codes(verified(cut, [anchor_of(SOUND, 13)]))[1] == "events_cut_off"


def test_a_checkpoint_taken_out_is_missed() -> None:
    assert codes(verified(without(SOUND, "checkpoints", 1)))[1] == "checkpoint_missing"
    assert codes(verified(without(SOUND, "checkpoints", 0)))[1] == "checkpoint_missing"
    assert codes(verified(without(SOUND, "checkpoints", 3)))[1] == "checkpoint_missing"


def test_events_that_no_checkpoint_covers_are_unproven() -> None:
    bare = replace(SOUND, checkpoints=SOUND.checkpoints[:3], latest=SOUND.checkpoints[2][0].encode())
    verdict = verified(bare)
    assert (verdict.integrity, verdict.completeness) == ("unchecked", "unchecked")
    fault = verdict.integrity_fault
    assert fault is not None and (fault.code, fault.sequence) == ("no_checkpoint_covers", 12)


def test_a_running_service_may_be_ahead_of_its_checkpoint() -> None:
    class Running(Ledger):
        def ledger(self, institution: str, *, in_order: bool = False) -> Any:
            return replace(super().ledger(institution), must_cover=11)

    bare = replace(SOUND, checkpoints=SOUND.checkpoints[:3], latest=SOUND.checkpoints[2][0].encode())
    running = Running(**{name: getattr(bare, name) for name in bare.__dataclass_fields__})
    assert verified(running).is_sound


NOTE_FAULTS: list[tuple[str, Callable[[Ledger], Ledger], tuple[str, str]]] = [
    (
        "no note",
        lambda ledger: with_row(ledger, "checkpoints", 1, lambda row: ("x", *row[1:])),
        ("checkpoint_malformed", ""),
    ),
    (
        "bytes that are no text",
        lambda ledger: with_row(ledger, "checkpoints", 1, lambda row: (7, *row[1:])),
        ("checkpoint_malformed", ""),
    ),
    (
        "another time in the column",
        lambda ledger: with_row(ledger, "checkpoints", 1, lambda row: (row[0], row[1], row[2] + 1)),
        ("checkpoint_altered", ""),
    ),
    (
        "another time in the note",
        lambda ledger: with_row(
            ledger, "checkpoints", 1, lambda row: (row[0].replace("time 18", "time 17"), row[1], None)
        ),
        ("checkpoint_altered", ""),
    ),
    (
        "another time in both",
        lambda ledger: with_row(
            ledger,
            "checkpoints",
            1,
            lambda row: (row[0].replace("time 18", "time 17"), row[1], row[2] - 10**11),
        ),
        ("checkpoint_unsigned", ""),
    ),
    (
        "the same twice",
        lambda ledger: replace(ledger, checkpoints=(*ledger.checkpoints, ledger.checkpoints[-1])),
        ("checkpoint_out_of_order", ""),
    ),
    (
        "no latest note",
        lambda ledger: replace(ledger, latest=None),
        ("", "latest_checkpoint_missing"),
    ),
    (
        "a latest note that is none",
        lambda ledger: replace(ledger, latest=b"x"),
        ("checkpoint_malformed", ""),
    ),
    (
        "a latest note that nobody signed",
        lambda ledger: replace(ledger, latest=ledger.latest.replace(b"time 18", b"time 17")),  # type: ignore[union-attr]
        ("checkpoint_unsigned", ""),
    ),
    (
        "no chain row",
        lambda ledger: replace(ledger, chain=None),
        ("", "chain_row_missing"),
    ),
    (
        "a chain row ahead",
        lambda ledger: replace(ledger, chain=(14, *ledger.chain[1:])),  # type: ignore[index]
        ("", "events_cut_off"),
    ),
    (
        "a chain row of another kind",
        lambda ledger: replace(ledger, chain=(13, b"", b"")),
        ("chain_row_altered", ""),
    ),
    (
        "a line that is text",
        lambda ledger: with_row(ledger, "events", 0, lambda row: (row[0].decode(), *row[1:])),
        ("event_malformed", ""),
    ),
    (
        "a line that is no JSON",
        lambda ledger: with_row(ledger, "events", 0, lambda row: (b"{", *row[1:])),
        ("event_malformed", ""),
    ),
    (
        "a line of no event",
        lambda ledger: with_row(ledger, "events", 0, lambda row: (b"{}", *row[1:])),
        ("event_malformed", ""),
    ),
    (
        "a line with a space in it",
        lambda ledger: with_row(ledger, "events", 0, lambda row: (row[0].replace(b":", b": ", 1), *row[1:])),
        ("event_malformed", ""),
    ),
    (
        "a personal value changed",
        lambda ledger: with_row(ledger, "personal", 4, lambda row: (*row[:4], "another", None)),
        ("personal_altered", ""),
    ),
    (
        "a personal row of nobody",
        lambda ledger: replace(ledger, personal=(*ledger.personal, (99, "x", "", b"", "", None))),
        ("personal_added", ""),
    ),
    (
        "a personal row of another name",
        lambda ledger: with_row(ledger, "personal", 0, lambda row: (row[0], "else", *row[2:])),
        ("personal_added", "personal_missing"),
    ),
    (
        "a personal row taken out",
        lambda ledger: without(ledger, "personal", 0),
        ("", "personal_missing"),
    ),
    (
        "another patient's personal row",
        lambda ledger: with_row(ledger, "personal", 0, lambda row: (*row[:2], "pt_7", *row[3:])),
        ("personal_altered", ""),
    ),
    (
        "erased when no event tells of it",
        lambda ledger: with_row(ledger, "personal", 0, lambda row: (*row[:5], row[5] + 1)),
        ("erased_without_event", ""),
    ),
    (
        "erased after the event that tells of it",
        lambda ledger: with_row(
            ledger,
            "personal",
            len(ledger.personal) - 1,
            lambda row: (*row[:3], None, None, FIRST_MS + ERASED_AT),
        ),
        ("erased_without_event", ""),
    ),
    (
        "half erased",
        lambda ledger: with_row(ledger, "personal", 8, lambda row: (*row[:3], None, *row[4:])),
        ("personal_altered", ""),
    ),
    (
        "rows out of order",
        lambda ledger: replace(
            ledger, personal=(ledger.personal[1], ledger.personal[0], *ledger.personal[2:])
        ),
        ("personal_out_of_order", ""),
    ),
]


@pytest.mark.parametrize(
    ("change", "expected"), [pytest.param(*case[1:], id=case[0]) for case in NOTE_FAULTS]
)
def test_each_fault_has_its_name(change: Callable[[Ledger], Ledger], expected: tuple[str, str]) -> None:
    verdict = verified(change(SOUND))
    assert not verdict.is_sound
    found = codes(verdict)
    assert found[0] == expected[0]
    assert not expected[1] or found[1] == expected[1]


def test_commitments_that_are_none_are_no_events() -> None:
    fields = json.loads(SOUND.events[0][0]) | {"personal": []}
    line = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    assert codes(verified(with_row(SOUND, "events", 0, lambda _: columns_of(line))))[0] == "event_malformed"


def test_an_unread_side_table_is_not_judged() -> None:
    class WithoutPersonal(Ledger):
        def ledger(self, institution: str, *, in_order: bool = False) -> Any:
            return replace(super().ledger(institution), personal=None)

    bare = WithoutPersonal(**{name: getattr(SOUND, name) for name in SOUND.__dataclass_fields__})
    verdict = verified(bare)
    assert verdict.is_sound and (verdict.personal, verdict.tombstones) == (0, 0)


def test_a_fork_of_checkpoints_is_seen_in_their_sizes() -> None:
    _, heads = rechained([row[0] for row in SOUND.events])
    shorter = signed(SOUND, [3, 11, 13], heads)
    forked = replace(
        shorter, checkpoints=(SOUND.checkpoints[0], SOUND.checkpoints[1], *shorter.checkpoints[1:])
    )
    assert codes(verified(forked))[0] == "checkpoint_forked"


def test_a_second_keys_cosignature_counts_and_a_bent_one_does_not() -> None:
    note = parse_note(SOUND.checkpoints[1][0].encode())
    line = cosignature(note.checkpoint, "witness", WITNESS, at_s=1_800_000_100)
    cosigned = replace(SOUND, cosignatures=((8, "witness", line.line()),))
    assert verified(cosigned).unchecked_cosignatures == 1
    verdict = verified(replace(made(8, [3, 8]), cosignatures=cosigned.cosignatures), trust=WITNESS_TRUST)
    assert verdict.is_sound and verdict.cosignatures == 1
    assert verdict.proven is not None and verdict.proven.cosigners == ("witness",)
    other = cosignature(note.checkpoint, "witness", Ed25519Signer(Ed25519PrivateKey.generate()), at_s=1)
    for row, expected in (
        ((8, "witness", other.line()), ("cosignature_invalid", "")),
        ((8, "another", line.line()), ("cosignature_malformed", "")),
        ((8, "witness", line.line()[:-1]), ("cosignature_malformed", "")),
        ((8, "witness", b"x"), ("cosignature_malformed", "")),
        ((9, "witness", line.line()), ("", "cosigned_checkpoint_missing")),
        (("8", "witness", line.line()), ("", "cosigned_checkpoint_missing")),
    ):
        assert codes(verified(replace(SOUND, cosignatures=(row,)), trust=WITNESS_TRUST)) == expected


def test_a_stamp_is_checked_where_there_is_an_authority() -> None:
    stamped = replace(made(8, [3, 8]), stamps=((8, b"token"),))
    assert verified(stamped).unchecked_stamps == 1

    def check(token: bytes, body: bytes) -> int | None:
        return 7 if token == b"token" and body.startswith(b"lianzhen/") else None

    trust = replace(TRUST, check_stamp=check)
    verdict = verified(stamped, trust=trust)
    assert verdict.is_sound and verdict.proven is not None and verdict.proven.stamped_at_ms == 7
    assert codes(verified(replace(stamped, stamps=((8, b"x"),)), trust=trust))[0] == "stamp_invalid"
    assert codes(verified(replace(stamped, stamps=((8, "x"),)), trust=trust))[0] == "stamp_invalid"
    assert (
        codes(verified(replace(stamped, stamps=((7, b"token"),)), trust=trust))[1]
        == "stamped_checkpoint_missing"
    )


def test_an_older_checkpoint_counts_if_the_log_or_a_cosigner_signed_it() -> None:
    note = parse_note(SOUND.checkpoints[1][0].encode())
    line = cosignature(note.checkpoint, "witness", WITNESS, at_s=1_800_000_100)
    foreign = replace(note.signatures[0], signature=bytes(64))
    cosigned = Anchor("a.note", replace(note, signatures=(foreign, line)))
    assert verified(SOUND, [cosigned], WITNESS_TRUST).is_sound
    assert codes(verified(SOUND, [cosigned]))[0] == "checkpoint_unsigned"


def test_an_institution_that_only_an_older_checkpoint_knows_is_missing() -> None:
    class Empty(Ledger):
        def institutions(self) -> list[str]:
            return []

    empty = Empty((), (), (), None, None)
    assert verify_source(empty, TRUST) == ()
    (verdict,) = verify_source(empty, TRUST, [anchor_of(SOUND, 8)])
    assert verdict.institution == INSTITUTION
    assert codes(verdict)[1] == "events_cut_off"


def test_files_that_are_no_checkpoints_are_named() -> None:
    anchors, fault = read_anchors({"a.note": SOUND.checkpoints[0][0].encode(), "b.note": b"x", "c.note": b""})
    assert [anchor.source for anchor in anchors] == ["a.note"]
    assert fault is not None and (fault.file, fault.code) == ("b.note", "checkpoint_malformed")


def test_another_key_proves_nothing() -> None:
    trust = Trust((PublicKey(ED25519, WITNESS.public_key),))
    verdict = verified(SOUND, trust=trust)
    assert codes(verdict)[0] == "checkpoint_unsigned" and verdict.proven is None


def test_a_package_that_vouches_for_itself_is_not_sound() -> None:
    verdicts = (verified(SOUND),)
    assert LedgerVerdict(verdicts).is_sound
    assert not LedgerVerdict(verdicts, key_origin="package").is_sound
