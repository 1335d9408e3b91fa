"""docs/CONSULTATION.md says what the tables say."""

from __future__ import annotations

import re

from clinical.consultation import ENDS, TRANSITIONS, ConsultationAct, ConsultationState, DeclineReason
from clinical.consultation_document import (
    ACT_NAMES,
    DOCUMENT,
    STATE_NAMES,
    consultation_document,
    diagram,
)
from clinical.opinion import Gate


def test_the_document_is_the_one_that_the_tables_give() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == consultation_document(), (
        "run python -m clinical.consultation_document"
    )


def test_the_diagram_holds_every_arrow_and_no_other() -> None:
    names = {ACT_NAMES[act].en: act for act in ConsultationAct}
    drawn = {}
    for line in diagram(is_chinese=False):
        arrow = re.fullmatch(r" {4}(\w+) --> (\w+) : (.+)", line)
        if arrow is None:
            continue
        for act in arrow[3].split(", "):
            drawn[ConsultationState(arrow[1]), names[act]] = ConsultationState(arrow[2])
    assert drawn == TRANSITIONS
    assert "    [*] --> drafted" in diagram(is_chinese=False)
    ends = {line for line in diagram(is_chinese=False) if line.endswith("--> [*]")}
    assert ends == {f"    {end} --> [*]" for end in ENDS}


def test_every_gate_and_reason_is_told_in_both_languages() -> None:
    text = consultation_document()
    assert all(text.count(f" `{each}`\n") == 2 for each in (*Gate, *DeclineReason))


def test_every_state_and_act_has_its_own_words() -> None:
    for names in (STATE_NAMES, ACT_NAMES):
        assert len({words.zh for words in names.values()}) == len(names)
        assert len({words.en for words in names.values()}) == len(names)
