"""What `lianzhen verify` prints."""

from __future__ import annotations

from recording.verify import Completeness, Fault, Integrity, KnownGap, Verdict
from signaling.recording_commands import verdict_text

SOUND = Verdict(
    "RC_1",
    Integrity("unaltered", 12, "valid", None),
    Completeness("nothing_missing", 1, 40, (KnownGap("TR_1", "zhou", 12_345, 14_000, "link_lost"),), None),
)


def test_the_two_verdicts_are_apart_and_gaps_are_listed() -> None:
    assert verdict_text(SOUND, "zh") == [
        "完整性：未改动，12 段已核，签名有效",
        "齐全性：无遗漏，事件 1 到 40，缺口 1 处，已说明",
        "  zhou　12.3 到 14.0 秒：link_lost",
    ]
    assert verdict_text(SOUND, "en") == [
        "Integrity: Unaltered, 12 segments checked, signature valid",
        "Completeness: Nothing missing, Events 1 to 40, 1 gaps, explained",
        "  zhou, 12.3 to 14.0 s: link_lost",
    ]


def test_the_first_fault_of_each_is_named_with_its_place() -> None:
    verdict = Verdict(
        "",
        Integrity("altered", 3, "invalid", Fault("TR_1-0001.webm", 4_096, "hash_mismatch")),
        Completeness("something_missing", 1, 0, (), Fault("events.jsonl", None, "events_missing")),
    )
    lines = verdict_text(verdict, "en")
    assert lines[1] == "  First fault: TR_1-0001.webm at byte 4096 (hash_mismatch)"
    assert lines[3] == "  First fault: events.jsonl (events_missing)"
    assert lines[2] == "Completeness: Something missing, no gaps"


def test_what_was_not_checked_says_nothing_of_gaps() -> None:
    verdict = Verdict(
        "", Integrity("unchecked", 0, "invalid", None), Completeness("unchecked", 1, 0, (), None)
    )
    assert verdict_text(verdict, "zh")[-1] == "齐全性：未核"
