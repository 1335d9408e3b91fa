"""The report: every verdict has its lines in both languages."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from recording.audit.report import MAX_INSTITUTIONS_SHOWN, report_lines
from recording.audit.verdict import LedgerFault, LedgerVerdict
from signaling.messages import CATALOGUES
from tests.unit.recording.audit.memory_ledger import made, verified

SOUND: Final = verified(made(8, [3, 8]))


def text(verdict: LedgerVerdict, language: str = "en") -> str:
    return "\n".join(report_lines(verdict, CATALOGUES[language]))  # type: ignore[index]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_sound_ledger_says_what_is_proven(language: str) -> None:
    lines = text(LedgerVerdict((SOUND,), key_fingerprints=("sha256:00",)), language)
    assert "2027-01-15 08:00:00 UTC" in lines and "sha256:00" in lines
    assert ("结论：可信" if language == "zh" else "Verdict: sound") in lines


def test_who_else_signed_and_what_was_not_checked_is_said() -> None:
    assert SOUND.proven is not None
    proven = replace(SOUND.proven, cosigners=("w1", "w2"), stamped_at_ms=0)
    verdict = replace(SOUND, proven=proven, unchecked_cosignatures=3, unchecked_stamps=4)
    lines = text(LedgerVerdict((verdict,)))
    assert "Cosigned by w1, w2" in lines and "1970-01-01 00:00:00 UTC" in lines
    assert "3 cosignatures were not checked" in lines and "4 time stamps were not checked" in lines


def test_faults_are_named_with_their_place() -> None:
    here = LedgerFault("event", 4, 4, "chain_broken")
    nowhere = LedgerFault("a.note", None, None, "checkpoint_malformed")
    verdict = replace(
        SOUND,
        integrity="altered",
        integrity_fault=here,
        completeness="unchecked",
        completeness_fault=nowhere,
        proven=None,
    )
    lines = text(LedgerVerdict((verdict,), nowhere))
    assert "First fault: event row 4, sequence 4 (chain_broken: " in lines
    assert "First fault: a.note (checkpoint_malformed: " in lines
    assert "Proven: nothing" in lines and "Verdict: not proven sound" in lines


def test_nothing_is_said_to_be_nothing() -> None:
    assert "no events here" in text(LedgerVerdict(()))


def test_a_forgers_time_does_not_end_the_report() -> None:
    assert SOUND.proven is not None
    verdict = replace(SOUND, proven=replace(SOUND.proven, at_ms=10**18))
    assert "1000000000000000000 ms" in text(LedgerVerdict((verdict,)))


def test_of_many_sound_institutions_some_are_shown_and_of_the_others_all() -> None:
    many = (SOUND,) * (MAX_INSTITUTIONS_SHOWN + 5) + (replace(SOUND, integrity="altered"),) * 60
    lines = text(LedgerVerdict(many))
    assert lines.count("Integrity: unaltered") == MAX_INSTITUTIONS_SHOWN
    assert lines.count("Integrity: altered") == 60
