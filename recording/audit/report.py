"""The verdicts as lines for people; the sentences are the reader's language's, by key."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Final

from recording.audit.verdict import InstitutionVerdict, LedgerFault, LedgerVerdict, ProvenCheckpoint

MAX_INSTITUTIONS_SHOWN: Final = 50
"""Of sound ones; the others are all shown."""


def report_lines(verdict: LedgerVerdict, sentences: Mapping[str, str]) -> list[str]:
    """Returns the whole report; ``sentences`` has every key that begins with ``audit.``."""
    lines: list[str] = []
    sound_shown = 0
    for each in verdict.institutions:
        sound_shown += each.is_sound
        if not each.is_sound or sound_shown <= MAX_INSTITUTIONS_SHOWN:
            lines += _institution(each, sentences)
    if verdict.fault is not None:
        lines.append(_fault(verdict.fault, sentences))
    fingerprints = ", ".join(verdict.key_fingerprints)
    lines.append(_say(sentences, f"audit.key_{verdict.key_origin}", fingerprint=fingerprints))
    if not verdict.institutions and verdict.fault is None:
        lines.append(_say(sentences, "audit.nothing_here"))
    lines.append(_say(sentences, "audit.sound" if verdict.is_sound else "audit.not_sound"))
    return lines


def _institution(verdict: InstitutionVerdict, sentences: Mapping[str, str]) -> list[str]:
    lines = [
        _say(sentences, "audit.institution", institution=verdict.institution),
        "  "
        + _say(
            sentences,
            f"audit.integrity_{verdict.integrity}",
            events=verdict.events,
            checkpoints=verdict.checkpoints,
        ),
    ]
    if verdict.integrity_fault is not None:
        lines.append("    " + _fault(verdict.integrity_fault, sentences))
    lines.append("  " + _say(sentences, f"audit.completeness_{verdict.completeness}"))
    if verdict.completeness_fault is not None:
        lines.append("    " + _fault(verdict.completeness_fault, sentences))
    if verdict.personal or verdict.tombstones:
        facts = {"personal": verdict.personal, "tombstones": verdict.tombstones}
        lines.append("  " + _say(sentences, "audit.personal", **facts))
    lines += ["  " + line for line in _proof(verdict.proven, sentences)]
    for key, count in (
        ("audit.cosignatures_unchecked", verdict.unchecked_cosignatures),
        ("audit.stamps_unchecked", verdict.unchecked_stamps),
    ):
        if count:
            lines.append("  " + _say(sentences, key, count=count))
    return lines


def _proof(proven: ProvenCheckpoint | None, sentences: Mapping[str, str]) -> list[str]:
    if proven is None:
        return [_say(sentences, "audit.proves_nothing")]
    at = _time(proven.at_ms)
    lines = [_say(sentences, "audit.proves", size=proven.size, at=at, root=proven.root, source=proven.source)]
    if proven.cosigners:
        lines.append(_say(sentences, "audit.cosigned", names=", ".join(proven.cosigners)))
    if proven.stamped_at_ms is not None:
        lines.append(_say(sentences, "audit.stamped", at=_time(proven.stamped_at_ms)))
    return lines


def _fault(fault: LedgerFault, sentences: Mapping[str, str]) -> str:
    meaning = _say(sentences, f"audit.code.{fault.code}")
    place = fault.file
    if fault.row is not None:
        place = _say(sentences, "audit.row", file=fault.file, row=fault.row)
    key = "audit.fault" if fault.sequence is None else "audit.fault_at"
    return _say(sentences, key, place=place, sequence=fault.sequence, code=fault.code, meaning=meaning)


def _time(at_ms: int) -> str:
    # Beyond the year 9999 only a forger writes; what is said then must not end the check.
    try:
        at = datetime.datetime.fromtimestamp(at_ms / 1000, datetime.timezone.utc)  # noqa: UP017
    except (ValueError, OverflowError, OSError):
        return f"{at_ms} ms"
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def _say(sentences: Mapping[str, str], key: str, **facts: object) -> str:
    return sentences[key].format(**facts)
